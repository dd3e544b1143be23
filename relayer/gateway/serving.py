"""A gateway over two ledgers, whatever they are: its follower, its faces and what health checks are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Final, Protocol

import structlog

from relayer.gateway.admission import Admission
from relayer.gateway.audit import AuditLog, AuditWriter
from relayer.gateway.audit_calls import AuditedCalls
from relayer.gateway.caller_checks import CallerChecks
from relayer.gateway.crash_points import committing
from relayer.gateway.error_details import adorner
from relayer.gateway.follower import Follower, FollowerSettings
from relayer.gateway.group_commit import GroupCommit
from relayer.gateway.http.in_process import InProcessServices
from relayer.gateway.http.server import HttpFace, HttpSettings
from relayer.gateway.limits import Limiter
from relayer.gateway.method_rules import MOST_BYTES
from relayer.gateway.newest import NewestEvent
from relayer.gateway.parts import Additions, GatewayParts
from relayer.gateway.rpc_desk import Desk
from relayer.gateway.service import Service
from relayer.gateway.services import core_services, webhook_service
from relayer.gateway.settlement_tables import AUDIT_TABLE, FOLLOWER_LEASE, LEASES
from relayer.gateway.status_codes import STATUS_CODES
from relayer.gateway.tokens import TokenVerifier
from relayer.gateway.webhooks.serving import Webhooks, WebhookSettings, opened_webhooks
from relayer.lease_keeper import LeaseKeeper, LeaseTerms
from relayer.process import report_health, run_until_stopped
from relayer.rpc_server import RpcServer, ServerSettings
from relayer.telemetry.of_gateway import GatewayTelemetry

_log = structlog.get_logger(__name__)

WEBHOOKS_LEASE: Final = "gateway/webhooks"
LEASE_TTL_S, WEBHOOKS_LEASE_TTL_S = 10.0, 15.0
_WATCH_POLL_S, _WATCH_POLL_ALONE_S = 0.05, 1.0


async def serve_gateway(
    parts: GatewayParts,
    server_settings: ServerSettings,
    poll_interval_s: float,
    stopping: asyncio.Event,
    on_ready: Callable[[int], None],
    additions: Additions | None = None,
    telemetry: GatewayTelemetry | None = None,
) -> None:
    """Follow settlements and answer until ``stopping``; ``on_ready`` is told the port. Raises ``CannotListen``.

    Of several over one PostgreSQL all answer; one of them, by its lease, follows, and one delivers webhooks.
    """
    offered = additions or Additions()
    commit, newest = GroupCommit(committing(parts.store.apply, parts.crash)), _newest(parts)
    writer = AuditWriter(AuditLog(parts.store.database, AUDIT_TABLE), parts.crash)
    keeper = _follower_lease(parts)
    settings = FollowerSettings(poll_interval_s, crash=parts.crash)
    follower = Follower(parts.store, parts.securities, parts.cash, settings, parts.now_s, commit, keeper)
    runners: dict[str, Runner] = {"follower": follower, "audit": writer}
    if keeper is not None:
        runners["lease"] = keeper
    server = _server(parts, server_settings, writer)
    async with AsyncExitStack() as stack:
        services = core_services(parts, _desk(parts, commit, newest), stopping)
        if offered.webhooks is not None:
            webhooks, lease = await _opened_webhooks(parts, offered, offered.webhooks, stack)
            services = (*services, webhook_service(webhooks.servicer))
            runners |= {"webhooks": webhooks.deliverer, "webhooks lease": lease}
        for service in services:
            service.add(service.servicer, server.server)
        if offered.http is not None:
            await _serve_http(offered.http, services, server, offered.on_http_ready, stack)
        on_ready(await server.start([service.descriptor.full_name for service in services]))

        def is_well() -> bool:
            return follower.is_well and (telemetry is None or telemetry.process.is_ready)

        health = report_health(stopping, is_well, server.set_health, poll_interval_s)
        loops = {name: runner.run for name, runner in runners.items()} | dict(parts.more.loops)
        jobs = {"health": health, **{name: loop(stopping) for name, loop in loops.items()}}
        if telemetry is not None:
            telemetry.watch_follower(follower, keeper)
            jobs |= telemetry.process.jobs(stopping)
        try:
            await run_until_stopped(stopping, jobs)
        finally:
            await server.stop()
            await asyncio.gather(commit.close(), newest.close())
            await writer.close()  # last: entries of changes that failed are its to write
            _log.info("stopped")


class Runner(Protocol):
    """What a gateway does beside answering, until it is stopped."""

    def run(self, stopping: asyncio.Event) -> Coroutine[Any, Any, None]:
        """Until ``stopping``."""


def _follower_lease(parts: GatewayParts) -> LeaseKeeper | None:
    """Of several instances over a shared database one follows."""
    if not parts.store.database.is_shared:
        return None
    terms = LeaseTerms(parts.name, LEASE_TTL_S)
    return LeaseKeeper(parts.store.database, LEASES, (FOLLOWER_LEASE,), terms, parts.now_s)


def _newest(parts: GatewayParts) -> NewestEvent:
    """Of a shared database the number is asked for; else it is told, and asked for now and then to be safe."""
    shared = parts.store.database.is_shared
    newest = NewestEvent(parts.store.newest_number, _WATCH_POLL_S if shared else _WATCH_POLL_ALONE_S)
    parts.store.listen(newest.tell)
    return newest


def _desk(parts: GatewayParts, commit: GroupCommit, newest: NewestEvent) -> Desk:
    admission = Admission(parts.scope, parts.margins, parts.rules, parts.cut_offs)
    clerk = (parts.store, commit, newest, parts.cash, admission, parts.speakers, parts.now_s, STATUS_CODES)
    return Desk(*clerk, parts.more.listed)


def _server(parts: GatewayParts, settings: ServerSettings, writer: AuditWriter) -> RpcServer:
    """The server with the gateway's own rules: who may call what, how often, and what is remembered of it."""
    audited = AuditedCalls(writer, parts.speakers, parts.now_s)
    verifier = TokenVerifier(parts.calls.tokens)
    checks = CallerChecks(parts.speakers, verifier, Limiter(time.monotonic_ns), audited, parts.now_s)
    return RpcServer(
        settings,
        STATUS_CODES,
        adorn=adorner(parts.calls.help_url),
        access=(checks, audited),
        most_bytes=MOST_BYTES,
        deadlines=parts.calls.deadlines,
    )


async def _opened_webhooks(
    parts: GatewayParts, offered: Additions, settings: WebhookSettings, stack: AsyncExitStack
) -> tuple[Webhooks, LeaseKeeper]:
    terms = LeaseTerms(parts.name, WEBHOOKS_LEASE_TTL_S)
    keeper = LeaseKeeper(parts.store.database, LEASES, [WEBHOOKS_LEASE], terms, offered.lease_now_s)
    settings = replace(settings, delivery=replace(settings.delivery, crash=parts.crash))
    opened = opened_webhooks(settings, parts.store, parts.speakers, keeper, parts.now_s)
    return await stack.enter_async_context(opened), keeper


async def _serve_http(
    settings: HttpSettings,
    services: Sequence[Service],
    server: RpcServer,
    on_ready: Callable[[int], None],
    stack: AsyncExitStack,
) -> None:
    """The same servicers behind the same interceptors, over HTTP. Raises ``CannotListen``."""
    calls = InProcessServices(server.interceptors)
    for service in services:
        service.add(service.servicer, calls)
    face = HttpFace(settings, [service.descriptor for service in services], calls)
    on_ready(await face.start())
    stack.push_async_callback(face.stop)
