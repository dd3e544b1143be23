"""Attacks on sparse Merkle proofs as a progmat client takes them, built by hand from an independent tree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibc.light_client import ConsensusAt
from light_clients.progmat import ProgmatLightClient
from light_clients.progmat.consensus_state import ProgmatConsensusState, encode_consensus_state
from light_clients.progmat.membership import MAX_PROOF_BYTES
from primitives.errors import Refusal
from tests.fakes.checkpoints import LATEST_HEIGHT, NOW, CheckpointScenario
from tests.fakes.progmat_oracle import KIND_EMPTY, KIND_OTHER_LEAF, KIND_PRESENCE, ZERO, Proof, Tree, bit_of, sha
from tests.fakes.qbft_headers import TIME_0_S

CLIENT = ProgmatLightClient()
STATE = CheckpointScenario().client_state
PATH, VALUE = b"progmat-0\x01" + (1).to_bytes(8, "big"), sha(b"commitment")
ABSENT = b"progmat-0\x01" + (2).to_bytes(8, "big")
ENTRIES = {b"entry %d" % number: sha(b"%d" % number) for number in range(40)} | {PATH: VALUE}
TREE = Tree(ENTRIES)
DEEP = Tree({PATH: VALUE}, full_depth=20)


def present(proof: Proof, root: bytes, path: bytes = PATH, value: bytes = VALUE) -> int:
    at = ConsensusAt(LATEST_HEIGHT, encode_consensus_state(ProgmatConsensusState(TIME_0_S, root)))
    return CLIENT.verify_membership(STATE, at, TIME_0_S.to_bytes(8, "big") + proof.encode(), path, value, NOW)


def absent(proof: Proof, root: bytes, path: bytes = ABSENT) -> int:
    at = ConsensusAt(LATEST_HEIGHT, encode_consensus_state(ProgmatConsensusState(TIME_0_S, root)))
    return CLIENT.verify_non_membership(STATE, at, TIME_0_S.to_bytes(8, "big") + proof.encode(), path, NOW)


def both_refuse(proof: Proof, root: bytes, path: bytes) -> None:
    with pytest.raises(Refusal):
        present(proof, root, path)
    with pytest.raises(Refusal):
        absent(proof, root, path)


def test_honest_proofs_of_another_implementation_hold() -> None:
    for tree in (TREE, DEEP):
        assert present(tree.prove(PATH), tree.root) == TIME_0_S
    for path in (b"nothing %d" % number for number in range(20)):
        assert absent(TREE.prove(path), TREE.root, path) == TIME_0_S


@given(one=st.integers(0, 19), other=st.integers(0, 19))
def test_siblings_in_any_other_order_prove_nothing(one: int, other: int) -> None:
    siblings = list(DEEP.prove(PATH).siblings)
    siblings[one], siblings[other] = siblings[other], siblings[one]
    if one != other:
        both_refuse(replace(DEEP.prove(PATH), siblings=tuple(siblings)), DEEP.root, PATH)


def test_siblings_on_the_wrong_side_prove_nothing() -> None:
    """The path's bits say on which side a sibling stands: no proof may choose."""
    reversed_ = replace(DEEP.prove(PATH), siblings=DEEP.prove(PATH).siblings[::-1])
    both_refuse(reversed_, DEEP.root, PATH)


def test_an_inner_node_dressed_as_a_leaf_proves_neither_presence_nor_absence() -> None:
    """An inner node is H(01 | left | right), a leaf H(00 | key | value): its halves are no key and value."""
    proof = DEEP.prove(PATH)
    left, right = proof.siblings[-1], proof.siblings[-2]
    dressed = Proof(KIND_OTHER_LEAF, proof.siblings[:-1], (left, right))
    with pytest.raises(Refusal):
        absent(dressed, DEEP.root, ABSENT)
    shorter = Proof(KIND_PRESENCE, proof.siblings[:-1])
    with pytest.raises(Refusal):
        present(shorter, DEEP.root)


@pytest.mark.parametrize("depth", [0, 1, 19, 21, 255, 256, 257, 65_535])
def test_another_depth_than_the_siblings_proves_nothing(depth: int) -> None:
    both_refuse(replace(DEEP.prove(PATH), depth=depth), DEEP.root, PATH)


def test_a_default_node_at_the_wrong_level_is_not_an_empty_subtree() -> None:
    """Absence by an empty terminal under siblings that hide the key's own leaf leads to another root."""
    honest = TREE.prove(PATH)
    both_refuse(Proof(KIND_EMPTY, honest.siblings), TREE.root, PATH)
    for cut in range(1, len(honest.siblings)):
        with pytest.raises(Refusal):
            absent(Proof(KIND_EMPTY, honest.siblings[:cut]), TREE.root, PATH)
        with pytest.raises(Refusal):
            absent(Proof(KIND_EMPTY, (*honest.siblings[:cut], *([ZERO] * 3))), TREE.root, PATH)


def test_nothing_is_present_in_an_empty_tree_and_no_proof_of_it_serves_another() -> None:
    empty = Proof(KIND_EMPTY, ())
    assert absent(empty, ZERO) == TIME_0_S
    with pytest.raises(Refusal):
        present(empty, ZERO)
    both_refuse(empty, TREE.root, PATH)
    for depth in (1, 8, 256):
        padded = Proof(KIND_EMPTY, (ZERO,) * depth)
        try:
            absent(padded, TREE.root, PATH)
        except Refusal:
            continue
        pytest.fail("zeros stand for a tree that is not empty")


def test_an_empty_sibling_that_is_listed_is_another_encoding_and_refused() -> None:
    path, honest = next((path, proof) for path in ENTRIES if ZERO in (proof := TREE.prove(path)).siblings)
    depth = len(honest.siblings)
    packed = honest.encode()
    listed = b"".join(sibling for sibling in reversed(honest.siblings))  # the empty ones, too
    all_bits = (((1 << depth) - 1) << (256 - depth)).to_bytes(32, "big")
    at = ConsensusAt(LATEST_HEIGHT, encode_consensus_state(ProgmatConsensusState(TIME_0_S, TREE.root)))
    time = TIME_0_S.to_bytes(8, "big")
    CLIENT.verify_membership(STATE, at, time + packed, path, ENTRIES[path], NOW)
    with pytest.raises(Refusal):
        CLIENT.verify_membership(STATE, at, time + packed[:3] + all_bits + listed, path, ENTRIES[path], NOW)


def test_a_leaf_that_does_not_stand_in_the_way_shows_no_absence() -> None:
    other = next(key for key in ENTRIES if key != PATH and bit_of(sha(key), 0) != bit_of(sha(ABSENT), 0))
    proof = TREE.prove(other)
    forged = Proof(KIND_OTHER_LEAF, proof.siblings, (sha(other), sha(ENTRIES[other])))
    with pytest.raises(Refusal):
        absent(forged, TREE.root, ABSENT)


def test_the_keys_own_leaf_shows_no_absence() -> None:
    own = Proof(KIND_OTHER_LEAF, TREE.prove(PATH).siblings, (sha(PATH), sha(VALUE)))
    both_refuse(own, TREE.root, PATH)


@pytest.mark.parametrize("size", [MAX_PROOF_BYTES + 1, 100_000, 5_000_000])
def test_a_proof_of_any_size_is_refused_before_it_is_hashed(size: int) -> None:
    at = ConsensusAt(LATEST_HEIGHT, encode_consensus_state(ProgmatConsensusState(TIME_0_S, TREE.root)))
    bomb = TIME_0_S.to_bytes(8, "big") + bytes(size - 8)
    with pytest.raises(Refusal, match="size"):
        CLIENT.verify_membership(STATE, at, bomb, PATH, VALUE, NOW)
    with pytest.raises(Refusal, match="size"):
        CLIENT.verify_non_membership(STATE, at, bomb, ABSENT, NOW)


@given(data=st.binary(max_size=300))
def test_garbage_proves_nothing_and_breaks_nothing(data: bytes) -> None:
    at = ConsensusAt(LATEST_HEIGHT, encode_consensus_state(ProgmatConsensusState(TIME_0_S, TREE.root)))
    for proof in (data, TIME_0_S.to_bytes(8, "big") + data):
        with pytest.raises(Refusal):
            CLIENT.verify_membership(STATE, at, proof, PATH, VALUE, NOW)
        with pytest.raises(Refusal):
            CLIENT.verify_non_membership(STATE, at, proof, ABSENT, NOW)
