// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RlpErrors} from "../../errors/RlpErrors.sol";

/// @title Strict RLP, written plainly over memory
/// @notice The measure for `StrictRlp`: a fuzz test holds the two against each other.
library StrictRlpReference {
    /// @notice The encoded items of the one list that `data` encodes.
    function split(bytes memory data) internal pure returns (bytes[] memory items) {
        if (data.length == 0 || uint8(data[0]) < 0xc0) revert RlpErrors.RlpListExpected(data.length);
        (uint256 cursor, uint256 end) = _span(data, 0);
        if (end != data.length) revert RlpErrors.RlpListExpected(data.length);
        uint256 start = cursor;
        uint256 count;
        for (; cursor < end; ++count) (, cursor) = _span(data, cursor);
        items = new bytes[](count);
        cursor = start;
        for (uint256 i = 0; i < count; ++i) {
            (, uint256 next) = _span(data, cursor);
            items[i] = cut(data, cursor, next);
            cursor = next;
        }
    }

    /// @notice The byte string that `data` encodes.
    function payload(bytes memory data) internal pure returns (bytes memory) {
        if (data.length == 0 || uint8(data[0]) >= 0xc0) revert RlpErrors.RlpStringExpected();
        (uint256 start, uint256 end) = _span(data, 0);
        if (end != data.length) revert RlpErrors.RlpItemTooLong(end, data.length);
        return cut(data, start, end);
    }

    /// @notice The unsigned integer that `data` encodes: no leading zero, at most `most` bytes.
    function unsigned(bytes memory data, uint256 most) internal pure returns (uint256 value) {
        bytes memory digits = payload(data);
        if (digits.length > most || (digits.length != 0 && digits[0] == 0)) {
            revert RlpErrors.RlpIntegerInvalid(digits.length, most);
        }
        for (uint256 i = 0; i < digits.length; ++i) value = (value << 8) | uint8(digits[i]);
    }

    /// @notice A copy of the bytes from `start` to `end`.
    function cut(bytes memory data, uint256 start, uint256 end) internal pure returns (bytes memory part) {
        part = new bytes(end - start);
        for (uint256 i = start; i < end; ++i) part[i - start] = data[i];
    }

    /// @dev Where the content of the item at `position` begins and ends; it lies within `data`.
    function _span(bytes memory data, uint256 position) private pure returns (uint256 start, uint256 end) {
        uint256 first = uint8(data[position]);
        if (first < 0x80) return (position, position + 1);
        bool isList = first >= 0xc0;
        uint256 offset = isList ? 0xc0 : 0x80;
        uint256 size = first - offset;
        start = position + 1;
        if (size > 55) {
            uint256 sizeBytes = size - 55;
            size = 0;
            for (uint256 i = 0; i < sizeBytes; ++i) {
                if (start + i >= data.length) revert RlpErrors.RlpItemTooLong(sizeBytes, data.length);
                size = (size << 8) | uint8(data[start + i]);
            }
            if (data[start] == 0 || size <= 55) revert RlpErrors.RlpNotCanonical(size);
            start += sizeBytes;
        }
        end = start + size;
        if (end > data.length) revert RlpErrors.RlpItemTooLong(size, data.length);
        if (!isList && size == 1 && uint8(data[start]) < 0x80) revert RlpErrors.RlpNotCanonical(first);
    }
}
