// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A consensus state in one word: `u64 height | first 24 bytes of keccak256(u64 timestamp | root 32)`
/// @dev The height takes 8 bytes, so 24 are left for the hash: a second preimage takes 2^192 tries.
///      `ConsensusSlotReference` says the same plainly.
library ConsensusSlot {
    /// @notice The word of one checkpoint.
    function pack(uint64 height, uint64 time, bytes32 root) internal pure returns (bytes32 slot) {
        assembly ("memory-safe") {
            mstore(0x00, shl(192, time))
            mstore(0x08, root)
            slot := or(shl(192, height), shr(64, keccak256(0x00, 40)))
        }
    }

    /// @notice The height that a word is about.
    function heightOf(bytes32 slot) internal pure returns (uint256) {
        return uint256(slot) >> 192;
    }
}
