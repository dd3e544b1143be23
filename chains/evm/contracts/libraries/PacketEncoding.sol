// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIBCApp} from "../interfaces/IIBCApp.sol";
import {IICS26Router} from "../interfaces/IICS26Router.sol";
import {CalldataHash} from "./CalldataHash.sol";
import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";

/// @title A packet of one payload, encoded once
/// @notice The receipt, the commitment, the callback and the event all need the same bytes: abi.encode(packet). They
///         are written once, each field is hashed where it then lies, and the rest is cut from them.
/// @dev The caller has checked that there is exactly one payload. Layout of abi.encode(packet), in bytes:
///      0 offset of the tuple (32) - 32 sequence - 64 offset of the source client - 96 offset of the destination
///      client - 128 time-out - 160 offset of the payloads (these three counted from 32) - 192 the two clients, length
///      and padded content each - then the payloads: count 1, offset 32, the payload's five offsets, its five fields.
///      `ICS24Host` and Solidity's own encoder say the same plainly.
library PacketEncoding {
    /// @notice A precompiled contract failed (out of gas).
    error PacketHashFailed();

    uint256 private constant FIELDS = 5;

    /// @notice abi.encode(packet) and the packet's IBC v2 commitment.
    /// @param packet what to encode
    /// @param sourceClient the packet's source client, which the caller has read already
    /// @param destClient the packet's destination client, likewise
    function encode(IICS26RouterMsgs.Packet calldata packet, string calldata sourceClient, string calldata destClient)
        internal
        view
        returns (bytes memory encoded, bytes32 commitment)
    {
        IICS26RouterMsgs.Payload calldata payload = packet.payloads[0];
        // where the hashes to be hashed again are collected: one for each field of the payload
        bytes memory hashes = new bytes(FIELDS * 32);
        bytes32 destClientHash;
        uint256 cursor;
        uint256 base;
        assembly ("memory-safe") {
            encoded := mload(0x40)
            base := add(encoded, 64)
            mstore(add(encoded, 32), 32)
            cursor := add(base, 160)
        }
        // nothing else takes memory until the end of this function: the fields grow at the free memory pointer;
        // offsets are within calldata that somebody paid for, far from any overflow
        unchecked {
            _store(base, packet.sequence);
            _store(base + 32, cursor - base);
            cursor = _append(cursor, bytes(sourceClient), hashes, 0);
            _store(base + 64, cursor - base);
            cursor = _append(cursor, bytes(destClient), hashes, 0);
            destClientHash = bytes32(_load(hashes, 0));
            _store(base + 96, packet.timeoutTimestamp);
            _store(base + 128, cursor - base);
            _store(cursor, 1);
            _store(cursor + 32, 32);
            uint256 head = cursor + 64;
            cursor = head + FIELDS * 32;
            _store(head, cursor - head);
            cursor = _append(cursor, bytes(payload.sourcePort), hashes, 0);
            _store(head + 32, cursor - head);
            cursor = _append(cursor, bytes(payload.destPort), hashes, 1);
            _store(head + 64, cursor - head);
            cursor = _append(cursor, bytes(payload.version), hashes, 2);
            _store(head + 96, cursor - head);
            cursor = _append(cursor, bytes(payload.encoding), hashes, 3);
            _store(head + 128, cursor - head);
            cursor = _append(cursor, payload.value, hashes, 4);
        }
        assembly ("memory-safe") {
            mstore(encoded, sub(sub(cursor, encoded), 32))
            mstore(0x40, cursor)
        }
        commitment = _commitment(hashes, destClientHash, packet.timeoutTimestamp);
    }

    /// @notice Calldata of `onRecvPacket` for an encoded packet.
    function recvCallback(bytes memory encoded, address relayer) internal view returns (bytes memory data) {
        bytes4 selector = IIBCApp.onRecvPacket.selector;
        bool copied;
        assembly ("memory-safe") {
            let packet := add(encoded, 64)
            let packetSize := sub(mload(encoded), 32)
            let payloads := mload(add(packet, 128))
            let clientsSize := sub(payloads, 160)
            // the payload's tuple follows the array's count and offset
            let payloadSize := sub(packetSize, add(payloads, 64))
            data := mload(0x40)
            let arguments := add(data, 36)
            mstore(data, add(196, add(clientsSize, payloadSize)))
            mstore(add(data, 32), selector)
            mstore(arguments, 32)
            mstore(add(arguments, 32), mload(add(packet, 32)))
            mstore(add(arguments, 64), mload(add(packet, 64)))
            mstore(add(arguments, 96), mload(packet))
            mstore(add(arguments, 128), payloads)
            mstore(add(arguments, 160), relayer)
            let target := add(arguments, 192)
            copied := staticcall(gas(), 4, add(packet, 160), clientsSize, target, clientsSize)
            target := add(target, clientsSize)
            copied := and(
                copied,
                staticcall(gas(), 4, add(packet, add(payloads, 64)), payloadSize, target, payloadSize)
            )
            // rounded up, so that what comes after starts at a word
            mstore(0x40, and(add(add(target, payloadSize), 31), not(31)))
        }
        if (!copied) revert PacketHashFailed();
    }

    /// @notice Calls the app with an encoded packet.
    /// @return accepted whether it did not revert
    /// @return result what it returned, or the reason of its revert
    function callOnRecvPacket(IIBCApp app, bytes memory encoded, address relayer)
        internal
        returns (bool accepted, bytes memory result)
    {
        bytes memory callback = recvCallback(encoded, relayer);
        assembly ("memory-safe") {
            accepted := call(gas(), app, 0, add(callback, 32), mload(callback), 0, 0)
            result := mload(0x40)
            let size := returndatasize()
            mstore(result, size)
            returndatacopy(add(result, 32), 0, size)
            mstore(0x40, and(add(add(result, size), 63), not(31)))
        }
    }

    /// @notice Emits `WriteAcknowledgement` of the router for an encoded packet and its one acknowledgement.
    function emitWriteAcknowledgement(
        bytes memory encoded,
        string calldata destClient,
        uint64 sequence,
        bytes memory acknowledgement
    ) internal {
        bytes32 topic = IICS26Router.WriteAcknowledgement.selector;
        bytes32 clientTopic = CalldataHash.hashOf(destClient);
        bool copied;
        assembly ("memory-safe") {
            let packetSize := sub(mload(encoded), 32)
            let data := mload(0x40)
            let acknowledgements := add(packetSize, 64)
            mstore(data, 64)
            mstore(add(data, 32), acknowledgements)
            copied := staticcall(gas(), 4, add(encoded, 64), packetSize, add(data, 64), packetSize)
            let target := add(data, acknowledgements)
            mstore(target, 1)
            mstore(add(target, 32), 32)
            let size := mload(acknowledgement)
            target := add(target, 64)
            mstore(target, size)
            let padded := and(add(size, 31), not(31))
            // the last word is cleared first, so that the padding is zero
            mstore(add(target, padded), 0)
            copied := and(copied, staticcall(gas(), 4, add(acknowledgement, 32), size, add(target, 32), size))
            log3(data, sub(add(target, add(padded, 32)), data), topic, clientTopic, sequence)
        }
        if (!copied) revert PacketHashFailed();
    }

    // ---------------------------------------------------------------------------------------------------- internal

    /// @dev Writes length and padded content at `cursor`, the content's SHA-256 into slot `index` of `hashes`.
    function _append(uint256 cursor, bytes calldata field, bytes memory hashes, uint256 index)
        private
        view
        returns (uint256 next)
    {
        bool hashed;
        assembly ("memory-safe") {
            mstore(cursor, field.length)
            let content := add(cursor, 32)
            next := add(content, and(add(field.length, 31), not(31)))
            // the last word is cleared first, so that the padding is zero; of an empty field that is its length, zero
            mstore(sub(next, 32), 0)
            calldatacopy(content, field.offset, field.length)
            hashed := staticcall(gas(), 2, content, field.length, add(add(hashes, 32), shl(5, index)), 32)
        }
        if (!hashed) revert PacketHashFailed();
    }

    /// @dev `H(02 | H(destClient) | H(BE8(timeout)) | H(H(fields)))`; overwrites `hashes`.
    function _commitment(bytes memory hashes, bytes32 destClientHash, uint64 timeoutTimestamp)
        private
        view
        returns (bytes32 commitment)
    {
        bool hashed;
        assembly ("memory-safe") {
            let words := add(hashes, 32)
            let afterTag := add(words, 1)
            // the payload's hash stands alone in its list, so the list is hashed where the hash was written
            hashed := staticcall(gas(), 2, words, 160, words, 32)
            hashed := and(hashed, staticcall(gas(), 2, words, 32, add(afterTag, 64), 32))
            mstore(words, shl(192, timeoutTimestamp))
            hashed := and(hashed, staticcall(gas(), 2, words, 8, add(afterTag, 32), 32))
            mstore(afterTag, destClientHash)
            mstore8(words, 2)
            hashed := and(hashed, staticcall(gas(), 2, words, 97, 0x00, 32))
            commitment := mload(0x00)
        }
        if (!hashed) revert PacketHashFailed();
    }

    function _store(uint256 position, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(position, word)
        }
    }

    function _load(bytes memory words, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(words, 32), shl(5, index)))
        }
    }
}
