"""The gRPC services that a gateway has whatever is configured."""

from __future__ import annotations

import asyncio

from crossdvp.gateway.v1 import (
    audit_service_pb2,
    audit_service_pb2_grpc,
    message_service_pb2,
    message_service_pb2_grpc,
    settlement_service_pb2,
    settlement_service_pb2_grpc,
    webhook_service_pb2,
    webhook_service_pb2_grpc,
)

from relayer.gateway.audit import AuditLog
from relayer.gateway.parts import GatewayParts
from relayer.gateway.rpc_audit import AuditRpc
from relayer.gateway.rpc_desk import Desk
from relayer.gateway.rpc_message import MessageRpc
from relayer.gateway.rpc_settlement import SettlementRpc, Watching
from relayer.gateway.service import Service, service_of
from relayer.gateway.settlement_tables import AUDIT_TABLE


def core_services(parts: GatewayParts, desk: Desk, stopping: asyncio.Event) -> tuple[Service, ...]:
    """Settlements, the audit log, and whatever more this gateway was given."""
    settlements = SettlementRpc(desk, Watching(stopping, parts.heartbeat_s))
    audit = AuditRpc(AuditLog(parts.store.database, AUDIT_TABLE), parts.speakers)
    return (
        service_of(settlement_service_pb2, settlement_service_pb2_grpc, settlements),
        service_of(message_service_pb2, message_service_pb2_grpc, MessageRpc(desk, settlements)),
        service_of(audit_service_pb2, audit_service_pb2_grpc, audit),
        *parts.more.services,
    )


def webhook_service(servicer: object) -> Service:
    """Where events are posted to platforms."""
    return service_of(webhook_service_pb2, webhook_service_pb2_grpc, servicer)
