"""A gRPC server of ours: mTLS, callers by certificate name, health, reflection, errors with details."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from chains.progmat.client.channel import ApiTls
from chains.rpc_guard import Adorn, ErrorStatusInterceptor, abort_with_error
from primitives.errors import CallerError
from relayer.rpc.call import BadRequestIdMetadata, CallContext, DeadlinePassed, Deadlines, InTime
from relayer.rpc.callers import CallerCertificate, CallerList, CallerNotAuthorised, caller_of, certificate_of
from relayer.rpc.handlers import Behaviour, KeptHandlers
from relayer.rpc.reflection import serve_reflection
from relayer.rpc.well_formed import MAX_REQUEST_BYTES, MalformedRequest, RequestTooLarge, WellFormedRequests

__all__ = [
    "MAX_REQUEST_BYTES",
    "SERVER_CODES",
    "BadRequestIdMetadata",
    "CallerCertificate",
    "CallerNotAuthorised",
    "CannotListen",
    "DeadlinePassed",
    "Deadlines",
    "Health",
    "MalformedRequest",
    "MethodUnknown",
    "RequestTooLarge",
    "RpcServer",
    "ServerSettings",
    "caller_of",
    "certificate_of",
]

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""What is read of any request at all; above it gRPC itself ends the call, without our details."""


class Health(Enum):
    """What health checks are told."""

    SERVING = health_pb2.HealthCheckResponse.SERVING
    NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class CannotListen(CallerError):
    """The server cannot be opened: the address is taken or wrong, or the certificate and its key are unusable."""

    reason = "CANNOT_LISTEN"

    def __init__(self, listen: str) -> None:
        self.listen = listen
        super().__init__(f"cannot listen on {listen}: choose another address in `listen`, or check the tls files")


class MethodUnknown(CallerError):
    """No service of this server has that method."""

    reason = "METHOD_UNKNOWN"

    def __init__(self, method: str) -> None:
        self.method = method[:256]
        super().__init__(f"no method {self.method} here: reflection lists the services and their methods")


SERVER_CODES: Mapping[type[BaseException], grpc.StatusCode] = {
    CallerNotAuthorised: grpc.StatusCode.PERMISSION_DENIED,
    MethodUnknown: grpc.StatusCode.UNIMPLEMENTED,
    DeadlinePassed: grpc.StatusCode.DEADLINE_EXCEEDED,
}


LEAST_PING_MS = 8_000
"""Callers find out by pings that a wire is dead; more often than this is too often."""


@dataclass(frozen=True)
class ServerSettings:
    """Where a process listens (``host:port``, port 0 = any free one), its certificate, and whom it answers."""

    listen: str
    tls: ApiTls
    callers: tuple[str, ...]
    measured: tuple[grpc.aio.ServerInterceptor, ...] = ()  # type: ignore[type-arg]  # generic in its stub only
    """What every call passes before all else that may refuse it: it sees the statuses that callers get."""


class RpcServer:
    """One server; ``add`` servicers to ``server``, then ``start``. NOT_SERVING until ``set_health`` says otherwise.

    ``codes`` refines the status codes of errors, ``adorn`` adds to their details. ``access``: interceptors that decide
    who may call what; the plain list of callers unless they are given. ``most_bytes``: see ``WellFormedRequests``.
    ``interceptors``: what calls go through, outermost first; another face of the same servicers goes through them, too.
    """

    def __init__(
        self,
        settings: ServerSettings,
        codes: Mapping[type[BaseException], grpc.StatusCode] | None = None,
        *,
        adorn: Adorn | None = None,
        access: Sequence[Any] | None = None,
        most_bytes: Mapping[str, int] | None = None,
        deadlines: Deadlines | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        tls = settings.tls
        options = (
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", LEAST_PING_MS),
        )
        self._codes = {**SERVER_CODES, **(codes or {})}
        self._adorn = adorn
        self._calls = CallContext(deadlines or Deadlines(), clock_s)
        # Outermost first: whatever is raised further in becomes a status; who calls is asked before what is called.
        interceptors = (
            KeptHandlers(self._unserved),
            *settings.measured,
            self._calls,
            ErrorStatusInterceptor(self._codes, adorn),
            InTime(),
            *((CallerList(settings.callers),) if access is None else access),
            WellFormedRequests(most_bytes),
        )
        self._listen = settings.listen
        self.interceptors = interceptors
        self.server = grpc.aio.server(interceptors=interceptors, options=options)
        self._credentials = grpc.ssl_server_credentials(
            [(tls.private_key, tls.certificate)], root_certificates=tls.authority, require_client_auth=True
        )
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]  # missing in its stub
        self._service_names: tuple[str, ...] = ()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self.server)

    async def start(self, service_names: Sequence[str]) -> int:
        """Bind and serve; returns the port. Raises ``CannotListen``."""
        self._service_names = tuple(service_names)
        health_name = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        serve_reflection((*service_names, health_name), self.server)
        await self.set_health(Health.NOT_SERVING)
        try:
            port: int = self.server.add_secure_port(self._listen, self._credentials)
        except RuntimeError:  # gRPC's word for every reason
            raise CannotListen(self._listen) from None
        await self.server.start()
        return port

    async def set_health(self, health_now: Health) -> None:
        """Whether everything this process depends on answers; told for the server and for each of its services."""
        for name in ("", *self._service_names):
            await self._health.set(name, health_now.value)

    async def stop(self, grace_s: float = 1.0) -> None:
        """Refuse new calls, end running ones after ``grace_s``."""
        await self._health.enter_graceful_shutdown()
        await self.server.stop(grace_s)

    def _unserved(self, method: str) -> Behaviour:
        async def refuse(_request: object, context: Any) -> object:  # noqa: ANN401  # grpc's contexts have no common type
            self._calls.enter(method, context, math.inf)
            await abort_with_error(context, MethodUnknown(method), self._codes, self._adorn)

        return refuse
