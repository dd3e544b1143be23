// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBatchMsgs} from "../msgs/IBatchMsgs.sol";
import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";
import {CalldataFields} from "./CalldataFields.sol";

/// @title The fields of a packet in calldata
/// @dev Positions are those of the ABI's heads: `uint64, string, string, uint64, Payload[]` of a packet, five dynamic
///      fields of a payload. What is no packet of at least one payload reverts without data, as Solidity's decoder does.
library PacketView {
    /// @notice The packet's source client.
    function sourceClient(IICS26RouterMsgs.Packet calldata packet) internal pure returns (string calldata) {
        return _text(CalldataFields.field(_base(packet), 32));
    }

    /// @notice The packet's destination client.
    function destClient(IICS26RouterMsgs.Packet calldata packet) internal pure returns (string calldata) {
        return _text(CalldataFields.field(_base(packet), 64));
    }

    /// @notice Number of payloads.
    function payloadCount(IICS26RouterMsgs.Packet calldata packet) internal pure returns (uint256 count) {
        uint256 payloads = CalldataFields.nested(_base(packet), 128);
        assembly ("memory-safe") {
            count := calldataload(payloads)
        }
    }

    /// @notice Where the head of the first payload stands.
    function firstPayload(IICS26RouterMsgs.Packet calldata packet) internal pure returns (uint256) {
        // offsets of an array's elements are counted from behind its count
        unchecked {
            return CalldataFields.nested(CalldataFields.nested(_base(packet), 128) + 32, 0);
        }
    }

    /// @notice The first payload's source port.
    function sourcePort(IICS26RouterMsgs.Packet calldata packet) internal pure returns (string calldata) {
        return _text(CalldataFields.field(firstPayload(packet), 0));
    }

    /// @notice The first payload's destination port.
    function destPort(IICS26RouterMsgs.Packet calldata packet) internal pure returns (string calldata) {
        return _text(CalldataFields.field(firstPayload(packet), 32));
    }

    /// @notice One line of a batch.
    function lineAt(IBatchMsgs.PacketLine[] calldata lines, uint256 index)
        internal
        pure
        returns (uint64 sequence, uint64 timeoutTimestamp, bytes calldata value)
    {
        uint256 base;
        assembly ("memory-safe") {
            base := lines.offset
        }
        base = _element(base, index);
        value = CalldataFields.field(base, 64);
        assembly ("memory-safe") {
            sequence := calldataload(base)
            timeoutTimestamp := calldataload(add(base, 32))
            if shr(64, or(sequence, timeoutTimestamp)) { revert(0, 0) }
        }
    }

    /// @dev Offsets of an array's elements are counted from its first word.
    function _element(uint256 array, uint256 index) private pure returns (uint256 start) {
        assembly ("memory-safe") {
            let offset := calldataload(add(array, shl(5, index)))
            start := add(array, offset)
            if iszero(and(lt(offset, 0x100000000), lt(start, calldatasize()))) { revert(0, 0) }
        }
    }

    function _base(IICS26RouterMsgs.Packet calldata packet) private pure returns (uint256 base) {
        assembly ("memory-safe") {
            base := packet
        }
    }

    function _text(bytes calldata content) private pure returns (string calldata text) {
        assembly ("memory-safe") {
            text.offset := content.offset
            text.length := content.length
        }
    }
}
