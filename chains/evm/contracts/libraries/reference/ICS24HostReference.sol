// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS26RouterMsgs} from "../../msgs/IICS26RouterMsgs.sol";

/// @title IBC v2 paths and commitments, written plainly
/// @notice The measure for `ICS24Host`: a fuzz test holds the two against each other. H is SHA-256, integers are
///         8 bytes big-endian.
library ICS24HostReference {
    /// @notice `clientId | 01 | BE8(sequence)`: where the source commits to a packet.
    function packetCommitmentPath(string memory clientId, uint64 sequence) internal pure returns (bytes memory) {
        return abi.encodePacked(clientId, uint8(1), sequence);
    }

    /// @notice `clientId | 02 | BE8(sequence)`: where the destination notes a receipt.
    function packetReceiptPath(string memory clientId, uint64 sequence) internal pure returns (bytes memory) {
        return abi.encodePacked(clientId, uint8(2), sequence);
    }

    /// @notice `clientId | 03 | BE8(sequence)`: where the destination commits to its acknowledgement.
    function packetAcknowledgementPath(string memory clientId, uint64 sequence) internal pure returns (bytes memory) {
        return abi.encodePacked(clientId, uint8(3), sequence);
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

    /// @notice Value of the receipt.
    function packetReceipt(IICS26RouterMsgs.Packet memory packet) internal pure returns (bytes32) {
        return keccak256(abi.encode(packet));
    }
}
