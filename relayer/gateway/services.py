"""The gRPC services of a gateway: a servicer, how it is added to a server, and what it is called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crossdvp.gateway.v1 import audit_service_pb2 as audit_pb
from crossdvp.gateway.v1 import settlement_service_pb2 as settlement_pb
from crossdvp.gateway.v1 import webhook_service_pb2 as webhook_pb
from crossdvp.gateway.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server
from crossdvp.gateway.v1.settlement_service_pb2_grpc import add_SettlementServiceServicer_to_server
from crossdvp.gateway.v1.webhook_service_pb2_grpc import add_WebhookServiceServicer_to_server
from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor

from relayer.gateway.audit import AuditLog
from relayer.gateway.parts import GatewayParts
from relayer.gateway.rpc_audit import AuditRpc
from relayer.gateway.rpc_desk import Desk
from relayer.gateway.rpc_settlement import SettlementRpc, Watching
from relayer.gateway.settlement_tables import AUDIT_TABLE


@dataclass(frozen=True)
class Service:
    """A servicer, its generated function that adds it to a server, and what it is called."""

    add: Callable[[Any, Any], None]
    servicer: Any
    descriptor: ServiceDescriptor


def core_services(parts: GatewayParts, desk: Desk, stopping: asyncio.Event) -> tuple[Service, ...]:
    """What every gateway serves."""
    settlements = SettlementRpc(desk, Watching(stopping, parts.heartbeat_s))
    audit = AuditRpc(AuditLog(parts.store.database, AUDIT_TABLE), parts.speakers)
    return (
        Service(add_SettlementServiceServicer_to_server, settlements, _service(settlement_pb.DESCRIPTOR)),
        Service(add_AuditServiceServicer_to_server, audit, _service(audit_pb.DESCRIPTOR)),
    )


def webhook_service(servicer: Any) -> Service:  # noqa: ANN401  # generated servicers have no common type
    """Where events are posted to platforms."""
    return Service(add_WebhookServiceServicer_to_server, servicer, _service(webhook_pb.DESCRIPTOR))


def _service(file: FileDescriptor) -> ServiceDescriptor:
    """A file's one service."""
    (found,) = file.services_by_name.values()
    return found
