"""A sparse Merkle tree with the hash rules of ICS-23's SmtSpec, kept as nodes that are never overwritten.

leaf = H(00 | H(key) | H(value)), inner = H(01 | left | right), empty = 32 zero bytes, H = SHA-256. A key's path is the
bits of H(key), the most significant first; a subtree of one leaf is that leaf ("lifted"), so proofs are as deep as the
tree is full. Node hashes commit to content, so a store shared by many roots keeps every old root provable.

Proofs about such a tree are checked in `smt_proof`, which needs no store; its names are re-exported from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from primitives.errors import InvalidArgument, MissingNode
from primitives.hashing import sha256
from primitives.smt_proof import (
    EMPTY_HASH,
    EMPTY_ROOT,
    INNER_PREFIX,
    LEAF_PREFIX,
    PATH_BITS,
    EmptyTerminal,
    LeafTerminal,
    SmtProof,
    decode_smt_proof,
    encode_smt_proof,
    path_bit,
    root_of_absence,
    root_of_presence,
    verify_absence,
    verify_presence,
)

__all__ = [
    "EMPTY_ROOT",
    "EmptyTerminal",
    "LeafTerminal",
    "MemoryNodeStore",
    "NodeStore",
    "SmtProof",
    "SparseMerkleTree",
    "decode_smt_proof",
    "encode_smt_proof",
    "root_of_absence",
    "root_of_presence",
    "verify_absence",
    "verify_presence",
]

NODE_SIZE: Final = 65


class NodeStore(Protocol):
    """Where a tree keeps its nodes, by hash. A node once put is never changed or taken away."""

    def get(self, node_hash: bytes) -> bytes | None:
        """The node put under `node_hash`, or None."""
        ...

    def put(self, node_hash: bytes, node: bytes) -> None:
        """Keep `node`. Putting the same again changes nothing."""
        ...


class MemoryNodeStore:
    """A `NodeStore` that lasts as long as the process."""

    def __init__(self) -> None:
        self._nodes: dict[bytes, bytes] = {}

    def get(self, node_hash: bytes) -> bytes | None:
        """The node put under `node_hash`, or None."""
        return self._nodes.get(node_hash)

    def put(self, node_hash: bytes, node: bytes) -> None:
        """Keep `node`."""
        self._nodes[node_hash] = node

    def __len__(self) -> int:
        return len(self._nodes)


class SparseMerkleTree:
    """One root in a store, moved by `set` and `remove`. Every earlier root stays readable and provable.

    Raises `MissingNode` if the store has lost a node.
    """

    def __init__(self, store: NodeStore, root: bytes = EMPTY_ROOT) -> None:
        self._store = store
        self.root: bytes = root

    def set(self, key: bytes, value: bytes) -> bytes:
        """Put `value` at `key`, over whatever was there. Returns the new root, also kept in `root`."""
        key_hash = sha256(key)
        siblings, terminal = self._descend(self.root, key_hash)
        new_leaf = self._put(LEAF_PREFIX + key_hash + sha256(value))
        if terminal is not None and terminal.key_hash != key_hash:
            while path_bit(key_hash, len(siblings)) == path_bit(terminal.key_hash, len(siblings)):
                siblings.append(EMPTY_HASH)
            siblings.append(terminal.leaf_hash())
        self.root = self._fold(new_leaf, key_hash, siblings)
        return self.root

    def remove(self, key: bytes) -> bytes:
        """Take away what is at `key`. Returns the new root, also kept in `root`.

        Raises `InvalidArgument` if nothing is there.
        """
        key_hash = sha256(key)
        siblings, terminal = self._descend(self.root, key_hash)
        if terminal is None or terminal.key_hash != key_hash:
            raise InvalidArgument(f"nothing to remove at key {key.hex()}")
        lifted: bytes = EMPTY_HASH
        while siblings and (lifted == EMPTY_HASH or siblings[-1] == EMPTY_HASH):
            sibling = siblings[-1]
            if lifted == EMPTY_HASH and sibling != EMPTY_HASH:
                if self._node(sibling)[:1] == INNER_PREFIX:
                    break
                lifted = sibling
            siblings.pop()
        self.root = self._fold(lifted, key_hash, siblings)
        return self.root

    def prove(self, key: bytes, root: bytes | None = None) -> SmtProof:
        """Proof of what is at `key`, or that nothing is, under `root` (the present one by default)."""
        key_hash = sha256(key)
        siblings, terminal = self._descend(self.root if root is None else root, key_hash)
        leaf_first = tuple(reversed(siblings))
        if terminal is None:
            return SmtProof(leaf_first, EmptyTerminal())
        return SmtProof(leaf_first, None if terminal.key_hash == key_hash else terminal)

    def _descend(self, root: bytes, key_hash: bytes) -> tuple[list[bytes], LeafTerminal | None]:
        """Siblings from the root down, and the leaf at the path's end, whosever it is."""
        siblings: list[bytes] = []
        current = root
        while current != EMPTY_HASH:
            node = self._node(current)
            left, right = node[1:33], node[33:]
            if node[:1] == LEAF_PREFIX:
                return siblings, LeafTerminal(left, right)
            if len(siblings) == PATH_BITS:
                raise MissingNode(current)
            goes_right = path_bit(key_hash, len(siblings))
            siblings.append(left if goes_right else right)
            current = right if goes_right else left
        return siblings, None

    def _fold(self, current: bytes, key_hash: bytes, siblings: Sequence[bytes]) -> bytes:
        """Store the inner nodes from `current` up to the root, whose hash is returned."""
        for depth in range(len(siblings) - 1, -1, -1):
            sibling = siblings[depth]
            pair = sibling + current if path_bit(key_hash, depth) else current + sibling
            current = self._put(INNER_PREFIX + pair)
        return current

    def _put(self, node: bytes) -> bytes:
        node_hash = sha256(node)
        self._store.put(node_hash, node)
        return node_hash

    def _node(self, node_hash: bytes) -> bytes:
        node = self._store.get(node_hash)
        if node is None or len(node) != NODE_SIZE:
            raise MissingNode(node_hash)
        return node
