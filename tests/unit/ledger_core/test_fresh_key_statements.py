"""Statements about fresh keys: every bit of them counts, and their bytes say one thing only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.flows.fresh_key_codec import (
    MAX_STATEMENT_BYTES,
    decode_fresh_key_response,
    encode_fresh_key_response,
    encode_statement,
)
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.fresh_keys import FreshKeyStatement, tag_of_output
from primitives.errors import BadSignature, DecodeError
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, LEDGER_ID, SELLER, STRANGER, cash, salt_of

TAG = tag_of_output(LEDGER_ID, salt_of("pay"), 0)
SAID = FreshKeyStatement.agreed(LEDGER_ID, CN_A.name, SELLER.signer, STRANGER.signer, TAG)


def test_both_keys_said_it() -> None:
    SAID.verify(LEDGER_ID)
    FreshKeyStatement.agreed(LEDGER_ID, CN_B.name, BUYER.signer, STRANGER.signer, TAG).verify(LEDGER_ID)


@pytest.mark.parametrize(
    "other",
    [
        replace(SAID, node=CN_B.name),
        replace(SAID, account_key=BUYER.key),
        replace(SAID, fresh_key=BUYER.key),
        replace(SAID, tag=tag_of_output(LEDGER_ID, salt_of("pay"), 1)),
        replace(SAID, account_signature=SAID.fresh_signature),
        replace(SAID, fresh_signature=SAID.account_signature),
    ],
)
def test_whatever_is_changed_nobody_said_it(other: FreshKeyStatement) -> None:
    with pytest.raises(BadSignature):
        other.verify(LEDGER_ID)


def test_what_was_said_on_one_ledger_was_not_said_on_another() -> None:
    with pytest.raises(BadSignature):
        SAID.verify("another")


def test_a_tag_is_of_one_output_of_one_transaction_on_one_ledger() -> None:
    tags = {
        tag_of_output(ledger, salt_of(salt), index)
        for ledger in (LEDGER_ID, "another")
        for salt in ("pay", "again")
        for index in (0, 1, 255)
    }
    assert len(tags) == 12
    assert all(len(tag) == 32 for tag in tags)


def test_sizes_are_checked_at_construction() -> None:
    for change in ({"tag": b"\x00" * 31}, {"account_signature": b"\x00" * 63}, {"fresh_signature": b""}, {"node": ""}):
        with pytest.raises(MalformedComponent):
            replace(SAID, **change)


def test_its_bytes_come_back_and_no_others() -> None:
    body = encode_fresh_key_response(SAID)
    assert decode_fresh_key_response(body) == SAID
    longest = replace(SAID, node="n" * 128)
    assert len(encode_statement(longest)) <= MAX_STATEMENT_BYTES
    for wrong in (body + b"\x00", body[:-1], b"", body.replace(CN_A.name.encode(), b"", 1), b"\x00" * 10_000):
        with pytest.raises((DecodeError, MalformedComponent)):
            decode_fresh_key_response(wrong)


def test_a_coin_of_an_account_has_the_bytes_it_always_had_and_a_fresh_one_two_more() -> None:
    plain = cash(5)
    fresh = replace(plain, owner_kind=OwnerKind.FRESH)
    assert fresh.encode() == plain.encode() + b"\x30\x01"
    assert CashState.of(fresh.as_output(CN_A.party)) == fresh


def test_a_kind_of_owner_that_does_not_exist_is_refused() -> None:
    state = cash(5).as_output(CN_A.party)
    for tail in (b"\x30\x00", b"\x30\x02", b"\x30\x81\x00"):
        with pytest.raises(DecodeError):
            CashState.of(replace(state, data=state.data + tail))
