"""A relayer over two chains in memory with all its telemetry and its HTTP listener, on clocks of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import aiohttp

from chains.progmat.client import ApiTls
from primitives.errors import UnavailableError
from relayer.core.chain import Head
from relayer.path import Path, PathSettings
from relayer.service import RelayerLoop, never
from relayer.serving import RelayedPath, serve_relayer
from relayer.store import RelayerStore
from relayer.telemetry import names
from relayer.telemetry.config import TelemetrySection
from relayer.telemetry.dependencies import DependencyKind
from relayer.telemetry.listener import Listener
from relayer.telemetry.metrics import Metrics
from relayer.telemetry.names import Metric
from relayer.telemetry.of_relayer import RelayerTelemetry
from relayer.telemetry.process import Telemetry, certificate_dates
from relayer.telemetry.tracing import NoTracing, Tracing
from relayer.watch.alarms import AlarmBoard
from relayer.watch.service import WatchLoop
from tests.fakes.instant_chain import InstantChain
from tests.fakes.rpc_parties import server_settings, tls_of

T0_S = 1_700_000_000
QUICK = TelemetrySection(check_interval_s=0.05, check_timeout_s=0.5)


class NodeAway(UnavailableError):
    """A thing that the test broke."""

    reason = "NODE_AWAY"


@dataclass
class Clocks:
    """Both clocks of a process, moved by the test."""

    now_s: float = float(T0_S)
    timer_s: float = 1000.0

    def pass_s(self, seconds: float) -> None:
        """Time passes on both."""
        self.now_s += seconds
        self.timer_s += seconds


@dataclass
class HaltingChain(InstantChain):
    """Can stand still: its node answers, and no block comes."""

    stands: bool = False

    async def head(self) -> Head:
        """See ChainEndpoint."""
        if not self.stands:
            return await super().head()
        self._check_here()
        return Head(self.height, self.times[self.height])


@dataclass
class Switch:
    """A dependency that the test breaks."""

    broken: bool = False

    async def check(self) -> None:
        """Raises ``NodeAway`` while broken."""
        if self.broken:
            raise NodeAway("somebody pulled the plug")


async def fetch(port: int, path: str) -> tuple[int, str]:
    """A page of a listener: status and body."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


def telemetry_of(
    table: Sequence[Metric],
    clocks: Clocks,
    tracing: Tracing | None = None,
    section: TelemetrySection = QUICK,
    tls: ApiTls | None = None,
) -> Telemetry:
    """A process's telemetry on the test's clocks."""
    metrics = Metrics(table, lambda: clocks.timer_s)
    metrics.show(names.BUILD, "test", "0", value=1)
    metrics.add_source(certificate_dates(tls or tls_of("relayer"), lambda: clocks.now_s))
    return Telemetry(section, metrics, tracing or NoTracing(), lambda: clocks.now_s, lambda: clocks.timer_s)


@dataclass
class WatchedRelayer:
    """A relayer that runs in this loop. ``http``: the port of its listener."""

    clocks: Clocks
    chains: tuple[HaltingChain, HaltingChain]
    telemetry: RelayerTelemetry
    store: RelayerStore
    loop: RelayerLoop
    board: AlarmBoard
    port: int = 0
    http: int = 0
    switches: dict[str, Switch] = field(default_factory=dict)

    async def metrics(self) -> str:
        """A scrape, with the sources' pauses over."""
        self.clocks.timer_s += 6.0
        return (await fetch(self.http, "/metrics"))[1]

    async def ready(self) -> dict[str, Any]:
        """/readyz, with its status."""
        status, body = await fetch(self.http, "/readyz")
        found: dict[str, Any] = json.loads(body) | {"status": status}
        return found

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until /readyz says so."""
        async with asyncio.timeout(10):
            while not holds(found := await self.ready()):  # noqa: ASYNC110  # whoever changes it tells nobody
                await asyncio.sleep(0)
        return found


@contextlib.asynccontextmanager
async def watched_relayer(
    database: FilePath | None = None, tracing: Tracing | None = None, *, section: TelemetrySection = QUICK
) -> AsyncIterator[WatchedRelayer]:
    """A relayer with telemetry, serving until the end."""
    clocks, stopping = Clocks(), asyncio.Event()
    chains = _halting_pair(clocks)
    telemetry = RelayerTelemetry(telemetry_of(names.RELAYER, clocks, tracing, section))
    store = RelayerStore(database)
    telemetry.watch_store(store)
    path = Path(telemetry.observed("main", chains), store, PathSettings(5), lambda: clocks.now_s, never, name="main")
    loop, board = RelayerLoop(path, 0.005, stopping), AlarmBoard(lambda: clocks.now_s)
    watch = WatchLoop(chains, {}, board, 0.01, lambda: clocks.now_s)
    process = telemetry.process
    listener = Listener("127.0.0.1:0", process.metrics, process.board, process.timer_s)
    world = WatchedRelayer(clocks, chains, telemetry, store, loop, board)
    for name in ("node sn", "validators"):
        switch = world.switches[name] = Switch()
        process.depend(name, DependencyKind.PEER, switch.check)
    world.http = await listener.open()
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    settings = server_settings("relayer")
    settings = type(settings)(settings.listen, settings.tls, settings.callers, process.server_interceptors)
    serving = asyncio.create_task(
        serve_relayer(
            [RelayedPath(loop, watch)], store, settings, 0.01, stopping, ready.set_result, telemetry=telemetry
        )
    )
    world.port = await ready
    try:
        yield world
    finally:
        stopping.set()
        await serving
        await listener.close()
        process.tracing.close()
        store.close()


def _halting_pair(clocks: Clocks) -> tuple[HaltingChain, HaltingChain]:
    one = HaltingChain("one", "client-one", lambda: int(clocks.now_s))
    two = HaltingChain("two", "client-two", lambda: int(clocks.now_s))
    one.counterparty, two.counterparty = two, one
    return one, two
