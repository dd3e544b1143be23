// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SparseMerkleErrors} from "../errors/ProgmatErrors.sol";
import {IBatchMsgs} from "../msgs/IBatchMsgs.sol";
import {SparseMerkle} from "./SparseMerkle.sol";

/// @title One proof of several leaves of a sparse Merkle tree
/// @notice Hash rules of `SparseMerkle`. Entries ascend by H(key). Proof, for each entry in order: `u8 depth | u8 shared |
///         ceil(depth / 8) bytes of bitmap | siblings`. `shared` is how many bits H(key) has in common with the next
///         entry's, at its beginning (0 for the last): there the two paths meet. A leaf climbs from its depth, by the
///         siblings listed for it, to where its path meets the next one's or, if that is higher, the previous one's;
///         there it is hashed with what waits, and goes on. Bitmap bit (most significant = level 0) set = a sibling of
///         this entry at this level is listed; where paths meet and above where the entry stops to wait, it is 0.
/// @dev `SparseMultiproofReference` says the same plainly.
library SparseMultiproof {
    /// @dev An entry on its way up: where its siblings are read, how deep it stands, the depth to which it climbs to meet
    ///      the next (0 for the last), and one bit a level above it, the lowest for the deepest: whether it is on the
    ///      right, whether its sibling is listed.
    struct Climber {
        uint256 cursor;
        uint256 depth;
        uint256 meeting;
        uint256 path;
        uint256 present;
        bytes32 node;
    }

    /// @notice Root of the tree in which every value stands at `prefix | sequence`, if the proof is right.
    /// @param proof strict, exact length
    /// @param prefix beginning of every key
    /// @param entries the rest of each key, and its value
    function rootOfPresences(bytes calldata proof, bytes calldata prefix, IBatchMsgs.Entry[] calldata entries)
        internal
        view
        returns (bytes32)
    {
        if (entries.length == 0) revert SparseMerkleErrors.SmtMultiproofEmpty();
        Climber memory climber;
        // nodes that wait for their neighbour on the right: the depth at which they meet, then the hash; first a 0
        uint256 waiting;
        assembly ("memory-safe") {
            waiting := mload(0x40)
            mstore(waiting, 0)
            mstore(0x40, add(waiting, mul(64, add(entries.length, 1))))
            mstore(climber, proof.offset)
        }
        unchecked {
            uint256 last = entries.length - 1;
            (bytes32 key, bytes32 value) = _hashes(prefix, entries, 0);
            for (uint256 i = 0; i <= last; ++i) {
                climber.node = SparseMerkle.leaf(key, value);
                (bytes32 nextKey, bytes32 nextValue) = i == last ? (key, value) : _hashes(prefix, entries, i + 1);
                _begin(climber, i, key, nextKey, i == last);
                waiting = _climb(climber, i, waiting);
                (key, value) = (nextKey, nextValue);
            }
        }
        uint256 read;
        assembly ("memory-safe") {
            read := sub(mload(climber), proof.offset)
        }
        // what was read behind a proof that is too short is refused here
        if (proof.length != read) revert SparseMerkleErrors.SmtProofLengthInvalid(read, proof.length);
        return climber.node;
    }

    /// @dev Reads the head of an entry.
    function _begin(Climber memory climber, uint256 index, bytes32 key, bytes32 nextKey, bool isLast) private pure {
        uint256 shared;
        bool misplaced;
        bool unclean;
        assembly ("memory-safe") {
            let cursor := mload(climber)
            let head := calldataload(cursor)
            let depth := byte(0, head)
            shared := byte(1, head)
            // the first bit that differs is the one behind those shared, and it is set in the next key
            misplaced := or(gt(key, nextKey), iszero(eq(shr(sub(255, shared), xor(key, nextKey)), 1)))
            mstore(add(climber, 64), add(shared, 1))
            if isLast {
                misplaced := gt(shared, 0)
                mstore(add(climber, 64), 0)
            }
            let size := shr(3, add(depth, 7))
            mstore(climber, add(cursor, add(size, 2)))
            mstore(add(climber, 32), depth)
            mstore(add(climber, 96), shr(sub(256, depth), key))
            let bitmap := shr(sub(256, shl(3, size)), calldataload(add(cursor, 2)))
            // the bits that fill the last byte are below the leaf
            let filling := sub(shl(3, size), depth)
            unclean := gt(and(bitmap, sub(shl(filling, 1), 1)), 0)
            mstore(add(climber, 128), shr(filling, bitmap))
        }
        if (misplaced) revert SparseMerkleErrors.SmtMultiproofOrderInvalid(index, shared);
        if (unclean) revert SparseMerkleErrors.SmtMultiproofBitmapInvalid(index);
    }

    /// @dev Climbs to where the entry meets the next one, taking up on the way those that wait for it. Of two meetings
    ///      the deeper comes first: keys ascend, so the waiting nodes' depths grow towards the top.
    function _climb(Climber memory climber, uint256 index, uint256 waiting) private view returns (uint256) {
        unchecked {
            (uint256 cursor, uint256 depth, uint256 meeting) = (climber.cursor, climber.depth, climber.meeting);
            (uint256 path, uint256 present, bytes32 node) = (climber.path, climber.present, climber.node);
            while (true) {
                uint256 awaited = uint256(_word(waiting));
                uint256 target = awaited > meeting ? awaited : meeting;
                if (depth < target) revert SparseMerkleErrors.SmtMultiproofDepthInvalid(index, target, depth);
                uint256 levels = depth - target;
                bool unlisted;
                (node, cursor, unlisted) = SparseMerkle.climb(cursor, levels, present, path, node);
                if (unlisted) revert SparseMerkleErrors.SmtSiblingEmpty();
                (path, present) = (path >> levels, present >> levels);
                if (awaited <= meeting) break;
                if (present & 1 != 0) revert SparseMerkleErrors.SmtMultiproofBitmapInvalid(index);
                node = SparseMerkle.inner(_word(waiting + 32), node);
                waiting -= 64;
                (path, present, depth) = (path >> 1, present >> 1, awaited - 1);
            }
            if (present != 0) revert SparseMerkleErrors.SmtMultiproofBitmapInvalid(index);
            if (meeting != 0) {
                waiting += 64;
                assembly ("memory-safe") {
                    mstore(waiting, meeting)
                    mstore(add(waiting, 32), node)
                }
            }
            (climber.cursor, climber.node) = (cursor, node);
        }
        return waiting;
    }

    /// @dev H(key) and H(value) of an entry.
    function _hashes(bytes calldata prefix, IBatchMsgs.Entry[] calldata entries, uint256 index)
        private
        view
        returns (bytes32 key, bytes32 value)
    {
        assembly ("memory-safe") {
            let entry := add(entries.offset, shl(6, index))
            let sequence := calldataload(entry)
            if shr(64, sequence) { revert(0, 0) }
            let scratch := mload(0x40)
            calldatacopy(scratch, prefix.offset, prefix.length)
            mstore(add(scratch, prefix.length), shl(192, sequence))
            let hashed := staticcall(gas(), 2, scratch, add(prefix.length, 8), 0, 32)
            key := mload(0)
            mstore(0, calldataload(add(entry, 32)))
            hashed := and(hashed, staticcall(gas(), 2, 0, 32, 0, 32))
            value := mload(0)
            if iszero(hashed) { revert(0, 0) }
        }
    }

    function _word(uint256 position) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(position)
        }
    }
}
