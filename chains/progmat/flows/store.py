"""Flows in the database: functions over a connection, for use inside the group commit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, text, update

from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.schema import FREQUENT_KINDS, RARE_AND_UNRECORDED, counters, flows, one_of
from chains.progmat.flows.steps import UNRECORDED, FlowStep
from chains.progmat.node.storage import Prepared, insert

_COLUMNS: Final = tuple(field.name for field in fields(FlowRecord))
_FIXED: Final = frozenset({"flow_id", "kind", "request", "created_ms"})
"""Columns that are written once."""

_ALL = select(*(flows.c[name] for name in _COLUMNS))
_ADD = Prepared(insert(flows).on_conflict_do_nothing(), columns=_COLUMNS)
_FIND = Prepared(_ALL.where(flows.c.flow_id == bindparam("of_id")))
_SAVE = Prepared(
    update(flows)
    .where(flows.c.flow_id == bindparam("of_id"), flows.c.step == bindparam("expected_step"))
    .values({name: bindparam(f"new_{name}") for name in _COLUMNS if name not in _FIXED})
)
_AT = Prepared(_ALL.where(flows.c.step.in_(bindparam("steps", expanding=True))).order_by(flows.c.created_ms))
_OF_KIND = _ALL.where(flows.c.kind == bindparam("of_kind"))
_UNRECORDED_OF_FREQUENT_KIND = Prepared(_OF_KIND.where(text(one_of("step", (step.value for step in UNRECORDED)))))
_UNRECORDED_OF_RARE_KIND = Prepared(_OF_KIND.where(text(RARE_AND_UNRECORDED)))
_COUNT_ON = insert(counters)
_NEXT_COUNT = Prepared(
    _COUNT_ON.on_conflict_do_update(
        index_elements=[counters.c.name], set_={"value": counters.c.value + _COUNT_ON.excluded.value}
    ).returning(counters.c.value),
    columns=counters.c.keys(),
)


def add_flow(connection: Connection, record: FlowRecord) -> FlowRecord:
    """Store a new flow; the flow already stored under its id is returned instead, if there is one."""
    if _ADD.change(connection, _values(record)):
        return record
    stored = find_flow(connection, record.flow_id)
    if stored is None:
        raise ValueError(f"flow {record.flow_id!r} was refused, and is not there")
    return stored


def save_flow(connection: Connection, record: FlowRecord, expected_step: FlowStep) -> FlowRecord:
    """Replace a stored flow that stands at ``expected_step``.

    Compare-and-set: raises ``ValueError`` when the stored flow is elsewhere, so that two drivers of one flow (a defect)
    cannot both advance it.
    """
    values: dict[str, Any] = {f"new_{name}": value for name, value in _values(record).items() if name not in _FIXED}
    values |= {"of_id": record.flow_id, "expected_step": expected_step.value}
    if _SAVE.change(connection, values) != 1:
        raise ValueError(f"flow {record.flow_id!r} is not at {expected_step.value}: another driver advanced it")
    return record


def find_flow(connection: Connection, flow_id: str) -> FlowRecord | None:
    """One flow, or None."""
    row = _FIND.first(connection, {"of_id": flow_id})
    return None if row is None else _found(row)


def flows_at(connection: Connection, steps: Collection[FlowStep]) -> list[FlowRecord]:
    """All flows at any of ``steps``, oldest first: what a restarted node resumes."""
    return [_found(row) for row in _AT.rows(connection, {"steps": [step.value for step in steps]})]


def unrecorded_flows(connection: Connection, kind: FlowKind) -> list[FlowRecord]:
    """Flows of one kind that have built what is not recorded yet, in no order.

    By an index that knows rare kinds only; of a frequent kind, among all flows at these steps.
    """
    statement = _UNRECORDED_OF_FREQUENT_KIND if kind.value in FREQUENT_KINDS else _UNRECORDED_OF_RARE_KIND
    return [_found(row) for row in statement.rows(connection, {"of_kind": kind.value})]


def newest_flows(connection: Connection, steps: Collection[FlowStep], limit: int) -> list[FlowRecord]:
    """Flows at any of ``steps``, newest first."""
    query = _ALL.where(flows.c.step.in_([step.value for step in steps]))
    query = query.order_by(flows.c.created_ms.desc(), flows.c.flow_id).limit(limit)
    return [_found(row) for row in connection.execute(query)]


def next_count(connection: Connection, name: str) -> int:
    """Increase a durable counter by one and return it (1 the first time); undone with the operation it is part of."""
    row = _NEXT_COUNT.first(connection, {"name": name, "value": 1})
    if row is None:
        raise ValueError(f"counter {name!r} has no value")
    return int(row[0])


def _values(record: FlowRecord) -> dict[str, Any]:
    return {**vars(record), "kind": record.kind.value, "step": record.step.value}


def _found(row: Sequence[Any]) -> FlowRecord:
    """A row; its columns are the fields of ``FlowRecord``, in the same order."""
    flow_id, kind, request, step, *rest = row
    return FlowRecord(flow_id, FlowKind(kind), request, FlowStep(step), *rest)
