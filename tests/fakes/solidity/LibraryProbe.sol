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
