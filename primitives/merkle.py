"""Corda's Merkle tree, and partial trees that prove some leaves of it.

A node is SHA-256(left | right); leaves are padded on the right with zero hashes to a power of two; one leaf is its own
root (net.corda.core.crypto.MerkleTree, PartialMerkleTree). Leaves and inner nodes are not told apart by the hash: who
checks a partial tree must compute the leaves it asks for from their content, never take them from the tree.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from primitives.errors import DecodeError, InvalidArgument, MerkleError
from primitives.types import Hash32

_sha256 = hashlib.sha256
HASH_SIZE: Final = 32
ZERO_HASH: Final = Hash32(bytes(HASH_SIZE))
"""Padding."""
ALL_ONES_HASH: Final = Hash32(b"\xff" * HASH_SIZE)
"""Stands for an absent component group."""
MAX_LEAVES: Final = 65_536
_ONE_SIZE: Final = {HASH_SIZE}
_PADDING: Final = tuple(
    itertools.accumulate(
        range(MAX_LEAVES.bit_length()),
        lambda node, _level: Hash32(_sha256(node + node).digest()),
        initial=ZERO_HASH,
    )
)
"""Roots of subtrees that hold padding only, by level."""
_HEADER_SIZE: Final = 8
_INDEX_SIZE: Final = 4


def merkle_root(leaves: Sequence[bytes]) -> Hash32:
    """The root over 1..65,536 leaf hashes of 32 bytes. Raises `InvalidArgument`."""
    _check_leaves(leaves)
    nodes: Sequence[bytes] = leaves
    for padding in _PADDING[: _height(len(leaves))]:
        nodes = _parents(nodes, padding)
    return Hash32(nodes[0])


@dataclass(frozen=True, slots=True)
class PartialMerkleTree:
    """Some leaves of a tree and the least number of hashes from which its root follows.

    `indexes` are the positions of the included leaves, ascending. `hashes` are, in depth-first order from the left, the
    included leaves and the roots of the largest subtrees that hold none of them; subtrees of padding are left out.
    The shape follows from `leaf_count` and `indexes`, so a partial tree has one form. Raises `DecodeError`.
    """

    leaf_count: int
    indexes: tuple[int, ...]
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        _check_shape(self.leaf_count, self.indexes)
        if self.hashes and set(map(len, self.hashes)) != _ONE_SIZE:
            raise DecodeError("partial tree has a hash of the wrong size", expected=f"{HASH_SIZE} bytes")
        if len(self.indexes) == 1:
            expected = len(_path_of(self.leaf_count, self.indexes[0]).places)
        else:
            expected = sum(1 for _ in _frontier(self.leaf_count, self.indexes))
        if len(self.hashes) != expected:
            raise DecodeError("partial tree has the wrong number of hashes", expected=expected, found=len(self.hashes))

    @classmethod
    def for_each(cls, leaves: Sequence[bytes]) -> tuple[Hash32, tuple[PartialMerkleTree, ...]]:
        """The root, and for each leaf the partial tree that proves it alone: one tree's hashing for all of them.

        Raises `InvalidArgument`.
        """
        _check_leaves(leaves)
        levels, count = _levels(leaves), len(leaves)
        trees = tuple(
            cls(count, (index,), tuple([levels[level][position] for level, position in _path_of(count, index).places]))
            for index in range(count)
        )
        return Hash32(levels[-1][0]), trees

    @classmethod
    def build(cls, leaves: Sequence[bytes], included_indexes: Iterable[int]) -> PartialMerkleTree:
        """The partial tree that proves the leaves at `included_indexes`, one or more. Raises `InvalidArgument`."""
        _check_leaves(leaves)
        indexes = tuple(sorted(set(included_indexes)))
        if not indexes or indexes[0] < 0 or indexes[-1] >= len(leaves):
            raise InvalidArgument(f"included leaves must be some of 0..{len(leaves) - 1}, not {indexes}")
        levels = _levels(leaves)
        hashes = tuple(levels[level][position] for level, position in _frontier(len(leaves), indexes))
        return cls(len(leaves), indexes, hashes)

    def root(self) -> Hash32:
        """The root of the whole tree."""
        if len(self.indexes) == 1:
            return _path_of(self.leaf_count, self.indexes[0]).root(self.hashes)
        frontier = list(_frontier(self.leaf_count, self.indexes))
        level_nodes: dict[int, dict[int, bytes]] = {}
        for (level, position), node in zip(frontier, self.hashes, strict=True):
            level_nodes.setdefault(level, {})[position] = node
        current = level_nodes.get(0, {})
        for level, padding in enumerate(_PADDING[: _height(self.leaf_count)]):
            parents = level_nodes.get(level + 1, {})
            for position in {position >> 1 for position in current}:
                left = current.get(2 * position, padding)
                right = current.get(2 * position + 1, padding)
                parents[position] = hashlib.sha256(left + right).digest()
            current = parents
        return Hash32(current[0])

    def included_leaves(self) -> tuple[bytes, ...]:
        """The proven leaves, in the order of `indexes`."""
        if len(self.indexes) == 1:
            return (self.hashes[_path_of(self.leaf_count, self.indexes[0]).leaf_at],)
        frontier = _frontier(self.leaf_count, self.indexes)
        wanted = set(self.indexes)
        pairs = zip(frontier, self.hashes, strict=True)
        return tuple(node for (level, position), node in pairs if level == 0 and position in wanted)

    def verify(self, root: bytes, leaves: Sequence[bytes]) -> None:
        """Return if this proves exactly `leaves`, in order, under `root`; raise `MerkleError` otherwise."""
        if self.included_leaves() != tuple(leaves):
            raise MerkleError("partial tree proves other leaves", expected=b"".join(leaves))
        if self.root() != root:
            raise MerkleError("partial tree has another root", expected=root, found=self.root())

    def encode(self) -> bytes:
        """`u32 leaf count | u32 included count | u32 index* | 32-byte hash*`, big-endian."""
        numbers = struct.pack(f">{len(self.indexes) + 2}I", self.leaf_count, len(self.indexes), *self.indexes)
        return numbers + b"".join(self.hashes)

    @classmethod
    def decode(cls, data: bytes) -> PartialMerkleTree:
        """The partial tree that `data` encodes. Raises `DecodeError`."""
        leaf_count, included = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
        body = _HEADER_SIZE + included * _INDEX_SIZE
        if leaf_count > MAX_LEAVES or included > leaf_count:
            raise DecodeError("partial tree is too large", expected=f"at most {MAX_LEAVES} leaves", found=leaf_count)
        if len(data) < body or (len(data) - body) % HASH_SIZE:
            raise DecodeError("partial tree is cut short or has trailing bytes", found=len(data))
        indexes = struct.unpack_from(f">{included}I", data, _HEADER_SIZE)
        hashes = tuple([data[at : at + HASH_SIZE] for at in range(body, len(data), HASH_SIZE)])
        return cls(leaf_count, indexes, hashes)


def _frontier(leaf_count: int, indexes: Sequence[int]) -> Iterable[tuple[int, int]]:
    """(level, position) of each hash of a partial tree, depth first; leaves are level 0."""
    pending = [(_height(leaf_count), 0, 0, len(indexes))]
    while pending:
        level, position, first, last = pending.pop()
        if position << level >= leaf_count:
            continue
        if first == last or level == 0:
            yield level, position
            continue
        boundary = (2 * position + 1) << (level - 1)
        middle = first
        while middle < last and indexes[middle] < boundary:
            middle += 1
        pending.append((level - 1, 2 * position + 1, middle, last))
        pending.append((level - 1, 2 * position, first, middle))


@dataclass(frozen=True, slots=True)
class _Path:
    """Where the hashes of a partial tree with one leaf stand: what each signature over a batch brings."""

    places: tuple[tuple[int, int], ...]
    """(level, position) of each hash, in order; leaves are level 0."""
    leaf_at: int
    siblings: tuple[tuple[int | None, bool], ...]
    """From the leaves up: where the sibling's hash is (None: it is padding), and whether it is the left one."""

    def root(self, hashes: Sequence[bytes]) -> Hash32:
        """The root that follows from the hashes of a partial tree of this shape."""
        node = hashes[self.leaf_at]
        for (sibling_at, is_left), padding in zip(self.siblings, _PADDING, strict=False):
            sibling = padding if sibling_at is None else hashes[sibling_at]
            node = _sha256(sibling + node if is_left else node + sibling).digest()
        return Hash32(node)


@lru_cache(maxsize=4096)
def _path_of(leaf_count: int, index: int) -> _Path:
    places = {place: at for at, place in enumerate(_frontier(leaf_count, (index,)))}
    siblings = []
    for level in range(_height(leaf_count)):
        position = index >> level
        siblings.append((places.get((level, position ^ 1)), bool(position & 1)))
    return _Path(tuple(places), places[0, index], tuple(siblings))


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All nodes, leaves first; only the last node of a level may have padding under it."""
    levels = [list(leaves)]
    for padding in _PADDING[: _height(len(leaves))]:
        levels.append(_parents(levels[-1], padding))
    return levels


def _parents(below: Sequence[bytes], padding: bytes) -> list[bytes]:
    """The level above one that may lack its last node, which is ``padding`` then."""
    pairs = itertools.zip_longest(below[::2], below[1::2], fillvalue=padding)
    return [_over_twins(left) if left == right else _sha256(left + right).digest() for left, right in pairs]


@lru_cache(maxsize=64)
def _over_twins(node: bytes) -> bytes:
    """The parent of two equal nodes, as absent component groups make them: the same few in every transaction's tree."""
    return _sha256(node + node).digest()


def _height(leaf_count: int) -> int:
    return (leaf_count - 1).bit_length()


def _check_leaves(leaves: Sequence[bytes]) -> None:
    if not 0 < len(leaves) <= MAX_LEAVES:
        raise InvalidArgument(f"a Merkle tree has 1..{MAX_LEAVES} leaves, not {len(leaves)}")
    if set(map(len, leaves)) != _ONE_SIZE:
        raise InvalidArgument(f"a Merkle leaf is a hash of {HASH_SIZE} bytes")


def _check_shape(leaf_count: int, indexes: Sequence[int]) -> None:
    if not 0 < leaf_count <= MAX_LEAVES:
        raise DecodeError("partial tree has a wrong leaf count", expected=f"1..{MAX_LEAVES}", found=leaf_count)
    ascending = len(indexes) == 1 or all(left < right for left, right in itertools.pairwise(indexes))
    if not indexes or not ascending or indexes[0] < 0 or indexes[-1] >= leaf_count:
        raise DecodeError("partial tree's leaves are not ascending within it", expected=f"some of 0..{leaf_count - 1}")
