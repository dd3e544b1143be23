// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title keccak256 of calldata without keeping a copy
/// @dev `keccak256(data)` says the same plainly, and leaves the copy in memory.
library CalldataHash {
    /// @notice keccak256 of the bytes.
    function hashOf(bytes calldata data) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, data.offset, data.length)
            hash := keccak256(scratch, data.length)
        }
    }

    /// @notice keccak256 of the string's bytes.
    function hashOf(string calldata text) internal pure returns (bytes32) {
        return hashOf(bytes(text));
    }
}
