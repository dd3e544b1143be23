"""The relayer's gauges: what is asked of its database, its paths and its alarm board before a scrape."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import sqlalchemy as sa

from chains.evm.client.endpoint_health import EndpointState
from chains.evm.client.failover import FailoverRpc
from ibc.light_client import LightClientStatus
from relayer.core.lifecycle import PacketState
from relayer.database import Database
from relayer.store_tables import packets, steps
from relayer.telemetry import names
from relayer.telemetry.metrics import Rows, Source
from relayer.telemetry.names import Metric
from relayer.telemetry.observed_endpoint import LastSeen
from relayer.watch.alarms import AlarmBoard

DATABASE_PAUSE_S: Final = 5.0
"""However often a scraper asks, the database is asked this often at most."""
_OPEN: Final = [state.value for state in PacketState if not state.is_final]
_UNRECEIVED: Final = [PacketState.SENT.value, PacketState.RETURN_BLOCKED.value]


class LoopState(Protocol):
    """A path's loop, as it says of itself."""

    last_error: str
    halted: bool

    @property
    def standby(self) -> str:
        """What this instance waits for before it may work; empty where it works."""

    def works_here(self) -> bool:
        """Whether this instance relays the path."""


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
    """A path: its name, its ends, its loop; ``since_s``: from when on rounds are expected, by the timer."""

    name: str
    ends: tuple[End, End]
    loop: LoopState
    since_s: float = 0.0

    def complaint(self) -> str:
        """Why it is not well; empty when it is."""
        if self.loop.standby and not self.loop.halted:
            return ""  # another instance's to relay
        if self.loop.last_error:
            return ("halted: " if self.loop.halted else "") + self.loop.last_error
        return "" if all(end.last.client is not None for end in self.ends) else "no round has ended yet"


def packet_numbers(database: Database, now_s: Callable[[], float]) -> Source:
    """Open packets by state, the oldest one's age and the nearest time-out, of each source chain."""
    gauges = (names.PACKETS, names.PACKETS_PARKED, names.PACKET_OLDEST, names.PACKET_NEAREST_TIMEOUT)

    async def read() -> Mapping[Metric, Rows]:
        return await asyncio.to_thread(_packet_rows, database, now_s())

    return Source("packets", gauges, read, DATABASE_PAUSE_S)


def _packet_rows(database: Database, now_s: float) -> Mapping[Metric, Rows]:
    is_open, of = packets.c.state.in_(_OPEN), (packets.c.path, packets.c.source_chain)
    by_state = sa.select(*of, packets.c.state, sa.func.count()).where(is_open).group_by(*of, packets.c.state)
    parked = sa.select(packets.c.path, packets.c.parked, sa.func.count()).where(is_open, packets.c.parked != "")
    parked = parked.group_by(packets.c.path, packets.c.parked)
    oldest = sa.select(*of, sa.func.min(packets.c.id)).where(is_open).group_by(*of)
    nearest = sa.select(*of, sa.func.min(packets.c.timeout_s)).where(packets.c.state.in_(_UNRECEIVED)).group_by(*of)
    with database.reading() as connection:
        counts = {(str(p), str(chain), str(state)): float(n) for p, chain, state, n in connection.execute(by_state)}
        aside: Rows = {(str(path), str(why)): float(count) for path, why, count in connection.execute(parked)}
        ages: dict[tuple[str, ...], float] = {}
        for path, chain, packet_id in connection.execute(oldest).all():
            first = sa.select(sa.func.min(steps.c.at_s)).where(steps.c.packet_id == packet_id)
            ages[str(path), str(chain)] = max(0.0, now_s - float(connection.execute(first).scalar() or now_s))
        left: Rows = {(str(path), str(chain)): float(at_s) - now_s for path, chain, at_s in connection.execute(nearest)}
    ends = {(path, chain) for path, chain, _ in counts}
    full: Rows = {(*end, state): counts.get((*end, state), 0.0) for end in ends for state in _OPEN}
    return {
        names.PACKETS: full,
        names.PACKETS_PARKED: aside,
        names.PACKET_OLDEST: ages,
        names.PACKET_NEAREST_TIMEOUT: left,
    }


def path_numbers(
    paths: Callable[[], Sequence[WatchedPath]], now_s: Callable[[], float], timer_s: Callable[[], float]
) -> Source:
    """How paths fare, and the light clients that their ends host; from what was observed, without asking anybody."""
    of_paths = (names.PATH_HALTED, names.PATH_FAILING, names.PATH_ROUND_AGE, names.LEASE_HELD)
    of_clients = (names.CLIENT_ACTIVE, names.CLIENT_HEIGHT, names.CLIENT_AGE, names.CLIENT_EXPIRES)

    async def read() -> Mapping[Metric, Rows]:
        rows: dict[Metric, dict[tuple[str, ...], float]] = {gauge: {} for gauge in (*of_paths, *of_clients)}
        for path in paths():
            rows[names.PATH_HALTED][(path.name,)] = float(path.loop.halted)
            rows[names.PATH_FAILING][(path.name,)] = float(bool(path.loop.last_error))
            rows[names.LEASE_HELD][(f"path/{path.name}",)] = float(path.loop.works_here())
            if path.loop.works_here():
                read_s = min(end.last.read_s for end in path.ends)
                rows[names.PATH_ROUND_AGE][(path.name,)] = timer_s() - max(read_s, path.since_s)
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


def alarm_numbers(boards: Sequence[AlarmBoard]) -> Source:
    """Alarms that stand, by kind."""

    async def read() -> Mapping[Metric, Rows]:
        kinds = Counter(raised.alarm.kind.value for board in boards for raised in board.raised)
        return {names.ALARMS: {(kind,): float(count) for kind, count in kinds.items()}}

    return Source("alarms", (names.ALARMS,), read)


def endpoint_numbers(chains: Mapping[str, FailoverRpc]) -> Source:
    """How the endpoints of EVM chains are, as their circuit breakers keep it; asks nobody."""

    async def read() -> Mapping[Metric, Rows]:
        known = [(chain, each) for chain, rpc in chains.items() for each in rpc.status()]
        used: Rows = {(chain, each.url): float(each.health.state is EndpointState.HEALTHY) for chain, each in known}
        heights: Rows = {(chain, each.url): float(each.head) for chain, each in known}
        return {names.ENDPOINT_UP: used, names.ENDPOINT_HEIGHT: heights}

    return Source("endpoints", (names.ENDPOINT_UP, names.ENDPOINT_HEIGHT), read)
