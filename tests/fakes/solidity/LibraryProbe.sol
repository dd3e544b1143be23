// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIBCApp} from "chains/evm/contracts/interfaces/IIBCApp.sol";
import {IICS26Router} from "chains/evm/contracts/interfaces/IICS26Router.sol";
import {AppCallbacks} from "chains/evm/contracts/libraries/AppCallbacks.sol";
import {CalldataHash} from "chains/evm/contracts/libraries/CalldataHash.sol";
import {CheckpointHeader} from "chains/evm/contracts/libraries/CheckpointHeader.sol";
import {CompactSignature} from "chains/evm/contracts/libraries/CompactSignature.sol";
import {ConsensusSlot} from "chains/evm/contracts/libraries/ConsensusSlot.sol";
import {ICS24Host} from "chains/evm/contracts/libraries/ICS24Host.sol";
import {Identifiers} from "chains/evm/contracts/libraries/Identifiers.sol";
import {PacketEncoding} from "chains/evm/contracts/libraries/PacketEncoding.sol";
import {PacketEvents} from "chains/evm/contracts/libraries/PacketEvents.sol";
import {SparseMerkle} from "chains/evm/contracts/libraries/SparseMerkle.sol";
import {CheckpointHeaderReference} from "chains/evm/contracts/libraries/reference/CheckpointHeaderReference.sol";
import {CompactSignatureReference} from "chains/evm/contracts/libraries/reference/CompactSignatureReference.sol";
import {ConsensusSlotReference} from "chains/evm/contracts/libraries/reference/ConsensusSlotReference.sol";
import {SparseMerkleReference} from "chains/evm/contracts/libraries/reference/SparseMerkleReference.sol";
import {IBatchLightClient} from "chains/evm/contracts/interfaces/IBatchLightClient.sol";
import {ILightClient} from "chains/evm/contracts/interfaces/ILightClient.sol";
import {MembershipCall} from "chains/evm/contracts/libraries/MembershipCall.sol";
import {MembershipsCall} from "chains/evm/contracts/libraries/MembershipsCall.sol";
import {PacketView} from "chains/evm/contracts/libraries/PacketView.sol";
import {PathHash} from "chains/evm/contracts/libraries/PathHash.sol";
import {SparseMultiproof} from "chains/evm/contracts/libraries/SparseMultiproof.sol";
import {SparseMultiproofReference} from "chains/evm/contracts/libraries/reference/SparseMultiproofReference.sol";
import {IBatchMsgs} from "chains/evm/contracts/msgs/IBatchMsgs.sol";
import {IICS02ClientMsgs} from "chains/evm/contracts/msgs/IICS02ClientMsgs.sol";
import {ILightClientMsgs} from "chains/evm/contracts/msgs/ILightClientMsgs.sol";
import {IIBCAppCallbacks} from "chains/evm/contracts/msgs/IIBCAppCallbacks.sol";
import {IICS26RouterMsgs} from "chains/evm/contracts/msgs/IICS26RouterMsgs.sol";

/// @title Opens the tight libraries and their plain references to the tests
contract LibraryProbe {
    event WriteAcknowledgement(
        string indexed clientId, uint256 indexed sequence, IICS26RouterMsgs.Packet packet, bytes[] acknowledgements
    );

    function rootOfPresence(bytes calldata proof, bytes calldata key, bytes calldata value)
        external
        view
        returns (bytes32)
    {
        return SparseMerkle.rootOfPresence(proof, key, value);
    }

    function rootOfPresencePlain(bytes calldata proof, bytes calldata key, bytes calldata value)
        external
        pure
        returns (bytes32)
    {
        return SparseMerkleReference.rootOfPresence(proof, key, value);
    }

    function rootOfAbsence(bytes calldata proof, bytes calldata key) external view returns (bytes32) {
        return SparseMerkle.rootOfAbsence(proof, key);
    }

    function rootOfAbsencePlain(bytes calldata proof, bytes calldata key) external pure returns (bytes32) {
        return SparseMerkleReference.rootOfAbsence(proof, key);
    }

    function recover(bytes32 digest, bytes32 r, bytes32 vs) external view returns (address) {
        return CompactSignature.recover(digest, r, vs);
    }

    function recoverPlain(bytes32 digest, bytes32 r, bytes32 vs) external pure returns (address) {
        return CompactSignatureReference.recover(digest, r, vs);
    }

    function verifyHeader(bytes calldata header, bytes32 domain, bytes32 trustedSetHash)
        external
        view
        returns (CheckpointHeader.Checkpoint memory)
    {
        return CheckpointHeader.verify(header, domain, trustedSetHash);
    }

    function verifyHeaderPlain(bytes calldata header, bytes32 domain, bytes32 trustedSetHash)
        external
        pure
        returns (CheckpointHeader.Checkpoint memory)
    {
        return CheckpointHeaderReference.verify(header, domain, trustedSetHash);
    }

    function rootOfPresences(bytes calldata proof, bytes calldata prefix, IBatchMsgs.Entry[] calldata entries)
        external
        view
        returns (bytes32)
    {
        return SparseMultiproof.rootOfPresences(proof, prefix, entries);
    }

    function rootOfPresencesPlain(bytes calldata proof, bytes calldata prefix, IBatchMsgs.Entry[] calldata entries)
        external
        pure
        returns (bytes32)
    {
        bytes32[] memory keys = new bytes32[](entries.length);
        bytes32[] memory values = new bytes32[](entries.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            keys[i] = sha256(abi.encodePacked(prefix, entries[i].sequence));
            values[i] = sha256(abi.encodePacked(entries[i].value));
        }
        return SparseMultiproofReference.rootOfPresences(proof, keys, values);
    }

    /// @dev A packet of a batch, filled in after another of another size.
    function fillTemplate(IBatchMsgs.MsgRecvPackets calldata msg_)
        external
        view
        returns (bytes memory encoded, bytes32 commitment)
    {
        PacketEncoding.Template memory template = PacketEncoding.template(msg_);
        for (uint256 i = 0; i < msg_.lines.length; ++i) {
            (uint64 sequence, uint64 timeout, bytes calldata value) = PacketView.lineAt(msg_.lines, i);
            commitment = PacketEncoding.commitmentOf(template, timeout, value);
            encoded = PacketEncoding.fill(template, sequence, timeout, value);
        }
    }

    function membershipCall(
        string calldata clientId,
        uint64 sequence,
        bytes32 value,
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height
    ) external pure returns (bytes memory tight, bytes memory plain) {
        tight = MembershipCall.encode(clientId, 3, sequence, value, proof, height);
        bytes[] memory path = new bytes[](1);
        path[0] = ICS24Host.packetAcknowledgementPath(clientId, sequence);
        ILightClientMsgs.MsgVerifyMembership memory message =
            ILightClientMsgs.MsgVerifyMembership(proof, height, path, bytes.concat(value));
        plain = abi.encodeCall(ILightClient.verifyMembership, (message));
    }

    function membershipsCall(
        string calldata clientId,
        IBatchMsgs.Entry[] calldata entries,
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height
    ) external view returns (bytes memory tight, bytes memory plain) {
        uint256[] memory words = new uint256[](2 * entries.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            words[2 * i] = entries[i].sequence;
            words[2 * i + 1] = uint256(entries[i].value);
        }
        tight = MembershipsCall.encode(clientId, 1, words, proof, height);
        IBatchMsgs.MsgVerifyMemberships memory message =
            IBatchMsgs.MsgVerifyMemberships(proof, height, abi.encodePacked(clientId, uint8(1)), entries);
        plain = abi.encodeCall(IBatchLightClient.verifyMemberships, (message));
    }

    function acknowledgementCallback(
        IICS26RouterMsgs.Packet calldata packet,
        bytes calldata acknowledgement,
        address relayer
    ) external view returns (bytes memory tight, bytes memory plain) {
        (bytes memory encoded,) = PacketEncoding.encode(packet, packet.sourceClient, packet.destClient);
        tight = AppCallbacks.acknowledgementCallback(encoded, acknowledgement, relayer);
        plain = abi.encodeCall(
            IIBCApp.onAcknowledgementPacket,
            (
                IIBCAppCallbacks.OnAcknowledgementPacketCallback({
                    sourceClient: packet.sourceClient,
                    destinationClient: packet.destClient,
                    sequence: packet.sequence,
                    payload: packet.payloads[0],
                    acknowledgement: acknowledgement,
                    relayer: relayer
                })
            )
        );
    }

    function pathHashes(string calldata clientId, uint64 sequence) external pure returns (bytes32, bytes32, bytes32) {
        return (
            PathHash.commitment(clientId, sequence),
            PathHash.receipt(clientId, sequence),
            PathHash.acknowledgement(clientId, sequence)
        );
    }

    function tightAcknowledgementCommitments(bytes calldata acknowledgement)
        external
        view
        returns (bytes32 fromMemory, bytes32 fromCalldata)
    {
        bytes memory copy = acknowledgement;
        return (
            PacketEncoding.acknowledgementCommitment(copy),
            PacketEncoding.calldataAcknowledgementCommitment(acknowledgement)
        );
    }

    function consensusSlot(uint64 height, uint64 timestamp, bytes32 root)
        external
        pure
        returns (bytes32 tight, bytes32 plain)
    {
        return (ConsensusSlot.pack(height, timestamp, root), ConsensusSlotReference.pack(height, timestamp, root));
    }

    function encodePacket(IICS26RouterMsgs.Packet calldata packet) external view returns (bytes memory, bytes32) {
        return PacketEncoding.encode(packet, packet.sourceClient, packet.destClient);
    }

    function encodePacketPlain(IICS26RouterMsgs.Packet calldata packet) external pure returns (bytes memory, bytes32) {
        return (abi.encode(packet), ICS24Host.packetCommitment(packet));
    }

    function recvCallback(IICS26RouterMsgs.Packet calldata packet, address relayer)
        external
        view
        returns (bytes memory)
    {
        (bytes memory encoded,) = PacketEncoding.encode(packet, packet.sourceClient, packet.destClient);
        return AppCallbacks.recvCallback(encoded, relayer);
    }

    function recvCallbackPlain(IICS26RouterMsgs.Packet calldata packet, address relayer)
        external
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(
            IIBCApp.onRecvPacket,
            (
                IIBCAppCallbacks.OnRecvPacketCallback({
                    sourceClient: packet.sourceClient,
                    destinationClient: packet.destClient,
                    sequence: packet.sequence,
                    payload: packet.payloads[0],
                    relayer: relayer
                })
            )
        );
    }

    event AckPacket(
        string indexed clientId, uint256 indexed sequence, IICS26RouterMsgs.Packet packet, bytes acknowledgement
    );
    event TimeoutPacket(string indexed clientId, uint256 indexed sequence, IICS26RouterMsgs.Packet packet);

    /// @dev Emits the events of a packet that was sent twice each: tight, then plain.
    function emitSentTwice(IICS26RouterMsgs.Packet calldata packet, bytes calldata acknowledgement) external {
        (bytes memory encoded,) = PacketEncoding.encode(packet, packet.sourceClient, packet.destClient);
        PacketEvents.emitAckPacket(encoded, packet.sourceClient, packet.sequence, acknowledgement);
        emit AckPacket(packet.sourceClient, packet.sequence, packet, acknowledgement);
        PacketEvents.emitTimeoutPacket(encoded, packet.sourceClient, packet.sequence);
        emit TimeoutPacket(packet.sourceClient, packet.sequence, packet);
    }

    /// @dev Emits the same event twice: tight, then plain.
    function emitTwice(IICS26RouterMsgs.Packet calldata packet, bytes calldata acknowledgement) external {
        (bytes memory encoded,) = PacketEncoding.encode(packet, packet.sourceClient, packet.destClient);
        PacketEvents.emitWriteAcknowledgement(encoded, packet.destClient, packet.sequence, acknowledgement);
        bytes[] memory acknowledgements = new bytes[](1);
        acknowledgements[0] = acknowledgement;
        emit WriteAcknowledgement(packet.destClient, packet.sequence, packet, acknowledgements);
    }

    function paths(string calldata clientId, uint64 sequence)
        external
        pure
        returns (bytes memory, bytes memory, bytes memory)
    {
        return (
            ICS24Host.packetCommitmentPath(clientId, sequence),
            ICS24Host.packetReceiptPath(clientId, sequence),
            ICS24Host.packetAcknowledgementPath(clientId, sequence)
        );
    }

    function acknowledgementCommitment(bytes calldata acknowledgement) external pure returns (bytes32) {
        return ICS24Host.acknowledgementCommitment(acknowledgement);
    }

    function hashes(bytes calldata data) external pure returns (bytes32 tight, bytes32 plain) {
        return (CalldataHash.hashOf(data), keccak256(data));
    }

    function identifiers(string calldata id) external pure returns (bool client, bool port) {
        return (Identifiers.isClientId(id), Identifiers.isPortId(id));
    }
}
