"""Is another flow of a kind under way? Found for every kind; of rare ones without a look at all that is under way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine

from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.schema import FREQUENT_KINDS, flows_metadata
from chains.progmat.flows.steps import DRIVEN, FlowStep
from chains.progmat.flows.store import add_flow, unrecorded_flows


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as connection:
        flows_metadata.create_all(connection)
        yield connection


@pytest.mark.parametrize("kind", FlowKind)
def test_all_that_is_built_and_not_recorded_is_found(connection: Connection, kind: FlowKind) -> None:
    for other in (kind, FlowKind.FREEZE_TOKEN, FlowKind.MOVE_CASH):
        for step in FlowStep:
            record = FlowRecord(f"{other.value} {step.value}", other, b"", step, 0, 0, 0).replaced(signed_tx=b"tx")
            add_flow(connection, record)
    found = [flow.flow_id for flow in unrecorded_flows(connection, kind)]
    assert sorted(found) == sorted(f"{kind.value} {step.value}" for step in DRIVEN - {FlowStep.PROPOSED})


def test_frequent_kinds_are_kinds() -> None:
    assert set(FREQUENT_KINDS) < {kind.value for kind in FlowKind}


def test_of_a_rare_kind_they_are_found_by_an_index_that_has_no_other(connection: Connection) -> None:
    texts: list[str] = []
    driver: Any = connection.connection.driver_connection
    driver.set_trace_callback(texts.append)
    unrecorded_flows(connection, FlowKind.REGISTER_COIN)
    driver.set_trace_callback(None)
    (plan,) = (row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {texts[-1]}"))
    assert plan == "SEARCH flows USING INDEX flows_rare_kind (kind=?)"
