// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IDvpApp} from "../interfaces/IDvpApp.sol";
import {IIBCApp} from "../interfaces/IIBCApp.sol";
import {IIBCStore} from "../interfaces/IIBCStore.sol";
import {IICS02Client} from "../interfaces/IICS02Client.sol";
import {ILightClient} from "../interfaces/ILightClient.sol";
import {ICS24Host} from "../libraries/ICS24Host.sol";
import {CalldataHash} from "../libraries/CalldataHash.sol";
import {IIBCAppCallbacks} from "../msgs/IIBCAppCallbacks.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";
import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";
import {DvpTerms} from "./DvpTerms.sol";

/// @title Delivery versus payment with an escrow of its own
/// @notice Port `dvp`, cash leads. Bound for ever to one router, one client and its counterparty; there is no owner.
contract DvpApp is IDvpApp, IIBCApp, ReentrancyGuard {
    using SafeERC20 for IERC20;
    using DvpTerms for Terms;

    /// @custom:storage-location erc7201:crossdvp.storage.DvpApp
    struct DvpStorage {
        /// @dev terms hash while earmarked, `SPENT` afterwards and for ever
        mapping(bytes32 tradeId => bytes32 earmark) earmarks;
    }

    /// @notice The router that brings packets.
    address public immutable ROUTER;
    /// @notice Seconds after settle-by at which an earmark may be taken back.
    uint256 public immutable EARMARK_MARGIN;

    /// @dev keccak256(abi.encode(uint256(keccak256("crossdvp.storage.DvpApp")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT = 0xe244dbc3fb6c8375bfda661893256341c1aca98e8f7e69811a70d9785827f100;
    /// @dev What is left of an earmark, so that its trade id is never used again.
    bytes32 private constant SPENT = bytes32(uint256(1));

    bytes32 private constant PORT_HASH = keccak256("dvp");
    bytes32 private constant VERSION_HASH = keccak256("dvp-1");
    bytes32 private constant ENCODING_HASH = keccak256("application/x-solidity-abi");

    bytes32 private immutable CLIENT_HASH;
    bytes32 private immutable COUNTERPARTY_HASH;
    string private _clientId;

    /// @param router the router that brings packets
    /// @param clientId client of the ledger on that router
    /// @param counterpartyClientId client of this chain on the ledger
    /// @param earmarkMargin seconds after settle-by at which an earmark may be taken back
    constructor(address router, string memory clientId, string memory counterpartyClientId, uint256 earmarkMargin) {
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
        if (msg.sender != terms.seller) revert DvpCallerNotSeller(terms.seller, msg.sender);
        _checkTerms(terms);
        bytes32 stored = _dvpStorage().earmarks[terms.tradeId];
        if (stored != bytes32(0)) revert DvpTradeIdUsed(terms.tradeId, stored);

        bytes32 termsHash = terms.hash();
        _dvpStorage().earmarks[terms.tradeId] = termsHash;
        IERC20 token = IERC20(terms.token);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(terms.seller, address(this), terms.quantity);
        _checkMoved(token, address(this), before, terms.quantity);
        emit Earmarked(terms.tradeId, terms.token, terms.seller, terms.buyer, terms.quantity, termsHash);
    }

    /// @inheritdoc IDvpApp
    function reclaim(Terms calldata terms) external nonReentrant {
        uint256 earliest = terms.settleBy() + EARMARK_MARGIN;
        if (block.timestamp < earliest) revert DvpReclaimTooEarly(earliest, block.timestamp);
        _release(terms, terms.hash());
    }

    /// @inheritdoc IDvpApp
    function releaseCancelled(Terms calldata terms, bytes calldata proof, IICS02ClientMsgs.Height calldata proofHeight)
        external
        nonReentrant
    {
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

    // ----------------------------------------------------------------------------------------------------- packets

    /// @inheritdoc IIBCApp
    /// @dev The router lets nobody in twice. What a token's hook may call here meanwhile finds the earmark spent.
    /// @return the terms hash, as the 32 bytes of the acknowledgement
    function onRecvPacket(IIBCAppCallbacks.OnRecvPacketCallback calldata msg_)
        external
        onlyRouter
        returns (bytes memory)
    {
        _checkClients(msg_.destinationClient, msg_.sourceClient);
        _checkPayload(msg_.payload);
        return abi.encodePacked(_deliver(DvpTerms.decode(msg_.payload.value)));
    }

    /// @inheritdoc IIBCApp
    function onAcknowledgementPacket(IIBCAppCallbacks.OnAcknowledgementPacketCallback calldata) external pure {
        revert DvpSendsNoPackets();
    }

    /// @inheritdoc IIBCApp
    function onTimeoutPacket(IIBCAppCallbacks.OnTimeoutPacketCallback calldata) external pure {
        revert DvpSendsNoPackets();
    }

    // --------------------------------------------------------------------------------------------------- preflight

    /// @inheritdoc IDvpApp
    /// @dev Really delivers, in a call that always reverts, so that any token's own refusal is found.
    function preflight(Terms calldata terms) external returns (bytes4 reason, bytes memory evidence) {
        try this.simulateDelivery(terms) {}
        catch (bytes memory refusal) {
            if (bytes4(refusal) == DvpDeliveryPossible.selector) return (bytes4(0), "");
            return (bytes4(refusal), refusal);
        }
    }

    /// @notice Delivers and reverts, always. Only the app itself calls it.
    /// @param terms the trade
    function simulateDelivery(Terms calldata terms) external {
        if (msg.sender != address(this)) revert DvpCallerNotSelf(msg.sender);
        _deliver(terms);
        revert DvpDeliveryPossible();
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IDvpApp
    function earmarkOf(bytes32 tradeId) external view returns (bytes32) {
        return _dvpStorage().earmarks[tradeId];
    }

    /// @inheritdoc IDvpApp
    function earmarkSlot(bytes32 tradeId) external pure returns (bytes32) {
        return keccak256(abi.encode(tradeId, STORAGE_SLOT));
    }

    /// @inheritdoc IDvpApp
    function termsHashOf(Terms calldata terms) external view returns (bytes32) {
        return terms.hash();
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _checkClients(string calldata destination, string calldata source) private view {
        bool isOurs = CalldataHash.hashOf(destination) == CLIENT_HASH;
        if (!isOurs || CalldataHash.hashOf(source) != COUNTERPARTY_HASH) revert DvpClientMismatch(destination, source);
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

    /// @dev Terms that could never settle are refused before a token moves.
    function _checkTerms(Terms calldata terms) private view {
        bool complete = terms.tradeId != bytes32(0) && terms.quantity != 0 && terms.buyer != address(0);
        bool apart = terms.buyer != address(this) && terms.seller != address(this) && terms.buyer != terms.seller;
        if (!complete || !apart) revert DvpTermsInvalid();
        if (terms.adapter != address(this)) revert DvpAdapterMismatch(address(this), terms.adapter);
        uint256 leadLeg = terms.leadLeg();
        if (leadLeg != DvpTerms.LEAD_CASH) revert DvpLeadLegInvalid(DvpTerms.LEAD_CASH, leadLeg);
        uint256 lockBy = terms.lockBy();
        uint256 settleBy = terms.settleBy();
        if (lockBy >= settleBy || settleBy <= block.timestamp) {
            revert DvpWindowInvalid(lockBy, settleBy, block.timestamp);
        }
    }

    /// @dev The packet's terms were checked when the earmark with their hash was made: equal hash, equal terms.
    function _deliver(Terms calldata terms) private returns (bytes32 termsHash) {
        uint256 settleBy = terms.settleBy();
        if (block.timestamp >= settleBy) revert DvpSettleByElapsed(settleBy, block.timestamp);
        termsHash = terms.hash();
        _spend(terms.tradeId, termsHash);
        _pay(terms, terms.buyer);
        emit Delivered(terms.tradeId, termsHash);
    }

    function _release(Terms calldata terms, bytes32 termsHash) private {
        _spend(terms.tradeId, termsHash);
        _pay(terms, terms.seller);
        emit Released(terms.tradeId, termsHash);
    }

    function _spend(bytes32 tradeId, bytes32 termsHash) private {
        mapping(bytes32 => bytes32) storage earmarks = _dvpStorage().earmarks;
        bytes32 stored = earmarks[tradeId];
        if (stored != termsHash) revert DvpEarmarkMismatch(tradeId, stored, termsHash);
        earmarks[tradeId] = SPENT;
    }

    function _pay(Terms calldata terms, address to) private {
        IERC20 token = IERC20(terms.token);
        uint256 before = token.balanceOf(to);
        token.safeTransfer(to, terms.quantity);
        _checkMoved(token, to, before, terms.quantity);
    }

    /// @dev A token that keeps a fee, or says yes and does nothing, must not pass for a delivery.
    function _checkMoved(IERC20 token, address holder, uint256 before, uint256 quantity) private view {
        uint256 balance = token.balanceOf(holder);
        if (balance < before || balance - before != quantity) {
            revert DvpTokenAmountMismatch(address(token), quantity, balance < before ? 0 : balance - before);
        }
    }

    function _dvpStorage() private pure returns (DvpStorage storage store) {
        assembly ("memory-safe") {
            store.slot := STORAGE_SLOT
        }
    }
}
