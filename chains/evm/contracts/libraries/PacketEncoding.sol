// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CalldataFields} from "./CalldataFields.sol";
import {PacketView} from "./PacketView.sol";
import {IBatchMsgs} from "../msgs/IBatchMsgs.sol";
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

    /// @notice What packets that differ in sequence, time-out and value only have in common, encoded and hashed once.
    /// @param encoded abi.encode(packet) up to and without its value
    /// @param hashes where in memory SHA-256 of each field of the payload stands; the value's is filled in
    /// @param destClientHash SHA-256 of the destination client
    struct Template {
        bytes encoded;
        uint256 hashes;
        bytes32 destClientHash;
    }

    /// @notice abi.encode(packet) and the packet's IBC v2 commitment.
    /// @param packet what to encode
    /// @param sourceClient the packet's source client, which the caller has read already
    /// @param destClient the packet's destination client, likewise
    function encode(IICS26RouterMsgs.Packet calldata packet, string calldata sourceClient, string calldata destClient)
        internal
        view
        returns (bytes memory encoded, bytes32 commitment)
    {
        uint256 payload = PacketView.firstPayload(packet);
        uint256 hashes;
        bytes32 destClientHash;
        uint256 cursor;
        (encoded, hashes, destClientHash, cursor) = _common(sourceClient, destClient, payload, 0);
        uint64 timeoutTimestamp = packet.timeoutTimestamp;
        bytes calldata value = CalldataFields.field(payload, 128);
        // nothing took memory since: the value goes where the common part ends
        _finish(encoded, cursor, packet.sequence, timeoutTimestamp, value);
        commitment = _commitment(hashes, destClientHash, timeoutTimestamp, value);
    }

    /// @notice The common part of a batch.
    function template(IBatchMsgs.MsgRecvPackets calldata msg_) internal view returns (Template memory common) {
        uint256 base;
        assembly ("memory-safe") {
            base := msg_
        }
        // the struct first: the encoding takes the end of memory
        bytes memory encoded;
        uint256 cursor;
        (encoded, common.hashes, common.destClientHash, cursor) =
            _common(msg_.sourceClient, msg_.destClient, base, 64);
        assembly ("memory-safe") {
            mstore(encoded, sub(sub(cursor, encoded), 32))
            mstore(0x40, cursor)
        }
        common.encoded = encoded;
    }

    /// @notice abi.encode(packet) of one packet of a batch.
    function fill(Template memory common, uint64 sequence, uint64 timeoutTimestamp, bytes calldata value)
        internal
        view
        returns (bytes memory encoded)
    {
        uint256 cursor;
        bool copied;
        assembly ("memory-safe") {
            let source := mload(common)
            let size := mload(source)
            encoded := mload(0x40)
            cursor := add(add(encoded, 32), size)
            copied := staticcall(gas(), 4, add(source, 32), size, add(encoded, 32), size)
        }
        if (!copied) revert PacketHashFailed();
        _finish(encoded, cursor, sequence, timeoutTimestamp, value);
    }

    /// @notice `H(02 | H(destClient) | H(BE8(timeout)) | H(H(fields)))` of one packet of a batch.
    function commitmentOf(Template memory common, uint64 timeoutTimestamp, bytes calldata value)
        internal
        view
        returns (bytes32)
    {
        return _commitment(common.hashes, common.destClientHash, timeoutTimestamp, value);
    }

    /// @notice `H(02 | H(acknowledgement))`, for the one acknowledgement of a one-payload packet.
    function acknowledgementCommitment(bytes memory acknowledgement) internal view returns (bytes32 commitment) {
        bool hashed;
        assembly ("memory-safe") {
            hashed := staticcall(gas(), 2, add(acknowledgement, 32), mload(acknowledgement), 1, 32)
            mstore8(0, 2)
            hashed := and(hashed, staticcall(gas(), 2, 0, 33, 0, 32))
            commitment := mload(0)
        }
        if (!hashed) revert PacketHashFailed();
    }

    /// @notice The same, of calldata.
    function calldataAcknowledgementCommitment(bytes calldata acknowledgement) internal view returns (bytes32 commitment) {
        bool hashed;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, acknowledgement.offset, acknowledgement.length)
            hashed := staticcall(gas(), 2, scratch, acknowledgement.length, 1, 32)
            mstore8(0, 2)
            hashed := and(hashed, staticcall(gas(), 2, 0, 33, 0, 32))
            commitment := mload(0)
        }
        if (!hashed) revert PacketHashFailed();
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _commitment(uint256 fields, bytes32 destClientHash, uint64 timeoutTimestamp, bytes calldata value)
        private
        view
        returns (bytes32 commitment)
    {
        bool hashed;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, value.offset, value.length)
            hashed := staticcall(gas(), 2, scratch, value.length, add(fields, 128), 32)
            // the payload's hash stands alone in its list
            hashed := and(hashed, staticcall(gas(), 2, fields, 160, scratch, 32))
            hashed := and(hashed, staticcall(gas(), 2, scratch, 32, add(scratch, 65), 32))
            mstore(scratch, shl(192, timeoutTimestamp))
            hashed := and(hashed, staticcall(gas(), 2, scratch, 8, add(scratch, 33), 32))
            mstore(add(scratch, 1), destClientHash)
            mstore8(scratch, 2)
            hashed := and(hashed, staticcall(gas(), 2, scratch, 97, 0x00, 32))
            commitment := mload(0x00)
        }
        if (!hashed) revert PacketHashFailed();
    }

    /// @dev Everything but sequence, time-out and value, at the end of memory; `cursor` is where the value goes. The
    ///      four fields before the value stand in calldata from `position` on in the head at `base`.
    function _common(string calldata sourceClient, string calldata destClient, uint256 base, uint256 position)
        private
        view
        returns (bytes memory encoded, uint256 hashes, bytes32 destClientHash, uint256 cursor)
    {
        uint256 packet;
        assembly ("memory-safe") {
            hashes := mload(0x40)
            encoded := add(hashes, 160)
            mstore(add(encoded, 32), 32)
            packet := add(encoded, 64)
            cursor := add(packet, 160)
        }
        // nothing else takes memory until the end: the fields grow at the free memory pointer; lengths are those of
        // calldata that somebody paid for, far from any overflow
        unchecked {
            _store(packet + 32, cursor - packet);
            cursor = _copy(cursor, bytes(sourceClient));
            _store(packet + 64, cursor - packet);
            cursor = _append(cursor, bytes(destClient), hashes);
            destClientHash = bytes32(_load(hashes));
            _store(packet + 128, cursor - packet);
            _store(cursor, 1);
            _store(cursor + 32, 32);
            uint256 head = cursor + 64;
            cursor = head + FIELDS * 32;
            _store(head, cursor - head);
            cursor = _append(cursor, CalldataFields.field(base, position), hashes);
            _store(head + 32, cursor - head);
            cursor = _append(cursor, CalldataFields.field(base, position + 32), hashes + 32);
            _store(head + 64, cursor - head);
            cursor = _append(cursor, CalldataFields.field(base, position + 64), hashes + 64);
            _store(head + 96, cursor - head);
            cursor = _append(cursor, CalldataFields.field(base, position + 96), hashes + 96);
            _store(head + 128, cursor - head);
        }
    }

    /// @dev Fills in what `_common` left open and takes the memory.
    function _finish(
        bytes memory encoded,
        uint256 cursor,
        uint64 sequence,
        uint64 timeoutTimestamp,
        bytes calldata value
    ) private pure {
        uint256 end = _copy(cursor, value);
        assembly ("memory-safe") {
            mstore(add(encoded, 64), sequence)
            mstore(add(encoded, 160), timeoutTimestamp)
            mstore(encoded, sub(sub(end, encoded), 32))
            mstore(0x40, end)
        }
    }

    /// @dev Writes length and padded content at `cursor`, the content's SHA-256 at `hashAt`.
    function _append(uint256 cursor, bytes calldata field, uint256 hashAt) private view returns (uint256 next) {
        next = _copy(cursor, field);
        bool hashed;
        assembly ("memory-safe") {
            hashed := staticcall(gas(), 2, add(cursor, 32), field.length, hashAt, 32)
        }
        if (!hashed) revert PacketHashFailed();
    }

    /// @dev Writes length and padded content at `cursor`.
    function _copy(uint256 cursor, bytes calldata field) private pure returns (uint256 next) {
        assembly ("memory-safe") {
            mstore(cursor, field.length)
            let content := add(cursor, 32)
            next := add(content, and(add(field.length, 31), not(31)))
            // the last word is cleared first, so that the padding is zero; of an empty field that is its length, zero
            mstore(sub(next, 32), 0)
            calldatacopy(content, field.offset, field.length)
        }
    }

    function _store(uint256 position, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(position, word)
        }
    }

    function _load(uint256 position) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(position)
        }
    }
}
