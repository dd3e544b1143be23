// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SparseMerkleErrors} from "../../errors/ProgmatErrors.sol";

/// @title One proof of several leaves, written plainly
/// @notice The measure for `SparseMultiproof`: a fuzz test holds the two against each other. Divides the keys where
///         their paths part, and hashes the halves together on the way back.
library SparseMultiproofReference {
    /// @param bitmap what is still listed of the entry that was read last
    struct Reading {
        bytes proof;
        uint256 cursor;
        uint256 bitmap;
        bytes32[] keys;
        bytes32[] values;
    }

    /// @notice Root of the tree in which each value's hash stands at its key's hash, if the proof is right.
    /// @param keys H(key) of each entry
    /// @param values H(value) of each entry
    function rootOfPresences(bytes memory proof, bytes32[] memory keys, bytes32[] memory values)
        internal
        pure
        returns (bytes32 root)
    {
        if (keys.length == 0) revert SparseMerkleErrors.SmtMultiproofEmpty();
        for (uint256 i = 1; i < keys.length; ++i) {
            if (keys[i - 1] >= keys[i]) revert SparseMerkleErrors.SmtMultiproofOrderInvalid(i - 1, 0);
        }
        Reading memory reading = Reading(proof, 0, 0, keys, values);
        root = _group(reading, 0, keys.length, 0);
        if (reading.bitmap != 0) revert SparseMerkleErrors.SmtMultiproofBitmapInvalid(keys.length - 1);
        if (proof.length != reading.cursor) {
            revert SparseMerkleErrors.SmtProofLengthInvalid(reading.cursor, proof.length);
        }
    }

    /// @dev The node at `depth` over the entries from `first` to before `end`, which share that many bits.
    function _group(Reading memory reading, uint256 first, uint256 end, uint256 depth) private pure returns (bytes32) {
        if (end - first == 1) {
            bytes32 leaf = sha256(abi.encodePacked(uint8(0), reading.keys[first], reading.values[first]));
            return _climb(reading, first, _head(reading, first, depth), depth, leaf);
        }
        uint256 parting = _sharedBits(reading.keys[first], reading.keys[end - 1]);
        uint256 middle = first + 1;
        while (!_bit(uint256(reading.keys[middle]), parting)) ++middle;
        bytes32 left = _group(reading, first, middle, parting + 1);
        if (reading.bitmap != 0) revert SparseMerkleErrors.SmtMultiproofBitmapInvalid(middle - 1);
        bytes32 right = _group(reading, middle, end, parting + 1);
        if (_bit(reading.bitmap, parting)) revert SparseMerkleErrors.SmtMultiproofBitmapInvalid(end - 1);
        bytes32 node = sha256(abi.encodePacked(uint8(1), left, right));
        return _climb(reading, end - 1, parting, depth, node);
    }

    /// @dev Reads an entry's head; returns its depth.
    function _head(Reading memory reading, uint256 index, uint256 least) private pure returns (uint256 depth) {
        depth = _byte(reading);
        uint256 shared = _byte(reading);
        bool isLast = index + 1 == reading.keys.length;
        uint256 expected = isLast ? 0 : _sharedBits(reading.keys[index], reading.keys[index + 1]);
        if (shared != expected) revert SparseMerkleErrors.SmtMultiproofOrderInvalid(index, shared);
        if (depth < least) revert SparseMerkleErrors.SmtMultiproofDepthInvalid(index, least, depth);
        uint256 size = (depth + 7) / 8;
        reading.bitmap = 0;
        for (uint256 i = 0; i < size; ++i) {
            reading.bitmap |= _byte(reading) << (248 - 8 * i);
        }
        for (uint256 level = depth; level < 8 * size; ++level) {
            if (_bit(reading.bitmap, level)) revert SparseMerkleErrors.SmtMultiproofBitmapInvalid(index);
        }
    }

    function _climb(Reading memory reading, uint256 index, uint256 from, uint256 to, bytes32 node)
        private
        pure
        returns (bytes32)
    {
        for (uint256 level = from; level > to; --level) {
            bytes32 sibling = bytes32(0);
            if (_bit(reading.bitmap, level - 1)) {
                reading.bitmap &= ~(uint256(1) << (256 - level));
                for (uint256 i = 0; i < 32; ++i) {
                    sibling = bytes32((uint256(sibling) << 8) | _byte(reading));
                }
                if (sibling == bytes32(0)) revert SparseMerkleErrors.SmtSiblingEmpty();
            }
            node = _bit(uint256(reading.keys[index]), level - 1)
                ? sha256(abi.encodePacked(uint8(1), sibling, node))
                : sha256(abi.encodePacked(uint8(1), node, sibling));
        }
        return node;
    }

    function _sharedBits(bytes32 one, bytes32 other) private pure returns (uint256 shared) {
        while (_bit(uint256(one), shared) == _bit(uint256(other), shared)) ++shared;
    }

    function _bit(uint256 word, uint256 indexFromRoot) private pure returns (bool) {
        return (word >> (255 - indexFromRoot)) & 1 == 1;
    }

    function _byte(Reading memory reading) private pure returns (uint256) {
        if (reading.cursor >= reading.proof.length) {
            revert SparseMerkleErrors.SmtProofLengthInvalid(reading.cursor + 1, reading.proof.length);
        }
        return uint8(reading.proof[reading.cursor++]);
    }
}
