"""Flows of an older release are there after its tables' conditions have changed, and are held to them."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.schema import flows
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.store import add_flow, find_flow, unrecorded_flows
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.migrations.running import upgrade

BEFORE = "0018"
FLOWS = [
    FlowRecord(f"{kind.value} {step.value}", kind, b"request", step, 1, 2, 3).replaced(
        signed_tx=None if step is FlowStep.PROPOSED else b"\x00tx", tx_id=bytes(32), story="[]"
    )
    for kind in (FlowKind.MOVE_CASH, FlowKind.REGISTER_COIN)
    for step in FlowStep
]


def test_flows_of_before_are_kept(database_at: DatabaseLocation) -> None:
    with engine_for(database_at, Access.WRITE).connect() as connection:
        with connection.begin():
            upgrade(connection, BEFORE)
            for flow in FLOWS:
                add_flow(connection, flow)
        with connection.begin():
            upgrade(connection)
            assert [find_flow(connection, flow.flow_id) for flow in FLOWS] == FLOWS
            assert len(unrecorded_flows(connection, FlowKind.REGISTER_COIN)) == 4
        of_nothing = vars(FLOWS[0]) | {"flow_id": "none", "kind": "move_cash", "step": "BUILT", "signed_tx": None}
        with pytest.raises(IntegrityError, match="flows_built"):
            connection.execute(flows.insert().values(of_nothing))
