"""Finding flows as an operator asks for them: by kind, step, how long they stand still, whom they wait for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select, tuple_

from chains.progmat.flows import store
from chains.progmat.flows.errors import FlowUnknown
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.schema import flows
from chains.progmat.flows.steps import ENDS, FlowStep


@dataclass(frozen=True, slots=True)
class FlowQuery:
    """All conditions hold; an empty one is none. ``after`` is the id of the last flow of the page before."""

    kinds: Collection[FlowKind] = ()
    steps: Collection[FlowStep] = ()
    stuck_since_ms: int | None = None
    waiting_on: str = ""
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FoundFlows:
    """One page, newest first."""

    records: tuple[FlowRecord, ...]
    has_more: bool


def find_flows(connection: Connection, query: FlowQuery) -> FoundFlows:
    """A page of flows. Raises ``FlowUnknown`` for an ``after`` that is none."""
    statement = select(flows.c.flow_id).where(*_conditions(query))
    if query.after:
        last = store.find_flow(connection, query.after)
        if last is None:
            raise FlowUnknown(query.after)
        statement = statement.where(tuple_(flows.c.created_ms, flows.c.flow_id) < tuple_(last.created_ms, last.flow_id))
    statement = statement.order_by(flows.c.created_ms.desc(), flows.c.flow_id.desc()).limit(query.limit + 1)
    ids = list(connection.execute(statement).scalars())
    found = (store.find_flow(connection, flow_id) for flow_id in ids[: query.limit])
    return FoundFlows(tuple(record for record in found if record is not None), len(ids) > query.limit)


def _conditions(query: FlowQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.kinds:
        conditions.append(flows.c.kind.in_([kind.value for kind in query.kinds]))
    if query.steps:
        conditions.append(flows.c.step.in_([step.value for step in query.steps]))
    if query.stuck_since_ms is not None:
        conditions += [flows.c.since_ms <= query.stuck_since_ms, flows.c.step.not_in([end.value for end in ENDS])]
    if query.waiting_on:
        conditions.append(flows.c.waiting_on.contains(query.waiting_on, autoescape=True))
    return conditions
