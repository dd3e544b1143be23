"""A whole relayer on a TCP port over two instant chains, and the files by which the command line reaches it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import typer
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from chains.progmat.client.channel import ApiEndpoint
from relayer.cli import relayer as relayer_cli
from relayer.client import RelayerClient
from relayer.path import Path, PathSettings
from relayer.service import RelayerLoop, never
from relayer.serving import RelayedPath, serve_relayer
from relayer.store import RelayerStore
from relayer.watch.alarms import AlarmBoard
from relayer.watch.evidence_desk import EvidenceDesk
from relayer.watch.service import WatchLoop
from tests.fakes.instant_chain import InstantChain, instant_pair
from tests.fakes.rpc_parties import server_settings, tls_of

OPERATOR = "broker-a"


@dataclass
class RunningRelayer:
    """One relayer process, in this event loop; ``now_s`` is its clock and the chains'."""

    now_s: float
    files: FilePath
    evidence: EvidenceDesk | None = None
    store: RelayerStore = field(default_factory=lambda: RelayerStore(None))
    chains: tuple[InstantChain, InstantChain] = field(init=False)
    port: int = 0
    logs: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chains = instant_pair(lambda: int(self.now_s))
        tls = tls_of(OPERATOR)
        for name, pem in (
            ("authority.pem", tls.authority),
            ("certificate.pem", tls.certificate),
            ("private-key.pem", tls.private_key),
        ):
            (self.files / name).write_bytes(pem)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[RunningRelayer]:
        """Served for as long as this is open."""
        stopping = asyncio.Event()
        path = Path(self.chains, self.store, PathSettings(5), lambda: self.now_s, never, name="test")
        watch = WatchLoop(self.chains, {}, AlarmBoard(lambda: self.now_s), 0.01, lambda: self.now_s)
        relayed = RelayedPath(RelayerLoop(path, 0.005, stopping, not_watched=("the weather",)), watch)
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(
            serve_relayer(
                *([relayed], self.store, server_settings("relayer"), 0.005, stopping, ready.set_result),
                now_s=lambda: self.now_s,
                evidence=self.evidence,
            )
        )
        self.port = await ready
        try:
            with capture_logs() as self.logs:  # a command's output is its own
                yield self
        finally:
            stopping.set()
            await serving

    def client(self, caller: str = OPERATOR) -> RelayerClient:
        """As the product has it."""
        return RelayerClient(ApiEndpoint("relayer", f"127.0.0.1:{self.port}"), tls_of(caller))

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something is so; each look is a call that lets the relayer work."""
        async with asyncio.timeout(20):
            while not await holds():
                continue

    async def command(self, *words: str) -> Result:
        """A command of ``crossdvp relayer`` against this relayer."""
        return await self.bare_command(*words, "--target", f"127.0.0.1:{self.port}", "--tls-dir", str(self.files))

    async def bare_command(self, *words: str) -> Result:
        """The same, that says itself where to go."""
        return await asyncio.to_thread(_invoked, relayer_cli.app, words)


def _invoked(app: typer.Typer, words: Sequence[str]) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"})
