"""The gateway's gauges: what is asked of its database and its follower before a scrape."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import sqlalchemy as sa

from relayer.database import Database
from relayer.gateway.lifecycle import SettlementState
from relayer.telemetry import names
from relayer.telemetry.metrics import Rows, Source
from relayer.telemetry.names import Metric

DATABASE_PAUSE_S: Final = 5.0
_OPEN: Final = [state.value for state in SettlementState if not state.is_final]
_settlements = sa.table(
    "settlements", sa.column("state"), sa.column("since_s"), sa.column("last_error"), sa.column("trade_id")
)
_alarms = sa.table("alarms", sa.column("trade_id"), sa.column("name"))


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
    gauges = (names.SETTLEMENTS, names.SETTLEMENT_STUCK, names.SETTLEMENT_FAILING, names.ALARMS)

    async def read() -> Mapping[Metric, Rows]:
        return await asyncio.to_thread(_settlement_rows, database, now_s())

    return Source("settlements", gauges, read, DATABASE_PAUSE_S)


def _settlement_rows(database: Database, now_s: float) -> Mapping[Metric, Rows]:
    state = _settlements.c.state
    failing = sa.func.sum(sa.case((_settlements.c.last_error != "", 1), else_=0))
    by_state = sa.select(state, sa.func.count(), sa.func.min(_settlements.c.since_s), failing)
    by_state = by_state.where(state.in_(_OPEN)).group_by(state)
    standing = (
        sa.select(_alarms.c.name, sa.func.count())
        .join(_settlements, _settlements.c.trade_id == _alarms.c.trade_id)
        .where(state.in_(_OPEN))
        .group_by(_alarms.c.name)
    )
    with database.transaction() as connection:
        found = {str(row[0]): row for row in connection.execute(by_state)}
        alarms: Rows = {(str(name),): float(count) for name, count in connection.execute(standing)}
    counts: Rows = {(each,): float(found[each][1]) if each in found else 0.0 for each in _OPEN}
    stuck: Rows = {(each,): max(0.0, now_s - float(row[2])) for each, row in found.items()}
    failed: Rows = {(each,): float(found[each][3]) if each in found else 0.0 for each in _OPEN}
    return {
        names.SETTLEMENTS: counts,
        names.SETTLEMENT_STUCK: stuck,
        names.SETTLEMENT_FAILING: failed,
        names.ALARMS: alarms,
    }


def follower_numbers(follower: FollowerState) -> Source:
    """Whether the follower is well."""

    async def read() -> Mapping[Metric, Rows]:
        return {names.FOLLOWER_WELL: {(): float(follower.is_well)}}

    return Source("follower", (names.FOLLOWER_WELL,), read)
