// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerklePatriciaErrors} from "../../errors/RlpErrors.sol";
import {StrictRlpReference} from "./StrictRlpReference.sol";

/// @title Merkle-Patricia proofs, written plainly over memory
/// @notice The measure for `MerklePatricia`: a fuzz test holds the two against each other.
library MerklePatriciaReference {
    bytes32 private constant EMPTY_TRIE_ROOT = keccak256(hex"80");
    uint256 private constant MAX_NODE_SIZE = 1024;

    /// @notice The value at `key`, empty if the nodes show its absence.
    function valueAt(bytes32 root, bytes memory key, bytes[] memory nodes) internal pure returns (bytes memory value) {
        if (key.length > 32) revert MerklePatriciaErrors.MptKeyTooLong(key.length);
        if (root == EMPTY_TRIE_ROOT) {
            if (nodes.length == 0 || (nodes.length == 1 && keccak256(nodes[0]) == root)) return "";
            revert MerklePatriciaErrors.MptNodesSuperfluous(0, nodes.length);
        }
        bytes memory path = _nibbles(key);
        if (nodes.length > path.length + 1) {
            revert MerklePatriciaErrors.MptNodesSuperfluous(path.length + 1, nodes.length);
        }
        bytes memory referred = abi.encodePacked(root);
        for (uint256 number = 0; number < nodes.length; ++number) {
            if (referred.length == 0) revert MerklePatriciaErrors.MptNodesSuperfluous(number, nodes.length);
            bytes memory node = nodes[number];
            if (node.length > MAX_NODE_SIZE || (number != 0 && node.length < 32)) {
                revert MerklePatriciaErrors.MptNodeSizeInvalid(number, node.length);
            }
            if (keccak256(node) != bytes32(referred)) {
                revert MerklePatriciaErrors.MptNodeMismatch(number, bytes32(referred), keccak256(node));
            }
            (referred, path, value) = _follow(node, path);
        }
        if (referred.length != 0) revert MerklePatriciaErrors.MptNodeMissing(bytes32(referred), nodes.length);
    }

    /// @dev The next node's hash (empty: the end), the nibbles that are left, the value at the end (empty: absent).
    function _follow(bytes memory node, bytes memory path)
        private
        pure
        returns (bytes memory, bytes memory, bytes memory)
    {
        bytes[] memory items = StrictRlpReference.split(node);
        bytes memory child;
        if (items.length == 17) {
            if (path.length == 0) return ("", path, StrictRlpReference.payload(items[16]));
            child = items[uint8(path[0])];
            path = StrictRlpReference.cut(path, 1, path.length);
            if (keccak256(child) == EMPTY_TRIE_ROOT) return ("", path, "");
        } else if (items.length == 2) {
            (bool isLeaf, bytes memory own) = _decodePath(StrictRlpReference.payload(items[0]));
            bool agrees = own.length <= path.length
                && keccak256(StrictRlpReference.cut(path, 0, own.length)) == keccak256(own)
                && (!isLeaf || own.length == path.length);
            if (!agrees) return ("", path, "");
            path = StrictRlpReference.cut(path, own.length, path.length);
            child = items[1];
            if (isLeaf) {
                bytes memory value = StrictRlpReference.payload(child);
                if (value.length == 0) revert MerklePatriciaErrors.MptValueEmpty();
                return ("", path, value);
            }
        } else {
            revert MerklePatriciaErrors.MptNodeItemsInvalid(items.length);
        }
        if (child.length == 33 && uint8(child[0]) == 0xa0) return (StrictRlpReference.payload(child), path, "");
        if (uint8(child[0]) < 0xc0 || child.length >= 32) revert MerklePatriciaErrors.MptChildInvalid(child.length);
        return _follow(child, path);
    }

    function _decodePath(bytes memory encoded) private pure returns (bool isLeaf, bytes memory path) {
        bytes memory all = _nibbles(encoded);
        if (all.length == 0) revert MerklePatriciaErrors.MptPathInvalid(0xff);
        uint256 flag = uint8(all[0]);
        bool odd = flag == 1 || flag == 3;
        if (flag > 3 || (!odd && all[1] != 0)) revert MerklePatriciaErrors.MptPathInvalid(uint8(encoded[0]));
        isLeaf = flag >= 2;
        path = StrictRlpReference.cut(all, odd ? 1 : 2, all.length);
        if (!isLeaf && path.length == 0) revert MerklePatriciaErrors.MptPathInvalid(uint8(encoded[0]));
    }

    function _nibbles(bytes memory data) private pure returns (bytes memory nibbles) {
        nibbles = new bytes(2 * data.length);
        for (uint256 i = 0; i < data.length; ++i) {
            nibbles[2 * i] = data[i] >> 4;
            nibbles[2 * i + 1] = data[i] & 0x0f;
        }
    }
}
