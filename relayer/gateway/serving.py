"""A gateway over two ledgers, whatever they are: its follower, its gRPC face and what health checks are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc
from crossdvp.gateway.v1 import webhook_service_pb2
from crossdvp.gateway.v1.webhook_service_pb2_grpc import add_WebhookServiceServicer_to_server
from google.protobuf.descriptor import ServiceDescriptor

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
from relayer.gateway.http.in_process import InProcessServices
from relayer.gateway.http.server import HttpFace, HttpSettings
from relayer.gateway.ports import CashSide, SecuritiesSide
from relayer.gateway.rpc_settlement import Margins, Scope, SettlementRpc
from relayer.gateway.store import LEASES, GatewayStore
from relayer.gateway.webhooks.delivery import Deliverer
from relayer.gateway.webhooks.errors import EndpointUnknown, TooManyEndpoints
from relayer.gateway.webhooks.serving import Webhooks, WebhookSettings, opened_webhooks
from relayer.lease_keeper import LeaseKeeper, LeaseTerms
from relayer.process import report_health, run_until_stopped
from relayer.rpc_server import RpcServer, ServerSettings

_log = structlog.get_logger(__name__)

SETTLEMENT_SERVICE = pb.DESCRIPTOR.services_by_name["SettlementService"]
WEBHOOK_SERVICE = webhook_service_pb2.DESCRIPTOR.services_by_name["WebhookService"]
SERVICE_NAME = SETTLEMENT_SERVICE.full_name
WEBHOOKS_LEASE, WEBHOOKS_LEASE_S = "gateway/webhooks", 15.0
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
    EndpointUnknown: grpc.StatusCode.NOT_FOUND,
    TooManyEndpoints: grpc.StatusCode.RESOURCE_EXHAUSTED,
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


@dataclass(frozen=True)
class Additions:
    """What a gateway offers beside gRPC, if it does.

    ``holder``: this instance's name, which no other has. ``lease_now_s``: the clock that its leases run by.
    """

    http: HttpSettings | None = None
    webhooks: WebhookSettings | None = None
    holder: str = "gateway"
    lease_now_s: Callable[[], float] = time.time
    on_http_ready: Callable[[int], None] = lambda _port: None


@dataclass(frozen=True)
class Service:
    """A servicer, its generated function that adds it to a server, and what it is called."""

    add: Callable[[Any, Any], None]
    servicer: Any
    descriptor: ServiceDescriptor


async def serve_gateway(
    parts: GatewayParts,
    server_settings: ServerSettings,
    margins: Margins,
    poll_interval_s: float,
    stopping: asyncio.Event,
    on_ready: Callable[[int], None],
    additions: Additions | None = None,
) -> None:
    """Follow settlements and answer until ``stopping``; ``on_ready`` is told the port. Raises ``CannotListen``."""
    additions = additions or Additions()
    follower = Follower(parts.store, parts.securities, parts.cash, FollowerSettings(poll_interval_s), parts.now_s)
    servicer = SettlementRpc(parts.store, parts.cash, parts.scope, parts.speakers, margins, parts.now_s, stopping)
    services = [Service(pb_grpc.add_SettlementServiceServicer_to_server, servicer, SETTLEMENT_SERVICE)]
    server = RpcServer(server_settings, STATUS_CODES)
    async with AsyncExitStack() as stack:
        delivering: tuple[Deliverer, LeaseKeeper] | None = None
        if additions.webhooks is not None:
            webhooks, keeper = await _opened_webhooks(parts, additions, additions.webhooks, stack)
            services.append(Service(add_WebhookServiceServicer_to_server, webhooks.servicer, WEBHOOK_SERVICE))
            delivering = webhooks.deliverer, keeper
        for service in services:
            service.add(service.servicer, server.server)
        if additions.http is not None:
            await _serve_http(additions.http, services, server, additions.on_http_ready, stack)
        on_ready(await server.start([service.descriptor.full_name for service in services]))
        health = report_health(stopping, lambda: follower.is_well, server.set_health, poll_interval_s)
        jobs = {"follower": follower.run(stopping), "health": health}
        if delivering is not None:
            jobs |= {"webhooks": delivering[0].run(stopping), "webhooks lease": delivering[1].run(stopping)}
        try:
            await run_until_stopped(stopping, jobs)
        finally:
            await server.stop()
            _log.info("stopped")


async def _opened_webhooks(
    parts: GatewayParts, additions: Additions, settings: WebhookSettings, stack: AsyncExitStack
) -> tuple[Webhooks, LeaseKeeper]:
    terms = LeaseTerms(additions.holder, WEBHOOKS_LEASE_S)
    keeper = LeaseKeeper(parts.store.database, LEASES, [WEBHOOKS_LEASE], terms, additions.lease_now_s)
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
