"""No proof of absence for a present key, none of presence for an absent one, and one wire form for each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primitives.errors import DecodeError, SmtError
from primitives.hashing import sha256
from primitives.sparse_merkle import (
    EMPTY_ROOT,
    EmptyTerminal,
    LeafTerminal,
    MemoryNodeStore,
    SmtProof,
    SparseMerkleTree,
    decode_smt_proof,
    encode_smt_proof,
    verify_absence,
    verify_presence,
)


def filled_tree(count: int) -> SparseMerkleTree:
    tree = SparseMerkleTree(MemoryNodeStore())
    for number in range(count):
        tree.set(f"key {number}".encode(), f"value {number}".encode())
    return tree


TREE = filled_tree(40)
PRESENT, VALUE = b"key 7", b"value 7"
PRESENCE = TREE.prove(PRESENT)


def absent_key(terminal: type[EmptyTerminal | LeafTerminal]) -> bytes:
    """A key whose absence is shown by this kind of terminal."""
    candidates = (f"absent {number}".encode() for number in range(1000))
    return next(key for key in candidates if isinstance(TREE.prove(key).terminal, terminal))


EMPTY_KEY, LEAF_KEY = absent_key(EmptyTerminal), absent_key(LeafTerminal)
ABSENCES = [(EMPTY_KEY, TREE.prove(EMPTY_KEY)), (LEAF_KEY, TREE.prove(LEAF_KEY))]


def test_a_presence_proof_shows_no_other_value() -> None:
    with pytest.raises(SmtError, match="another root"):
        verify_presence(TREE.root, PRESENT, b"value 8", PRESENCE)


def test_a_presence_proof_shows_no_other_key() -> None:
    with pytest.raises(SmtError, match="another root"):
        verify_presence(TREE.root, b"key 8", VALUE, PRESENCE)


def test_a_presence_proof_does_not_hold_under_another_root() -> None:
    with pytest.raises(SmtError, match="another root"):
        verify_presence(EMPTY_ROOT, PRESENT, VALUE, PRESENCE)


@pytest.mark.parametrize(("key", "absence"), ABSENCES)
def test_an_absence_proof_shows_no_presence(key: bytes, absence: SmtProof) -> None:
    with pytest.raises(SmtError, match="cannot show presence"):
        verify_presence(TREE.root, key, b"", absence)
    with pytest.raises(SmtError):
        verify_presence(TREE.root, key, b"", replace(absence, terminal=None))


def test_a_presence_proof_shows_no_absence() -> None:
    with pytest.raises(SmtError, match="cannot show absence"):
        verify_absence(TREE.root, PRESENT, PRESENCE)
    with pytest.raises(SmtError, match="another root"):
        verify_absence(TREE.root, PRESENT, replace(PRESENCE, terminal=EmptyTerminal()))


def test_a_present_keys_own_leaf_does_not_show_its_absence() -> None:
    own_leaf = LeafTerminal(sha256(PRESENT), sha256(VALUE))
    with pytest.raises(SmtError, match="the key itself"):
        verify_absence(TREE.root, PRESENT, replace(PRESENCE, terminal=own_leaf))


@pytest.mark.parametrize(("key", "absence"), ABSENCES)
def test_another_keys_absence_proof_does_not_show_a_present_key_absent(key: bytes, absence: SmtProof) -> None:
    verify_absence(TREE.root, key, absence)
    with pytest.raises(SmtError):
        verify_absence(TREE.root, PRESENT, absence)


def test_a_leaf_off_the_keys_path_shows_no_absence() -> None:
    """The forger takes a true leaf and its true siblings, but for a key whose path leads elsewhere."""
    other = next(
        f"key {n}".encode() for n in range(40) if sha256(f"key {n}".encode())[0] >> 7 != sha256(PRESENT)[0] >> 7
    )
    number = other.removeprefix(b"key ")
    leaf = LeafTerminal(sha256(other), sha256(b"value " + number))
    with pytest.raises(SmtError, match="not on the key's path"):
        verify_absence(TREE.root, PRESENT, replace(TREE.prove(other), terminal=leaf))


def test_a_leaf_with_hashes_of_odd_sizes_is_refused() -> None:
    """Moving the boundary between key hash and value hash keeps the leaf's hash but changes whose leaf it is."""
    proof = TREE.prove(LEAF_KEY)
    assert isinstance(proof.terminal, LeafTerminal)
    both = proof.terminal.key_hash + proof.terminal.value_hash
    with pytest.raises(SmtError, match="wrong size"):
        verify_absence(TREE.root, LEAF_KEY, replace(proof, terminal=LeafTerminal(both[:31], both[31:])))


def test_a_removed_key_is_not_proven_by_its_old_proof() -> None:
    tree = filled_tree(40)
    tree.remove(PRESENT)
    with pytest.raises(SmtError, match="another root"):
        verify_presence(tree.root, PRESENT, VALUE, PRESENCE)
    verify_presence(TREE.root, PRESENT, VALUE, PRESENCE)


def test_truncated_extended_and_reordered_siblings_are_refused() -> None:
    siblings = PRESENCE.siblings
    for forged in (siblings[1:], siblings[:-1], (bytes(32), *siblings), (*siblings, bytes(32)), siblings[::-1]):
        with pytest.raises(SmtError, match="another root"):
            verify_presence(TREE.root, PRESENT, VALUE, SmtProof(forged))


@given(st.data())
@settings(max_examples=60)
def test_no_bit_of_an_encoded_proof_may_change(data: st.DataObject) -> None:
    key, proof = data.draw(st.sampled_from([(PRESENT, PRESENCE), *ABSENCES]))
    encoded = encode_smt_proof(proof)
    bit = data.draw(st.integers(0, 8 * len(encoded) - 1))
    forged = (int.from_bytes(encoded, "big") ^ 1 << bit).to_bytes(len(encoded), "big")
    with pytest.raises((SmtError, DecodeError)):
        _verify(key, decode_smt_proof(forged), presence=proof.terminal is None)


def _verify(key: bytes, proof: SmtProof, *, presence: bool) -> None:
    if presence:
        verify_presence(TREE.root, key, VALUE, proof)
    else:
        verify_absence(TREE.root, key, proof)


@pytest.mark.parametrize("key", [PRESENT, EMPTY_KEY, LEAF_KEY])
def test_truncated_and_extended_encodings_are_refused(key: bytes) -> None:
    encoded = encode_smt_proof(TREE.prove(key))
    for forged in (b"", encoded[:-1], encoded + b"\x00", encoded[:-32], encoded + bytes(32), encoded[:34]):
        with pytest.raises(DecodeError):
            decode_smt_proof(forged)


def header(kind: int, depth: int, bitmap: int) -> bytes:
    return bytes((kind,)) + depth.to_bytes(2, "big") + bitmap.to_bytes(32, "big")


@pytest.mark.parametrize(
    "data",
    [
        header(3, 0, 0),
        header(255, 0, 0),
        header(0, 257, 0),
        header(0, 65535, 0),
        header(0, 1, 1 << 254) + b"\x01" * 32,  # a bit below the depth
        header(0, 0, 1 << 255) + b"\x01" * 32,
        header(0, 1, 1 << 255) + bytes(32),  # an empty sibling, listed
        header(2, 0, 0),  # no terminal
        header(2, 0, 0) + bytes(63),
        header(0, 0, 0) + bytes(64),  # a terminal that is none
    ],
)
def test_other_forms_of_a_proof_are_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_smt_proof(data)


def test_a_proof_deeper_than_a_path_cannot_be_made() -> None:
    with pytest.raises(DecodeError, match="deeper"):
        SmtProof((bytes(32),) * 257)


def test_siblings_of_another_size_cannot_be_made() -> None:
    with pytest.raises(DecodeError, match="wrong size"):
        SmtProof((bytes(31),))


@given(st.binary(min_size=30, max_size=200))
def test_garbage_is_refused_or_is_the_one_encoding_of_something(data: bytes) -> None:
    try:
        proof = decode_smt_proof(data)
    except DecodeError:
        return
    assert encode_smt_proof(proof) == data
