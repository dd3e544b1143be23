"""Transactions and the outbox: idempotent, and never backwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from chains.progmat.node.storage import (
    StoreOutcome,
    effect_done,
    effect_failed,
    enqueue_effect,
    pending_effects,
    store_recorded,
    stored_transaction,
    stored_transactions,
    unknown_transactions,
)
from chains.progmat.node.storage.engine import Access, sqlite_engine
from chains.progmat.node.storage.schema import prepare_schema

A, B, C = (bytes([n]) * 32 for n in (1, 2, 3))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = sqlite_engine(tmp_path / "node.sqlite", Access.WRITE)
    with engine.connect() as opened, opened.begin():
        prepare_schema(opened, "node.sqlite", "bob", [])
        yield opened


def test_a_recorded_transaction_is_left_as_it_is(connection: Connection) -> None:
    assert store_recorded(connection, A, b"signed", 5, 3) is StoreOutcome.STORED
    assert store_recorded(connection, A, b"signed otherwise", 6, 4) is StoreOutcome.KNOWN
    stored = stored_transaction(connection, A)
    assert stored is not None
    assert (stored.signed_bytes, stored.journal_position) == (b"signed", 5)


def test_a_transaction_may_arrive_recorded(connection: Connection) -> None:
    assert store_recorded(connection, A, b"signed", 0, 3) is StoreOutcome.STORED
    stored = stored_transaction(connection, A)
    assert stored is not None
    assert stored.journal_position == 0


def test_what_is_missing_is_told_in_order_and_once(connection: Connection) -> None:
    store_recorded(connection, B, b"x", 1, 1)
    assert unknown_transactions(connection, [C, A, B, C]) == [C, A]
    assert set(stored_transactions(connection, [A, B, C])) == {B}


def owe(connection: Connection, key: str, now_s: int) -> StoreOutcome:
    return enqueue_effect(connection, effect_key=key, peer="carol", method="node.finalise", body=b"tx", now_s=now_s)


def pending_keys(connection: Connection, after_id: int = 0) -> list[str]:
    return [effect.effect_key for effect in pending_effects(connection, after_id, 10)]


def test_an_effect_is_owed_once_and_pending_until_done(connection: Connection) -> None:
    assert owe(connection, "first", 10) is StoreOutcome.STORED
    assert owe(connection, "first", 11) is StoreOutcome.KNOWN
    owe(connection, "second", 12)
    assert pending_keys(connection) == ["first", "second"]
    first = pending_effects(connection, 0, 1)[0]
    assert (first.effect_key, first.body, first.attempts) == ("first", b"tx", 0)
    assert pending_keys(connection, first.effect_id) == ["second"]
    effect_done(connection, first.effect_id)
    assert pending_keys(connection) == ["second"]
    assert owe(connection, "first", 20) is StoreOutcome.KNOWN


def test_a_failed_effect_stays_with_its_reason_and_its_next_attempt(connection: Connection) -> None:
    owe(connection, "first", 10)
    effect = pending_effects(connection, 0, 10)[0]
    effect_failed(connection, effect.effect_id, "unreachable" * 100, 30)
    again = pending_effects(connection, 0, 10)[0]
    assert (again.attempts, again.next_attempt_s) == (1, 30)
    assert again.last_error.startswith("unreachable")
    assert len(again.last_error) <= 500


def test_a_done_effect_stays_done(connection: Connection) -> None:
    owe(connection, "first", 10)
    effect = pending_effects(connection, 0, 10)[0]
    effect_done(connection, effect.effect_id)
    effect_failed(connection, effect.effect_id, "late", 20)
    assert pending_keys(connection) == []
