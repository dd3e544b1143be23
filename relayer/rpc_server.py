"""A gRPC server of ours: mTLS, callers by certificate name, health, reflection, errors with details."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from chains.progmat.client import ApiTls
from chains.rpc_status import ErrorStatusInterceptor, abort_with_error
from primitives.errors import CallerError

MAX_REQUEST_BYTES = 256 * 1024


class CallerNotAuthorised(CallerError):
    """The caller's certificate is valid, but its name is not on this server's list."""

    reason = "CALLER_NOT_AUTHORISED"

    def __init__(self, caller: str) -> None:
        self.caller = caller
        super().__init__(f"{caller or 'a caller without a name'} may not call this server: add it to `callers`")


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
        return _guard(handler, self._check)

    async def _check(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        names = context.auth_context().get("x509_common_name", [])
        caller = names[0].decode(errors="replace") if names else ""
        if caller not in self._callers:
            error = CallerNotAuthorised(caller)
            await abort_with_error(context, error, {CallerNotAuthorised: grpc.StatusCode.PERMISSION_DENIED})


def _guard(handler: Any, check: Callable[[Any], Awaitable[None]]) -> Any:  # noqa: ANN401  # as above
    serializers = (handler.request_deserializer, handler.response_serializer)
    inner = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream

    async def answer(request: object, context: Any) -> object:  # noqa: ANN401  # as above
        await check(context)
        return await inner(request, context)

    async def answers(request: object, context: Any) -> Any:  # noqa: ANN401  # as above
        await check(context)
        async for message in inner(request, context):
            yield message

    if handler.unary_unary is not None:
        return grpc.unary_unary_rpc_method_handler(answer, *serializers)
    if handler.unary_stream is not None:
        return grpc.unary_stream_rpc_method_handler(answers, *serializers)
    if handler.stream_unary is not None:
        return grpc.stream_unary_rpc_method_handler(answer, *serializers)
    return grpc.stream_stream_rpc_method_handler(answers, *serializers)


class RpcServer:
    """One server; ``add`` servicers, then ``start``. Health is NOT_SERVING until ``set_serving`` says otherwise."""

    def __init__(
        self, tls: ApiTls, callers: Sequence[str], codes: dict[type[BaseException], grpc.StatusCode] | None = None
    ) -> None:
        options = (("grpc.max_receive_message_length", MAX_REQUEST_BYTES), ("grpc.so_reuseport", 0))
        interceptors = (ErrorStatusInterceptor(codes), CallerList(callers))
        self.server = grpc.aio.server(interceptors=interceptors, options=options)
        self._credentials = grpc.ssl_server_credentials(
            [(tls.private_key, tls.certificate)], root_certificates=tls.authority, require_client_auth=True
        )
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self.server)

    async def start(self, listen: str, service_names: Sequence[str]) -> int:
        """Bind and serve; returns the port. Raises ``ConfigInvalid``-like ``OSError`` text when the port is taken."""
        names = (*service_names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self.server)
        port: int = self.server.add_secure_port(listen, self._credentials)
        await self.server.start()
        return port

    async def set_serving(self, healthy: bool) -> None:  # noqa: FBT001  # one flag, named by the method
        """What health checks are told: whether everything this process depends on answers."""
        status = health_pb2.HealthCheckResponse.SERVING if healthy else health_pb2.HealthCheckResponse.NOT_SERVING
        await self._health.set("", status)

    async def stop(self, grace_s: float = 1.0) -> None:
        """Refuse new calls, end running ones after ``grace_s``."""
        await self._health.enter_graceful_shutdown()
        await self.server.stop(grace_s)
