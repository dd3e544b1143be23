"""A process's telemetry, put together: what is configured is opened, and nothing else."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import grpc.aio
from cryptography import x509

from chains.progmat.client.channel import CLIENT_INTERCEPTORS, ApiTls
from relayer.telemetry import names
from relayer.telemetry.checks import ClockAgrees, HeadMoves
from relayer.telemetry.config import TelemetrySection
from relayer.telemetry.dependencies import Dependency, DependencyBoard, DependencyKind
from relayer.telemetry.listener import Listener
from relayer.telemetry.logs import set_levels
from relayer.telemetry.metrics import Metrics, Rows, Source
from relayer.telemetry.names import Metric
from relayer.telemetry.rpc import AnsweredCalls, PeerCalls
from relayer.telemetry.tracing import NoTracing, Tracing

LAG_PAUSE_S: Final = 1.0
Job = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


class Telemetry:
    """One per process. ``now_s`` is the wall clock, ``timer_s`` never goes back; ``port`` the listener's, or 0."""

    def __init__(
        self,
        section: TelemetrySection,
        metrics: Metrics,
        tracing: Tracing,
        now_s: Callable[[], float] = time.time,
        timer_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.section = section
        self.metrics = metrics
        self.tracing = tracing
        self.now_s = now_s
        self.timer_s = timer_s
        self.port = 0
        self.board = DependencyBoard((), metrics, section.check_timeout_s, now_s, timer_s)
        self.heads: list[HeadMoves] = []
        self._jobs: dict[str, Job] = {"dependencies": self._look, "loop lag": self._measure_lag}
        self.depend("clock", DependencyKind.CLOCK, ClockAgrees(self.heads, section.max_clock_skew_s))

    @property
    def is_ready(self) -> bool:
        """Everything that the process depends on is well."""
        return self.board.is_ready

    @property
    def server_interceptors(self) -> tuple[grpc.aio.ServerInterceptor, ...]:  # type: ignore[type-arg]  # generic in its stub only
        """For the process's gRPC server, outermost."""
        return (AnsweredCalls(self.metrics, self.tracing, self.timer_s),)

    def depend(self, name: str, kind: DependencyKind, check: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """The process is not ready unless ``check`` passes; a name that is known already changes nothing."""
        self.board.add(Dependency(name, kind, check))

    def depend_on_head(self, chain: str, ask: Callable[[], Coroutine[Any, Any, Any]], most_still_s: float) -> None:
        """The chain's head has to move; its time is held against this machine's clock."""
        if any(head.chain == chain for head in self.heads):
            return
        check = HeadMoves(chain, ask, most_still_s, self.metrics, self.now_s, self.timer_s)
        self.heads.append(check)
        self.depend(f"chain {chain}", DependencyKind.CHAIN, check)

    def add_job(self, name: str, job: Job) -> None:
        """Run this beside the process's own work."""
        self._jobs[name] = job

    def jobs(self, stopping: asyncio.Event) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Everything that runs until ``stopping``."""
        return {name: job(stopping) for name, job in self._jobs.items()}

    async def _look(self, stopping: asyncio.Event) -> None:
        await self.board.run(stopping, self.section.check_interval_s)

    async def _measure_lag(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            begun_s = self.timer_s()
            try:
                await asyncio.wait_for(stopping.wait(), LAG_PAUSE_S)
            except TimeoutError:
                self.metrics.show(names.LOOP_LAG, value=max(0.0, self.timer_s() - begun_s - LAG_PAUSE_S))


@asynccontextmanager
async def opened_telemetry(
    program: str, section: TelemetrySection, table: Sequence[Metric], tls: ApiTls
) -> AsyncIterator[Telemetry]:
    """Listener and exporters, closed at the end. Enter it before channels are opened: they take its interceptors.

    Raises ``CannotListenForMetrics``.
    """
    set_levels(section.log_levels)
    metrics = Metrics(table, time.monotonic)
    metrics.show(names.BUILD, program, _version(), value=1)
    metrics.add_source(certificate_dates(tls, time.time))
    tracing = _tracing_of(program, section)
    telemetry = Telemetry(section, metrics, tracing)
    if section.is_exported:
        CLIENT_INTERCEPTORS.set((PeerCalls(metrics, tracing, telemetry.timer_s),))
    listener = None
    try:
        if section.metrics_listen is not None:
            listener = Listener(section.metrics_listen, metrics, telemetry.board, telemetry.timer_s)
            telemetry.port = await listener.open()
        yield telemetry
    finally:
        if listener is not None:
            await listener.close()
        await asyncio.to_thread(tracing.close)  # hands over to a collector, which may be away


def _tracing_of(program: str, section: TelemetrySection) -> Tracing:
    """The library is loaded only where spans are wanted."""
    if section.otlp_endpoint is None and section.traces_file is None:
        return NoTracing()
    from relayer.telemetry.exporters import span_exporters  # noqa: PLC0415  # half a second that most starts need not wait
    from relayer.telemetry.otel import OtelTracing  # noqa: PLC0415  # as above

    return OtelTracing(program, span_exporters(section))


def certificate_dates(tls: ApiTls, now_s: Callable[[], float]) -> Source:
    """When our certificate and the authority's expire."""
    ends = {
        name: x509.load_pem_x509_certificate(pem).not_valid_after_utc
        for name, pem in (("own", tls.certificate), ("authority", tls.authority))
    }

    async def read() -> Mapping[Metric, Rows]:
        now = dt.datetime.fromtimestamp(now_s(), dt.UTC)
        return {names.CERTIFICATE_EXPIRES: {(name,): (end - now).total_seconds() for name, end in ends.items()}}

    return Source("certificates", (names.CERTIFICATE_EXPIRES,), read)


def _version() -> str:
    try:
        return version("crossdvp")
    except PackageNotFoundError:
        return "unpackaged"
