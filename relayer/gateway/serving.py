"""A gateway over two ledgers, whatever they are: its follower, its gRPC face and what health checks are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import grpc
import structlog
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc

from relayer.gateway.access import Speakers
from relayer.gateway.errors import (
    BadRequest,
    BuyerCancels,
    NotYourSide,
    RequestIdReused,
    RoleMissing,
    SettlementEnded,
    SettlementUnknown,
    TimesTooClose,
    TimesTooFar,
    TradeAlreadyLocked,
    TradeIdTaken,
)
from relayer.gateway.follower import Follower, FollowerSettings
from relayer.gateway.ports import CashSide, SecuritiesSide
from relayer.gateway.rpc_settlement import Margins, Scope, SettlementRpc
from relayer.gateway.store import GatewayStore
from relayer.process import report_health, run_until_stopped
from relayer.rpc_server import RpcServer, ServerSettings
from relayer.telemetry.of_gateway import GatewayTelemetry

_log = structlog.get_logger(__name__)

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["SettlementService"].full_name
STATUS_CODES = {
    BadRequest: grpc.StatusCode.INVALID_ARGUMENT,
    RoleMissing: grpc.StatusCode.PERMISSION_DENIED,
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


async def serve_gateway(
    parts: GatewayParts,
    server_settings: ServerSettings,
    margins: Margins,
    poll_interval_s: float,
    stopping: asyncio.Event,
    on_ready: Callable[[int], None],
    telemetry: GatewayTelemetry | None = None,
) -> None:
    """Follow settlements and answer until ``stopping``; ``on_ready`` is told the port. Raises ``CannotListen``."""
    follower = Follower(parts.store, parts.securities, parts.cash, FollowerSettings(poll_interval_s), parts.now_s)
    server = RpcServer(server_settings, STATUS_CODES)
    servicer = SettlementRpc(parts.store, parts.cash, parts.scope, parts.speakers, margins, parts.now_s, stopping)
    pb_grpc.add_SettlementServiceServicer_to_server(servicer, server.server)  # type: ignore[no-untyped-call] # generated
    on_ready(await server.start((SERVICE_NAME,)))

    def is_well() -> bool:
        return follower.is_well and (telemetry is None or telemetry.process.is_ready)

    health = report_health(stopping, is_well, server.set_health, poll_interval_s)
    jobs = {"follower": follower.run(stopping), "health": health}
    if telemetry is not None:
        telemetry.watch_follower(follower)
        jobs |= telemetry.process.jobs(stopping)
    try:
        await run_until_stopped(stopping, jobs)
    finally:
        await server.stop()
        _log.info("stopped")
