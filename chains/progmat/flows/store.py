"""Flows in the database: functions over a connection, for use inside the group commit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Final

from sqlalchemy import Connection, Row, select, update

from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.schema import counters, flows
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.storage.statements import insert_or, insert_or_leave

FIXED: Final = frozenset({"flow_id", "kind", "request", "created_ms"})
"""Columns that are written once."""


def add_flow(connection: Connection, record: FlowRecord) -> FlowRecord:
    """Store a new flow; the flow already stored under its id is returned instead, if there is one."""
    connection.execute(insert_or_leave(flows).values(**_values(record)))
    return _found(connection.execute(select(flows).where(flows.c.flow_id == record.flow_id)).one())


def save_flow(connection: Connection, record: FlowRecord, expected_step: FlowStep) -> FlowRecord:
    """Replace a stored flow that stands at ``expected_step``.

    Compare-and-set: raises ``ValueError`` when the stored flow is elsewhere, so that two drivers of one flow (a defect)
    cannot both advance it.
    """
    where = (flows.c.flow_id == record.flow_id, flows.c.step == expected_step.value)
    values = {name: value for name, value in _values(record).items() if name not in FIXED}
    if connection.execute(update(flows).where(*where).values(**values)).rowcount != 1:
        raise ValueError(f"flow {record.flow_id!r} is not at {expected_step.value}: another driver advanced it")
    return record


def find_flow(connection: Connection, flow_id: str) -> FlowRecord | None:
    """One flow, or None."""
    row = connection.execute(select(flows).where(flows.c.flow_id == flow_id)).one_or_none()
    return None if row is None else _found(row)


def flows_at(connection: Connection, steps: Collection[FlowStep]) -> list[FlowRecord]:
    """All flows at any of ``steps``, oldest first: what a restarted node resumes."""
    query = select(flows).where(flows.c.step.in_([step.value for step in steps])).order_by(flows.c.created_ms)
    return [_found(row) for row in connection.execute(query)]


def newest_flows(connection: Connection, steps: Collection[FlowStep], limit: int) -> list[FlowRecord]:
    """Flows at any of ``steps``, newest first."""
    query = select(flows).where(flows.c.step.in_([step.value for step in steps]))
    query = query.order_by(flows.c.created_ms.desc(), flows.c.flow_id).limit(limit)
    return [_found(row) for row in connection.execute(query)]


def next_count(connection: Connection, name: str) -> int:
    """Increase a durable counter by one and return it (1 the first time); undone with the operation it is part of."""
    statement = insert_or(counters).values(name=name, value=1)
    statement = statement.on_conflict_do_update(index_elements=[counters.c.name], set_={"value": counters.c.value + 1})
    connection.execute(statement)
    value: int = connection.execute(select(counters.c.value).where(counters.c.name == name)).scalar_one()
    return value


def _values(record: FlowRecord) -> dict[str, object]:
    return {**asdict(record), "kind": record.kind.value, "step": record.step.value}


def _found(row: Row[tuple[object, ...]]) -> FlowRecord:
    columns = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return FlowRecord(**{**columns, "kind": FlowKind(columns["kind"]), "step": FlowStep(columns["step"])})
