"""A relayer over two chains in memory with all its telemetry and its HTTP listener, on clocks of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

import aiohttp
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.progmat.client.channel import ApiTls
from ibc.dvp import SettlementTerms
from primitives.errors import UnavailableError
from relayer.core.chain import Head
from relayer.gateway.matching import Side
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
from relayer.telemetry.of_gateway import GatewayTelemetry
from relayer.telemetry.of_relayer import RelayerTelemetry
from relayer.telemetry.process import Telemetry, certificate_dates
from relayer.telemetry.tracing import NoTracing, Tracing
from relayer.watch.alarms import AlarmBoard
from relayer.watch.service import WatchLoop
from tests.fakes.instant_chain import InstantChain
from tests.fakes.rpc_parties import server_settings, tls_of
from tests.fakes.running_gateway import RunningGateway

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
    seconds_a_look: float = 0.0

    async def metrics(self) -> str:
        """A scrape of what is now, whatever was asked a moment ago."""
        self.telemetry.process.metrics._asked_s.clear()
        return (await fetch(self.http, "/metrics"))[1]

    async def ready(self) -> dict[str, Any]:
        """/readyz, with its status."""
        status, body = await fetch(self.http, "/readyz")
        found: dict[str, Any] = json.loads(body) | {"status": status}
        return found

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until /readyz says so."""
        async with asyncio.timeout(10):
            while not holds(found := await self.ready()):
                self.clocks.pass_s(self.seconds_a_look)
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
    settings = replace(server_settings("relayer"), measured=process.server_interceptors)
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


@dataclass
class WatchedGateway:
    """A gateway that runs in this loop; ``http``: the port of its listener. Its clock is the telemetry's, too."""

    clocks: Clocks
    gateway: RunningGateway
    telemetry: GatewayTelemetry
    http: int

    async def metrics(self) -> str:
        """A scrape of what is now, whatever was asked a moment ago."""
        self.telemetry.process.metrics._asked_s.clear()
        return (await fetch(self.http, "/metrics"))[1]

    async def settle(self, terms: SettlementTerms) -> None:
        """From both instructions to the end, the counterparts in memory acting as they would."""
        client = self.gateway.client()
        await client.create(Side.SELLER, terms)
        await client.create(Side.BUYER, terms)
        self.gateway.evm.earmark(terms)
        await self.reached(terms, pb.SETTLEMENT_STATE_LOCKED)
        self.gateway.evm.deliver(terms)
        await self.reached(terms, pb.SETTLEMENT_STATE_DELIVERED)
        self.gateway.ledger.release(terms)
        await self.reached(terms, pb.SETTLEMENT_STATE_SETTLED)

    async def reached(self, terms: SettlementTerms, state: int) -> None:
        """Wait until the settlement is there; the gateway's clock goes on meanwhile, as its schedule asks by it."""
        client = self.gateway.client()
        async with asyncio.timeout(10):
            while (await client.get(f"settlements/{terms.trade_id.hex()}")).state != state:
                self.gateway.now_s += 1
                self.clocks.now_s = float(self.gateway.now_s)


@contextlib.asynccontextmanager
async def watched_gateway(folder: FilePath, tracing: Tracing | None = None) -> AsyncIterator[WatchedGateway]:
    """A gateway with telemetry, serving until the end."""
    clocks = Clocks()
    telemetry = GatewayTelemetry(telemetry_of(names.GATEWAY, clocks, tracing))
    process = telemetry.process
    listener = Listener("127.0.0.1:0", process.metrics, process.board, process.timer_s)
    gateway = RunningGateway(folder / "gateway.sqlite3", telemetry=telemetry)
    http = await listener.open()
    await gateway.start()
    try:
        yield WatchedGateway(clocks, gateway, telemetry, http)
    finally:
        await gateway.close()
        await listener.close()
        process.tracing.close()
