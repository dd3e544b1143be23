// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIBCApp} from "../interfaces/IIBCApp.sol";

/// @title Calls of apps, cut from an encoded packet
/// @notice What `IIBCApp` is called with is the packet's own bytes under another head: they are copied, not encoded again.
/// @dev Works on abi.encode(packet) as `PacketEncoding` lays it out. Solidity's own encoder says the same plainly.
library AppCallbacks {
    /// @notice A precompiled contract failed (out of gas).
    error CallbackCopyFailed();
    /// @notice The app has no code any more.
    error CallbackAppGone(address app);
    /// @notice The app's answer is larger than anybody should pay for.
    error CallbackAnswerTooLarge(uint256 most, uint256 found);

    /// @dev `onRecvPacket` and `onTimeoutPacket`: source, destination, sequence, payload, relayer.
    uint256 private constant HEAD = 160;
    /// @dev `onAcknowledgementPacket` has the acknowledgement before the relayer.
    uint256 private constant ACK_HEAD = 192;
    /// @dev Whoever delivers pays for the log of a refusal's reason: it is told up to here.
    uint256 private constant MAX_REASON = 1024;
    /// @dev As large as a payload may be; the ABI's own words and padding come on top.
    uint256 private constant MAX_ANSWER = 256 * 1024 + 96;

    /// @notice Calldata of `onRecvPacket`.
    function recvCallback(bytes memory encoded, address relayer) internal view returns (bytes memory data) {
        (data,) = _callback(encoded, IIBCApp.onRecvPacket.selector, HEAD, relayer);
    }

    /// @notice Calldata of `onTimeoutPacket`.
    function timeoutCallback(bytes memory encoded, address relayer) internal view returns (bytes memory data) {
        (data,) = _callback(encoded, IIBCApp.onTimeoutPacket.selector, HEAD, relayer);
    }

    /// @notice Calldata of `onAcknowledgementPacket`.
    function acknowledgementCallback(bytes memory encoded, bytes calldata acknowledgement, address relayer)
        internal
        view
        returns (bytes memory data)
    {
        uint256 end;
        (data, end) = _callback(encoded, IIBCApp.onAcknowledgementPacket.selector, ACK_HEAD, relayer);
        assembly ("memory-safe") {
            // counted, as all offsets, from the head: behind length, selector and the tuple's own offset
            mstore(add(data, 196), sub(end, add(data, 68)))
            mstore(end, acknowledgement.length)
            let padded := and(add(acknowledgement.length, 31), not(31))
            // the last word is cleared first, so that the padding is zero
            mstore(add(end, padded), 0)
            calldatacopy(add(end, 32), acknowledgement.offset, acknowledgement.length)
            end := add(add(end, 32), padded)
            mstore(data, sub(end, add(data, 32)))
            mstore(0x40, and(add(end, 31), not(31)))
        }
    }

    /// @notice Gives a packet to its app.
    /// @return accepted whether it did not revert
    /// @return answer the acknowledgement, or the first bytes of the reason of its revert
    function receivePacket(IIBCApp app, bytes memory encoded, address relayer)
        internal
        returns (bool accepted, bytes memory answer)
    {
        bytes memory data = recvCallback(encoded, relayer);
        uint256 size;
        assembly ("memory-safe") {
            accepted := call(gas(), app, 0, add(data, 32), mload(data), 0, 0)
            size := returndatasize()
        }
        if (!accepted) return (false, _returned(size > MAX_REASON ? MAX_REASON : size));
        if (size > MAX_ANSWER) revert CallbackAnswerTooLarge(MAX_ANSWER, size);
        answer = _returned(size);
        assembly ("memory-safe") {
            // what is not one dynamic value is no answer, as for Solidity's decoder
            if lt(size, 64) { revert(0, 0) }
            let room := sub(size, 32)
            let offset := mload(add(answer, 32))
            if gt(offset, room) { revert(0, 0) }
            answer := add(add(answer, 32), offset)
            if gt(mload(answer), sub(room, offset)) { revert(0, 0) }
        }
    }

    /// @notice Tells an app that a packet it sent was acknowledged or timed out; its revert is passed on.
    /// @param data calldata of the callback
    function notify(IIBCApp app, bytes memory data) internal {
        if (address(app).code.length == 0) revert CallbackAppGone(address(app));
        assembly ("memory-safe") {
            if iszero(call(gas(), app, 0, add(data, 32), mload(data), 0, 0)) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
        }
    }

    /// @dev Head, clients and payload; `end` is where an acknowledgement would follow, the last byte but padding.
    function _callback(bytes memory encoded, bytes4 selector, uint256 headSize, address relayer)
        private
        view
        returns (bytes memory data, uint256 end)
    {
        bool copied;
        assembly ("memory-safe") {
            let packet := add(encoded, 64)
            let packetSize := sub(mload(encoded), 32)
            let payloads := mload(add(packet, 128))
            let clientsSize := sub(payloads, 160)
            // the payload's tuple follows the array's count and offset
            let payloadSize := sub(packetSize, add(payloads, 64))
            data := mload(0x40)
            let head := add(data, 68)
            // the packet's head has 160 bytes: all that was counted from it moves by the difference
            let moved := sub(headSize, 160)
            mstore(data, add(add(36, headSize), add(clientsSize, payloadSize)))
            mstore(add(data, 32), selector)
            mstore(add(data, 36), 32)
            mstore(head, add(mload(add(packet, 32)), moved))
            mstore(add(head, 32), add(mload(add(packet, 64)), moved))
            mstore(add(head, 64), mload(packet))
            mstore(add(head, 96), add(payloads, moved))
            mstore(add(head, sub(headSize, 32)), relayer)
            end := add(head, headSize)
            copied := staticcall(gas(), 4, add(packet, 160), clientsSize, end, clientsSize)
            end := add(end, clientsSize)
            let payload := add(packet, add(payloads, 64))
            copied := and(copied, staticcall(gas(), 4, payload, payloadSize, end, payloadSize))
            end := add(end, payloadSize)
            // rounded up, so that what comes after starts at a word
            mstore(0x40, and(add(end, 31), not(31)))
        }
        if (!copied) revert CallbackCopyFailed();
    }

    function _returned(uint256 size) private pure returns (bytes memory data) {
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, size)
            returndatacopy(add(data, 32), 0, size)
            mstore(0x40, and(add(add(data, size), 63), not(31)))
        }
    }
}
