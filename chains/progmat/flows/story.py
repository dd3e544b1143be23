"""A flow's whole story for whoever has to decide what to do about it. Pure, but for two look-ups."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, select

from chains.progmat.flows.acts import Act, OperatorAct, acts_on, why_not
from chains.progmat.flows.record import FlowRecord
from chains.progmat.vault.indexing import SC
from chains.progmat.vault.schema import holdings, soft_locks


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A step that was reached, or (with ``!`` before it) the reason of an attempt that failed as none before it did."""

    what: str
    at_ms: int

    @property
    def is_failure(self) -> bool:
        """Whether this is a failed attempt."""
        return self.what.startswith("!")


@dataclass(frozen=True, slots=True)
class Holding:
    """What a flow keeps from others: soft-locked states, and the yen among them."""

    states: int
    yen: int
    until_s: int


@dataclass(frozen=True, slots=True)
class FlowStory:
    """``possible`` says for each act why not; empty: it is possible."""

    record: FlowRecord
    lines: tuple[StoryLine, ...]
    holding: Holding
    acts: tuple[OperatorAct, ...]
    possible: dict[Act, str]


def lines_of(story: str) -> tuple[StoryLine, ...]:
    """The lines of ``FlowRecord.story``, oldest first."""
    found = (line.rsplit("@", 1) for line in story.split(" ") if line)
    return tuple(StoryLine(what, int(at_ms)) for what, at_ms in found)


def story_of(connection: Connection, record: FlowRecord) -> FlowStory:
    """All there is to say of a stored flow."""
    return FlowStory(
        record=record,
        lines=(StoryLine("PROPOSED", record.created_ms), *lines_of(record.story)),
        holding=_holding(connection, record.flow_id),
        acts=tuple(acts_on(connection, record.flow_id)),
        possible={act: why_not(act, record) for act in Act},
    )


def _holding(connection: Connection, flow_id: str) -> Holding:
    same = and_(holdings.c.tx_id == soft_locks.c.tx_id, holdings.c.output_index == soft_locks.c.output_index)
    yen = case((holdings.c.network == SC, holdings.c.amount), else_=0)
    query = (
        select(func.count(), func.coalesce(func.sum(yen), 0), func.min(soft_locks.c.expires_s))
        .select_from(soft_locks.outerjoin(holdings, same))
        .where(soft_locks.c.lock_owner == flow_id)
    )
    states, total_yen, until_s = connection.execute(query).one()
    return Holding(states, int(total_yen), until_s or 0)
