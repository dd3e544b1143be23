// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerklePatriciaErrors} from "../errors/RlpErrors.sol";
import {CalldataHash} from "./CalldataHash.sol";
import {StrictRlp} from "./StrictRlp.sol";

/// @title Merkle-Patricia proofs of Ethereum's state, read where they lie in calldata
/// @notice A proof is what `eth_getProof` answers: the nodes referred to by hash, from the root on; nodes below 32 bytes
///         stand in their parents (yellow paper, appendix D). Every node must be used, in order.
/// @dev `MerklePatriciaReference` says the same plainly, over memory.
library MerklePatricia {
    bytes32 internal constant EMPTY_TRIE_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;
    /// @notice A branch without a value takes 532 bytes.
    uint256 internal constant MAX_NODE_SIZE = 1024;
    uint256 private constant BRANCH_ITEMS = 17;
    uint256 private constant EMPTY_STRING = 0x80;
    uint256 private constant FULL_BRANCH_SIZE = 532;

    /// @dev What stands after a node: the hash of the next one, or the end and the value found (empty: absent).
    struct Step {
        bytes32 referred;
        bool ended;
        uint256 nibble;
        uint256 valueStart;
        uint256 valueEnd;
    }

    /// @dev The key, left-aligned, and how many nibbles it has.
    struct Key {
        uint256 word;
        uint256 nibbles;
    }

    /// @notice The word in a storage slot, 0 if the proof shows that it was never set.
    function storageWord(bytes32 storageRoot, bytes32 slot, bytes[] calldata nodes) internal pure returns (bytes32) {
        (uint256 start, uint256 end) = _value(storageRoot, Key(uint256(keccak256(abi.encode(slot))), 64), nodes);
        if (start == end) return bytes32(0);
        (uint256 payload, uint256 next) = StrictRlp.stringAt(start, end);
        if (next != end) revert MerklePatriciaErrors.MptNodeItemsInvalid(2);
        uint256 word = StrictRlp.uintAt(payload, next - payload, 32);
        if (word == 0) revert MerklePatriciaErrors.MptWordZero();
        return bytes32(word);
    }

    /// @notice The storage root of an account; reverts if the proof shows that there is no such account.
    function storageRootOf(bytes32 stateRoot, address account, bytes[] calldata nodes) internal pure returns (bytes32) {
        (uint256 start, uint256 end) =
            _value(stateRoot, Key(uint256(keccak256(abi.encodePacked(account))), 64), nodes);
        if (start == end) revert MerklePatriciaErrors.MptAccountAbsent(account);
        (uint256 position,) = StrictRlp.listAt(start, end);
        uint256 payload;
        (payload, position) = StrictRlp.stringAt(position, end);
        StrictRlp.uintAt(payload, position - payload, 8);
        (payload, position) = StrictRlp.stringAt(position, end);
        StrictRlp.uintAt(payload, position - payload, 32);
        (uint256 root, uint256 code) = StrictRlp.stringAt(position, end);
        (payload, position) = StrictRlp.stringAt(code, end);
        if (code - root != 32 || position - payload != 32 || position != end) revert MerklePatriciaErrors.MptAccountInvalid();
        return bytes32(StrictRlp.wordAt(root));
    }

    /// @notice The value at `key` of at most 32 bytes, empty if the nodes show its absence.
    function valueAt(bytes32 root, bytes calldata key, bytes[] calldata nodes) internal pure returns (bytes calldata) {
        if (key.length > 32) revert MerklePatriciaErrors.MptKeyTooLong(key.length);
        (uint256 start, uint256 end) = _value(root, Key(uint256(bytes32(key)), 2 * key.length), nodes);
        return StrictRlp.slice(start, end);
    }

    function _value(bytes32 root, Key memory key, bytes[] calldata nodes)
        private
        pure
        returns (uint256 start, uint256 end)
    {
        uint256 count = nodes.length;
        if (root == EMPTY_TRIE_ROOT) {
            // the empty trie has no nodes; its root's own encoding may be listed
            bool isRoot = count == 1 && nodes[0].length == 1 && uint8(nodes[0][0]) == EMPTY_STRING;
            if (count != 0 && !isRoot) revert MerklePatriciaErrors.MptNodesSuperfluous(0, count);
            return (0, 0);
        }
        if (count > key.nibbles + 1) revert MerklePatriciaErrors.MptNodesSuperfluous(key.nibbles + 1, count);
        Step memory step;
        step.referred = root;
        for (uint256 number = 0; number < count; ++number) {
            if (step.ended) revert MerklePatriciaErrors.MptNodesSuperfluous(number, count);
            bytes calldata node = nodes[number];
            if (node.length > MAX_NODE_SIZE || (number != 0 && node.length < 32)) {
                revert MerklePatriciaErrors.MptNodeSizeInvalid(number, node.length);
            }
            bytes32 found = CalldataHash.hashOf(node);
            if (found != step.referred) {
                revert MerklePatriciaErrors.MptNodeMismatch(number, step.referred, found);
            }
            if (step.nibble < key.nibbles && _isFullBranch(node)) {
                step.referred = bytes32(node[4 + 33 * _nibble(key.word, step.nibble):]);
                ++step.nibble;
            } else {
                _follow(node, key, step);
            }
        }
        if (!step.ended) revert MerklePatriciaErrors.MptNodeMissing(step.referred, count);
        return (step.valueStart, step.valueEnd);
    }

    /// @dev Whether it is a branch with sixteen hashed children and no value: the upper levels of a large trie. Looks at
    ///      every byte that is not part of a hash, so that nothing is left to find item by item.
    function _isFullBranch(bytes calldata node) private pure returns (bool isFull) {
        if (node.length != FULL_BRANCH_SIZE) return false;
        assembly ("memory-safe") {
            let child := add(node.offset, 3)
            let value := add(child, 528)
            isFull := eq(shr(232, calldataload(node.offset)), 0xf90211)
            isFull := and(isFull, eq(byte(0, calldataload(value)), 0x80))
            for {} lt(child, value) { child := add(child, 33) } {
                isFull := and(isFull, eq(byte(0, calldataload(child)), 0xa0))
            }
        }
    }

    /// @dev Walks through one node and those that stand in it.
    function _follow(bytes calldata node, Key memory key, Step memory step) private pure {
        (uint256 position, uint256 end) = StrictRlp.listOf(node);
        while (true) {
            (uint256 child, uint256 next) = _descend(position, end, key, step);
            if (step.ended) return;
            uint256 first = StrictRlp.byteAt(child);
            if (first == 0xa0) {
                step.referred = bytes32(StrictRlp.wordAt(child + 1));
                return;
            }
            if (first < 0xc0 || next - child >= 32) revert MerklePatriciaErrors.MptChildInvalid(next - child);
            (position, end) = StrictRlp.listAt(child, next);
        }
    }

    /// @dev Where the child on the key's path stands, if the path does not end here.
    function _descend(uint256 position, uint256 end, Key memory key, Step memory step)
        private
        pure
        returns (uint256 child, uint256 next)
    {
        bool atEnd = step.nibble == key.nibbles;
        uint256 wanted = atEnd ? BRANCH_ITEMS - 1 : _nibble(key.word, step.nibble);
        uint256 second;
        uint256 items;
        for (uint256 cursor = position; cursor < end; ++items) {
            uint256 following = _itemEnd(cursor, end);
            if (items == 1) second = cursor;
            if (items == wanted) (child, next) = (cursor, following);
            cursor = following;
        }
        if (items == 2) return _short(position, second, end, key, step);
        if (items != BRANCH_ITEMS) revert MerklePatriciaErrors.MptNodeItemsInvalid(items);
        if (atEnd) {
            step.ended = true;
            (step.valueStart, step.valueEnd) = StrictRlp.stringAt(child, next);
        } else {
            ++step.nibble;
            step.ended = StrictRlp.byteAt(child) == EMPTY_STRING;
        }
    }

    /// @dev Where an item ends; most of a branch's are a hash or nothing.
    function _itemEnd(uint256 position, uint256 end) private pure returns (uint256 next) {
        uint256 first = StrictRlp.byteAt(position);
        if (first == EMPTY_STRING) return position + 1;
        if (first == 0xa0 && position + 33 <= end) return position + 33;
        (, next,) = StrictRlp.item(position, end);
    }

    /// @dev A leaf or an extension: its path stands from `position` to `second`, its value or child from there to `end`.
    function _short(uint256 position, uint256 second, uint256 end, Key memory key, Step memory step)
        private
        pure
        returns (uint256, uint256)
    {
        (uint256 path, uint256 pathEnd) = StrictRlp.stringAt(position, second);
        uint256 head = path == pathEnd ? 0xff : StrictRlp.byteAt(path);
        uint256 flag = head >> 4;
        bool odd = flag & 1 == 1;
        if (flag > 3 || (!odd && head & 0x0f != 0)) revert MerklePatriciaErrors.MptPathInvalid(head);
        uint256 length = 2 * (pathEnd - path) - (odd ? 1 : 2);
        bool isLeaf = flag > 1;
        if (!isLeaf && length == 0) revert MerklePatriciaErrors.MptPathInvalid(head);
        uint256 left = key.nibbles - step.nibble;
        bool agrees = isLeaf ? length == left : length <= left;
        if (!agrees || !_sharesPath(path, odd, length, key.word, step.nibble)) {
            step.ended = true;
        } else if (isLeaf) {
            step.ended = true;
            (step.valueStart, step.valueEnd) = StrictRlp.stringAt(second, end);
            if (step.valueStart == step.valueEnd) revert MerklePatriciaErrors.MptValueEmpty();
        } else {
            step.nibble += length;
        }
        return (second, end);
    }

    /// @dev Whether `length` nibbles of the path, which begin in or after its first byte, are those of the key.
    function _sharesPath(uint256 path, bool odd, uint256 length, uint256 keyWord, uint256 from)
        private
        pure
        returns (bool)
    {
        if (length == 0) return true;
        // a path of 64 nibbles or fewer fits into one word once its flag is shifted out
        uint256 found = odd
            ? (StrictRlp.wordAt(path) << 4) | (StrictRlp.byteAt(path + 32) >> 4)
            : StrictRlp.wordAt(path + 1);
        return (found ^ (keyWord << (4 * from))) >> (256 - 4 * length) == 0;
    }

    function _nibble(uint256 word, uint256 index) private pure returns (uint256) {
        return (word >> (252 - 4 * index)) & 0x0f;
    }
}
