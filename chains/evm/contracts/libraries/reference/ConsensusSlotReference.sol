// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A consensus state in one word, written plainly
/// @notice The measure for `ConsensusSlot`: a fuzz test holds the two against each other.
library ConsensusSlotReference {
    /// @notice The word of one checkpoint.
    function pack(uint64 height, uint64 time, bytes32 root) internal pure returns (bytes32) {
        return bytes32(abi.encodePacked(height, bytes24(keccak256(abi.encodePacked(time, root)))));
    }
}
