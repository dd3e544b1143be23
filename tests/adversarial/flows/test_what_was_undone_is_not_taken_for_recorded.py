"""Outputs of recorded transactions are remembered; what an operation wrote and undid must never be among them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from chains.progmat.flows.recorded import RecordedStates
from chains.progmat.flows.signed_records import encoded
from chains.progmat.node.storage import NodeDatabase, store_recorded
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from tests.fakes.toy_ledger import OWNER, Toy

States = dict[StateRef, TransactionState]


def signed(name: str) -> SignedTransaction:
    wire = Toy(name).wire
    return SignedTransaction.of(wire, [sign_transaction(OWNER, wire.id)])


def first_output(transaction: SignedTransaction) -> StateRef:
    return StateRef(transaction.id, 0)


def stored(connection: Connection, transaction: SignedTransaction) -> None:
    store_recorded(connection, transaction.id, encoded(transaction), 0, 0)


async def test_what_an_operation_recorded_read_and_undid_is_not_remembered(tmp_path: Path) -> None:
    transaction, recorded = signed("undone"), RecordedStates()
    ref = first_output(transaction)

    def record_read_and_fail(connection: Connection) -> None:
        stored(connection, transaction)
        assert recorded.of(connection, [ref]) == {ref: transaction.wire.outputs[0]}
        raise ValueError("a later part of the same operation")

    database = await NodeDatabase.open(tmp_path / "node.sqlite3", "node", [])
    with pytest.raises(ValueError, match="a later part"):
        await database.submit(record_read_and_fail)
    assert transaction.id not in recorded
    assert await database.look_up(partial(recorded.of, refs=[ref])) == {}
    assert transaction.id not in recorded
    await database.close()


async def test_what_a_reader_found_is_at_hand_without_the_database(tmp_path: Path) -> None:
    transaction, recorded = signed("found"), RecordedStates()
    ref, beyond = first_output(transaction), StateRef(transaction.id, 200)
    database = await NodeDatabase.open(tmp_path / "node.sqlite3", "node", [])
    await database.submit(partial(stored, transaction=transaction))
    for reading in (database.look_up, database.read):
        assert await reading(partial(recorded.of, refs=[ref, beyond])) == {ref: transaction.wire.outputs[0]}
    await database.close()
    no_database: Connection = object()  # type: ignore[assignment] # using it would raise
    assert recorded.of(no_database, [ref, beyond]) == {ref: transaction.wire.outputs[0]}


async def test_no_memory_asks_the_database_every_time(tmp_path: Path) -> None:
    transaction, recorded = signed("forgotten"), RecordedStates(most=0)
    database = await NodeDatabase.open(tmp_path / "node.sqlite3", "node", [])
    await database.submit(partial(stored, transaction=transaction))
    ref = first_output(transaction)
    assert await database.look_up(partial(recorded.of, refs=[ref])) == {ref: transaction.wire.outputs[0]}
    assert transaction.id not in recorded
    await database.close()


@given(names=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=30), most=st.integers(1, 4))
def test_never_more_is_remembered_than_the_bound_and_the_newest_stays(names: list[str], most: int) -> None:
    recorded = RecordedStates(most=most)
    for name in names:
        recorded.note(signed(name))
        assert signed(name).id in recorded
    assert sum(signed(name).id in recorded for name in "abcdefgh") == min(most, len(set(names)))


def test_what_alone_is_over_the_bound_in_bytes_is_not_remembered() -> None:
    recorded = RecordedStates(most_bytes=10)
    recorded.note(signed("large"))
    assert signed("large").id not in recorded
