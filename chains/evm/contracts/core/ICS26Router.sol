// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ICS26Errors} from "../errors/ICS26Errors.sol";
import {IIBCApp} from "../interfaces/IIBCApp.sol";
import {IICS26Router} from "../interfaces/IICS26Router.sol";
import {ICS24Host} from "../libraries/ICS24Host.sol";
import {CalldataHash} from "../libraries/CalldataHash.sol";
import {Identifiers} from "../libraries/Identifiers.sol";
import {PacketEncoding} from "../libraries/PacketEncoding.sol";
import {IIBCAppCallbacks} from "../msgs/IIBCAppCallbacks.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";
import {IBCStore} from "./IBCStore.sol";
import {ICS02Clients} from "./ICS02Clients.sol";
import {Multicall} from "./Multicall.sol";

/// @title IBC v2 router
/// @notice Sends, receives, acknowledges and times out packets of one payload. It decides only what proofs decide; what
///         a packet means is the business of the app behind its port.
contract ICS26Router is IICS26Router, ICS26Errors, IBCStore, ICS02Clients, Multicall {
    /// @notice Answer to a packet whose app reverted: SHA-256 of "UNIVERSAL_ERROR_ACKNOWLEDGEMENT".
    bytes32 public constant UNIVERSAL_ERROR_ACK = ICS24Host.UNIVERSAL_ERROR_ACK;
    /// @notice Longest time a packet may be under way, seconds.
    uint256 public constant MAX_TIMEOUT_DELTA = 24 hours;
    /// @notice Largest payload, bytes over all fields.
    uint256 public constant MAX_PAYLOAD_SIZE = 256 * 1024;

    mapping(string portId => IIBCApp app) private _apps;

    /// @param admin grants and revokes every role; holds no other role itself
    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    // -------------------------------------------------------------------------------------------------------- apps

    /// @inheritdoc IICS26Router
    function addIBCApp(string calldata portId, address app) external onlyRoleOrOpen(PORT_REGISTRAR_ROLE) {
        if (!Identifiers.isPortId(portId)) revert IBCPortIdInvalid(portId);
        _addApp(portId, app);
    }

    /// @inheritdoc IICS26Router
    function addIBCApp(address app) external {
        _addApp(Strings.toHexString(app), app);
    }

    /// @inheritdoc IICS26Router
    function getIBCApp(string calldata portId) external view returns (address) {
        return address(_app(portId));
    }

    // -------------------------------------------------------------------------------------------------------- send

    /// @inheritdoc IICS26Router
    /// @dev No reentrancy guard: nothing foreign is called, and an app may answer one packet by sending another.
    function sendPacket(IICS26RouterMsgs.MsgSendPacket calldata msg_) external returns (uint64 sequence) {
        _checkSender(msg_.payload);
        uint256 latest = block.timestamp + MAX_TIMEOUT_DELTA;
        if (msg_.timeoutTimestamp <= block.timestamp || msg_.timeoutTimestamp > latest) {
            revert IBCTimeoutInvalid(msg_.timeoutTimestamp, block.timestamp + 1, latest);
        }
        string memory destClient = _client(msg_.sourceClient).counterparty.clientId;
        IBCStoreStorage storage store = _ibcStore();
        sequence = ++store.lastSequenceSent[msg_.sourceClient];

        IICS26RouterMsgs.Packet memory packet;
        packet.sequence = sequence;
        packet.sourceClient = msg_.sourceClient;
        packet.destClient = destClient;
        packet.timeoutTimestamp = msg_.timeoutTimestamp;
        packet.payloads = new IICS26RouterMsgs.Payload[](1);
        packet.payloads[0] = msg_.payload;

        bytes32 path = keccak256(ICS24Host.packetCommitmentPath(msg_.sourceClient, sequence));
        store.commitments[path] = ICS24Host.packetCommitment(packet);
        emit SendPacket(msg_.sourceClient, sequence, packet);
    }

    // ----------------------------------------------------------------------------------------------------- receive

    /// @inheritdoc IICS26Router
    function recvPacket(IICS26RouterMsgs.MsgRecvPacket calldata msg_)
        external
        onlyRoleOrOpen(RELAYER_ROLE)
        nonReentrant
    {
        IICS26RouterMsgs.Packet calldata packet = msg_.packet;
        // every access to a dynamic field checks its bounds again: each is read once
        (string calldata here, string calldata there) = (packet.destClient, packet.sourceClient);
        uint64 sequence = packet.sequence;
        Client storage client = _checkPacket(packet, here, there);
        mapping(bytes32 => bytes32) storage commitments = _ibcStore().commitments;

        (bytes memory encoded, bytes32 commitment) = PacketEncoding.encode(packet, there, here);
        bytes32 receiptPath = keccak256(ICS24Host.packetReceiptPath(here, sequence));
        bytes32 receipt = keccak256(encoded);
        bytes32 stored = commitments[receiptPath];
        if (stored != bytes32(0)) {
            if (stored != receipt) revert IBCReceiptConflict(stored, receipt);
            emit Noop();
            return;
        }
        if (block.timestamp >= packet.timeoutTimestamp) {
            revert IBCTimeoutElapsed(packet.timeoutTimestamp, block.timestamp);
        }
        bytes memory key = ICS24Host.packetCommitmentPath(there, sequence);
        _verifyMembership(client, key, commitment, msg_.proofCommitment, msg_.proofHeight);
        commitments[receiptPath] = receipt;

        bytes memory acknowledgement = _deliver(_app(packet.payloads[0].destPort), encoded);
        commitments[keccak256(ICS24Host.packetAcknowledgementPath(here, sequence))] =
            ICS24Host.acknowledgementCommitment(acknowledgement);
        PacketEncoding.emitWriteAcknowledgement(encoded, here, sequence, acknowledgement);
    }

    /// @dev Gives a packet to its app and returns the acknowledgement to write.
    function _deliver(IIBCApp app, bytes memory encoded) private returns (bytes memory acknowledgement) {
        (bool accepted, bytes memory result) = PacketEncoding.callOnRecvPacket(app, encoded, msg.sender);
        if (!accepted) {
            // whoever pays the gas must not be able to turn a delivery into a refusal by paying too little
            if (result.length == 0) revert IBCAppOutOfGas(address(app));
            emit IBCAppRecvPacketCallbackError(result);
            return bytes.concat(UNIVERSAL_ERROR_ACK);
        }
        acknowledgement = abi.decode(result, (bytes));
        bool isError = acknowledgement.length == 32 && bytes32(acknowledgement) == UNIVERSAL_ERROR_ACK;
        if (acknowledgement.length == 0 || isError) revert IBCAcknowledgementInvalid(acknowledgement);
    }

    // --------------------------------------------------------------------------------------------- acknowledgement

    /// @inheritdoc IICS26Router
    function ackPacket(IICS26RouterMsgs.MsgAckPacket calldata msg_)
        external
        onlyRoleOrOpen(RELAYER_ROLE)
        nonReentrant
    {
        IICS26RouterMsgs.Packet calldata packet = msg_.packet;
        Client storage client = _checkPacket(packet, packet.sourceClient, packet.destClient);
        if (!_takeCommitment(packet)) return;
        _verifyMembership(
            client,
            ICS24Host.packetAcknowledgementPath(packet.destClient, packet.sequence),
            ICS24Host.acknowledgementCommitment(msg_.acknowledgement),
            msg_.proofAcked,
            msg_.proofHeight
        );
        _app(packet.payloads[0].sourcePort).onAcknowledgementPacket(
            IIBCAppCallbacks.OnAcknowledgementPacketCallback({
                sourceClient: packet.sourceClient,
                destinationClient: packet.destClient,
                sequence: packet.sequence,
                payload: packet.payloads[0],
                acknowledgement: msg_.acknowledgement,
                relayer: msg.sender
            })
        );
        emit AckPacket(packet.sourceClient, packet.sequence, packet, msg_.acknowledgement);
    }

    // ---------------------------------------------------------------------------------------------------- time-out

    /// @inheritdoc IICS26Router
    function timeoutPacket(IICS26RouterMsgs.MsgTimeoutPacket calldata msg_)
        external
        onlyRoleOrOpen(RELAYER_ROLE)
        nonReentrant
    {
        IICS26RouterMsgs.Packet calldata packet = msg_.packet;
        Client storage client = _checkPacket(packet, packet.sourceClient, packet.destClient);
        if (!_takeCommitment(packet)) return;
        uint256 consensusTimestamp = client.lightClient.verifyNonMembership(
            ILightClientMsgs.MsgVerifyNonMembership({
                proof: msg_.proofTimeout,
                proofHeight: msg_.proofHeight,
                path: _membershipPath(client, ICS24Host.packetReceiptPath(packet.destClient, packet.sequence))
            })
        );
        if (consensusTimestamp < packet.timeoutTimestamp) {
            revert IBCTimeoutNotReached(packet.timeoutTimestamp, consensusTimestamp);
        }
        _app(packet.payloads[0].sourcePort).onTimeoutPacket(
            IIBCAppCallbacks.OnTimeoutPacketCallback({
                sourceClient: packet.sourceClient,
                destinationClient: packet.destClient,
                sequence: packet.sequence,
                payload: packet.payloads[0],
                relayer: msg.sender
            })
        );
        emit TimeoutPacket(packet.sourceClient, packet.sequence, packet);
    }

    // ------------------------------------------------------------------------------------------------------ checks

    /// @dev What every incoming packet message must satisfy; `here` is this chain's client id in the packet.
    function _checkPacket(IICS26RouterMsgs.Packet calldata packet, string calldata here, string calldata there)
        private
        view
        returns (Client storage client)
    {
        if (packet.payloads.length != 1) revert IBCPayloadCountInvalid(1, packet.payloads.length);
        if (packet.sequence == 0) revert IBCSequenceInvalid(packet.sequence);
        client = _client(here);
        if (client.counterpartyIdHash != CalldataHash.hashOf(there)) {
            revert IBCCounterpartyMismatch(here, client.counterparty.clientId, there);
        }
    }

    function _checkSender(IICS26RouterMsgs.Payload calldata payload) private view {
        address app = address(_app(payload.sourcePort));
        if (msg.sender != app) revert IBCSenderNotApp(payload.sourcePort, app, msg.sender);
        if (!Identifiers.isPortId(payload.destPort)) revert IBCPortIdInvalid(payload.destPort);
        uint256 version = bytes(payload.version).length;
        uint256 encoding = bytes(payload.encoding).length;
        uint256 total = bytes(payload.sourcePort).length + bytes(payload.destPort).length + version + encoding
            + payload.value.length;
        if (version == 0 || encoding == 0 || payload.value.length == 0 || total > MAX_PAYLOAD_SIZE) {
            revert IBCPayloadInvalid(version, encoding, total);
        }
    }

    /// @dev Deletes the commitment of a packet sent from here; false (and `Noop`) if it is gone already.
    function _takeCommitment(IICS26RouterMsgs.Packet calldata packet) private returns (bool) {
        mapping(bytes32 => bytes32) storage commitments = _ibcStore().commitments;
        bytes32 path = keccak256(ICS24Host.packetCommitmentPath(packet.sourceClient, packet.sequence));
        bytes32 stored = commitments[path];
        if (stored == bytes32(0)) {
            emit Noop();
            return false;
        }
        (, bytes32 found) = PacketEncoding.encode(packet, packet.sourceClient, packet.destClient);
        if (stored != found) revert IBCCommitmentMismatch(stored, found);
        delete commitments[path];
        return true;
    }

    function _verifyMembership(
        Client storage client,
        bytes memory key,
        bytes32 value,
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height
    ) private {
        client.lightClient.verifyMembership(
            ILightClientMsgs.MsgVerifyMembership({
                proof: proof,
                proofHeight: height,
                path: _membershipPath(client, key),
                value: bytes.concat(value)
            })
        );
    }

    function _app(string calldata portId) private view returns (IIBCApp app) {
        app = _apps[portId];
        if (address(app) == address(0)) revert IBCAppUnknown(portId);
    }

    function _addApp(string memory portId, address app) private {
        if (app.code.length == 0) revert IBCAppInvalid(app);
        address taken = address(_apps[portId]);
        if (taken != address(0)) revert IBCPortTaken(portId, taken);
        _apps[portId] = IIBCApp(app);
        emit IBCAppAdded(portId, app);
    }
}
