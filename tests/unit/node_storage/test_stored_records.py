"""Transactions, attestations and the outbox: idempotent, and never backwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from chains.progmat.node.storage import (
    EffectStatus,
    StoreOutcome,
    TransactionStatus,
    attest,
    due_effects,
    effect_done,
    effect_failed,
    effect_parked,
    effect_unparked,
    effects,
    enqueue_effect,
    forget_verified,
    next_due_s,
    store_recorded,
    store_verified,
    stored_transaction,
    stored_transactions,
    unknown_transactions,
    withdraw_attestation,
)
from chains.progmat.node.storage.engine import Access, sqlite_engine
from chains.progmat.node.storage.errors import ConflictingAttestation
from chains.progmat.node.storage.schema import prepare_schema

A, B, C = (bytes([n]) * 32 for n in (1, 2, 3))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = sqlite_engine(tmp_path / "node.sqlite", Access.WRITE)
    prepare_schema(engine, tmp_path / "node.sqlite", "bob", [])
    with engine.connect() as opened, opened.begin():
        yield opened


def test_a_recorded_transaction_never_becomes_verified_again(connection: Connection) -> None:
    assert store_verified(connection, A, b"unsigned", 1) is StoreOutcome.STORED
    assert store_verified(connection, A, b"unsigned", 2) is StoreOutcome.KNOWN
    assert store_recorded(connection, A, b"signed", 5, 3) is StoreOutcome.STORED
    assert store_recorded(connection, A, b"signed otherwise", 6, 4) is StoreOutcome.KNOWN
    assert store_verified(connection, A, b"unsigned", 5) is StoreOutcome.KNOWN
    assert forget_verified(connection, A) is StoreOutcome.KNOWN
    stored = stored_transaction(connection, A)
    assert stored is not None
    assert (stored.signed_bytes, stored.status, stored.journal_position) == (b"signed", TransactionStatus.RECORDED, 5)


def test_a_transaction_may_arrive_recorded(connection: Connection) -> None:
    assert store_recorded(connection, A, b"signed", 0, 3) is StoreOutcome.STORED
    stored = stored_transaction(connection, A)
    assert stored is not None
    assert stored.journal_position == 0


def test_a_refused_transaction_is_forgotten(connection: Connection) -> None:
    store_verified(connection, A, b"x", 1)
    assert forget_verified(connection, A) is StoreOutcome.STORED
    assert stored_transaction(connection, A) is None


def test_what_is_missing_is_told_in_order_and_once(connection: Connection) -> None:
    store_verified(connection, A, b"x", 1)
    store_recorded(connection, B, b"x", 1, 1)
    assert unknown_transactions(connection, [C, A, B, C], TransactionStatus.VERIFIED) == [C]
    assert unknown_transactions(connection, [C, A, B, C], TransactionStatus.RECORDED) == [C, A]
    assert set(stored_transactions(connection, [A, B, C])) == {A, B}


def test_a_status_the_program_does_not_know_cannot_be_stored(connection: Connection) -> None:
    with pytest.raises(IntegrityError):
        connection.exec_driver_sql(
            "INSERT INTO transactions VALUES (x'01', x'', 'VERIFIED', 7, 0)"  # a position without being recorded
        )


def test_one_subject_is_attested_for_one_transaction(connection: Connection) -> None:
    def sign(tx_id: bytes, subject: bytes = b"trade") -> StoreOutcome:
        return attest(connection, purpose="lock", subject=subject, tx_id=tx_id, public_key=b"k", now_s=1)

    assert sign(A) is StoreOutcome.STORED
    assert sign(A) is StoreOutcome.KNOWN
    assert sign(B, subject=b"other trade") is StoreOutcome.STORED
    with pytest.raises(ConflictingAttestation) as refused:
        sign(B)
    assert (refused.value.attested_tx_id, refused.value.refused_tx_id) == (A, B)
    assert withdraw_attestation(connection, purpose="lock", subject=b"trade", tx_id=B) is StoreOutcome.KNOWN
    assert withdraw_attestation(connection, purpose="lock", subject=b"trade", tx_id=A) is StoreOutcome.STORED
    assert sign(B) is StoreOutcome.STORED


def owe(connection: Connection, key: str, now_s: int) -> StoreOutcome:
    return enqueue_effect(connection, effect_key=key, peer="carol", method="node.finalise", body=b"tx", now_s=now_s)


def test_an_effect_is_owed_once_and_due_until_done(connection: Connection) -> None:
    assert next_due_s(connection) is None
    assert owe(connection, "first", 10) is StoreOutcome.STORED
    assert owe(connection, "first", 11) is StoreOutcome.KNOWN
    owe(connection, "second", 12)
    assert next_due_s(connection) == 10
    assert [effect.effect_key for effect in due_effects(connection, 11, 10)] == ["first"]
    first = due_effects(connection, 12, 1)[0]
    assert (first.effect_key, first.body, first.attempts) == ("first", b"tx", 0)
    effect_done(connection, first.effect_id)
    assert [effect.effect_key for effect in due_effects(connection, 99, 10)] == ["second"]
    assert owe(connection, "first", 20) is StoreOutcome.KNOWN


def test_a_failed_effect_waits_with_its_reason(connection: Connection) -> None:
    owe(connection, "first", 10)
    effect = due_effects(connection, 10, 1)[0]
    effect_failed(connection, effect.effect_id, "unreachable" * 100, 30)
    assert due_effects(connection, 29, 10) == []
    again = due_effects(connection, 30, 10)[0]
    assert again.attempts == 1
    assert again.last_error.startswith("unreachable")
    assert len(again.last_error) <= 500


def test_a_refused_effect_is_parked_until_an_operator_frees_it(connection: Connection) -> None:
    owe(connection, "first", 10)
    effect = due_effects(connection, 10, 1)[0]
    effect_parked(connection, effect.effect_id, "refused")
    assert due_effects(connection, 99, 10) == []
    assert [parked.last_error for parked in effects(connection, EffectStatus.PARKED, 10)] == ["refused"]
    effect_unparked(connection, effect.effect_id, 50)
    assert [freed.effect_key for freed in due_effects(connection, 50, 10)] == ["first"]


def test_a_done_effect_stays_done(connection: Connection) -> None:
    owe(connection, "first", 10)
    effect = due_effects(connection, 10, 1)[0]
    effect_done(connection, effect.effect_id)
    effect_failed(connection, effect.effect_id, "late", 20)
    effect_parked(connection, effect.effect_id, "late")
    effect_unparked(connection, effect.effect_id, 20)
    assert due_effects(connection, 99, 10) == []
    assert len(effects(connection, EffectStatus.DONE, 10)) == 1
