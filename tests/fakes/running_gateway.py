"""A whole gateway on a TCP port, over both ledgers in memory: started, stopped and started again over one database."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import grpc.aio
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # generated, without stubs

from chains.progmat.client.channel import ApiEndpoint, ApiTls
from relayer.gateway.access import Speakers
from relayer.gateway.admission import Margins, Scope
from relayer.gateway.call_config import CallRules
from relayer.gateway.client import GatewayClient
from relayer.gateway.cut_offs import CutOffs
from relayer.gateway.http.server import HttpSettings
from relayer.gateway.instructing import RULES, InstructionRules
from relayer.gateway.parts import Additions, GatewayParts
from relayer.gateway.service import MoreServices
from relayer.gateway.serving import serve_gateway
from relayer.gateway.settlement_codec import encode_terms
from relayer.gateway.store import GatewayStore
from relayer.gateway.webhooks.serving import WebhookSettings
from relayer.telemetry.observed_sides import ObservedCash, ObservedSecurities
from relayer.telemetry.of_gateway import GatewayTelemetry
from tests.fakes.http_callers import http_session, tls_files
from tests.fakes.rpc_parties import channel_to, server_settings, tls_of
from tests.fakes.settlement_sides import MemoryEvm, MemoryLedger
from tests.fakes.settlement_terms import T0_S, some_terms

NAME = "gateway"
SCOPE = Scope(1337, "progmat-test", frozenset({"cn-a", "cn-b", "cn-c"}))
BOTH_SIDES = "house"
"""A caller that speaks for the seller's and the buyer's node of ``some_terms``."""
SPEAKERS = Speakers({"broker-a": ("cn-a",), "broker-b": ("cn-b",), "broker-c": ("cn-c",), BOTH_SIDES: ("cn-a", "cn-b")})


@dataclass
class RunningGateway:
    """One gateway process, in this event loop. ``now_s`` is its clock."""

    database: Path | str
    now_s: int = T0_S
    evm: MemoryEvm = field(default_factory=MemoryEvm)
    ledger: MemoryLedger = field(default_factory=lambda: MemoryLedger(cash_yen=10_000_000))
    port: int = 0
    http_port: int = 0
    heartbeat_s: float = 15.0
    webhooks: WebhookSettings | None = None
    speakers: Speakers = SPEAKERS
    scope: Scope = SCOPE
    calls: CallRules = field(default_factory=CallRules)
    rules: InstructionRules = RULES
    cut_offs: CutOffs = field(default_factory=CutOffs)
    name: str = "gateway"
    more: Callable[[GatewayStore], MoreServices] = lambda _store: MoreServices()
    telemetry: GatewayTelemetry | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _serving: asyncio.Task[None] | None = None
    _channels: list[Any] = field(default_factory=list)
    _elsewhere: Path | None = None

    @property
    def folder(self) -> Path:
        """Where its certificates lie: beside the database, if that is a file."""
        if isinstance(self.database, Path):
            return self.database.parent
        if self._elsewhere is None:
            self._elsewhere = Path(tempfile.mkdtemp(prefix="crossdvp-gateway-"))
            atexit.register(shutil.rmtree, self._elsewhere, ignore_errors=True)
        return self._elsewhere

    async def start(self) -> None:
        """On a free port at first, on the same port ever after."""
        self._stopping = asyncio.Event()
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.create_task(self._serve(ready.set_result))
        either: set[asyncio.Future[Any]] = {self._serving, ready}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            self._serving.result()
        self.port = ready.result()

    async def _serve(self, on_ready: Any) -> None:  # noqa: ANN401  # a future's setter
        store = GatewayStore(self.database)
        margins = Margins(10, 10, 20, 10)
        telemetry, evm, ledger = self.telemetry, self.evm, self.ledger
        if telemetry is not None:
            telemetry.watch_store(store, {"cn-a", "cn-b", "cn-c"})
        parts = GatewayParts(
            store,
            evm if telemetry is None else ObservedSecurities(evm, telemetry.process.tracing),
            ledger if telemetry is None else ObservedCash(ledger, telemetry.process.tracing),
            self.scope,
            self.speakers,
            lambda: self.now_s,
            margins,
            rules=self.rules,
            cut_offs=self.cut_offs,
            calls=self.calls,
            name=self.name,
            heartbeat_s=self.heartbeat_s,
            more=self.more(store),
        )
        files = tls_files(self.folder, NAME)
        additions = Additions(
            HttpSettings(f"127.0.0.1:{self.http_port}", files, self.heartbeat_s),
            self.webhooks,
            on_http_ready=lambda port: setattr(self, "http_port", port),
        )
        try:
            server = server_settings(NAME, self.port, self.speakers.callers)
            if telemetry is not None:
                server = replace(server, measured=telemetry.process.server_interceptors)
            await serve_gateway(parts, server, 0.01, self._stopping, on_ready, additions, telemetry)
        finally:
            store.close()

    async def stop(self) -> None:
        """As SIGTERM does."""
        self._stopping.set()
        if self._serving is not None:
            await self._serving

    async def restart(self) -> None:
        """Stop, and start over the same database and port."""
        await self.stop()
        await self.start()

    def client(self, caller: str = BOTH_SIDES) -> GatewayClient:
        """The product's own client."""
        client = GatewayClient(ApiEndpoint(NAME, f"127.0.0.1:{self.port}"), tls_of(caller), timeout_s=5.0)
        self._channels.append(client)
        return client

    def channel(self, caller: str = BOTH_SIDES, tls: ApiTls | None = None) -> grpc.aio.Channel:
        """A bare connection."""
        channel = channel_to(NAME, self.port, tls or tls_of(caller))
        self._channels.append(channel)
        return channel

    def http(self, caller: str = BOTH_SIDES, tls: ApiTls | None = None) -> aiohttp.ClientSession:
        """A session with the HTTP face, as a caller."""
        loaded = tls or tls_of(caller)
        session = http_session(self.http_port, tls_files(self.folder, caller, loaded), loaded.authority)
        self._channels.append(session)
        return session

    def stub(self, caller: str = BOTH_SIDES, tls: ApiTls | None = None) -> Any:  # noqa: ANN401  # generated
        """The generated stub."""
        return pb_grpc.SettlementServiceStub(self.channel(caller, tls))  # type: ignore[no-untyped-call] # generated

    async def close(self) -> None:
        """Connections, then the gateway."""
        for channel in self._channels:
            await channel.close()
        await self.stop()


@contextlib.asynccontextmanager
async def running_gateway(
    database: Path,
    scope: Scope = SCOPE,
    rules: InstructionRules = RULES,
    heartbeat_s: float = 15.0,
    webhooks: WebhookSettings | None = None,
) -> AsyncIterator[RunningGateway]:
    """A started gateway over the database file, closed at the end."""
    gateway = RunningGateway(database, scope=scope, rules=rules, heartbeat_s=heartbeat_s, webhooks=webhooks)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.close()


def stored_in(database: Path | str) -> list[str]:
    """Everything in the database but the audit log, which remembers refused calls too."""
    with contextlib.closing(sqlite3.connect(database)) as reader:
        return [line for line in reader.iterdump() if not line.startswith('INSERT INTO "audit_')]


def create_request(request_id: str, **changes: Any) -> pb.CreateSettlementRequest:  # noqa: ANN401  # any field
    """The seller's instruction for trade 1; ``changes`` are fields of the request."""
    fields: dict[str, Any] = {"side": pb.SIDE_SELLER, "terms": encode_terms(some_terms())} | changes
    return pb.CreateSettlementRequest(request_id=request_id, **fields)


def details_of(failure: grpc.aio.AioRpcError) -> tuple[str, dict[str, str]]:
    """Reason and metadata of the ErrorInfo in a status; fails the test if there is none."""
    trailers: Any = failure.trailing_metadata()
    status = status_pb2.Status.FromString(dict(trailers)["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    unpacked = status.details[0].Unpack(info)
    assert unpacked, "no ErrorInfo"
    assert info.domain == "crossdvp"
    return info.reason, dict(info.metadata)
