// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RlpErrors} from "../errors/RlpErrors.sol";

/// @title Strict RLP read where it lies, in calldata
/// @notice One encoding for one value: sizes in their shortest form, items within their list, nothing after the end.
///         Lists are looked into one level deep; what a nested list holds is its reader's to check.
/// @dev Positions are absolute offsets into calldata. `StrictRlpReference` says the same plainly, over memory.
library StrictRlp {
    uint256 private constant SHORT_LIMIT = 55;

    /// @notice Where the items of the one list begin and end that `data` encodes.
    function listOf(bytes calldata data) internal pure returns (uint256 position, uint256 end) {
        assembly ("memory-safe") {
            position := data.offset
            end := add(position, data.length)
        }
        return listAt(position, end);
    }

    /// @notice The same for a list that stands from `start` to `end` exactly.
    function listAt(uint256 start, uint256 end) internal pure returns (uint256, uint256) {
        (uint256 payload, uint256 next, bool isList) = item(start, end);
        if (!isList || next != end) revert RlpErrors.RlpListExpected(end - start);
        return (payload, end);
    }

    /// @notice The item at `position` of a list that ends at `end`.
    /// @return payload where its content begins
    /// @return next where its content ends and the next item begins
    /// @return isList whether it is a list
    function item(uint256 position, uint256 end) internal pure returns (uint256 payload, uint256 next, bool isList) {
        if (position >= end) revert RlpErrors.RlpItemMissing();
        uint256 first = byteAt(position);
        unchecked {
            if (first < 0x80) return (position, position + 1, false);
            payload = position + 1;
            if (first < 0xb8) {
                next = payload + first - 0x80;
                if (first == 0x81 && next <= end && byteAt(payload) < 0x80) revert RlpErrors.RlpNotCanonical(first);
            } else if (first < 0xc0) {
                (payload, next) = _long(position, end, first - 0xb7);
            } else if (first < 0xf8) {
                isList = true;
                next = payload + first - 0xc0;
            } else {
                isList = true;
                (payload, next) = _long(position, end, first - 0xf7);
            }
        }
        if (next > end) revert RlpErrors.RlpItemTooLong(next - position, end - position);
    }

    /// @notice The byte string at `position` of a list that ends at `end`.
    function stringAt(uint256 position, uint256 end) internal pure returns (uint256 payload, uint256 next) {
        bool isList;
        (payload, next, isList) = item(position, end);
        if (isList) revert RlpErrors.RlpStringExpected();
    }

    /// @notice The unsigned integer whose `size` big-endian bytes stand at `payload`: no leading zero, at most `most`
    ///         bytes.
    function uintAt(uint256 payload, uint256 size, uint256 most) internal pure returns (uint256) {
        if (size > most || (size != 0 && byteAt(payload) == 0)) revert RlpErrors.RlpIntegerInvalid(size, most);
        return size == 0 ? 0 : wordAt(payload) >> (256 - 8 * size);
    }

    /// @notice The bytes between two positions.
    function slice(uint256 from, uint256 to) internal pure returns (bytes calldata part) {
        assembly ("memory-safe") {
            part.offset := from
            part.length := sub(to, from)
        }
    }

    /// @notice The byte at a position.
    function byteAt(uint256 position) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, calldataload(position))
        }
    }

    /// @notice The 32 bytes from a position on.
    function wordAt(uint256 position) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(position)
        }
    }

    /// @notice The prefix of a string (`offset` 0x80) or list (0xc0) whose content takes `size` bytes; of a string of
    ///         one byte below 0x80 there is none, and it must not be asked for.
    function prefix(uint256 size, uint256 offset) internal pure returns (bytes memory) {
        if (size <= SHORT_LIMIT) return abi.encodePacked(uint8(offset + size));
        if (size < 0x100) return abi.encodePacked(uint8(offset + SHORT_LIMIT + 1), uint8(size));
        if (size < 0x10000) return abi.encodePacked(uint8(offset + SHORT_LIMIT + 2), uint16(size));
        revert RlpErrors.RlpItemTooLong(size, 0xffff);
    }

    function _long(uint256 position, uint256 end, uint256 sizeBytes) private pure returns (uint256 payload, uint256 next) {
        unchecked {
            payload = position + 1 + sizeBytes;
            uint256 size = wordAt(position + 1) >> (256 - 8 * sizeBytes);
            if (payload > end || byteAt(position + 1) == 0 || size <= SHORT_LIMIT) revert RlpErrors.RlpNotCanonical(size);
            next = payload + size;
        }
    }
}
