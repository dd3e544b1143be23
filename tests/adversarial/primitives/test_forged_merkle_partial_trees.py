"""A partial tree proves the leaves it was built for, under its root, in one form; nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primitives.errors import DecodeError, MerkleError
from primitives.hashing import sha256
from primitives.merkle import MAX_LEAVES, PartialMerkleTree, merkle_root

LEAVES = [sha256(bytes((number,))) for number in range(11)]
TREE = PartialMerkleTree.build(LEAVES, [2, 9])
ROOT = merkle_root(LEAVES)


def test_leaves_that_were_not_included_are_not_proven() -> None:
    with pytest.raises(MerkleError, match="other leaves"):
        TREE.verify(ROOT, [LEAVES[2], LEAVES[3]])


def test_fewer_or_reordered_leaves_are_refused() -> None:
    for claimed in ([LEAVES[2]], [LEAVES[9], LEAVES[2]], [LEAVES[2], LEAVES[9], LEAVES[9]], []):
        with pytest.raises(MerkleError, match="other leaves"):
            TREE.verify(ROOT, claimed)


def test_another_root_is_refused() -> None:
    with pytest.raises(MerkleError, match="another root"):
        TREE.verify(merkle_root(LEAVES[:10]), [LEAVES[2], LEAVES[9]])


@given(st.integers(0, len(TREE.hashes) - 1), st.integers(0, 255))
@settings(max_examples=40)
def test_no_hash_of_a_partial_tree_may_change(number: int, bit: int) -> None:
    hashes = list(TREE.hashes)
    hashes[number] = (int.from_bytes(hashes[number], "big") ^ 1 << bit).to_bytes(32, "big")
    forged = PartialMerkleTree(TREE.leaf_count, TREE.indexes, tuple(hashes))
    with pytest.raises(MerkleError):
        forged.verify(ROOT, [LEAVES[2], LEAVES[9]])


@pytest.mark.parametrize("indexes", [(), (2, 2), (9, 2), (-1, 2), (2, 11), (2, 15)])
def test_positions_must_ascend_within_the_tree(indexes: tuple[int, ...]) -> None:
    with pytest.raises(DecodeError):
        PartialMerkleTree(TREE.leaf_count, indexes, TREE.hashes)


@pytest.mark.parametrize("leaf_count", [0, -1, MAX_LEAVES + 1])
def test_the_number_of_leaves_is_bounded(leaf_count: int) -> None:
    with pytest.raises(DecodeError, match="leaf count"):
        PartialMerkleTree(leaf_count, (0,), (LEAVES[0],))


def test_hashes_may_be_neither_missing_nor_added() -> None:
    for hashes in (TREE.hashes[:-1], (*TREE.hashes, bytes(32)), (), (*TREE.hashes[:-1], bytes(31))):
        with pytest.raises(DecodeError):
            PartialMerkleTree(TREE.leaf_count, TREE.indexes, hashes)


def test_an_inner_node_passed_off_as_a_leaf_needs_another_leaf_count() -> None:
    """The published weakness of trees without domain separation: it shows, because the count is part of the proof."""
    pairs = [sha256(left + right) for left, right in zip(LEAVES[:8:2], LEAVES[1:8:2], strict=True)]
    assert merkle_root(pairs) == merkle_root(LEAVES[:8])
    forged = PartialMerkleTree.build(pairs, [1])
    assert forged.root() == merkle_root(LEAVES[:8])
    assert forged.leaf_count == 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        TREE.encode()[:-1],
        TREE.encode() + b"\x00",
        TREE.encode() + bytes(32),
        TREE.encode()[:-32],
        b"\xff" * 8,
        (MAX_LEAVES + 1).to_bytes(4, "big") + TREE.encode()[4:],
        TREE.encode()[:4] + (12).to_bytes(4, "big") + TREE.encode()[8:],
        TREE.encode()[:4] + (0).to_bytes(4, "big") + TREE.encode()[8:],
        (10).to_bytes(4, "big") + TREE.encode()[4:],
    ],
)
def test_bytes_that_are_no_partial_tree_are_refused(data: bytes) -> None:
    with pytest.raises((DecodeError, MerkleError)):
        PartialMerkleTree.decode(data).verify(ROOT, [LEAVES[2], LEAVES[9]])


@given(st.binary(max_size=300))
def test_garbage_is_refused_or_is_the_one_encoding_of_something(data: bytes) -> None:
    try:
        tree = PartialMerkleTree.decode(data)
    except DecodeError:
        return
    assert tree.encode() == data
