// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";

/// @title IBC v2 paths and commitments, written plainly
/// @notice H is SHA-256, integers are 8 bytes big-endian. The store keeps commitments at keccak256(path).
/// @dev Where a packet arrives its commitment is made while it is encoded, by `PacketEncoding`; what stands here is the
///      measure for it: a fuzz test holds the two against each other.
library ICS24Host {
    /// @notice Answer to a packet whose app reverted: SHA-256 of "UNIVERSAL_ERROR_ACKNOWLEDGEMENT".
    bytes32 internal constant UNIVERSAL_ERROR_ACK = 0x4774d4a575993f963b1c06573736617a457abef8589178db8d10c94b4ab511ab;

    uint8 private constant COMMITMENT = 1;
    uint8 private constant RECEIPT = 2;
    uint8 private constant ACKNOWLEDGEMENT = 3;

    /// @notice Where the source commits to a packet.
    function packetCommitmentPath(string calldata clientId, uint64 sequence) internal pure returns (bytes memory) {
        return abi.encodePacked(clientId, COMMITMENT, sequence);
    }

    /// @notice Where the destination notes a receipt.
    function packetReceiptPath(string calldata clientId, uint64 sequence) internal pure returns (bytes memory) {
        return abi.encodePacked(clientId, RECEIPT, sequence);
    }

    /// @notice Where the destination commits to its acknowledgement.
    function packetAcknowledgementPath(string calldata clientId, uint64 sequence)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(clientId, ACKNOWLEDGEMENT, sequence);
    }

    /// @notice `H(02 | H(destClient) | H(BE8(timeout)) | H(payload hashes))`.
    function packetCommitment(IICS26RouterMsgs.Packet memory packet) internal pure returns (bytes32) {
        bytes memory payloadHashes;
        for (uint256 i = 0; i < packet.payloads.length; ++i) {
            payloadHashes = abi.encodePacked(payloadHashes, payloadHash(packet.payloads[i]));
        }
        return sha256(
            abi.encodePacked(
                uint8(2),
                sha256(bytes(packet.destClient)),
                sha256(abi.encodePacked(packet.timeoutTimestamp)),
                sha256(payloadHashes)
            )
        );
    }

    /// @notice `H(H(sourcePort) | H(destPort) | H(version) | H(encoding) | H(value))`.
    function payloadHash(IICS26RouterMsgs.Payload memory payload) internal pure returns (bytes32) {
        return sha256(
            abi.encodePacked(
                sha256(bytes(payload.sourcePort)),
                sha256(bytes(payload.destPort)),
                sha256(bytes(payload.version)),
                sha256(bytes(payload.encoding)),
                sha256(payload.value)
            )
        );
    }

    /// @notice `H(02 | H(acknowledgement))` for the one acknowledgement of a one-payload packet.
    function acknowledgementCommitment(bytes memory acknowledgement) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(2), sha256(acknowledgement)));
    }
}
