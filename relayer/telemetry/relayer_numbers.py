"""The relayer's gauges: what is asked of its database, its paths and its alarm board before a scrape."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import sqlalchemy as sa

from ibc.light_client import LightClientStatus
from relayer.core.chain import ChainEndpoint
from relayer.core.lifecycle import PacketState
from relayer.database import Database
from relayer.telemetry import names
from relayer.telemetry.metrics import Rows, Source
from relayer.telemetry.names import Metric
from relayer.telemetry.observed_endpoint import LastSeen
from relayer.watch.alarms import AlarmBoard

DATABASE_PAUSE_S: Final = 5.0
"""However often a scraper asks, the database is asked this often at most."""
_OPEN: Final = [state.value for state in PacketState if not state.is_final]
_UNRECEIVED: Final = [PacketState.SENT.value, PacketState.RETURN_BLOCKED.value]
_packets = sa.table("packets", sa.column("id"), sa.column("source_chain"), sa.column("state"), sa.column("timeout_s"))
_steps = sa.table("steps", sa.column("packet_id"), sa.column("at_s"))


def path_name(endpoints: tuple[ChainEndpoint, ChainEndpoint]) -> str:
    """A path as metrics, logs and health name it: its ends."""
    one, two = endpoints
    return f"{one.chain_name}~{two.chain_name}"


class LoopState(Protocol):
    """A path's loop, as it says of itself."""

    last_error: str
    halted: bool


class End(Protocol):
    """One end of a path, as it was observed last."""

    @property
    def chain_name(self) -> str:
        """The chain's name."""

    @property
    def last(self) -> LastSeen:
        """What it said last."""


@dataclass(frozen=True)
class WatchedPath:
    """A path: its name, its ends, its loop."""

    name: str
    ends: tuple[End, End]
    loop: LoopState

    def complaint(self) -> str:
        """Why it is not well; empty when it is."""
        if self.loop.last_error:
            return ("halted: " if self.loop.halted else "") + self.loop.last_error
        return "" if all(end.last.client is not None for end in self.ends) else "no round has ended yet"


def packet_numbers(database: Database, now_s: Callable[[], float]) -> Source:
    """Open packets by state, the oldest one's age and the nearest time-out, of each source chain."""
    gauges = (names.PACKETS, names.PACKET_OLDEST, names.PACKET_NEAREST_TIMEOUT)

    async def read() -> Mapping[Metric, Rows]:
        return await asyncio.to_thread(_packet_rows, database, now_s())

    return Source("packets", gauges, read, DATABASE_PAUSE_S)


def _packet_rows(database: Database, now_s: float) -> Mapping[Metric, Rows]:
    is_open = _packets.c.state.in_(_OPEN)
    by_state = (
        sa.select(_packets.c.source_chain, _packets.c.state, sa.func.count())
        .where(is_open)
        .group_by(_packets.c.source_chain, _packets.c.state)
    )
    oldest = sa.select(_packets.c.source_chain, sa.func.min(_packets.c.id)).where(is_open)
    oldest = oldest.group_by(_packets.c.source_chain)
    nearest = sa.select(_packets.c.source_chain, sa.func.min(_packets.c.timeout_s))
    nearest = nearest.where(_packets.c.state.in_(_UNRECEIVED)).group_by(_packets.c.source_chain)
    with database.transaction() as connection:
        counts = {(str(chain), str(state)): float(n) for chain, state, n in connection.execute(by_state)}
        ages: dict[tuple[str, ...], float] = {}
        for chain, packet_id in connection.execute(oldest).all():
            first = sa.select(sa.func.min(_steps.c.at_s)).where(_steps.c.packet_id == packet_id)
            ages[(str(chain),)] = max(0.0, now_s - float(connection.execute(first).scalar() or now_s))
        left: Rows = {(str(chain),): float(timeout_s) - now_s for chain, timeout_s in connection.execute(nearest)}
    chains = {chain for chain, _ in counts}
    full: Rows = {(chain, state): counts.get((chain, state), 0.0) for chain in chains for state in _OPEN}
    return {names.PACKETS: full, names.PACKET_OLDEST: ages, names.PACKET_NEAREST_TIMEOUT: left}


def path_numbers(
    paths: Callable[[], Sequence[WatchedPath]], now_s: Callable[[], float], timer_s: Callable[[], float]
) -> Source:
    """How paths fare, and the light clients that their ends host; from what was observed, without asking anybody."""
    of_paths = (names.PATH_HALTED, names.PATH_FAILING, names.PATH_ROUND_AGE)
    of_clients = (names.CLIENT_ACTIVE, names.CLIENT_HEIGHT, names.CLIENT_AGE, names.CLIENT_EXPIRES)

    async def read() -> Mapping[Metric, Rows]:
        rows: dict[Metric, dict[tuple[str, ...], float]] = {gauge: {} for gauge in (*of_paths, *of_clients)}
        for path in paths():
            rows[names.PATH_HALTED][(path.name,)] = float(path.loop.halted)
            rows[names.PATH_FAILING][(path.name,)] = float(bool(path.loop.last_error))
            read_s = min(end.last.read_s for end in path.ends)
            rows[names.PATH_ROUND_AGE][(path.name,)] = timer_s() - read_s
            for end in path.ends:
                _client_rows(rows, end, now_s())
        return rows

    return Source("paths", (*of_paths, *of_clients), read)


def _client_rows(rows: dict[Metric, dict[tuple[str, ...], float]], end: End, now_s: float) -> None:
    client = end.last.client
    if client is None:
        return
    labels = (end.chain_name, client.client_id)
    rows[names.CLIENT_ACTIVE][labels] = float(client.status is LightClientStatus.ACTIVE)
    rows[names.CLIENT_HEIGHT][labels] = client.latest_height
    rows[names.CLIENT_AGE][labels] = now_s - client.latest_timestamp_s
    rows[names.CLIENT_EXPIRES][labels] = client.latest_timestamp_s + client.trusting_period_s - now_s


def alarm_numbers(board: AlarmBoard) -> Source:
    """Alarms that stand, by kind."""

    async def read() -> Mapping[Metric, Rows]:
        kinds = Counter(raised.alarm.kind.value for raised in board.raised)
        return {names.ALARMS: {(kind,): float(count) for kind, count in kinds.items()}}

    return Source("alarms", (names.ALARMS,), read)
