"""The gateway's gauges: what is asked of its database and its follower before a scrape."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import sqlalchemy as sa

from relayer.database import Database
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.settlement_tables import FOLLOWER_LEASE, SETTLEMENTS, WEBHOOKS, newest_number
from relayer.lease_keeper import Lease
from relayer.telemetry import names
from relayer.telemetry.metrics import Rows, Source
from relayer.telemetry.names import Metric

DATABASE_PAUSE_S: Final = 5.0
_OPEN: Final = [state.value for state in SettlementState if not state.is_final]


class FollowerState(Protocol):
    """The follower, as it says of itself."""

    last_error: str

    @property
    def is_well(self) -> bool:
        """Both ledgers answered in the latest round."""


def complaint_of(follower: FollowerState) -> str:
    """Why it is not well; empty when it is."""
    return "" if follower.is_well else follower.last_error or "no round has ended yet"


def settlement_numbers(database: Database, now_s: Callable[[], float]) -> Source:
    """Open settlements by state: how many, how long the longest stands there, how many failed their last attempt."""
    gauges = (names.SETTLEMENTS, names.SETTLEMENT_STUCK, names.SETTLEMENT_FAILING)

    async def read() -> Mapping[Metric, Rows]:
        return await asyncio.to_thread(_settlement_rows, database, now_s())

    return Source("settlements", gauges, read, DATABASE_PAUSE_S)


def _settlement_rows(database: Database, now_s: float) -> Mapping[Metric, Rows]:
    state = SETTLEMENTS.c.state
    failing = sa.func.sum(sa.case((SETTLEMENTS.c.attempts > 0, 1), else_=0))
    by_state = sa.select(state, sa.func.count(), sa.func.min(SETTLEMENTS.c.since_s), failing)
    by_state = by_state.where(state.in_(_OPEN)).group_by(state)
    with database.reading() as connection:
        found = {str(row[0]): row for row in connection.execute(by_state)}
    counts: Rows = {(each,): float(found[each][1]) if each in found else 0.0 for each in _OPEN}
    stuck: Rows = {(each,): max(0.0, now_s - float(row[2])) for each, row in found.items()}
    failed: Rows = {(each,): float(found[each][3]) if each in found else 0.0 for each in _OPEN}
    return {names.SETTLEMENTS: counts, names.SETTLEMENT_STUCK: stuck, names.SETTLEMENT_FAILING: failed}


def webhook_numbers(database: Database) -> Source:
    """How far the endpoint that is furthest behind is behind, and how many fail."""
    gauges = (names.WEBHOOK_BACKLOG, names.WEBHOOKS_FAILING)

    async def read() -> Mapping[Metric, Rows]:
        return await asyncio.to_thread(_webhook_rows, database)

    return Source("webhooks", gauges, read, DATABASE_PAUSE_S)


def _webhook_rows(database: Database) -> Mapping[Metric, Rows]:
    with database.reading() as connection:
        furthest, failing = WEBHOOKS.endpoints.lagging(connection)
        newest = newest_number(connection)
    backlog = 0 if furthest is None else max(0, newest - furthest)
    return {names.WEBHOOK_BACKLOG: {(): float(backlog)}, names.WEBHOOKS_FAILING: {(): float(failing)}}


def follower_numbers(follower: FollowerState, lease: Lease | None) -> Source:
    """Whether the follower is well, and whether it is this instance that follows."""

    async def read() -> Mapping[Metric, Rows]:
        held = lease is None or lease.is_held
        well: Rows = {(): float(held and follower.is_well)}
        return {names.FOLLOWER_WELL: well, names.LEASE_HELD: {(FOLLOWER_LEASE,): float(held)}}

    return Source("follower", (names.FOLLOWER_WELL, names.LEASE_HELD), read)
