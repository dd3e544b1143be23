// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SparseMerkleErrors} from "../../errors/ProgmatErrors.sol";

/// @title Sparse Merkle proofs, written plainly
/// @notice The measure for `SparseMerkle`: a fuzz test holds the two against each other.
library SparseMerkleReference {
    uint256 private constant HEAD = 35;

    /// @notice Root of the tree in which `value` stands at `key`, if the proof is right.
    function rootOfPresence(bytes memory proof, bytes memory key, bytes memory value) internal pure returns (bytes32) {
        (uint256 kind, uint256 depth, uint256 bitmap) = _head(proof);
        if (kind != 0) revert SparseMerkleErrors.SmtProofKindInvalid(kind);
        bytes32 keyHash = sha256(key);
        return _climb(proof, HEAD, depth, bitmap, keyHash, _leaf(keyHash, sha256(value)));
    }

    /// @notice Root of the tree in which nothing stands at `key`, if the proof is right.
    function rootOfAbsence(bytes memory proof, bytes memory key) internal pure returns (bytes32) {
        (uint256 kind, uint256 depth, uint256 bitmap) = _head(proof);
        bytes32 keyHash = sha256(key);
        if (kind == 1) return _climb(proof, HEAD, depth, bitmap, keyHash, bytes32(0));
        if (kind != 2) revert SparseMerkleErrors.SmtProofKindInvalid(kind);
        if (proof.length < HEAD + 64) revert SparseMerkleErrors.SmtProofLengthInvalid(HEAD + 64, proof.length);
        bytes32 otherKeyHash = bytes32(_word(proof, HEAD));
        bytes32 otherValueHash = bytes32(_word(proof, HEAD + 32));
        bool shares = depth == 0 || uint256(keyHash ^ otherKeyHash) >> (256 - depth) == 0;
        if (!shares || keyHash == otherKeyHash) {
            revert SparseMerkleErrors.SmtOtherLeafInvalid(keyHash, otherKeyHash, depth);
        }
        return _climb(proof, HEAD + 64, depth, bitmap, keyHash, _leaf(otherKeyHash, otherValueHash));
    }

    function _head(bytes memory proof) private pure returns (uint256 kind, uint256 depth, uint256 bitmap) {
        if (proof.length < HEAD) revert SparseMerkleErrors.SmtProofLengthInvalid(HEAD, proof.length);
        kind = uint8(proof[0]);
        depth = (uint256(uint8(proof[1])) << 8) | uint8(proof[2]);
        bitmap = _word(proof, 3);
        if (kind > 2) revert SparseMerkleErrors.SmtProofKindInvalid(kind);
        if (depth > 256) revert SparseMerkleErrors.SmtProofDepthInvalid(depth);
        for (uint256 level = depth; level < 256; ++level) {
            if (_bit(bitmap, level)) revert SparseMerkleErrors.SmtProofBitmapInvalid(bitmap, depth);
        }
    }

    function _climb(bytes memory proof, uint256 cursor, uint256 depth, uint256 bitmap, bytes32 keyHash, bytes32 node)
        private
        pure
        returns (bytes32)
    {
        uint256 expected = cursor;
        for (uint256 level = 0; level < depth; ++level) {
            if (_bit(bitmap, level)) expected += 32;
        }
        if (proof.length != expected) revert SparseMerkleErrors.SmtProofLengthInvalid(expected, proof.length);
        for (uint256 level = depth; level > 0; --level) {
            bytes32 sibling = bytes32(0);
            if (_bit(bitmap, level - 1)) {
                sibling = bytes32(_word(proof, cursor));
                cursor += 32;
                if (sibling == bytes32(0)) revert SparseMerkleErrors.SmtSiblingEmpty();
            }
            node = _bit(uint256(keyHash), level - 1)
                ? sha256(abi.encodePacked(uint8(1), sibling, node))
                : sha256(abi.encodePacked(uint8(1), node, sibling));
        }
        return node;
    }

    function _leaf(bytes32 keyHash, bytes32 valueHash) private pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(0), keyHash, valueHash));
    }

    function _bit(uint256 word, uint256 indexFromRoot) private pure returns (bool) {
        return (word >> (255 - indexFromRoot)) & 1 == 1;
    }

    function _word(bytes memory data, uint256 offset) private pure returns (uint256 word) {
        for (uint256 i = 0; i < 32; ++i) {
            word = (word << 8) | uint8(data[offset + i]);
        }
    }
}
