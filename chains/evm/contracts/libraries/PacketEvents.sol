// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS26Router} from "../interfaces/IICS26Router.sol";
import {CalldataHash} from "./CalldataHash.sol";

/// @title The router's events, from an encoded packet
/// @dev Works on abi.encode(packet) as `PacketEncoding` lays it out. Solidity's own encoder says the same plainly.
library PacketEvents {
    /// @notice A precompiled contract failed (out of gas).
    error EventCopyFailed();

    /// @notice `WriteAcknowledgement` with the packet's one acknowledgement.
    function emitWriteAcknowledgement(
        bytes memory encoded,
        string calldata destClient,
        uint64 sequence,
        bytes memory acknowledgement
    ) internal {
        bytes32 topic = IICS26Router.WriteAcknowledgement.selector;
        bytes32 clientTopic = CalldataHash.hashOf(destClient);
        (uint256 data, uint256 target) = _copyPacket(encoded);
        bool copied;
        assembly ("memory-safe") {
            mstore(target, 1)
            mstore(add(target, 32), 32)
            let size := mload(acknowledgement)
            target := add(target, 64)
            mstore(target, size)
            let padded := and(add(size, 31), not(31))
            // the last word is cleared first, so that the padding is zero
            mstore(add(target, padded), 0)
            copied := staticcall(gas(), 4, add(acknowledgement, 32), size, add(target, 32), size)
            log3(data, sub(add(target, add(padded, 32)), data), topic, clientTopic, sequence)
        }
        if (!copied) revert EventCopyFailed();
    }

    /// @notice `AckPacket` with the acknowledgement.
    function emitAckPacket(
        bytes memory encoded,
        string calldata sourceClient,
        uint64 sequence,
        bytes calldata acknowledgement
    ) internal {
        bytes32 topic = IICS26Router.AckPacket.selector;
        bytes32 clientTopic = CalldataHash.hashOf(sourceClient);
        (uint256 data, uint256 target) = _copyPacket(encoded);
        assembly ("memory-safe") {
            mstore(target, acknowledgement.length)
            let padded := and(add(acknowledgement.length, 31), not(31))
            mstore(add(target, padded), 0)
            calldatacopy(add(target, 32), acknowledgement.offset, acknowledgement.length)
            log3(data, sub(add(target, add(padded, 32)), data), topic, clientTopic, sequence)
        }
    }

    /// @notice `TimeoutPacket`: its body is the encoded packet as it is.
    function emitTimeoutPacket(bytes memory encoded, string calldata sourceClient, uint64 sequence) internal {
        bytes32 topic = IICS26Router.TimeoutPacket.selector;
        bytes32 clientTopic = CalldataHash.hashOf(sourceClient);
        assembly ("memory-safe") {
            log3(add(encoded, 32), mload(encoded), topic, clientTopic, sequence)
        }
    }

    /// @dev Two offsets and the packet, in memory that stays free: `data` is where the event's body begins, `target`
    ///      where what comes after the packet goes.
    function _copyPacket(bytes memory encoded) private view returns (uint256 data, uint256 target) {
        bool copied;
        assembly ("memory-safe") {
            let packetSize := sub(mload(encoded), 32)
            let afterPacket := add(packetSize, 64)
            data := mload(0x40)
            mstore(data, 64)
            mstore(add(data, 32), afterPacket)
            copied := staticcall(gas(), 4, add(encoded, 64), packetSize, add(data, 64), packetSize)
            target := add(data, afterPacket)
        }
        if (!copied) revert EventCopyFailed();
    }
}
