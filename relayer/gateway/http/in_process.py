"""Calls of the gateway's own services without a socket between: the same interceptors around the same servicers.

Who calls is an argument of the call, taken from the TLS connection it came over. There is no port or secret by which
somebody outside could say it, and nothing that a request carries is read for it.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import grpc
import grpc.aio

from relayer.rpc_server import MalformedRequest

QUEUED_ANSWERS: Final = 16
Metadata = tuple[tuple[str, str | bytes], ...]


@dataclass(frozen=True)
class Caller:
    """Who is at the other end of a verified TLS connection: the certificate's common names, in their order."""

    common_names: tuple[str, ...]
    certificate_pem: bytes
    peer: str


class CallEnded(grpc.aio.AbortError):
    """A call ended with a status other than OK."""

    def __init__(self, code: grpc.StatusCode, details: str, trailers: Metadata) -> None:
        self.code, self.details, self.trailers = code, details, trailers
        super().__init__(f"{code.name}: {details}")


@dataclass(frozen=True)
class _CallDetails:
    """As gRPC tells interceptors of a call."""

    method: str
    invocation_metadata: Metadata


@dataclass
class CallContext(grpc.aio.ServicerContext):  # type: ignore[type-arg]  # generic in its stub only
    """A call's context, as gRPC gives it; ``time_left_s`` None: without a deadline of its caller's."""

    caller: Caller
    metadata: Metadata
    time_left_s: float | None = None
    _trailers: Metadata = ()
    _code: grpc.StatusCode | None = None
    _details: str = ""
    _callbacks: list[Callable[[Any], None]] = field(default_factory=list)
    _is_done: bool = False

    async def read(self) -> Any:  # noqa: ANN401  # gRPC's signature
        """Requests do not stream here."""
        raise grpc.aio.UsageError("a call over HTTP has one request")

    async def write(self, message: Any) -> None:  # noqa: ANN401, ARG002  # gRPC's signature
        """Answers are yielded here."""
        raise grpc.aio.UsageError("a servicer that is called over HTTP yields its answers")

    async def send_initial_metadata(self, initial_metadata: Any) -> None:  # noqa: ANN401  # gRPC's signature
        """Has no place in an HTTP answer of ours."""

    async def abort(
        self,
        code: grpc.StatusCode,
        details: str = "",
        trailing_metadata: Any = (),  # noqa: ANN401  # gRPC's signature
    ) -> NoReturn:
        """Ends the call."""
        raise CallEnded(code, details, (*self._trailers, *(tuple(each) for each in trailing_metadata or ())))

    async def abort_with_status(self, status: grpc.Status) -> NoReturn:
        """Ends the call."""
        await self.abort(status.code, status.details, status.trailing_metadata)

    def set_trailing_metadata(self, trailing_metadata: Any) -> None:  # noqa: ANN401  # gRPC's signature
        """Kept for the end."""
        self._trailers = tuple(tuple(each) for each in trailing_metadata)

    def trailing_metadata(self) -> Metadata:  # type: ignore[override]  # as below
        """What was set."""
        return self._trailers

    def invocation_metadata(self) -> Metadata:  # type: ignore[override]  # its stub names a class of no use here
        """Of the headers that are passed on."""
        return self.metadata

    def set_code(self, code: grpc.StatusCode) -> None:
        """The status with which the call ends."""
        self._code = code

    def set_details(self, details: str) -> None:
        """The words to it."""
        self._details = details

    def code(self) -> grpc.StatusCode | None:  # type: ignore[override]  # None until it is set, whatever the stub says
        """What was set."""
        return self._code

    def details(self) -> str:
        """What was set."""
        return self._details

    def set_compression(self, compression: grpc.Compression) -> None:
        """Nothing is compressed here."""

    def disable_next_message_compression(self) -> None:
        """Nothing is compressed here."""

    def peer(self) -> str:
        """Where the caller is."""
        return self.caller.peer

    def peer_identities(self) -> Iterable[bytes]:
        """The names in the caller's certificate."""
        return [name.encode() for name in self.caller.common_names]

    def peer_identity_key(self) -> str:
        """What those are."""
        return "x509_common_name"

    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """As gRPC has it of a verified certificate."""
        return {
            "transport_security_type": [b"ssl"],
            "x509_common_name": [name.encode() for name in self.caller.common_names],
            "x509_pem_cert": [self.caller.certificate_pem],
        }

    def time_remaining(self) -> float | None:  # type: ignore[override]  # None without a deadline, whatever the stub says
        """The caller's own deadline."""
        return self.time_left_s

    def cancelled(self) -> bool:
        """Cancelling is an exception inside the call."""
        return False

    def done(self) -> bool:
        """Whether the call is over."""
        return self._is_done

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """Called at the end."""
        self._callbacks.append(callback)

    def end(self) -> None:
        """The call is over, one way or another; a second time changes nothing."""
        if not self._is_done:
            self._is_done = True
            for callback in self._callbacks:
                callback(self)

    def require_ok(self) -> None:
        """Raises ``CallEnded`` if the servicer has set another status than OK."""
        if self._code is not None and self._code is not grpc.StatusCode.OK:
            raise CallEnded(self._code, self._details, self._trailers)


class InProcessServices:
    """Takes servicers as a gRPC server does, and answers calls through ``interceptors``, outermost first."""

    def __init__(self, interceptors: Sequence[Any]) -> None:
        self._interceptors = tuple(interceptors)
        self._generic: list[Any] = []
        # A call sees what was set when the face began, never what another call on the same connection has set.
        self._base = contextvars.copy_context()

    def add_generic_rpc_handlers(self, handlers: Iterable[Any]) -> None:
        """As ``add_…Servicer_to_server`` calls it."""
        self._generic.extend(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """As ``add_…Servicer_to_server`` calls it; the generic handlers are the same ones."""

    async def call(self, method: str, request: bytes | MalformedRequest, context: CallContext) -> bytes:
        """One answer, as bytes. A malformed request is refused inside, after everything that comes before it.

        Raises ``CallEnded``.
        """
        handler = await self._handler(method, context)

        async def answer() -> bytes:
            try:
                decoded = _decoded(handler, request)
                encoded: bytes = handler.response_serializer(await handler.unary_unary(decoded, context))
                context.require_ok()
                return encoded
            finally:
                context.end()

        return await asyncio.create_task(answer(), context=self._base.copy())

    async def stream(
        self, method: str, request: bytes | MalformedRequest, context: CallContext
    ) -> AsyncGenerator[bytes]:
        """Answers as they come, at most ``QUEUED_ANSWERS`` ahead of who reads. Raises ``CallEnded``."""
        handler = await self._handler(method, context)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED_ANSWERS)

        async def pump() -> None:
            try:
                async with aclosing(handler.unary_stream(_decoded(handler, request), context)) as messages:
                    async for message in messages:
                        await queue.put(handler.response_serializer(message))
                context.require_ok()
            finally:
                context.end()
                await queue.put(None)

        pumping = asyncio.create_task(pump(), context=self._base.copy())
        try:
            while (encoded := await queue.get()) is not None:
                yield encoded
            await pumping
        finally:
            pumping.cancel()
            _drain(queue)
            await asyncio.gather(pumping, return_exceptions=True)

    async def _handler(self, method: str, context: CallContext) -> Any:  # noqa: ANN401  # grpc's handlers have no common type
        async def found(details: _CallDetails) -> Any:  # noqa: ANN401  # as above
            return next((each for each in (every.service(details) for every in self._generic) if each), None)

        continuation: Any = found
        for interceptor in reversed(self._interceptors):
            continuation = _behind(interceptor, continuation)
        handler = await continuation(_CallDetails(method, context.metadata))
        if handler is None:
            raise CallEnded(grpc.StatusCode.UNIMPLEMENTED, f"no method {method}", ())
        return handler


def _behind(interceptor: Any, continuation: Any) -> Any:  # noqa: ANN401  # gRPC's types have no common name
    async def intercept(details: _CallDetails) -> Any:  # noqa: ANN401  # as above
        return await interceptor.intercept_service(continuation, details)

    return intercept


def _decoded(handler: Any, request: bytes | MalformedRequest) -> object:  # noqa: ANN401  # as above
    return handler.request_deserializer(request) if isinstance(request, bytes) else request


def _drain(queue: asyncio.Queue[bytes | None]) -> None:
    while not queue.empty():
        queue.get_nowait()
