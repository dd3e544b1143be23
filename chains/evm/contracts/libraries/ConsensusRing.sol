// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Consensus states by height, one slot each, the latest 256 residues of them
/// @notice A slot is `u64 height | first 24 bytes of the consensus state's keccak256`; what was verified is brought back
///         by whoever relies on it and held against the slot. A height is never written twice, and a greater one is
///         never displaced by a smaller.
/// @dev The height stands in the slot, so 24 bytes are left for the hash: a second preimage takes 2^192 tries.
library ConsensusRing {
    /// @notice Number of consensus states kept.
    uint256 internal constant SIZE = 256;
    /// @dev A place that no height has taken yet: height 0, which is never verified.
    bytes32 private constant VACANT = bytes32(uint256(1));

    /// @notice How a contract lays its ring out: a mapping from the remainder of the height, or an array by it.
    enum Kind {
        Mapping,
        Array
    }

    struct Ring {
        bytes32[SIZE] places;
    }

    /// @notice Fills the ring: a slot that was never written costs 17,100 more than one that is overwritten.
    function prepare(Ring storage ring) internal {
        for (uint256 i = 0; i < SIZE; ++i) ring.places[i] = VACANT;
    }

    /// @notice What is kept at a height's place, whatever height that is.
    function occupantOf(Ring storage ring, uint64 height) internal view returns (bytes32) {
        return ring.places[height % SIZE];
    }

    /// @notice The consensus state kept for a height, 0 if there is none (any more).
    function kept(Ring storage ring, uint64 height) internal view returns (bytes32 consensus) {
        consensus = occupantOf(ring, height);
        if (height == 0 || heightOf(consensus) != height) return bytes32(0);
    }

    /// @notice Keeps a consensus state.
    function put(Ring storage ring, uint64 height, bytes32 consensus) internal {
        ring.places[height % SIZE] = consensus;
    }

    /// @notice The height that stands in a slot.
    function heightOf(bytes32 consensus) internal pure returns (uint256) {
        return uint256(consensus) >> 192;
    }

    /// @notice The slot of a consensus state with this hash.
    function slotOf(uint64 height, bytes32 hash) internal pure returns (bytes32) {
        return bytes32((uint256(height) << 192) | (uint256(hash) >> 64));
    }

    /// @notice The storage slot of a height in the ring at `ringSlot` of any contract that keeps one.
    function placeOf(uint64 height, bytes32 ringSlot, Kind kind) internal pure returns (bytes32) {
        uint256 remainder = height % SIZE;
        if (kind == Kind.Array) return bytes32(uint256(ringSlot) + remainder);
        return keccak256(abi.encode(remainder, ringSlot));
    }
}
