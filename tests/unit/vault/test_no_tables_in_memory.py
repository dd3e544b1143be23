"""What a flow stores and records has SQLite build no table in memory: that costs as much as the statement itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine

from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.schema import flows_metadata
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.store import add_flow, save_flow, unrecorded_flows
from chains.progmat.vault.holdings import HoldingRequest, select_and_lock
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.schema import states
from tests.fakes.vault_world import ALICE, BOB, NOTARY, RULES, WSC, cash, tx

BUILT = FlowRecord("flow", FlowKind.MOVE_CASH, b"", FlowStep.BUILT, 0, 0, 0).replaced(signed_tx=b"tx")


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as connection:
        flows_metadata.create_all(connection)
        states.metadata.create_all(connection)
        yield connection


def spent_and_kept(connection: Connection) -> None:
    issued = tx("issue", cash(ALICE, 100), cash(ALICE, 50))
    record_transaction(connection, issued, RULES)
    record_transaction(connection, tx("move", cash(BOB, 100), inputs=(issued.ref(0),)), RULES)


def selected(connection: Connection) -> None:
    spent_and_kept(connection)
    select_and_lock(connection, HoldingRequest(WSC, ALICE, 10, "flow", 0, 60, notary=NOTARY.name))


@pytest.mark.parametrize(
    ("act", "statements"),
    [
        (lambda connection: add_flow(connection, BUILT), 1),
        (lambda connection: (add_flow(connection, BUILT), save_flow(connection, BUILT, FlowStep.BUILT)), 2),
        (lambda connection: unrecorded_flows(connection, FlowKind.REGISTER_COIN), 1),
        (spent_and_kept, 14),
        (selected, 17),
    ],
    ids=["a new flow", "a flow's step", "flows of a rare kind", "recording", "selection"],
)
def test_none_of_the_statements_makes_one(
    connection: Connection, act: Callable[[Connection], object], statements: int
) -> None:
    texts: list[str] = []
    driver: Any = connection.connection.driver_connection
    driver.set_trace_callback(texts.append)
    act(connection)
    driver.set_trace_callback(None)
    texts = [text for text in texts if text.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    assert len(texts) >= statements
    driver.text_factory = bytes  # a hash in the text is no UTF-8
    made = {
        text: code
        for text in texts
        for _, code, *_ in driver.execute(f"EXPLAIN {text}")
        if code in {b"OpenEphemeral", b"OpenAutoindex", b"SorterOpen"}
    }
    assert made == {}
