"""A gateway over two ledgers, whatever they are: its follower, its gRPC face and what health checks are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
import grpc.aio
import structlog
from crossdvp.gateway.v1 import audit_service_pb2_grpc
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc

from relayer.gateway.access import Speakers
from relayer.gateway.access_errors import ACCESS_CODES
from relayer.gateway.admission import Admission, Margins, Scope
from relayer.gateway.audit import AuditLog, AuditWriter
from relayer.gateway.audit_calls import AuditedCalls
from relayer.gateway.calendar import CalendarUnknown
from relayer.gateway.call_config import CallRules
from relayer.gateway.caller_checks import CallerChecks
from relayer.gateway.cut_offs import CutOffs
from relayer.gateway.error_details import adorner
from relayer.gateway.errors import (
    BadRequest,
    BuyerCancels,
    EtagMismatch,
    FourEyesSameUser,
    NotABusinessDay,
    NothingToAffirm,
    NothingToRetry,
    NotInstructed,
    NotOnHold,
    NotYourInstruction,
    NotYourSide,
    PastCutOff,
    ReferenceTaken,
    RequestIdReused,
    SettlementEnded,
    SettlementUnknown,
    TermsHashDiffers,
    TimesTooClose,
    TimesTooFar,
    TradeAlreadyLocked,
    TradeIdTaken,
    TradeReferenceAmbiguous,
    TradeReferenceUnknown,
)
from relayer.gateway.follower import Follower, FollowerSettings
from relayer.gateway.group_commit import GroupCommit
from relayer.gateway.instructing import InstructionRules
from relayer.gateway.limits import Limiter
from relayer.gateway.method_rules import MOST_BYTES
from relayer.gateway.newest import NewestEvent
from relayer.gateway.ports import CashSide, SecuritiesSide
from relayer.gateway.rpc_audit import SERVICE_NAME as AUDIT_SERVICE
from relayer.gateway.rpc_audit import AuditRpc
from relayer.gateway.rpc_desk import Desk
from relayer.gateway.rpc_settlement import SettlementRpc, Watching
from relayer.gateway.settlement_tables import AUDIT_TABLE, FOLLOWER_LEASE, LEASES
from relayer.gateway.store import GatewayStore
from relayer.gateway.tokens import TokenVerifier
from relayer.lease_keeper import LeaseKeeper, LeaseTerms
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
    EtagMismatch: grpc.StatusCode.ABORTED,
    NothingToAffirm: grpc.StatusCode.FAILED_PRECONDITION,
    TermsHashDiffers: grpc.StatusCode.FAILED_PRECONDITION,
    NotInstructed: grpc.StatusCode.FAILED_PRECONDITION,
    NotYourInstruction: grpc.StatusCode.PERMISSION_DENIED,
    NotOnHold: grpc.StatusCode.FAILED_PRECONDITION,
    FourEyesSameUser: grpc.StatusCode.PERMISSION_DENIED,
    NothingToRetry: grpc.StatusCode.FAILED_PRECONDITION,
    ReferenceTaken: grpc.StatusCode.ALREADY_EXISTS,
    TradeReferenceUnknown: grpc.StatusCode.NOT_FOUND,
    TradeReferenceAmbiguous: grpc.StatusCode.FAILED_PRECONDITION,
    NotABusinessDay: grpc.StatusCode.FAILED_PRECONDITION,
    PastCutOff: grpc.StatusCode.FAILED_PRECONDITION,
    CalendarUnknown: grpc.StatusCode.INVALID_ARGUMENT,
}
LEASE_TTL_S = 10.0
_WATCH_POLL_S = 0.05


@dataclass(frozen=True)
class GatewayParts:
    """What a gateway stands on; the caller opens and closes it.

    ``name``: this instance's own, for the lease under which it follows. ``heartbeat_s``: of watches.
    """

    store: GatewayStore
    securities: SecuritiesSide
    cash: CashSide
    scope: Scope
    speakers: Speakers
    now_s: Callable[[], int]
    rules: InstructionRules = field(default_factory=InstructionRules)
    cut_offs: CutOffs = field(default_factory=CutOffs)
    name: str = "gateway"
    heartbeat_s: float = 15.0
    calls: CallRules = field(default_factory=CallRules)


@dataclass(frozen=True)
class Service:
    """A gRPC service of the process: how its servicer is added to a server, and its full name."""

    add: Callable[[object, grpc.aio.Server], None]
    servicer: object
    name: str


def services_of(parts: GatewayParts, desk: Desk, audit: AuditLog, stopping: asyncio.Event) -> tuple[Service, ...]:
    """All that a gateway serves."""
    settlements = SettlementRpc(desk, Watching(stopping, parts.heartbeat_s))
    audits = AuditRpc(audit, parts.speakers)
    return (
        Service(pb_grpc.add_SettlementServiceServicer_to_server, settlements, SERVICE_NAME),
        Service(audit_service_pb2_grpc.add_AuditServiceServicer_to_server, audits, AUDIT_SERVICE),
    )


async def serve_gateway(
    parts: GatewayParts,
    server_settings: ServerSettings,
    margins: Margins,
    poll_interval_s: float,
    stopping: asyncio.Event,
    on_ready: Callable[[int], None],
) -> None:
    """Follow settlements and answer until ``stopping``; ``on_ready`` is told the port. Raises ``CannotListen``.

    Of several over one PostgreSQL all answer, and the one that holds the lease follows.
    """
    store, commit = parts.store, GroupCommit(parts.store.apply)
    keeper = _keeper(parts) if store.database.is_shared else None
    settings = FollowerSettings(poll_interval_s)
    follower = Follower(store, parts.securities, parts.cash, settings, parts.now_s, commit, keeper)
    admission = Admission(parts.scope, margins, parts.rules, parts.cut_offs)
    newest = NewestEvent(store.newest_number, _WATCH_POLL_S)
    desk = Desk(store, commit, newest, parts.cash, admission, parts.speakers, parts.now_s, STATUS_CODES)
    audit = AuditLog(store.database, AUDIT_TABLE)
    writer = AuditWriter(audit)
    server = _server(parts, server_settings, writer)
    services = services_of(parts, desk, audit, stopping)
    for service in services:
        service.add(service.servicer, server.server)
    on_ready(await server.start([service.name for service in services]))
    health = report_health(stopping, lambda: follower.is_well, server.set_health, poll_interval_s)
    jobs = {"follower": follower.run(stopping), "health": health, "audit": writer.run(stopping)}
    if keeper is not None:
        jobs["lease"] = keeper.run(stopping)
    try:
        await run_until_stopped(stopping, jobs)
    finally:
        await server.stop()
        await asyncio.gather(commit.close(), newest.close(), writer.close())
        _log.info("stopped")


def _keeper(parts: GatewayParts) -> LeaseKeeper:
    terms = LeaseTerms(parts.name, LEASE_TTL_S)
    return LeaseKeeper(parts.store.database, LEASES, (FOLLOWER_LEASE,), terms, parts.now_s)


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
