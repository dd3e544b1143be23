"""Composite keys are fulfilled by weight, whatever the order of their children."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primitives.composite_key import CompositeKey, is_fulfilled_by, leaf_keys
from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import SoftwareSigner, decode_public_key

SCHEMES = [SignatureScheme.ED25519, SignatureScheme.SECP256K1, SignatureScheme.SECP256R1]
A, B, C, D = (
    SoftwareSigner.from_seed(scheme, bytes((number,)) * 32).public_key
    for number, scheme in enumerate([*SCHEMES, SignatureScheme.ED25519], 1)
)
TWO_OF_THREE = CompositeKey(2, ((1, A), (1, B), (1, C)))


def every_subset(keys: list[PublicKey]) -> list[set[PublicKey]]:
    return [set(chosen) for size in range(len(keys) + 1) for chosen in itertools.combinations(keys, size)]


@pytest.mark.parametrize("keys", every_subset([A, B, C, D]))
def test_two_of_three_needs_two_of_its_own_three(keys: set[PublicKey]) -> None:
    assert TWO_OF_THREE.is_fulfilled_by(keys) == (len(keys - {D}) >= 2)


@pytest.mark.parametrize("keys", every_subset([A, B, C]))
def test_weights_count(keys: set[PublicKey]) -> None:
    key = CompositeKey(3, ((3, A), (2, B), (1, C)))
    assert key.is_fulfilled_by(keys) == (A in keys or {B, C} <= keys)


@pytest.mark.parametrize("keys", every_subset([A, B, C, D]))
def test_a_nested_key_counts_when_it_is_fulfilled_itself(keys: set[PublicKey]) -> None:
    key = CompositeKey(2, ((1, D), (1, TWO_OF_THREE)))
    assert key.is_fulfilled_by(keys) == (D in keys and len(keys & {A, B, C}) >= 2)


def test_a_leaf_that_stands_in_two_branches_counts_in_both() -> None:
    key = CompositeKey(2, ((1, CompositeKey(1, ((1, A), (1, B)))), (1, CompositeKey(1, ((1, A), (1, C))))))
    assert key.is_fulfilled_by({A})
    assert key.leaf_keys() == {A, B, C}


def test_the_order_of_children_does_not_matter() -> None:
    orders = [CompositeKey(2, children) for children in itertools.permutations(TWO_OF_THREE.children)]
    assert {key.encoded() for key in orders} == {TWO_OF_THREE.encoded()}
    assert set(orders) == {TWO_OF_THREE}


def test_the_encoding_is_the_agreed_one() -> None:
    encoded = TWO_OF_THREE.encoded()
    assert encoded[:5] == bytes((6, 0, 2, 0, 3))
    children = [key.encoded() for key in (B, C, A)]
    assert encoded[5:] == b"".join(b"\x00\x01" + len(child).to_bytes(2, "big") + child for child in sorted(children))


def test_single_keys_are_fulfilled_by_themselves() -> None:
    assert is_fulfilled_by(A, {A, B})
    assert not is_fulfilled_by(A, {B})
    assert leaf_keys(A) == {A}
    assert leaf_keys(TWO_OF_THREE) == {A, B, C}


@given(st.permutations([A, B, C, D]), st.lists(st.integers(1, 9), min_size=4, max_size=4), st.data())
def test_a_key_survives_the_wire(keys: list[PublicKey], weights: list[int], data: st.DataObject) -> None:
    threshold = data.draw(st.integers(1, sum(weights)))
    key = CompositeKey(threshold, tuple(zip(weights, keys, strict=True)))
    nested = CompositeKey(1, ((1, key), (1, A)))
    assert decode_public_key(key.encoded()) == key
    assert decode_public_key(nested.encoded()) == nested
