// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IDvpApp} from "../interfaces/IDvpApp.sol";
import {IIBCApp} from "../interfaces/IIBCApp.sol";
import {IIBCStore} from "../interfaces/IIBCStore.sol";
import {IICS02Client} from "../interfaces/IICS02Client.sol";
import {IICS26Router} from "../interfaces/IICS26Router.sol";
import {ILightClient} from "../interfaces/ILightClient.sol";
import {ITokenAdapter} from "../interfaces/ITokenAdapter.sol";
import {ICS24Host} from "../libraries/ICS24Host.sol";
import {CalldataHash} from "../libraries/CalldataHash.sol";
import {IIBCAppCallbacks} from "../msgs/IIBCAppCallbacks.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";
import {AdapterList} from "./AdapterList.sol";
import {DvpTerms} from "./DvpTerms.sol";

/// @title Delivery versus payment, either leg leading, over any listed adapter
/// @notice Port `dvp`. Bound for ever to one router, one client and its counterparty. Its owner lists adapters for new
///         earmarks and can do nothing to an earmark.
contract DvpApp is IDvpApp, IIBCApp, AdapterList, ReentrancyGuard {
    using DvpTerms for Terms;

    /// @notice The router that brings packets.
    address public immutable ROUTER;
    /// @notice Seconds after settle-by at which an earmark may be taken back.
    uint256 public immutable EARMARK_MARGIN;

    /// @dev What `earmarkOf` says of an earmark that ended.
    bytes32 private constant SPENT = bytes32(uint256(1));

    string private constant PORT = "dvp";
    string private constant VERSION = "dvp-1";
    string private constant ENCODING = "application/x-solidity-abi";
    bytes32 private constant PORT_HASH = keccak256("dvp");
    bytes32 private constant VERSION_HASH = keccak256("dvp-1");
    bytes32 private constant ENCODING_HASH = keccak256("application/x-solidity-abi");

    bytes32 private immutable CLIENT_HASH;
    bytes32 private immutable COUNTERPARTY_HASH;
    string private _clientId;

    /// @dev Written when the trade is earmarked and never again: a trade id is used once over all adapters, and what an
    ///      adapter holds stays reachable after it was retired.
    mapping(bytes32 tradeId => address adapter) private _adapterOf;

    /// @param router the router that brings packets
    /// @param clientId client of the ledger on that router
    /// @param counterpartyClientId client of this chain on the ledger
    /// @param earmarkMargin seconds after settle-by at which an earmark may be taken back
    /// @param owner keeps the list of adapters
    /// @param listingDelay seconds between listing an adapter and its first earmark
    /// @param adapters usable at once
    constructor(
        address router,
        string memory clientId,
        string memory counterpartyClientId,
        uint256 earmarkMargin,
        address owner,
        uint256 listingDelay,
        address[] memory adapters
    ) AdapterList(owner, listingDelay, adapters) {
        if (router.code.length == 0 || bytes(clientId).length == 0 || bytes(counterpartyClientId).length == 0) {
            revert DvpTermsInvalid();
        }
        ROUTER = router;
        EARMARK_MARGIN = earmarkMargin;
        CLIENT_HASH = keccak256(bytes(clientId));
        COUNTERPARTY_HASH = keccak256(bytes(counterpartyClientId));
        _clientId = clientId;
    }

    modifier onlyRouter() {
        if (msg.sender != ROUTER) revert DvpCallerNotRouter(ROUTER, msg.sender);
        _;
    }

    // ----------------------------------------------------------------------------------------------------- earmark

    /// @inheritdoc IDvpApp
    function earmark(Terms calldata terms) external nonReentrant {
        _earmark(terms, DvpTerms.LEAD_CASH, msg.data[:0]);
    }

    /// @inheritdoc IDvpApp
    function earmark(Terms calldata terms, bytes calldata adapterData) external nonReentrant {
        _earmark(terms, DvpTerms.LEAD_CASH, adapterData);
    }

    /// @inheritdoc IDvpApp
    function reclaim(Terms calldata terms) external nonReentrant {
        terms.requireLead(DvpTerms.LEAD_CASH);
        uint256 earliest = terms.settleBy() + EARMARK_MARGIN;
        if (block.timestamp < earliest) revert DvpReclaimTooEarly(earliest, block.timestamp);
        _release(terms, terms.hash());
    }

    /// @inheritdoc IDvpApp
    function releaseCancelled(Terms calldata terms, bytes calldata proof, IICS02ClientMsgs.Height calldata proofHeight)
        external
        nonReentrant
    {
        terms.requireLead(DvpTerms.LEAD_CASH);
        bytes32 termsHash = terms.hash();
        IICS02Client router = IICS02Client(ROUTER);
        bytes[] memory path = router.getCounterparty(_clientId).merklePrefix;
        path[path.length - 1] = abi.encodePacked(path[path.length - 1], "trade/", terms.tradeId);
        ILightClient(router.getClient(_clientId)).verifyMembership(
            ILightClientMsgs.MsgVerifyMembership({
                proof: proof,
                proofHeight: proofHeight,
                path: path,
                value: abi.encodePacked(sha256(abi.encodePacked("cancelled", termsHash)))
            })
        );
        _release(terms, termsHash);
    }

    /// @inheritdoc IDvpApp
    /// @dev The ledger spends a trade id once, so no second packet with these terms can come.
    function releaseRefused(Terms calldata terms, IICS26RouterMsgs.Packet calldata packet) external nonReentrant {
        terms.requireLead(DvpTerms.LEAD_CASH);
        _checkClients(packet.destClient, packet.sourceClient);
        bytes32 termsHash = terms.hash();
        bytes32 carried = packet.payloads.length == 1 ? DvpTerms.decode(packet.payloads[0].value).hash() : bytes32(0);
        if (carried != termsHash) revert DvpEarmarkMismatch(terms.tradeId, termsHash, carried);
        IIBCStore store = IIBCStore(ROUTER);
        bytes32 receipt = store.getCommitment(keccak256(ICS24Host.packetReceiptPath(packet.destClient, packet.sequence)));
        bytes32 answer =
            store.getCommitment(keccak256(ICS24Host.packetAcknowledgementPath(packet.destClient, packet.sequence)));
        bytes32 errorAnswer = ICS24Host.acknowledgementCommitment(bytes.concat(ICS24Host.UNIVERSAL_ERROR_ACK));
        if (receipt != keccak256(abi.encode(packet)) || answer != errorAnswer) {
            revert DvpPacketNotRefused(packet.sequence, receipt, answer);
        }
        _release(terms, termsHash);
    }

    // ------------------------------------------------------------------------------------------- cash leads: arrival

    /// @inheritdoc IIBCApp
    /// @dev The router lets nobody in twice. What a token's hook may call here meanwhile finds the earmark cleared.
    /// @return the terms hash, as the 32 bytes of the acknowledgement
    function onRecvPacket(IIBCAppCallbacks.OnRecvPacketCallback calldata msg_)
        external
        onlyRouter
        returns (bytes memory)
    {
        _checkClients(msg_.destinationClient, msg_.sourceClient);
        _checkPayload(msg_.payload);
        return abi.encodePacked(_deliverInTime(DvpTerms.decode(msg_.payload.value)));
    }

    // ---------------------------------------------------------------------------------------------- securities lead

    /// @inheritdoc IDvpApp
    function lockAndSend(Terms calldata terms) external nonReentrant returns (uint64) {
        return _lockAndSend(terms, msg.data[:0]);
    }

    /// @inheritdoc IDvpApp
    function lockAndSend(Terms calldata terms, bytes calldata adapterData) external nonReentrant returns (uint64) {
        return _lockAndSend(terms, adapterData);
    }

    /// @inheritdoc IIBCApp
    /// @dev The packet is one that this app sent: the router asks its own commitment. If the token refuses, everything
    ///      reverts, the commitment stays, and the same acknowledgement can be brought again, for ever.
    function onAcknowledgementPacket(IIBCAppCallbacks.OnAcknowledgementPacketCallback calldata msg_)
        external
        onlyRouter
    {
        _checkClients(msg_.sourceClient, msg_.destinationClient);
        Terms calldata terms = DvpTerms.decode(msg_.payload.value);
        bytes32 termsHash = terms.hash();
        bytes32 answer = msg_.acknowledgement.length == 32 ? bytes32(msg_.acknowledgement) : bytes32(0);
        if (answer == termsHash) {
            _deliver(terms, termsHash);
        } else if (answer == ICS24Host.UNIVERSAL_ERROR_ACK) {
            _release(terms, termsHash);
        } else {
            revert DvpAcknowledgementUnknown(termsHash, msg_.acknowledgement);
        }
    }

    /// @inheritdoc IIBCApp
    function onTimeoutPacket(IIBCAppCallbacks.OnTimeoutPacketCallback calldata msg_) external onlyRouter {
        _checkClients(msg_.sourceClient, msg_.destinationClient);
        Terms calldata terms = DvpTerms.decode(msg_.payload.value);
        _release(terms, terms.hash());
    }

    // --------------------------------------------------------------------------------------------------- preflight

    /// @inheritdoc IDvpApp
    /// @dev Asks the adapter, which names its family's reasons; then really delivers, in a call that always reverts, so
    ///      that any token's own refusal is found.
    function preflight(Terms calldata terms) external returns (bytes4 reason, bytes memory evidence) {
        if (_adapterOf[terms.tradeId] == terms.adapter && terms.adapter != address(0)) {
            evidence = ITokenAdapter(terms.adapter).obstacle(terms);
            if (evidence.length != 0) return (bytes4(evidence), evidence);
        }
        try this.simulateDelivery(terms) {}
        catch (bytes memory refusal) {
            if (bytes4(refusal) == DvpDeliveryPossible.selector) return (bytes4(0), "");
            if (refusal.length == 0) {
                refusal = abi.encodeWithSelector(DvpRefusedWithoutReason.selector, terms.adapter, terms.token);
            }
            return (bytes4(refusal), refusal);
        }
    }

    /// @notice Delivers and reverts, always. Only the app itself calls it.
    /// @param terms the trade
    function simulateDelivery(Terms calldata terms) external {
        if (msg.sender != address(this)) revert DvpCallerNotSelf(msg.sender);
        if (terms.leadLeg() == DvpTerms.LEAD_SECURITIES) _deliver(terms, terms.hash());
        else _deliverInTime(terms);
        revert DvpDeliveryPossible();
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IDvpApp
    function earmarkOf(bytes32 tradeId) external view returns (bytes32) {
        address adapter = _adapterOf[tradeId];
        if (adapter == address(0)) return bytes32(0);
        bytes32 held = ITokenAdapter(adapter).earmarkOf(tradeId);
        return held == bytes32(0) ? SPENT : held;
    }

    /// @inheritdoc IDvpApp
    function adapterOf(bytes32 tradeId) external view returns (address) {
        return _adapterOf[tradeId];
    }

    /// @inheritdoc IDvpApp
    function termsHashOf(Terms calldata terms) external view returns (bytes32) {
        return terms.hash();
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _checkClients(string calldata here, string calldata there) private view {
        bool isOurs = CalldataHash.hashOf(here) == CLIENT_HASH;
        if (!isOurs || CalldataHash.hashOf(there) != COUNTERPARTY_HASH) revert DvpClientMismatch(here, there);
    }

    function _checkPayload(IICS26RouterMsgs.Payload calldata payload) private pure {
        bool isOurs = CalldataHash.hashOf(payload.sourcePort) == PORT_HASH
            && CalldataHash.hashOf(payload.destPort) == PORT_HASH
            && CalldataHash.hashOf(payload.version) == VERSION_HASH
            && CalldataHash.hashOf(payload.encoding) == ENCODING_HASH;
        if (!isOurs) {
            revert DvpPayloadMismatch(payload.sourcePort, payload.destPort, payload.version, payload.encoding);
        }
    }

    function _earmark(Terms calldata terms, uint256 lead, bytes calldata adapterData)
        private
        returns (bytes32 termsHash)
    {
        if (msg.sender != terms.seller) revert DvpCallerNotSeller(terms.seller, msg.sender);
        terms.requireSettleable(lead);
        _requireUsable(terms.adapter);
        address used = _adapterOf[terms.tradeId];
        if (used != address(0)) revert DvpTradeIdUsed(terms.tradeId, used);

        termsHash = terms.hash();
        _adapterOf[terms.tradeId] = terms.adapter;
        ITokenAdapter(terms.adapter).earmark(terms, termsHash, adapterData);
        emit Earmarked(
            terms.tradeId,
            terms.token,
            terms.seller,
            terms.adapter,
            terms.buyer,
            terms.quantity,
            terms.cashHash,
            terms.window,
            termsHash
        );
    }

    function _lockAndSend(Terms calldata terms, bytes calldata adapterData) private returns (uint64 sequence) {
        bytes32 termsHash = _earmark(terms, DvpTerms.LEAD_SECURITIES, adapterData);
        // the router sends to whoever is the client's counterparty now; only one may decide about these tokens
        string memory counterparty = IICS02Client(ROUTER).getCounterparty(_clientId).clientId;
        if (keccak256(bytes(counterparty)) != COUNTERPARTY_HASH) revert DvpClientMismatch(_clientId, counterparty);
        sequence = IICS26Router(ROUTER).sendPacket(
            IICS26RouterMsgs.MsgSendPacket({
                sourceClient: _clientId,
                timeoutTimestamp: uint64(terms.settleBy()),
                payload: IICS26RouterMsgs.Payload({
                    sourcePort: PORT,
                    destPort: PORT,
                    version: VERSION,
                    encoding: ENCODING,
                    value: abi.encode(terms)
                })
            })
        );
        emit PacketSent(terms.tradeId, termsHash, sequence);
    }

    /// @dev The packet's terms were checked when the earmark with their hash was made: equal hash, equal terms.
    function _deliverInTime(Terms calldata terms) private returns (bytes32 termsHash) {
        terms.requireLead(DvpTerms.LEAD_CASH);
        uint256 settleBy = terms.settleBy();
        if (block.timestamp >= settleBy) revert DvpSettleByElapsed(settleBy, block.timestamp);
        termsHash = terms.hash();
        _deliver(terms, termsHash);
    }

    function _deliver(Terms calldata terms, bytes32 termsHash) private {
        _holder(terms, termsHash).deliver(terms, termsHash);
        emit Delivered(terms.tradeId, termsHash);
    }

    function _release(Terms calldata terms, bytes32 termsHash) private {
        _holder(terms, termsHash).release(terms, termsHash);
        emit Released(terms.tradeId, termsHash);
    }

    /// @dev No other contract than the one that took the earmark is called, whatever the terms name.
    function _holder(Terms calldata terms, bytes32 termsHash) private view returns (ITokenAdapter) {
        address adapter = _adapterOf[terms.tradeId];
        if (adapter == address(0) || adapter != terms.adapter) {
            revert DvpEarmarkMismatch(terms.tradeId, bytes32(uint256(uint160(adapter))), termsHash);
        }
        return ITokenAdapter(adapter);
    }
}
