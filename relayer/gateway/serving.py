"""A gateway over two ledgers, whatever they are: its follower, its gRPC face and what health checks are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import structlog
from crossdvp.gateway.v1 import audit_service_pb2_grpc
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc

from relayer.gateway.access import Speakers
from relayer.gateway.access_errors import ACCESS_CODES
from relayer.gateway.audit import AuditLog, AuditWriter
from relayer.gateway.audit_calls import AuditedCalls
from relayer.gateway.call_config import CallRules
from relayer.gateway.caller_checks import CallerChecks
from relayer.gateway.error_details import adorner
from relayer.gateway.errors import (
    BadRequest,
    BuyerCancels,
    NotYourSide,
    RequestIdReused,
    SettlementEnded,
    SettlementUnknown,
    TimesTooClose,
    TimesTooFar,
    TradeAlreadyLocked,
    TradeIdTaken,
)
from relayer.gateway.follower import Follower, FollowerSettings
from relayer.gateway.limits import Limiter
from relayer.gateway.method_rules import MOST_BYTES
from relayer.gateway.ports import CashSide, SecuritiesSide
from relayer.gateway.rpc_audit import SERVICE_NAME as AUDIT_SERVICE
from relayer.gateway.rpc_audit import AuditRpc
from relayer.gateway.rpc_settlement import Margins, Scope, SettlementRpc
from relayer.gateway.store import AUDIT_TABLE, GatewayStore
from relayer.gateway.tokens import TokenVerifier
from relayer.process import report_health, run_until_stopped
from relayer.rpc_server import RpcServer, ServerSettings

_log = structlog.get_logger(__name__)

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["SettlementService"].full_name
STATUS_CODES = {
    **ACCESS_CODES,
    BadRequest: grpc.StatusCode.INVALID_ARGUMENT,
    NotYourSide: grpc.StatusCode.PERMISSION_DENIED,
    SettlementUnknown: grpc.StatusCode.NOT_FOUND,
    RequestIdReused: grpc.StatusCode.ALREADY_EXISTS,
    TradeIdTaken: grpc.StatusCode.ALREADY_EXISTS,
    SettlementEnded: grpc.StatusCode.FAILED_PRECONDITION,
    TradeAlreadyLocked: grpc.StatusCode.FAILED_PRECONDITION,
    TimesTooClose: grpc.StatusCode.FAILED_PRECONDITION,
    TimesTooFar: grpc.StatusCode.FAILED_PRECONDITION,
    BuyerCancels: grpc.StatusCode.PERMISSION_DENIED,
}


@dataclass(frozen=True)
class GatewayParts:
    """What a gateway stands on; the caller opens and closes it."""

    store: GatewayStore
    securities: SecuritiesSide
    cash: CashSide
    scope: Scope
    speakers: Speakers
    now_s: Callable[[], int]
    calls: CallRules = field(default_factory=CallRules)


async def serve_gateway(
    parts: GatewayParts,
    server_settings: ServerSettings,
    margins: Margins,
    poll_interval_s: float,
    stopping: asyncio.Event,
    on_ready: Callable[[int], None],
) -> None:
    """Follow settlements and answer until ``stopping``; ``on_ready`` is told the port. Raises ``CannotListen``."""
    follower = Follower(parts.store, parts.securities, parts.cash, FollowerSettings(poll_interval_s), parts.now_s)
    audit = AuditLog(parts.store.database, AUDIT_TABLE)
    writer = AuditWriter(audit)
    server = _server(parts, server_settings, writer)
    servicer = SettlementRpc(parts.store, parts.cash, parts.scope, parts.speakers, margins, parts.now_s, stopping)
    services: tuple[tuple[Any, Any, str], ...] = (
        (pb_grpc.add_SettlementServiceServicer_to_server, servicer, SERVICE_NAME),
        (
            audit_service_pb2_grpc.add_AuditServiceServicer_to_server,
            AuditRpc(audit, parts.speakers),
            AUDIT_SERVICE,
        ),
    )
    for add, each, _ in services:
        add(each, server.server)
    on_ready(await server.start([name for _, _, name in services]))
    health = report_health(stopping, lambda: follower.is_well, server.set_health, poll_interval_s)
    jobs = {"follower": follower.run(stopping), "health": health, "audit": writer.run(stopping)}
    try:
        await run_until_stopped(stopping, jobs)
    finally:
        await server.stop()
        await writer.close()
        _log.info("stopped")


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
