"""Our Merkle-Patricia verifier against the `trie` library's own tries, and against recorded `eth_getProof` answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from primitives.errors import MptError
from primitives.keccak import keccak256
from primitives.mpt import (
    EMPTY_TRIE_ROOT,
    account_key,
    decode_account,
    mapping_slot,
    storage_trie_key,
    storage_word,
    verify_account,
    verify_mpt,
    verify_storage,
)
from primitives.rlp import split_list
from primitives.types import Address

VECTORS = Path(__file__).parents[2] / "vectors" / "evm_proofs"
COMMITMENTS: dict[str, Any] = json.loads((VECTORS / "ibc_commitments_slot_proofs.json").read_text())
ACCOUNTS: dict[str, Any] = json.loads((VECTORS / "goquorum_ibft1_account_proofs.json").read_text())

# Keys that share prefixes and are prefixes of each other: branches with values, extensions and embedded nodes.
SHORT_KEYS = st.lists(st.sampled_from([0x00, 0x01, 0x10, 0x11, 0xAB]), max_size=4).map(bytes)
LONG_KEYS = st.tuples(st.sampled_from([b"\x00", b"\x01", b"\xf0"]), SHORT_KEYS).map(
    lambda parts: (parts[0] * 32 + parts[1])[-32:]
)
HASHED_KEYS = st.integers(0, 400).map(lambda number: bytes(keccak256(number.to_bytes(4, "big"))))
VALUES = st.binary(min_size=1, max_size=40)


def raw(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))


def proof_of(trie: HexaryTrie, key: bytes) -> list[bytes]:
    """The library's proof in the form of `eth_getProof`: embedded nodes are not listed."""
    proof = trie.get_proof(key)  # type: ignore[no-untyped-call]  # the library has no annotations here
    nodes = [bytes(rlp.encode(node)) for node in proof]
    return [node for number, node in enumerate(nodes) if number == 0 or len(node) >= 32]


def assert_agrees(content: dict[bytes, bytes], asked: list[bytes]) -> None:
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[key] = value
    for key in [*content, *asked]:
        nodes = proof_of(trie, key)
        assert verify_mpt(trie.root_hash, key, nodes) == content.get(key)
        for forged in (nodes[:-1], [*nodes, nodes[-1]] if nodes else [b"\xc0"]):
            if forged or trie.root_hash != EMPTY_TRIE_ROOT:
                with pytest.raises(MptError):
                    verify_mpt(trie.root_hash, key, forged)


@given(st.dictionaries(SHORT_KEYS, VALUES, max_size=14), st.lists(SHORT_KEYS, max_size=6))
@settings(max_examples=120, deadline=None)
def test_it_agrees_with_the_library_on_keys_that_are_prefixes_of_each_other(
    content: dict[bytes, bytes], asked: list[bytes]
) -> None:
    assert_agrees(content, asked)


@given(st.dictionaries(LONG_KEYS, VALUES, max_size=14), st.lists(LONG_KEYS, max_size=6))
@settings(max_examples=80, deadline=None)
def test_it_agrees_with_the_library_on_keys_that_part_late(content: dict[bytes, bytes], asked: list[bytes]) -> None:
    assert_agrees(content, asked)


@given(st.dictionaries(HASHED_KEYS, VALUES, max_size=60), st.lists(HASHED_KEYS, max_size=6))
@settings(max_examples=40, deadline=None)
def test_it_agrees_with_the_library_on_hashed_keys(content: dict[bytes, bytes], asked: list[bytes]) -> None:
    assert_agrees(content, asked)


def test_the_random_tries_reach_every_kind_of_node_and_of_absence() -> None:
    """Each case by hand, so that the differential test's coverage does not rest on luck."""
    trie = HexaryTrie({})
    content = {
        b"\x00\x01": b"branch value" * 4,
        b"\x00\x01\x10": b"e",
        b"\x00\x01\x11": b"f",
        b"\x00\x01\xab\xab\xab": b"long leaf value" * 3,
        b"\x11\x11": b"other side" * 5,
    }
    for key, value in content.items():
        trie[key] = value
    for key, value in content.items():
        assert verify_mpt(trie.root_hash, key, proof_of(trie, key)) == value
    absent = {
        "the key ends at a branch without a value": b"\x00",
        "an empty child": b"\xab",
        "a leaf with another path": b"\x11\x10",
        "a leaf whose path goes on": b"\x11",
        "a key that goes on after a leaf": b"\x11\x11\x11",
        "an extension that parts": b"\x01\x01",
        "a key that ends within an extension": b"",
        "below a branch with a value": b"\x00\x01\xcd",
        "an embedded leaf with another path": b"\x00\x01\x10\x10",
    }
    for why, key in absent.items():
        assert verify_mpt(trie.root_hash, key, proof_of(trie, key)) is None, why


def test_a_root_that_is_a_single_short_leaf_is_proven_by_itself() -> None:
    trie = HexaryTrie({})
    trie[b"k"] = b"v"
    assert verify_mpt(trie.root_hash, b"k", proof_of(trie, b"k")) == b"v"
    assert len(proof_of(trie, b"k")[0]) < 32


# --- recorded answers -------------------------------------------------------------------------------------------------


def test_a_recorded_commitment_is_present() -> None:
    recorded = COMMITMENTS["membership"]
    slot = mapping_slot(keccak256(recorded["path"].encode()), raw(COMMITMENTS["commitments_slot"]))
    assert slot == raw(recorded["storage_key"])
    nodes = [raw(node) for node in recorded["proof"]]
    assert split_list(raw(recorded["proof_rlp"])) == nodes
    assert verify_storage(raw(COMMITMENTS["storage_root"]), slot, nodes) == raw(recorded["commitment"])
    assert keccak256(raw(recorded["value"])) == raw(recorded["commitment"])


def test_a_recorded_commitment_is_absent() -> None:
    recorded = COMMITMENTS["non_membership"]
    slot = mapping_slot(keccak256(recorded["path"].encode()), raw(COMMITMENTS["commitments_slot"]))
    assert slot == raw(recorded["storage_key"])
    nodes = split_list(raw(recorded["proof_rlp"]))
    assert verify_storage(raw(COMMITMENTS["storage_root"]), slot, nodes) is None


def test_the_recorded_proofs_do_not_serve_for_each_other() -> None:
    root = raw(COMMITMENTS["storage_root"])
    present, absent = COMMITMENTS["membership"], COMMITMENTS["non_membership"]
    with pytest.raises(MptError):
        verify_storage(root, raw(present["storage_key"]), split_list(raw(absent["proof_rlp"])))
    with pytest.raises(MptError):
        verify_storage(root, raw(absent["storage_key"]), split_list(raw(present["proof_rlp"])))


def test_a_recorded_account_is_present() -> None:
    recorded = COMMITMENTS["account_membership"]
    nodes = split_list(raw(recorded["proof_rlp"]))
    account = verify_account(raw(recorded["state_root"]), Address(raw(recorded["address"])), nodes)
    assert account == decode_account(raw(recorded["account_rlp"]))


def test_a_recorded_account_is_absent() -> None:
    recorded = COMMITMENTS["account_non_membership"]
    nodes = split_list(raw(recorded["proof_rlp"]))
    assert verify_account(raw(recorded["state_root"]), Address(raw(recorded["address"])), nodes) is None


@pytest.mark.parametrize("recorded", ACCOUNTS["proofs"], ids=lambda recorded: recorded["address"])
def test_goquorum_accounts_are_as_labelled(recorded: dict[str, Any]) -> None:
    nodes = [raw(node) for node in recorded["accountProof"]]
    address = Address(raw(recorded["address"]))
    account = verify_account(raw(ACCOUNTS["stateRoot"]), address, nodes)
    if recorded["exists"]:
        assert account == decode_account(raw(recorded["account_rlp"]))
        assert account is not None
        assert account.storage_root == EMPTY_TRIE_ROOT
        assert verify_mpt(raw(ACCOUNTS["stateRoot"]), account_key(address), nodes) == raw(recorded["account_rlp"])
    else:
        assert account is None


# --- words ------------------------------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32).filter(any), st.integers(0, 31))
def test_a_word_comes_back_with_its_leading_zeros(word: bytes, zeros: int) -> None:
    word = bytes(zeros) + word[zeros:]
    if any(word):
        assert storage_word(rlp.encode(word.lstrip(b"\x00"))) == word


def test_a_commitment_with_leading_zeros_is_found_whole() -> None:
    slot = mapping_slot(keccak256(b"path"), bytes(32))
    commitment = bytes(3) + b"\xc0" * 29
    trie = HexaryTrie({})
    trie[storage_trie_key(slot)] = rlp.encode(commitment.lstrip(b"\x00"))
    assert verify_storage(trie.root_hash, slot, proof_of(trie, storage_trie_key(slot))) == commitment
