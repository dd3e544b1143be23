"""Attacks on proofs of presence and absence, against the Solidity light client."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import progmat_oracle as oracle
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.progmat_client_bench import FIRST_HEIGHT, TREE, UPDATE, ClientBench, updated_bench
from tests.fakes.progmat_oracle import KIND_EMPTY, KIND_OTHER_LEAF, KIND_PRESENCE, Proof, Tree

KEY, VALUE = b"key 7", b"value 7"


@pytest.fixture(scope="module")
def bench() -> ClientBench:
    """Only calls are made on it, so one serves all tests of this module."""
    return updated_bench()


def absent_key(kind: int) -> bytes:
    """A key that is not in the tree, whose path ends in nothing or at another leaf."""
    return next(key for number in range(999) if TREE.prove(key := b"absent %d" % number).kind == kind)


def sealed(bench: ClientBench, proof: Proof | bytes) -> bytes:
    """The proof with the right timestamp before it."""
    return bench.sandbox.now_s.to_bytes(8, "big") + (proof if isinstance(proof, bytes) else proof.encode())


def refused_member(bench: ClientBench, proof: Proof | bytes, key: bytes = KEY, value: bytes = VALUE) -> str:
    with pytest.raises(Reverted) as caught:
        bench.member(key, value, proof=sealed(bench, proof))
    return caught.value.error


def refused_absent(bench: ClientBench, proof: Proof | bytes, key: bytes) -> str:
    with pytest.raises(Reverted) as caught:
        bench.absent(key, proof=sealed(bench, proof))
    return caught.value.error


def test_honest_proofs_hold_and_give_the_consensus_time(bench: ClientBench) -> None:
    now_s = bench.sandbox.now_s
    assert bench.member(KEY, VALUE, proof=bench.proof(KEY)) == now_s
    for kind in (KIND_EMPTY, KIND_OTHER_LEAF):
        assert bench.absent(absent_key(kind), proof=bench.proof(absent_key(kind))) == now_s


@pytest.mark.parametrize(("key", "value"), [(KEY, b"value 8"), (b"key 8", VALUE), (KEY, b""), (KEY + b"\x00", VALUE)])
def test_a_proof_does_not_hold_for_another_key_or_value(bench: ClientBench, key: bytes, value: bytes) -> None:
    assert refused_member(bench, TREE.prove(KEY), key, value) == "ProgmatProofInvalid"


def test_a_proof_from_a_tree_of_ones_own_is_refused(bench: ClientBench) -> None:
    forged = Tree({**TREE.entries, b"forged": b"value"})
    assert refused_member(bench, forged.prove(b"forged"), b"forged", b"value") == "ProgmatProofInvalid"


def test_changing_any_sibling_is_refused(bench: ClientBench) -> None:
    proof = TREE.prove(KEY)
    for level, sibling in enumerate(proof.siblings):
        changed = oracle.sha(sibling)
        siblings = (*proof.siblings[:level], changed, *proof.siblings[level + 1 :])
        assert refused_member(bench, replace(proof, siblings=siblings)) == "ProgmatProofInvalid"


def test_reordered_siblings_are_refused(bench: ClientBench) -> None:
    proof = TREE.prove(KEY)
    assert len(set(proof.siblings)) > 1
    assert refused_member(bench, replace(proof, siblings=proof.siblings[::-1])) == "ProgmatProofInvalid"


@pytest.mark.parametrize("missing", [1, 31, 32, 33, 64])
def test_a_truncated_proof_is_refused(bench: ClientBench, missing: int) -> None:
    assert refused_member(bench, TREE.prove(KEY).encode()[:-missing]) == "SmtProofLengthInvalid"


@pytest.mark.parametrize("length", range(0, 35, 7))
def test_a_proof_shorter_than_its_head_is_refused(bench: ClientBench, length: int) -> None:
    assert refused_member(bench, TREE.prove(KEY).encode()[:length]) == "SmtProofLengthInvalid"


@pytest.mark.parametrize("length", range(8))
def test_a_proof_without_its_timestamp_is_refused(bench: ClientBench, length: int) -> None:
    with pytest.raises(Reverted) as caught:
        bench.member(KEY, VALUE, proof=bench.proof(KEY)[:length])
    assert caught.value.error == "ProgmatProofLengthInvalid"


@pytest.mark.parametrize("tail", [b"\x00", bytes(32), b"\x01" * 32])
def test_a_padded_proof_is_refused(bench: ClientBench, tail: bytes) -> None:
    assert refused_member(bench, TREE.prove(KEY).encode() + tail) == "SmtProofLengthInvalid"


def test_a_listed_empty_sibling_is_refused(bench: ClientBench) -> None:
    proof = TREE.prove(KEY)
    head, siblings = proof.encode()[:35], proof.encode()[35:]
    assert refused_member(bench, head + bytes(32) + siblings[32:]) == "SmtSiblingEmpty"


@pytest.mark.parametrize("depth", [257, 300, 0xFFFF])
def test_an_oversized_depth_is_refused(bench: ClientBench, depth: int) -> None:
    assert refused_member(bench, replace(TREE.prove(KEY), depth=depth)) == "SmtProofDepthInvalid"


def test_bitmap_bits_below_the_terminal_are_refused(bench: ClientBench) -> None:
    proof = TREE.prove(KEY)
    assert refused_member(bench, replace(proof, depth=len(proof.siblings) - 1)) == "SmtProofBitmapInvalid"


def test_a_proof_that_claims_to_be_deeper_is_refused(bench: ClientBench) -> None:
    proof = TREE.prove(KEY)
    assert refused_member(bench, replace(proof, depth=len(proof.siblings) + 1)) == "ProgmatProofInvalid"


@pytest.mark.parametrize("kind", [3, 4, 255])
def test_an_unknown_kind_is_refused(bench: ClientBench, kind: int) -> None:
    assert refused_member(bench, replace(TREE.prove(KEY), kind=kind)) == "SmtProofKindInvalid"
    assert refused_absent(bench, replace(TREE.prove(KEY), kind=kind), KEY) == "SmtProofKindInvalid"


def test_a_proof_of_absence_does_not_pass_for_presence(bench: ClientBench) -> None:
    for kind in (KIND_EMPTY, KIND_OTHER_LEAF):
        key = absent_key(kind)
        assert refused_member(bench, TREE.prove(key), key, b"") == "SmtProofKindInvalid"
        as_presence = replace(TREE.prove(key), kind=KIND_PRESENCE, other_leaf=None)
        assert refused_member(bench, as_presence, key, b"") == "ProgmatProofInvalid"


def test_a_present_key_cannot_be_proven_absent(bench: ClientBench) -> None:
    present = TREE.prove(KEY)
    assert refused_absent(bench, present, KEY) == "SmtProofKindInvalid"
    assert refused_absent(bench, replace(present, kind=KIND_EMPTY), KEY) == "ProgmatProofInvalid"
    own_leaf = (oracle.sha(KEY), oracle.sha(VALUE))
    as_other = replace(present, kind=KIND_OTHER_LEAF, other_leaf=own_leaf)
    assert refused_absent(bench, as_other, KEY) == "SmtOtherLeafInvalid"


def test_absence_by_a_leaf_that_does_not_stand_in_the_way_is_refused(bench: ClientBench) -> None:
    """The other leaf's own proof is real, but its path is not the key's."""
    for number in range(50):
        other = b"key %d" % number
        proof = TREE.prove(other)
        if oracle.bit_of(oracle.sha(other), 0) != oracle.bit_of(oracle.sha(KEY), 0):
            break
    leaf = (oracle.sha(other), oracle.sha(TREE.entries[other]))
    forged = Proof(KIND_OTHER_LEAF, proof.siblings, leaf)
    assert refused_absent(bench, forged, KEY) == "SmtOtherLeafInvalid"


def test_absence_by_an_inner_node_dressed_as_a_leaf_is_refused(bench: ClientBench) -> None:
    """Cutting a real path short: leaves and inner nodes are hashed with different prefixes, so it cannot fit."""
    proof = TREE.prove(KEY)
    shorter = proof.siblings[:-1]
    prefix_bits = len(shorter)
    key_hash = int.from_bytes(oracle.sha(KEY), "big")
    neighbour = (key_hash ^ (1 << (255 - prefix_bits))).to_bytes(32, "big")
    forged = Proof(KIND_OTHER_LEAF, shorter, (neighbour, proof.siblings[-1]))
    assert refused_absent(bench, forged, KEY) == "ProgmatProofInvalid"


def test_a_proof_with_another_timestamp_is_refused(bench: ClientBench) -> None:
    for shift in (-1, 1):
        proof = (bench.sandbox.now_s + shift).to_bytes(8, "big") + TREE.prove(KEY).encode()
        with pytest.raises(Reverted) as caught:
            bench.member(KEY, VALUE, proof=proof)
        assert caught.value.error == "ProgmatProofInvalid"


def test_a_proof_at_a_height_never_verified_is_refused(bench: ClientBench) -> None:
    for height in (0, FIRST_HEIGHT + 2, FIRST_HEIGHT + 1 + 256, 2**64 - 1):
        with pytest.raises(Reverted) as caught:
            bench.member(KEY, VALUE, proof=bench.proof(KEY), height=height)
        assert caught.value.error == "ProgmatConsensusUnknown"


def test_a_proof_at_the_wrong_verified_height_is_refused(bench: ClientBench) -> None:
    with pytest.raises(Reverted) as caught:
        bench.member(KEY, VALUE, proof=bench.proof(KEY), height=FIRST_HEIGHT)
    assert caught.value.error == "ProgmatProofInvalid"


def test_a_proof_with_a_revision_is_refused(bench: ClientBench) -> None:
    with pytest.raises(Reverted) as caught:
        bench.client.call("verifyMembership", (bench.proof(KEY), (1, FIRST_HEIGHT + 1), [KEY], VALUE))
    assert caught.value.error == "ProgmatRevisionInvalid"


@pytest.mark.parametrize("path", [[], [b"", KEY], [KEY, KEY]])
def test_a_path_of_more_or_less_than_one_element_is_refused(bench: ClientBench, path: list[bytes]) -> None:
    for function, args in (("verifyMembership", (path, VALUE)), ("verifyNonMembership", (path,))):
        with pytest.raises(Reverted) as caught:
            bench.client.call(function, (bench.proof(KEY), (0, FIRST_HEIGHT + 1), *args))
        assert caught.value.error == "ProgmatPathInvalid"


def test_a_height_that_left_the_ring_is_unknown_not_wrong() -> None:
    bench = updated_bench()
    assert bench.update(bench.header(bench.checkpoint(FIRST_HEIGHT + 1 + 256))) == UPDATE
    with pytest.raises(Reverted) as caught:
        bench.member(KEY, VALUE, proof=bench.proof(KEY))
    assert caught.value.error == "ProgmatConsensusUnknown"
    assert bench.client.call("getConsensusState", FIRST_HEIGHT + 1) == bytes(32)
    height = FIRST_HEIGHT + 1 + 256
    assert bench.member(KEY, VALUE, proof=bench.proof(KEY), height=height) == bench.sandbox.now_s


def test_everything_is_absent_from_an_empty_ledger_and_nothing_present() -> None:
    bench = updated_bench()
    empty = Proof(KIND_EMPTY, ())
    assert bench.absent(KEY, proof=sealed(bench, empty), height=FIRST_HEIGHT) == bench.sandbox.now_s
    with pytest.raises(Reverted) as caught:
        bench.member(KEY, VALUE, proof=sealed(bench, Proof(KIND_PRESENCE, ())), height=FIRST_HEIGHT)
    assert caught.value.error == "ProgmatProofInvalid"
