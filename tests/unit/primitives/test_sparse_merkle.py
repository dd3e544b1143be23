"""The sparse Merkle tree against a model that knows only the definition of its root."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from primitives.errors import InvalidArgument, MissingNode
from primitives.sparse_merkle import (
    EMPTY_ROOT,
    MemoryNodeStore,
    SparseMerkleTree,
    decode_smt_proof,
    encode_smt_proof,
    verify_absence,
    verify_presence,
)

KEYS = st.integers(0, 30).map(lambda number: b"key %d" % number)
VALUES = st.binary(max_size=8)


def naive_root(content: dict[bytes, bytes]) -> bytes:
    """By the definition: split the hashed keys bit by bit; a subtree of one leaf is that leaf."""
    leaves = {
        f"{int.from_bytes(hashlib.sha256(key).digest(), 'big'):0256b}": hashlib.sha256(
            b"\x00" + hashlib.sha256(key).digest() + hashlib.sha256(value).digest()
        ).digest()
        for key, value in content.items()
    }
    return naive_subtree(leaves, 0)


def naive_subtree(leaves: dict[str, bytes], depth: int) -> bytes:
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return next(iter(leaves.values()))
    left = naive_subtree({path: leaf for path, leaf in leaves.items() if path[depth] == "0"}, depth + 1)
    right = naive_subtree({path: leaf for path, leaf in leaves.items() if path[depth] == "1"}, depth + 1)
    return hashlib.sha256(b"\x01" + left + right).digest()


class TreeAgainstModel(RuleBasedStateMachine):
    """Sets and removals in any order; every root ever seen stays provable."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = SparseMerkleTree(MemoryNodeStore())
        self.content: dict[bytes, bytes] = {}
        self.history: list[tuple[bytes, dict[bytes, bytes]]] = [(EMPTY_ROOT, {})]

    @rule(key=KEYS, value=VALUES)
    def set(self, key: bytes, value: bytes) -> None:
        root = self.tree.set(key, value)
        self.content[key] = value
        assert root == self.tree.root
        self.history.append((root, dict(self.content)))

    @precondition(lambda self: self.content)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.content)))
        self.tree.remove(key)
        del self.content[key]
        self.history.append((self.tree.root, dict(self.content)))

    @rule(key=KEYS)
    def removing_what_is_absent_is_refused(self, key: bytes) -> None:
        if key not in self.content:
            root = self.tree.root
            with pytest.raises(InvalidArgument):
                self.tree.remove(key)
            assert self.tree.root == root

    @rule(key=KEYS, data=st.data())
    def any_root_of_the_past_can_be_proven(self, key: bytes, data: st.DataObject) -> None:
        root, content = data.draw(st.sampled_from(self.history))
        proof = decode_smt_proof(encode_smt_proof(self.tree.prove(key, root)))
        if key in content:
            verify_presence(root, key, content[key], proof)
        else:
            verify_absence(root, key, proof)

    @invariant()
    def the_root_is_the_models(self) -> None:
        assert self.tree.root == naive_root(self.content)


TestTreeAgainstModel = TreeAgainstModel.TestCase
TestTreeAgainstModel.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


@given(st.dictionaries(KEYS, VALUES, max_size=20))
@settings(max_examples=40, deadline=None)
def test_the_root_does_not_depend_on_the_order_of_writes(content: dict[bytes, bytes]) -> None:
    forwards, backwards = SparseMerkleTree(MemoryNodeStore()), SparseMerkleTree(MemoryNodeStore())
    for key, value in content.items():
        forwards.set(key, value)
    for key, value in reversed(content.items()):
        backwards.set(key, value)
    assert forwards.root == backwards.root == naive_root(content)


def test_an_empty_tree_has_the_empty_root_and_proves_absence_by_nothing() -> None:
    tree = SparseMerkleTree(MemoryNodeStore())
    assert tree.root == EMPTY_ROOT == bytes(32)
    proof = tree.prove(b"anything")
    assert proof.siblings == ()
    verify_absence(EMPTY_ROOT, b"anything", proof)


def test_a_single_leaf_is_the_root() -> None:
    tree = SparseMerkleTree(MemoryNodeStore())
    tree.set(b"k", b"v")
    assert tree.prove(b"k").siblings == ()
    verify_presence(tree.root, b"k", b"v", tree.prove(b"k"))
    verify_absence(tree.root, b"other", tree.prove(b"other"))
    assert tree.remove(b"k") == EMPTY_ROOT


def test_setting_the_same_value_again_changes_nothing() -> None:
    store = MemoryNodeStore()
    tree = SparseMerkleTree(store)
    root = tree.set(b"k", b"v")
    nodes = len(store)
    assert tree.set(b"k", b"v") == root
    assert len(store) == nodes


def test_keys_that_share_twenty_bits_part_at_the_twenty_first() -> None:
    first, second = colliding_keys(20)
    tree = SparseMerkleTree(MemoryNodeStore())
    lone = tree.set(first, b"1")
    tree.set(second, b"2")
    proof = tree.prove(first)
    assert len(proof.siblings) > 20
    assert proof.siblings[1:] == (bytes(32),) * (len(proof.siblings) - 1)
    assert decode_smt_proof(encode_smt_proof(proof)) == proof
    assert len(encode_smt_proof(proof)) == 35 + 32
    verify_presence(tree.root, first, b"1", proof)
    assert tree.remove(second) == lone


def colliding_keys(bits: int) -> tuple[bytes, bytes]:
    seen: dict[int, bytes] = {}
    number = 0
    while True:
        key = number.to_bytes(4, "big")
        prefix = int.from_bytes(hashlib.sha256(key).digest()[:4], "big") >> (32 - bits)
        if prefix in seen:
            return seen[prefix], key
        seen[prefix] = key
        number += 1


def test_a_tree_reopened_at_its_root_goes_on() -> None:
    store = MemoryNodeStore()
    root = SparseMerkleTree(store).set(b"a", b"1")
    reopened = SparseMerkleTree(store, root)
    reopened.set(b"b", b"2")
    assert reopened.root == naive_root({b"a": b"1", b"b": b"2"})


def test_a_store_that_lost_a_node_says_which() -> None:
    tree = SparseMerkleTree(MemoryNodeStore(), root=b"\x11" * 32)
    with pytest.raises(MissingNode) as caught:
        tree.prove(b"key")
    assert caught.value.node_hash == b"\x11" * 32
