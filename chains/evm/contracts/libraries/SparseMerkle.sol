// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SparseMerkleErrors} from "../errors/ProgmatErrors.sol";

/// @title Sparse Merkle proofs with the hash rules of ICS-23's SmtSpec
/// @notice leaf = H(00 | H(key) | H(value)), inner = H(01 | left | right), empty = 32 zero bytes, H = SHA-256; the
///         path is the bits of H(key), most significant first; a lone leaf stands as high as it can.
///         Proof: `u8 kind | u16 depth | bytes32 bitmap | [kind 2: other key hash | other value hash] | siblings`,
///         kind 0 presence, 1 absence by an empty subtree, 2 absence by another leaf; bitmap bit (most significant =
///         level 0, below the root) set = sibling not empty; siblings deepest first.
/// @dev `SparseMerkleReference` says the same plainly.
library SparseMerkle {
    uint256 private constant HEAD = 35;
    uint256 private constant OTHER_LEAF = 64;

    /// @notice Root of the tree in which `value` stands at `key`, if the proof is right.
    /// @param proof strict, exact length
    /// @param key raw key
    /// @param value raw value
    function rootOfPresence(bytes calldata proof, bytes calldata key, bytes calldata value)
        internal
        view
        returns (bytes32)
    {
        (uint256 kind, uint256 depth, uint256 bitmap) = _head(proof);
        if (kind != 0) revert SparseMerkleErrors.SmtProofKindInvalid(kind);
        bytes32 keyHash = sha256(key);
        return _climb(proof[HEAD:], depth, bitmap, keyHash, _leaf(keyHash, sha256(value)));
    }

    /// @notice Root of the tree in which nothing stands at `key`, if the proof is right.
    /// @param proof strict, exact length
    /// @param key raw key
    function rootOfAbsence(bytes calldata proof, bytes calldata key) internal view returns (bytes32) {
        (uint256 kind, uint256 depth, uint256 bitmap) = _head(proof);
        bytes32 keyHash = sha256(key);
        if (kind == 1) return _climb(proof[HEAD:], depth, bitmap, keyHash, bytes32(0));
        if (kind != 2) revert SparseMerkleErrors.SmtProofKindInvalid(kind);
        bytes32 otherKeyHash = bytes32(proof[HEAD:HEAD + 32]);
        bytes32 otherValueHash = bytes32(proof[HEAD + 32:HEAD + OTHER_LEAF]);
        // a shift by 256 (depth 0) leaves nothing: every other key shares the empty prefix
        if (keyHash == otherKeyHash || uint256(keyHash ^ otherKeyHash) >> (256 - depth) != 0) {
            revert SparseMerkleErrors.SmtOtherLeafInvalid(keyHash, otherKeyHash, depth);
        }
        return _climb(proof[HEAD + OTHER_LEAF:], depth, bitmap, keyHash, _leaf(otherKeyHash, otherValueHash));
    }

    /// @dev Checks everything about the proof's shape, so that what follows may read without looking.
    function _head(bytes calldata proof) private pure returns (uint256 kind, uint256 depth, uint256 bitmap) {
        if (proof.length < HEAD) revert SparseMerkleErrors.SmtProofLengthInvalid(HEAD, proof.length);
        uint256 word = uint256(bytes32(proof));
        kind = word >> 248;
        depth = (word >> 232) & 0xffff;
        bitmap = uint256(bytes32(proof[3:]));
        if (kind > 2) revert SparseMerkleErrors.SmtProofKindInvalid(kind);
        if (depth > 256) revert SparseMerkleErrors.SmtProofDepthInvalid(depth);
        if (bitmap << depth != 0) revert SparseMerkleErrors.SmtProofBitmapInvalid(bitmap, depth);
        uint256 expected = HEAD + _popcount(bitmap) * 32;
        if (kind == 2) expected += OTHER_LEAF;
        if (proof.length != expected) revert SparseMerkleErrors.SmtProofLengthInvalid(expected, proof.length);
    }

    /// @dev Hashes from the terminal up to the root. The preimage `01 | left | right` stands at memory 0: each hash is
    ///      written straight to the side of the next preimage on which it belongs. The last byte of `right` lies on the
    ///      first of the free memory pointer, which is always zero and is zero again at the end. A precompiled contract
    ///      fails only for want of gas: then this reverts without data, as running out of gas does.
    function _climb(bytes calldata siblings, uint256 depth, uint256 bitmap, bytes32 keyHash, bytes32 node)
        private
        view
        returns (bytes32 root)
    {
        bool listed;
        assembly ("memory-safe") {
            mstore8(0, 1)
            listed := 1
            // the lowest bit is now that of the deepest level
            let path := shr(sub(256, depth), keyHash)
            let present := shr(sub(256, depth), bitmap)
            let cursor := siblings.offset
            // 0 or 32: the node's place in the preimage; the sibling's is the other
            let side := shl(5, and(path, 1))
            mstore(add(side, 1), node)
            for {} depth { depth := sub(depth, 1) } {
                let sibling := 0
                if and(present, 1) {
                    sibling := calldataload(cursor)
                    listed := and(listed, gt(sibling, 0))
                    cursor := add(cursor, 32)
                }
                mstore(add(xor(side, 32), 1), sibling)
                path := shr(1, path)
                present := shr(1, present)
                side := shl(5, and(path, 1))
                if iszero(staticcall(gas(), 2, 0, 65, add(side, 1), 32)) { revert(0, 0) }
            }
            root := mload(add(side, 1))
            mstore8(0x40, 0)
        }
        if (!listed) revert SparseMerkleErrors.SmtSiblingEmpty();
    }

    function _leaf(bytes32 keyHash, bytes32 valueHash) private pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(0), keyHash, valueHash));
    }

    /// @dev Sums bits in parallel: pairs, nibbles, bytes, then all bytes by one multiplication (256 wraps to 0 there).
    function _popcount(uint256 word) private pure returns (uint256) {
        if (word == type(uint256).max) return 256;
        unchecked {
            word -= (word >> 1) & 0x5555555555555555555555555555555555555555555555555555555555555555;
            word = (word & 0x3333333333333333333333333333333333333333333333333333333333333333)
                + ((word >> 2) & 0x3333333333333333333333333333333333333333333333333333333333333333);
            word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
            return (word * 0x0101010101010101010101010101010101010101010101010101010101010101) >> 248;
        }
    }
}
