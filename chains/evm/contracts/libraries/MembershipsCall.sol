// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBatchLightClient} from "../interfaces/IBatchLightClient.sol";
import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {MembershipCall} from "./MembershipCall.sol";

/// @title Asking a light client whether the commitments of several packets stand at their bare paths
/// @dev Solidity's own encoding of `IBatchLightClient.verifyMemberships` says the same plainly.
library MembershipsCall {
    /// @notice A precompiled contract failed (out of gas).
    error MembershipsCopyFailed();

    /// @notice Reverts with the light client's reason unless every value stands at `clientId | tag | sequence`.
    /// @param entries sequence and value of each, two words
    function verify(
        address lightClient,
        string calldata clientId,
        uint8 tag,
        uint256[] memory entries,
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height
    ) internal {
        MembershipCall.call(lightClient, encode(clientId, tag, entries, proof, height));
    }

    /// @notice Calldata of `verifyMemberships`.
    function encode(
        string calldata clientId,
        uint8 tag,
        uint256[] memory entries,
        bytes calldata proof,
        IICS02ClientMsgs.Height calldata height
    ) internal view returns (bytes memory data) {
        bytes4 selector = IBatchLightClient.verifyMemberships.selector;
        bool copied;
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
            // the beginning of the paths
            mstore(add(head, 96), sub(at, head))
            let size := add(clientId.length, 1)
            padded := and(add(size, 31), not(31))
            mstore(at, size)
            mstore(add(at, padded), 0)
            calldatacopy(add(at, 32), clientId.offset, clientId.length)
            mstore8(add(add(at, 32), clientId.length), tag)
            at := add(add(at, 32), padded)
            // the entries
            mstore(add(head, 128), sub(at, head))
            let words := mload(entries)
            mstore(at, shr(1, words))
            at := add(at, 32)
            copied := staticcall(gas(), 4, add(entries, 32), shl(5, words), at, shl(5, words))
            at := add(at, shl(5, words))
            mstore(data, sub(at, add(data, 32)))
            mstore(0x40, and(add(at, 31), not(31)))
        }
        if (!copied) revert MembershipsCopyFailed();
    }
}
