// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ICS26Errors} from "../errors/ICS26Errors.sol";
import {IBatchRouter} from "../interfaces/IBatchRouter.sol";
import {IIBCApp} from "../interfaces/IIBCApp.sol";
import {IICS02Client} from "../interfaces/IICS02Client.sol";
import {IICS26Router} from "../interfaces/IICS26Router.sol";
import {AppCallbacks} from "../libraries/AppCallbacks.sol";
import {CalldataFields} from "../libraries/CalldataFields.sol";
import {CalldataHash} from "../libraries/CalldataHash.sol";
import {ICS24Host} from "../libraries/ICS24Host.sol";
import {Identifiers} from "../libraries/Identifiers.sol";
import {MembershipCall} from "../libraries/MembershipCall.sol";
import {MembershipsCall} from "../libraries/MembershipsCall.sol";
import {PacketEncoding} from "../libraries/PacketEncoding.sol";
import {PacketEvents} from "../libraries/PacketEvents.sol";
import {PacketView} from "../libraries/PacketView.sol";
import {PathHash} from "../libraries/PathHash.sol";
import {IBatchMsgs} from "../msgs/IBatchMsgs.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";
import {ILightClientMsgs} from "../msgs/ILightClientMsgs.sol";
import {IBCStore} from "./IBCStore.sol";
import {ICS02Clients} from "./ICS02Clients.sol";
import {Multicall} from "./Multicall.sol";

/// @title IBC v2 router
/// @notice Sends, receives, acknowledges and times out packets of one payload. It decides only what proofs decide; what
///         a packet means is the business of the app behind its port.
contract ICS26Router is IICS26Router, IBatchRouter, ICS26Errors, IBCStore, ICS02Clients, Multicall {
    /// @notice Answer to a packet whose app reverted: SHA-256 of "UNIVERSAL_ERROR_ACKNOWLEDGEMENT".
    bytes32 public constant UNIVERSAL_ERROR_ACK = ICS24Host.UNIVERSAL_ERROR_ACK;
    /// @notice Longest time a packet may be under way, seconds.
    uint256 public constant MAX_TIMEOUT_DELTA = 24 hours;
    /// @notice Largest payload, bytes over all fields.
    uint256 public constant MAX_PAYLOAD_SIZE = 256 * 1024;

    /// @dev Tags of ICS-24 paths.
    uint8 private constant COMMITMENT = 1;
    uint8 private constant ACKNOWLEDGEMENT = 3;

    mapping(bytes32 portIdHash => IIBCApp app) private _apps;

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

        store.commitments[PathHash.commitment(msg_.sourceClient, sequence)] = ICS24Host.packetCommitment(packet);
        emit SendPacket(msg_.sourceClient, sequence, packet);
    }

    // ----------------------------------------------------------------------------------------------------- receive

    /// @inheritdoc IICS26Router
    function recvPacket(IICS26RouterMsgs.MsgRecvPacket calldata msg_) external {
        _recvPacket(msg_);
    }

    function _recvPacket(IICS26RouterMsgs.MsgRecvPacket calldata msg_) private relayed {
        IICS26RouterMsgs.Packet calldata packet = msg_.packet;
        (string calldata here, string calldata there) = (PacketView.destClient(packet), PacketView.sourceClient(packet));
        uint64 sequence = packet.sequence;
        Client storage client = _checkPacket(packet, here, there);
        (bytes memory encoded, bytes32 commitment) = PacketEncoding.encode(packet, there, here);
        if (!_isNew(encoded, here, sequence, packet.timeoutTimestamp)) return;
        _verifyMembership(client, there, COMMITMENT, sequence, commitment, msg_.proofCommitment, msg_.proofHeight);
        _deliver(_app(PacketView.destPort(packet)), encoded, here, sequence);
    }

    /// @dev Takes the receipt of a packet; false (and `Noop`) if it was received before.
    function _isNew(bytes memory encoded, string calldata here, uint64 sequence, uint64 timeoutTimestamp)
        private
        returns (bool)
    {
        mapping(bytes32 => bytes32) storage commitments = _ibcStore().commitments;
        bytes32 path = PathHash.receipt(here, sequence);
        bytes32 receipt = keccak256(encoded);
        bytes32 stored = commitments[path];
        if (stored != bytes32(0)) {
            if (stored != receipt) revert IBCReceiptConflict(stored, receipt);
            emit Noop();
            return false;
        }
        if (block.timestamp >= timeoutTimestamp) revert IBCTimeoutElapsed(timeoutTimestamp, block.timestamp);
        commitments[path] = receipt;
        return true;
    }

    /// @dev Gives a packet to its app and writes the acknowledgement.
    function _deliver(IIBCApp app, bytes memory encoded, string calldata here, uint64 sequence) private {
        (bool accepted, bytes memory answer) = AppCallbacks.receivePacket(app, encoded, msg.sender);
        bool isError = answer.length == 32 && bytes32(answer) == UNIVERSAL_ERROR_ACK;
        if (!accepted) {
            // whoever pays the gas must not be able to turn a delivery into a refusal by paying too little
            if (answer.length == 0) revert IBCAppOutOfGas(address(app));
            emit IBCAppRecvPacketCallbackError(answer);
            answer = bytes.concat(UNIVERSAL_ERROR_ACK);
        } else if (answer.length == 0 || isError) {
            revert IBCAcknowledgementInvalid(answer);
        }
        _ibcStore().commitments[PathHash.acknowledgement(here, sequence)] =
            PacketEncoding.acknowledgementCommitment(answer);
        PacketEvents.emitWriteAcknowledgement(encoded, here, sequence, answer);
    }

    // --------------------------------------------------------------------------------------------- acknowledgement

    /// @inheritdoc IICS26Router
    function ackPacket(IICS26RouterMsgs.MsgAckPacket calldata msg_) external {
        _ackPacket(msg_);
    }

    function _ackPacket(IICS26RouterMsgs.MsgAckPacket calldata msg_) private relayed {
        IICS26RouterMsgs.Packet calldata packet = msg_.packet;
        (string calldata here, string calldata there) = (PacketView.sourceClient(packet), PacketView.destClient(packet));
        uint64 sequence = packet.sequence;
        bytes calldata acknowledgement = msg_.acknowledgement;
        Client storage client = _checkPacket(packet, here, there);
        (bool pending, bytes memory encoded) = _takeCommitment(packet, here, there, sequence);
        if (!pending) return;
        bytes32 value = PacketEncoding.calldataAcknowledgementCommitment(acknowledgement);
        _verifyMembership(client, there, ACKNOWLEDGEMENT, sequence, value, msg_.proofAcked, msg_.proofHeight);
        bytes memory callback = AppCallbacks.acknowledgementCallback(encoded, acknowledgement, msg.sender);
        AppCallbacks.notify(_app(PacketView.sourcePort(packet)), callback);
        PacketEvents.emitAckPacket(encoded, here, sequence, acknowledgement);
    }

    // ---------------------------------------------------------------------------------------------------- time-out

    /// @inheritdoc IICS26Router
    function timeoutPacket(IICS26RouterMsgs.MsgTimeoutPacket calldata msg_) external relayed {
        IICS26RouterMsgs.Packet calldata packet = msg_.packet;
        (string calldata here, string calldata there) = (PacketView.sourceClient(packet), PacketView.destClient(packet));
        uint64 sequence = packet.sequence;
        Client storage client = _checkPacket(packet, here, there);
        (bool pending, bytes memory encoded) = _takeCommitment(packet, here, there, sequence);
        if (!pending) return;
        uint256 consensusTimestamp = client.lightClient.verifyNonMembership(
            ILightClientMsgs.MsgVerifyNonMembership({
                proof: msg_.proofTimeout,
                proofHeight: msg_.proofHeight,
                path: _membershipPath(client, ICS24Host.packetReceiptPath(there, sequence))
            })
        );
        if (consensusTimestamp < packet.timeoutTimestamp) {
            revert IBCTimeoutNotReached(packet.timeoutTimestamp, consensusTimestamp);
        }
        bytes memory callback = AppCallbacks.timeoutCallback(encoded, msg.sender);
        AppCallbacks.notify(_app(PacketView.sourcePort(packet)), callback);
        PacketEvents.emitTimeoutPacket(encoded, here, sequence);
    }

    // ----------------------------------------------------------------------------------------------------- batches

    /// @inheritdoc IBatchRouter
    function recvPackets(IBatchMsgs.MsgRecvPackets calldata msg_) external relayed {
        (string calldata here, string calldata there) = (msg_.destClient, msg_.sourceClient);
        Client storage client = _checkClients(here, there);
        if (!client.bareKeys) revert IBCBatchPrefixUnsupported(here);
        PacketEncoding.Template memory template = PacketEncoding.template(msg_);
        IBatchMsgs.PacketLine[] calldata lines = msg_.lines;
        MembershipsCall.verify(
            address(client.lightClient),
            there,
            COMMITMENT,
            _entries(template, lines),
            msg_.proofCommitments,
            msg_.proofHeight
        );
        IIBCApp app = _app(msg_.destPort);
        uint256 free = _freeMemory();
        for (uint256 i = 0; i < lines.length; ++i) {
            (uint64 sequence, uint64 timeoutTimestamp, bytes calldata value) = PacketView.lineAt(lines, i);
            bytes memory encoded = PacketEncoding.fill(template, sequence, timeoutTimestamp, value);
            if (_isNew(encoded, here, sequence, timeoutTimestamp)) _deliver(app, encoded, here, sequence);
            _giveBack(free);
        }
    }

    /// @dev What must be proven of a batch: each packet's sequence and commitment, two words.
    function _entries(PacketEncoding.Template memory template, IBatchMsgs.PacketLine[] calldata lines)
        private
        view
        returns (uint256[] memory entries)
    {
        entries = new uint256[](2 * lines.length);
        for (uint256 i = 0; i < lines.length; ++i) {
            (uint64 sequence, uint64 timeoutTimestamp, bytes calldata value) = PacketView.lineAt(lines, i);
            if (sequence == 0) revert IBCSequenceInvalid(sequence);
            entries[2 * i] = sequence;
            entries[2 * i + 1] = uint256(PacketEncoding.commitmentOf(template, timeoutTimestamp, value));
        }
    }

    /// @inheritdoc Multicall
    function _runDirectly(bytes calldata data) internal override returns (bool, uint256) {
        if (data.length < 4) return (false, NOTHING);
        uint256 arguments;
        assembly ("memory-safe") {
            arguments := add(data.offset, 4)
        }
        bytes4 selector = bytes4(data);
        if (selector == IICS26Router.recvPacket.selector) {
            uint256 start = CalldataFields.nested(arguments, 0);
            IICS26RouterMsgs.MsgRecvPacket calldata received;
            assembly ("memory-safe") {
                received := start
            }
            _recvPacket(received);
            return (true, NOTHING);
        }
        if (selector == IICS26Router.ackPacket.selector) {
            uint256 start = CalldataFields.nested(arguments, 0);
            IICS26RouterMsgs.MsgAckPacket calldata acknowledged;
            assembly ("memory-safe") {
                acknowledged := start
            }
            _ackPacket(acknowledged);
            return (true, NOTHING);
        }
        if (selector == IICS02Client.updateClient.selector) {
            bytes calldata clientId = CalldataFields.field(arguments, 0);
            return (true, uint256(_updateClient(string(clientId), CalldataFields.field(arguments, 32))));
        }
        return (false, NOTHING);
    }

    // ------------------------------------------------------------------------------------------------------ checks

    /// @dev What every incoming packet message must satisfy; `here` is this chain's client id in the packet.
    function _checkPacket(IICS26RouterMsgs.Packet calldata packet, string calldata here, string calldata there)
        private
        view
        returns (Client storage client)
    {
        uint256 payloads = PacketView.payloadCount(packet);
        if (payloads != 1) revert IBCPayloadCountInvalid(1, payloads);
        if (packet.sequence == 0) revert IBCSequenceInvalid(packet.sequence);
        return _checkClients(here, there);
    }

    /// @dev The client here, of which `there` must be the counterparty.
    function _checkClients(string calldata here, string calldata there) private view returns (Client storage client) {
        client = _client(here);
        if (!_isCounterparty(client, there)) {
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
    function _takeCommitment(
        IICS26RouterMsgs.Packet calldata packet,
        string calldata here,
        string calldata there,
        uint64 sequence
    ) private returns (bool pending, bytes memory encoded) {
        mapping(bytes32 => bytes32) storage commitments = _ibcStore().commitments;
        bytes32 path = PathHash.commitment(here, sequence);
        bytes32 stored = commitments[path];
        if (stored == bytes32(0)) {
            emit Noop();
            return (false, encoded);
        }
        bytes32 found;
        (encoded, found) = PacketEncoding.encode(packet, here, there);
        if (stored != found) revert IBCCommitmentMismatch(stored, found);
        delete commitments[path];
        return (true, encoded);
    }

    /// @dev That the counterparty holds `value` at `there | tag | sequence`, under its merkle prefix.
    function _verifyMembership(
        Client storage client,
        string calldata there,
        uint8 tag,
        uint64 sequence,
        bytes32 value,
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height
    ) private {
        if (client.bareKeys) {
            MembershipCall.verify(client.lightClient, there, tag, sequence, value, proof, height);
            return;
        }
        client.lightClient.verifyMembership(
            ILightClientMsgs.MsgVerifyMembership({
                proof: proof,
                proofHeight: height,
                path: _membershipPath(client, abi.encodePacked(there, tag, sequence)),
                value: bytes.concat(value)
            })
        );
    }

    function _app(string calldata portId) private view returns (IIBCApp app) {
        app = _apps[CalldataHash.hashOf(portId)];
        if (address(app) == address(0)) revert IBCAppUnknown(portId);
    }

    function _addApp(string memory portId, address app) private {
        if (app.code.length == 0) revert IBCAppInvalid(app);
        bytes32 portIdHash = keccak256(bytes(portId));
        address taken = address(_apps[portIdHash]);
        if (taken != address(0)) revert IBCPortTaken(portId, taken);
        _apps[portIdHash] = IIBCApp(app);
        emit IBCAppAdded(portId, app);
    }
}
