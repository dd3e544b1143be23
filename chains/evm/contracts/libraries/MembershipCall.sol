// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILightClient} from "../interfaces/ILightClient.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";

/// @title Asking a light client whether 32 bytes stand at the bare path of a packet
/// @notice The proof goes from one calldata to the other in one copy.
/// @dev Solidity's own encoding of `ILightClient.verifyMembership` says the same plainly.
library MembershipCall {
    /// @notice Reverts with the light client's reason unless `value` stands at `clientId | tag | sequence`.
    function verify(
        ILightClient lightClient,
        string calldata clientId,
        uint8 tag,
        uint64 sequence,
        bytes32 value,
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height
    ) internal {
        bytes memory data = encode(clientId, tag, sequence, value, proof, height);
        call(address(lightClient), data);
    }

    /// @notice Calldata of `verifyMembership`.
    function encode(
        string calldata clientId,
        uint8 tag,
        uint64 sequence,
        bytes32 value,
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height
    ) internal pure returns (bytes memory data) {
        bytes4 selector = ILightClient.verifyMembership.selector;
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(add(data, 32), selector)
            mstore(add(data, 36), 32)
            let head := add(data, 68)
            let at := add(head, 160)
            mstore(head, 160)
            mstore(add(head, 32), calldataload(height))
            mstore(add(head, 64), calldataload(add(height, 32)))
            mstore(at, proof.length)
            let padded := and(add(proof.length, 31), not(31))
            // the last word is cleared first, so that the padding is zero
            mstore(add(at, padded), 0)
            calldatacopy(add(at, 32), proof.offset, proof.length)
            at := add(add(at, 32), padded)
            // the path: one element
            mstore(add(head, 96), sub(at, head))
            mstore(at, 1)
            mstore(add(at, 32), 32)
            let keySize := add(clientId.length, 9)
            padded := and(add(keySize, 31), not(31))
            mstore(add(at, 64), keySize)
            at := add(at, 96)
            mstore(sub(add(at, padded), 32), 0)
            calldatacopy(at, clientId.offset, clientId.length)
            mstore(add(at, clientId.length), or(shl(248, tag), shl(184, sequence)))
            at := add(at, padded)
            // the value
            mstore(add(head, 128), sub(at, head))
            mstore(at, 32)
            mstore(add(at, 32), value)
            at := add(at, 64)
            mstore(data, sub(at, add(data, 32)))
            mstore(0x40, and(add(at, 31), not(31)))
        }
    }

    /// @notice Calls a light client; its revert is passed on, an answer that is no word is refused.
    function call(address lightClient, bytes memory data) internal {
        assembly ("memory-safe") {
            if iszero(call(gas(), lightClient, 0, add(data, 32), mload(data), 0, 32)) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
            if lt(returndatasize(), 32) { revert(0, 0) }
        }
    }
}
