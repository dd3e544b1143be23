"""A gRPC server of ours: mTLS, callers by certificate name, health, reflection, errors with details."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import DecodeError as ProtobufDecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from chains.progmat.client import ApiTls
from chains.rpc_status import ErrorStatusInterceptor, abort_with_error
from primitives.errors import CallerError

MAX_REQUEST_BYTES = 256 * 1024


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


class CallerNotAuthorised(CallerError):
    """The caller's certificate is valid, but its name is not on this server's list."""

    reason = "CALLER_NOT_AUTHORISED"

    def __init__(self, caller: str) -> None:
        self.caller = caller
        super().__init__(
            f"{caller or 'a caller without a name'} may not call this server: add it to its list of callers"
        )


class MalformedRequest(CallerError):
    """The bytes are not the method's request, or hold fields that this version does not know: nothing was done."""

    reason = "MALFORMED_REQUEST"


@dataclass(frozen=True)
class ServerSettings:
    """Where a process listens (``host:port``, port 0 = any free one), its certificate, and whom it answers."""

    listen: str
    tls: ApiTls
    callers: tuple[str, ...]
    outermost: tuple[grpc.aio.ServerInterceptor, ...] = ()  # type: ignore[type-arg]  # generic in its stub only
    """What every call passes first: whoever measures calls sees the statuses that callers get."""


def caller_of(context: grpc.aio.ServicerContext[Any, Any]) -> str:
    """The name in the caller's certificate, which mTLS has verified; empty if it has none."""
    names = list(context.auth_context().get("x509_common_name", ()))
    return names[0].decode(errors="replace") if names else ""


class CallerList(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Refuses certificates whose name is not listed; health stays open to every certificate of the authority."""

    def __init__(self, callers: Sequence[str]) -> None:
        self._callers = frozenset(callers)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:  # noqa: ANN401  # grpc's handlers have no common type
        """Wrap the handler with the check: the certificate is known only inside the call."""
        handler = await continuation(handler_call_details)
        if handler is None or handler_call_details.method.startswith("/grpc.health."):
            return handler
        return _guard(handler, self._check, handler.request_deserializer)

    async def _check(self, _request: object, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        caller = caller_of(context)
        if caller not in self._callers:
            error = CallerNotAuthorised(caller)
            await abort_with_error(context, error, {CallerNotAuthorised: grpc.StatusCode.PERMISSION_DENIED})


def _guard(handler: Any, check: Callable[[Any, Any], Awaitable[None]], decode: Callable[[bytes], object]) -> Any:  # noqa: ANN401  # as above
    """The handler with another decoder, behind a check of (request, context) that raises or aborts."""
    serializers = (decode, handler.response_serializer)
    inner = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream

    async def answer(request: object, context: Any) -> object:  # noqa: ANN401  # as above
        await check(request, context)
        return await inner(request, context)

    async def answers(request: object, context: Any) -> Any:  # noqa: ANN401  # as above
        await check(request, context)
        async for message in inner(request, context):
            yield message

    # A streaming handler is a generator, or a coroutine that writes to the context (gRPC's own health service).
    streaming = answers if inspect.isasyncgenfunction(inner) else answer
    if handler.unary_unary is not None:
        return grpc.unary_unary_rpc_method_handler(answer, *serializers)
    if handler.unary_stream is not None:
        return grpc.unary_stream_rpc_method_handler(streaming, *serializers)
    if handler.stream_unary is not None:
        return grpc.stream_unary_rpc_method_handler(answer, *serializers)
    return grpc.stream_stream_rpc_method_handler(streaming, *serializers)


class WellFormedRequests(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Refuses malformed bytes and unknown fields by name; gRPC alone would call the first INTERNAL and drop the others.

    A field that is dropped in silence is an instruction that is half understood.
    """

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:  # noqa: ANN401  # as above
        """Replace the decoder of methods that take one request; decoding errors are raised inside the call."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler
        method, decode = handler_call_details.method, handler.request_deserializer

        def decode_strictly(data: bytes) -> object:
            try:
                message = decode(data)
            except ProtobufDecodeError as broken:
                return MalformedRequest(f"{method}: the request is malformed: {broken}")
            known = message.ByteSize()
            message.DiscardUnknownFields()
            if message.ByteSize() != known:
                return MalformedRequest(
                    f"{method}: the request has fields that this server does not know: leave them out"
                )
            return message

        async def check(request: object) -> None:
            if isinstance(request, MalformedRequest):
                raise request

        return _guard(handler, lambda request, _context: check(request), decode_strictly)


class RpcServer:
    """One server; ``add`` servicers to ``server``, then ``start``. NOT_SERVING until ``set_health`` says otherwise."""

    def __init__(
        self, settings: ServerSettings, codes: Mapping[type[BaseException], grpc.StatusCode] | None = None
    ) -> None:
        tls = settings.tls
        options = (("grpc.max_receive_message_length", MAX_REQUEST_BYTES), ("grpc.so_reuseport", 0))
        # Outermost first: whatever is raised further in becomes a status; who calls is asked before what is called.
        interceptors = (
            *settings.outermost,
            ErrorStatusInterceptor(codes),
            CallerList(settings.callers),
            WellFormedRequests(),
        )
        self._listen = settings.listen
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
        names = (*service_names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self.server)
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
