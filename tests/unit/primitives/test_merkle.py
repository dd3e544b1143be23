"""Corda's recorded trees, and partial trees against a tree written out naively."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primitives.errors import InvalidArgument
from primitives.hashing import sha256
from primitives.merkle import ALL_ONES_HASH, MAX_LEAVES, ZERO_HASH, PartialMerkleTree, merkle_root

VECTORS = Path(__file__).parents[2] / "vectors" / "corda" / "corda_merkle_trees.json"
TREES: list[dict[str, Any]] = json.loads(VECTORS.read_text())["trees"]
LEAF_LISTS = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def naive_root(leaves: list[bytes]) -> bytes:
    """By the definition: pad to a power of two, then halve."""
    padded = list(leaves)
    while len(padded) & (len(padded) - 1):
        padded.append(bytes(32))
    while len(padded) > 1:
        padded = [hashlib.sha256(padded[i] + padded[i + 1]).digest() for i in range(0, len(padded), 2)]
    return padded[0]


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree["id"])
def test_cordas_recorded_roots_are_recomputed(tree: dict[str, Any]) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in tree["leaves"]]
    unpadded = leaves[: tree["unpadded_leaf_count"]]
    assert merkle_root(leaves).hex() == tree["root"]
    assert merkle_root(unpadded).hex() == tree["root"]
    assert all(leaf == ZERO_HASH for leaf in leaves[len(unpadded) :])


def test_the_recorded_trees_have_absent_groups() -> None:
    assert any(ALL_ONES_HASH.hex() in tree["leaves"] for tree in TREES)


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree["id"])
def test_each_leaf_of_a_recorded_tree_is_proven_by_itself(tree: dict[str, Any]) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in tree["leaves"][: tree["unpadded_leaf_count"]]]
    for index, leaf in enumerate(leaves):
        PartialMerkleTree.build(leaves, [index]).verify(bytes.fromhex(tree["root"]), [leaf])


@given(LEAF_LISTS)
def test_the_root_is_that_of_the_padded_tree(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == naive_root(leaves)


@given(LEAF_LISTS, st.data())
@settings(max_examples=150)
def test_a_partial_tree_proves_the_chosen_leaves_and_survives_the_wire(
    leaves: list[bytes], data: st.DataObject
) -> None:
    indexes = data.draw(st.sets(st.integers(0, len(leaves) - 1), min_size=1))
    partial = PartialMerkleTree.build(leaves, indexes)
    assert partial.indexes == tuple(sorted(indexes))
    assert PartialMerkleTree.decode(partial.encode()) == partial
    partial.verify(naive_root(leaves), [leaves[index] for index in sorted(indexes)])


def test_one_leaf_is_its_own_root() -> None:
    leaf = sha256(b"leaf")
    assert merkle_root([leaf]) == leaf
    assert PartialMerkleTree.build([leaf], [0]).hashes == (leaf,)


def test_one_leaf_of_many_is_proven_by_as_many_hashes_as_the_tree_is_high() -> None:
    leaves = [sha256(number.to_bytes(4, "big")) for number in range(1000)]
    partial = PartialMerkleTree.build(leaves, [500])
    assert len(partial.hashes) <= 11
    partial.verify(merkle_root(leaves), [leaves[500]])


def test_all_leaves_are_proven_by_themselves() -> None:
    leaves = [sha256(bytes((number,))) for number in range(5)]
    assert PartialMerkleTree.build(leaves, range(5)).hashes == tuple(leaves)


@pytest.mark.parametrize("leaves", [[], [bytes(31)], [bytes(33)], [b""], [ZERO_HASH] * (MAX_LEAVES + 1)])
def test_leaves_that_are_no_hashes_or_too_many_make_no_tree(leaves: list[bytes]) -> None:
    with pytest.raises(InvalidArgument):
        merkle_root(leaves)


@pytest.mark.parametrize("indexes", [[], [-1], [3]])
def test_leaves_that_are_not_there_cannot_be_included(indexes: list[int]) -> None:
    with pytest.raises(InvalidArgument):
        PartialMerkleTree.build([ZERO_HASH] * 3, indexes)
