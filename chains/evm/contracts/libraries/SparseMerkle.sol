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
        bytes32 keyHash = _sha256(key);
        return _climb(proof, HEAD, depth, bitmap, keyHash, leaf(keyHash, _sha256(value)));
    }

    /// @notice Root of the tree in which nothing stands at `key`, if the proof is right.
    /// @param proof strict, exact length
    /// @param key raw key
    function rootOfAbsence(bytes calldata proof, bytes calldata key) internal view returns (bytes32) {
        (uint256 kind, uint256 depth, uint256 bitmap) = _head(proof);
        bytes32 keyHash = _sha256(key);
        if (kind == 1) return _climb(proof, HEAD, depth, bitmap, keyHash, bytes32(0));
        if (kind != 2) revert SparseMerkleErrors.SmtProofKindInvalid(kind);
        if (proof.length < HEAD + OTHER_LEAF) {
            revert SparseMerkleErrors.SmtProofLengthInvalid(HEAD + OTHER_LEAF, proof.length);
        }
        bytes32 otherKeyHash = bytes32(proof[HEAD:HEAD + 32]);
        bytes32 otherValueHash = bytes32(proof[HEAD + 32:HEAD + OTHER_LEAF]);
        // a shift by 256 (depth 0) leaves nothing: every other key shares the empty prefix
        if (keyHash == otherKeyHash || uint256(keyHash ^ otherKeyHash) >> (256 - depth) != 0) {
            revert SparseMerkleErrors.SmtOtherLeafInvalid(keyHash, otherKeyHash, depth);
        }
        return _climb(proof, HEAD + OTHER_LEAF, depth, bitmap, keyHash, leaf(otherKeyHash, otherValueHash));
    }

    /// @dev Checks what the first bytes say; `_climb` checks that exactly the listed siblings follow.
    function _head(bytes calldata proof) private pure returns (uint256 kind, uint256 depth, uint256 bitmap) {
        if (proof.length < HEAD) revert SparseMerkleErrors.SmtProofLengthInvalid(HEAD, proof.length);
        assembly ("memory-safe") {
            let word := calldataload(proof.offset)
            kind := byte(0, word)
            depth := and(shr(232, word), 0xffff)
            bitmap := calldataload(add(proof.offset, 3))
        }
        if (kind > 2) revert SparseMerkleErrors.SmtProofKindInvalid(kind);
        if (depth > 256) revert SparseMerkleErrors.SmtProofDepthInvalid(depth);
        if (bitmap << depth != 0) revert SparseMerkleErrors.SmtProofBitmapInvalid(bitmap, depth);
    }

    /// @dev From the terminal up to the root; exactly the listed siblings must follow.
    function _climb(bytes calldata proof, uint256 start, uint256 depth, uint256 bitmap, bytes32 keyHash, bytes32 node)
        private
        view
        returns (bytes32 root)
    {
        uint256 from;
        assembly ("memory-safe") {
            from := add(proof.offset, start)
        }
        // the lowest bits are now those of the deepest level
        (uint256 path, uint256 present) = (uint256(keyHash) >> (256 - depth), bitmap >> (256 - depth));
        uint256 cursor;
        bool unlisted;
        (root, cursor, unlisted) = climb(from, depth, present, path, node);
        unchecked {
            uint256 expected = cursor - from + start;
            // what was read behind a proof that is too short is refused here
            if (proof.length != expected) revert SparseMerkleErrors.SmtProofLengthInvalid(expected, proof.length);
        }
        if (unlisted) revert SparseMerkleErrors.SmtSiblingEmpty();
    }

    /// @notice Hashes a node up some levels.
    /// @dev The preimage `01 | left | right` stands at memory 31: each hash is written straight to the side of the next
    ///      preimage on which it belongs. `right` lies on the free memory pointer, which is put back at the end. A
    ///      precompiled contract fails only for want of gas: then this reverts without data, as running out of gas does.
    /// @param cursor where in calldata the first listed sibling stands
    /// @param levels how many
    /// @param present one bit a level, the lowest for the deepest: whether its sibling is listed (else it is empty)
    /// @param path one bit a level likewise: whether the node is on the right
    /// @param node the hash to begin with
    /// @return top the hash `levels` up
    /// @return next where the first sibling stands that was not read
    /// @return unlisted whether a listed sibling was empty
    function climb(uint256 cursor, uint256 levels, uint256 present, uint256 path, bytes32 node)
        internal
        view
        returns (bytes32 top, uint256 next, bool unlisted)
    {
        assembly ("memory-safe") {
            let freeMemory := mload(0x40)
            mstore8(31, 1)
            let hashed := 1
            // where the node stands, 32 or 64; its sibling stands at the other
            let place := shl(and(path, 1), 32)
            mstore(place, node)
            for {} levels {} {
                // four levels in one go if none of their siblings is empty: most of a large tree is like that
                if and(gt(levels, 3), eq(and(present, 15), 15)) {
                    let sibling := calldataload(cursor)
                    unlisted := or(unlisted, iszero(sibling))
                    mstore(sub(96, place), sibling)
                    place := shl(and(shr(1, path), 1), 32)
                    hashed := and(hashed, staticcall(gas(), 2, 31, 65, place, 32))
                    sibling := calldataload(add(cursor, 32))
                    unlisted := or(unlisted, iszero(sibling))
                    mstore(sub(96, place), sibling)
                    place := shl(and(shr(2, path), 1), 32)
                    hashed := and(hashed, staticcall(gas(), 2, 31, 65, place, 32))
                    sibling := calldataload(add(cursor, 64))
                    unlisted := or(unlisted, iszero(sibling))
                    mstore(sub(96, place), sibling)
                    place := shl(and(shr(3, path), 1), 32)
                    hashed := and(hashed, staticcall(gas(), 2, 31, 65, place, 32))
                    sibling := calldataload(add(cursor, 96))
                    unlisted := or(unlisted, iszero(sibling))
                    mstore(sub(96, place), sibling)
                    path := shr(4, path)
                    present := shr(4, present)
                    cursor := add(cursor, 128)
                    levels := sub(levels, 4)
                    place := shl(and(path, 1), 32)
                    hashed := and(hashed, staticcall(gas(), 2, 31, 65, place, 32))
                    continue
                }
                let sibling := 0
                if and(present, 1) {
                    sibling := calldataload(cursor)
                    unlisted := or(unlisted, iszero(sibling))
                    cursor := add(cursor, 32)
                }
                mstore(sub(96, place), sibling)
                path := shr(1, path)
                present := shr(1, present)
                levels := sub(levels, 1)
                place := shl(and(path, 1), 32)
                hashed := and(hashed, staticcall(gas(), 2, 31, 65, place, 32))
            }
            top := mload(place)
            next := cursor
            mstore(0x40, freeMemory)
            if iszero(hashed) { revert(0, 0) }
        }
    }

    /// @notice `H(00 | H(key) | H(value))`.
    function leaf(bytes32 keyHash, bytes32 valueHash) internal view returns (bytes32) {
        return _hash(0, keyHash, valueHash);
    }

    /// @notice `H(01 | left | right)`.
    function inner(bytes32 left, bytes32 right) internal view returns (bytes32) {
        return _hash(1, left, right);
    }

    /// @dev Over the scratch space and the free memory pointer, which is put back.
    function _hash(uint256 prefix, bytes32 first, bytes32 second) private view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let freeMemory := mload(0x40)
            mstore8(31, prefix)
            mstore(32, first)
            mstore(64, second)
            if iszero(staticcall(gas(), 2, 31, 65, 0, 32)) { revert(0, 0) }
            hash := mload(0)
            mstore(0x40, freeMemory)
        }
    }

    function _sha256(bytes calldata data) private view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, data.offset, data.length)
            if iszero(staticcall(gas(), 2, scratch, data.length, 0, 32)) { revert(0, 0) }
            hash := mload(0)
        }
    }
}
