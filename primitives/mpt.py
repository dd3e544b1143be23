"""Merkle-Patricia proofs of Ethereum's state: what is at a key under a trusted root, or that nothing is.

A proof is what `eth_getProof` answers: the nodes referred to by hash, from the root on. Nodes below 32 bytes are
embedded in their parents and not listed (yellow paper, appendix D). Every node must be used, in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from primitives.errors import DecodeError, MptError
from primitives.keccak import keccak256, new_keccak256
from primitives.rlp import EMPTY_STRING, list_header, split_list, string_payload, uint_payload
from primitives.types import Address, Hash32, hash32

EMPTY_TRIE_ROOT: Final = keccak256(EMPTY_STRING)
MAX_NODE_BYTES: Final = 1024
"""A branch without a value takes 532 bytes; an account's leaf less than 160."""
HASH_SIZE: Final = 32
_BRANCH_ITEMS: Final = 17
_SHORT_NODE_ITEMS: Final = 2
_HASH_PREFIX: Final = 0xA0
_HASH_ITEM_SIZE: Final = 33
_STRING_OFFSET: Final = 0x80
_LIST_OFFSET: Final = 0xC0
_LONG_LIST: Final = 0xF8
_LONG_STRING: Final = 0xB8
_SHORT_LIMIT: Final = 55
_LONG_LEAF_LEAST: Final = 2 + _SHORT_LIMIT + 1
_LONGEST_PATH: Final = 1 + HASH_SIZE
"""Of a hashed key, encoded: what stands behind it is always within a leaf of that size."""
_EVEN_LEAF: Final = b"\x20"
_ODD_LEAF: Final = tuple(bytes((0x30 + nibble,)) for nibble in range(16))
"""How a leaf's path begins: with no nibble of it, or with its first (yellow paper, appendix C)."""
_NIBBLES: Final = {digit: value for value, digit in enumerate("0123456789abcdef")}

_FULL_BRANCH_SIZE: Final = 532
"""A branch with sixteen hashed children and no value: the upper levels of a large trie."""
_FULL_BRANCH_HEADER: Final = b"\xf9\x02\x11"
_FULL_BRANCH_PREFIXES: Final = b"\xa0" * 16 + EMPTY_STRING
_FULL_BRANCH_CHILD: Final = {digit: 4 + _HASH_ITEM_SIZE * nibble for digit, nibble in _NIBBLES.items()}

_CHILDREN: Final = rb"(?:\x80|\xa0(.{32}))" * 16 + rb"\x80"
_BRANCH_OF_SIZE: Final = {
    len(header) + size: re.compile(b"(?s)" + re.escape(header) + _CHILDREN).fullmatch
    for size in (_BRANCH_ITEMS + HASH_SIZE * children for children in range(2, 16))
    for header in (list_header(size),)
}
"""A branch without a value whose children are hashes or absent, as stands above the leaves: group 1 + nibble.

As strict as the splitter: an item's first byte tells its length, the items fill the list that the header tells, and the
number of children says what the header is.
"""
_CHILDREN_GROUP: Final = {digit: 1 + nibble for digit, nibble in _NIBBLES.items()}


def verify_mpt(root: bytes, key: bytes, proof_nodes: Sequence[bytes]) -> bytes | None:
    """The value at `key` (hashed already, if the trie is keyed by hashes), or None if `proof_nodes` show its absence.

    The empty trie has no nodes; its root's own encoding, 0x80, may be listed. Raises `MptError` for nodes that are
    missing, superfluous, out of order, changed or malformed.
    """
    if root == EMPTY_TRIE_ROOT:
        _require_no_nodes(proof_nodes)
        return None
    nibbles = key.hex()
    nibble_count = len(nibbles)
    if len(proof_nodes) > nibble_count + 1:
        raise MptError(
            "proof has more nodes than the key has nibbles", expected=nibble_count + 1, found=len(proof_nodes)
        )
    reference: bytes | None = root
    position = 0
    value: bytes | None = None
    for node in proof_nodes:
        size = len(node)
        if size > MAX_NODE_BYTES:
            number = _number_of(node, proof_nodes)
            raise MptError(f"node {number} is too long", expected=f"at most {MAX_NODE_BYTES} bytes", found=size)
        if new_keccak256(node).digest() != reference:  # as nothing is that comes after the end
            raise _not_referred_to(node, proof_nodes, reference)
        if (  # a full branch: every byte that is no part of a hash is checked, nothing is left for the splitter to find
            size == _FULL_BRANCH_SIZE
            and node[3::_HASH_ITEM_SIZE] == _FULL_BRANCH_PREFIXES
            and node[:3] == _FULL_BRANCH_HEADER
            and position < nibble_count
        ):
            at = _FULL_BRANCH_CHILD[nibbles[position]]
            reference = node[at : at + HASH_SIZE]
            position += 1
        elif position < nibble_count and (branch := _BRANCH_OF_SIZE.get(size)) and (children := branch(node)):
            reference = children[_CHILDREN_GROUP[nibbles[position]]]
            position += 1
        else:
            try:
                reference, position, value = _follow(node, key, nibbles, position)
            except DecodeError as error:
                number = _number_of(node, proof_nodes)
                raise MptError(f"node {number} is malformed: {error}", found=node) from error
            if size < HASH_SIZE and node is not proof_nodes[0]:
                number = _number_of(node, proof_nodes)
                raise MptError(f"node {number} is so short that it must be embedded", expected="32 bytes", found=node)
    if reference is not None:
        raise MptError("proof stops before its end", expected=reference, found=f"{len(proof_nodes)} nodes")
    return value


def _require_no_nodes(proof_nodes: Sequence[bytes]) -> None:
    if len(proof_nodes) > 1 or any(node != EMPTY_STRING for node in proof_nodes):
        raise MptError("the empty trie has no nodes", expected="no node, or 0x80", found=len(proof_nodes))


def _number_of(node: bytes, proof_nodes: Sequence[bytes]) -> int:
    return next(number for number, each in enumerate(proof_nodes) if each is node)


def _not_referred_to(node: bytes, proof_nodes: Sequence[bytes], reference: bytes | None) -> MptError:
    number = _number_of(node, proof_nodes)
    if reference is None:
        return MptError("proof goes on after its end", expected=f"{number} nodes", found=len(proof_nodes))
    return MptError(f"node {number} is not the one referred to", expected=reference, found=keccak256(node))


def _follow(node: bytes, key: bytes, nibbles: str, position: int) -> tuple[bytes | None, int, bytes | None]:
    """(hash of the next node or None at the end, nibbles consumed so far, value at the end or None).

    Walks through nodes embedded in `node`. Raises `MptError`, `DecodeError`.
    """
    found = _long_leaf_value(node, key, position)
    if found:
        return None, position, found
    while True:
        items = _split_node(node)
        if len(items) == _BRANCH_ITEMS:
            if position == len(nibbles):
                return None, position, string_payload(items[16]) or None
            child = items[_NIBBLES[nibbles[position]]]
            position += 1
            if child == EMPTY_STRING:
                return None, position, None
        else:
            is_leaf, path = _decode_path(items[0])
            if is_leaf:
                return None, position, _leaf_value(items[1]) if nibbles[position:] == path else None
            if not nibbles.startswith(path, position):
                return None, position, None
            position += len(path)
            child = items[1]
        if child[0] == _HASH_PREFIX and len(child) == _HASH_ITEM_SIZE:
            return child[1:], position, None
        if child[0] < _LIST_OFFSET or len(child) >= HASH_SIZE:
            raise MptError(
                "child is neither a hash nor an embedded node", expected="32 bytes or a short list", found=child
            )
        node = child


def _long_leaf_value(node: bytes, key: bytes, position: int) -> bytes | None:
    """The value in a leaf of 58 to 257 bytes with the rest of the key as path. None or empty: let the splitter see.

    The path is encoded and compared, which is less work than to decode the node's.
    """
    size = len(node)
    if size < _LONG_LEAF_LEAST or node[0] != _LONG_LIST or node[1] != size - 2:
        return None
    rest = key[(position + 1) >> 1 :]
    encoded = (_ODD_LEAF[key[position >> 1] & 15] if position & 1 else _EVEN_LEAF) + rest
    value = 3 + len(encoded)
    if not 5 <= value <= 3 + _LONGEST_PATH:  # a shorter one has no byte before that tells its length
        return None
    if node[2] != _STRING_OFFSET + len(encoded) or not node.startswith(encoded, 3):
        return None
    if node[value] == _LONG_STRING and node[value + 1] == size - value - 2 > _SHORT_LIMIT:  # as every account is
        return node[value + 2 :]
    return string_payload(node[value:])


def _split_node(node: bytes) -> list[bytes]:
    items = split_list(node)
    if len(items) not in {_BRANCH_ITEMS, _SHORT_NODE_ITEMS}:
        raise MptError("node is no branch, extension or leaf", expected="17 or 2 items", found=len(items))
    return items


def _decode_path(item: bytes) -> tuple[bool, str]:
    """(is a leaf, nibbles as hexadecimal digits) of a hex-prefix encoding (yellow paper, appendix C)."""
    encoded = string_payload(item).hex()
    flag = encoded[:1]
    if flag in {"1", "3"}:
        path = encoded[1:]
    elif flag in {"0", "2"} and encoded[1] == "0":
        path = encoded[2:]
    else:
        raise MptError("node's path is not hex-prefix encoded", expected="00, 1x, 20 or 3x first", found=item)
    is_leaf = flag in {"2", "3"}
    if not is_leaf and not path:
        raise MptError("extension has an empty path", expected="one nibble or more", found=item)
    return is_leaf, path


def _leaf_value(item: bytes) -> bytes:
    value = string_payload(item)
    if not value:
        raise MptError("leaf has an empty value", expected="one byte or more")
    return value


# --- the state trie and storage tries ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """What the state trie keeps of an account. `balance` in wei."""

    nonce: int
    balance: int
    storage_root: Hash32
    code_hash: Hash32


def account_key(address: bytes) -> Hash32:
    """The state trie's key of an account."""
    return keccak256(address)


def mapping_slot(key: bytes, slot: bytes) -> Hash32:
    """The storage slot of `key` in the Solidity mapping at `slot`, both 32 bytes."""
    return keccak256(hash32(key, "mapping key") + hash32(slot, "storage slot"))


def storage_trie_key(slot: bytes) -> Hash32:
    """A storage trie's key of a 32-byte slot."""
    return keccak256(hash32(slot, "storage slot"))


def decode_account(value: bytes) -> Account:
    """The account that the state trie's `value` encodes. Raises `DecodeError`."""
    items = split_list(value)
    if len(items) != 4:
        raise DecodeError("an account has four fields", expected=4, found=len(items))
    return Account(
        nonce=uint_payload(items[0], max_bytes=8),
        balance=uint_payload(items[1]),
        storage_root=hash32(string_payload(items[2]), "storage root"),
        code_hash=hash32(string_payload(items[3]), "code hash"),
    )


def storage_word(value: bytes) -> Hash32:
    """The 32-byte word of a storage trie's `value`, which is the RLP of an integer **without its leading zeros**.

    Raises `DecodeError`, also for zero: a zero word is absent from the trie.
    """
    number = uint_payload(value)
    if number == 0:
        raise DecodeError("a zero word is not stored", expected="1..2^256-1", found=value)
    return Hash32(number.to_bytes(32, "big"))


def verify_account(state_root: bytes, address: Address, proof_nodes: Sequence[bytes]) -> Account | None:
    """The account at `address`, or None if it is absent. Raises `MptError`, `DecodeError`."""
    value = verify_mpt(state_root, account_key(address), proof_nodes)
    return None if value is None else decode_account(value)


def verify_storage(storage_root: bytes, slot: bytes, proof_nodes: Sequence[bytes]) -> Hash32 | None:
    """The word in `slot`, or None if it is zero. Raises `MptError`, `DecodeError`."""
    value = verify_mpt(storage_root, storage_trie_key(slot), proof_nodes)
    return None if value is None else storage_word(value)
