"""Transactions remembered by their bytes: the same object again, bounded, and never what was refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.flows.signed_records import Newest, assembled, decoded, encoded, wire_of
from chains.progmat.transactions.errors import SignatureRefused
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from primitives.errors import DecodeError
from tests.fakes.toy_ledger import OWNER, Toy


def signed(name: str) -> SignedTransaction:
    wire = Toy(name).wire
    return SignedTransaction.of(wire, [sign_transaction(OWNER, wire.id)])


def test_what_was_encoded_here_is_not_decoded_again() -> None:
    transaction = signed("encoded")
    assert decoded(encoded(transaction)) is transaction
    assert wire_of(transaction.wire_bytes) is transaction.wire


def test_a_body_met_before_is_shared_by_every_set_of_signatures() -> None:
    transaction = signed("shared")
    encoded(transaction)
    again = assembled(bytes(bytearray(transaction.wire_bytes)), [])
    assert again.wire is transaction.wire
    assert again.signatures == ()
    assert decoded(SignedTransaction(transaction.wire_bytes, ()).encode()).signatures == ()


def test_bytes_that_differ_in_a_signature_are_another_transaction_in_the_memory() -> None:
    transaction = signed("forged")
    data = encoded(transaction)
    forged = SignedTransaction(transaction.wire_bytes, signed("another").signatures)
    assert decoded(forged.encode()).signatures == forged.signatures
    assert decoded(data).signatures == transaction.signatures


def test_what_is_refused_is_refused_every_time() -> None:
    transaction = signed("refused")
    twice = transaction.signatures * 2
    for _ in range(2):
        with pytest.raises(DecodeError):
            wire_of(transaction.wire_bytes + b"\x00")
        with pytest.raises(DecodeError):
            decoded(transaction.encode() + b"\x00")
        with pytest.raises(SignatureRefused):
            assembled(transaction.wire_bytes, twice)


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=60))
def test_never_more_is_remembered_than_the_bounds_allow_and_the_newest_stays(keys: list[bytes]) -> None:
    newest = Newest[bytes](most=5, most_bytes=40)
    for key in keys:
        newest.put(key, key)
        assert newest.get(key) == key
        kept = [other for other in set(keys) if newest.get(other) is not None]
        assert len(kept) == len(newest) <= 5
        assert sum(map(len, kept)) <= 40


def test_what_alone_is_over_the_bound_is_not_remembered() -> None:
    newest = Newest[str](most=5, most_bytes=10)
    newest.put(b"small", "small")
    newest.put(b"x" * 11, "large")
    assert newest.get(b"x" * 11) is None
    assert len(newest) == 0
