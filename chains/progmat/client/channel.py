"""mTLS channels to a node's or a Validator's API."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import grpc
import grpc.aio

MAX_MESSAGE_BYTES: Final = 5 * 1024 * 1024
CLIENT_INTERCEPTORS: Final[ContextVar[tuple[Any, ...]]] = ContextVar("client_interceptors", default=())
"""What the calls of every channel opened from here on pass: set where a process is put together that measures them."""


@dataclass(frozen=True, slots=True)
class ApiTls:
    """The caller's certificate and what it trusts, PEM."""

    authority: bytes
    certificate: bytes
    private_key: bytes


@dataclass(frozen=True, slots=True)
class ApiEndpoint:
    """Where a ledger party listens, and the name its certificate must bear."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Keepalive:
    """How a wire is found dead that nobody closed: asked after ``quiet_s`` without a byte, given up ``answer_s`` later.

    A server lets go of a caller that asks too often: nodes want 15 s between two pings, gateway and relayer 8.
    """

    quiet_s: float = 16.0
    answer_s: float = 5.0


KEEPALIVE: Final = Keepalive()
"""Every client's, of nodes, gateway and relayer."""


def open_channel(endpoint: ApiEndpoint, tls: ApiTls, keepalive: Keepalive = KEEPALIVE) -> grpc.aio.Channel:
    """A channel that connects when first used, and again after every loss."""
    credentials = grpc.ssl_channel_credentials(tls.authority, tls.private_key, tls.certificate)
    options = (
        ("grpc.ssl_target_name_override", endpoint.name),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2000),
        ("grpc.min_reconnect_backoff_ms", 5_000),  # how long connecting may take, its TLS handshake included
        ("grpc.keepalive_time_ms", round(keepalive.quiet_s * 1000)),
        ("grpc.keepalive_timeout_ms", round(keepalive.answer_s * 1000)),
        # gRPC 1.85 does not start the timer of the line above; without this one a ping is waited for a minute.
        ("grpc.http2.ping_timeout_ms", round(keepalive.answer_s * 1000)),
        ("grpc.keepalive_permit_without_calls", 1),  # whoever begins again all the time has no call now and then
        ("grpc.http2.max_pings_without_data", 0),
    )
    interceptors = CLIENT_INTERCEPTORS.get()
    return grpc.aio.secure_channel(endpoint.target, credentials, options, interceptors=interceptors)
