"""Calls, measured and traced: those that this process answers, and those that it makes to ledger nodes."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf.message import Message

from relayer.telemetry import names
from relayer.telemetry.logs import bound
from relayer.telemetry.metrics import Metrics
from relayer.telemetry.tracing import Tracing, shown_trace

TRACEPARENT: Final = "traceparent"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_NAMED = re.compile(r"settlements/([0-9a-f]{64})")
_OF_GRPC: Final = "/grpc."
"""Health and reflection: probes' calls say nothing of what platforms see."""
_Context = Any


def trade_of_request(request: object) -> bytes | None:
    """The trade that a request is about, whatever the service: by its resource name, or by the terms in it."""
    if not isinstance(request, Message):
        return None
    named = _NAMED.fullmatch(str(getattr(request, "name", "")))
    if named is not None:
        return bytes.fromhex(named[1])
    trade_id = getattr(getattr(request, "terms", None), "trade_id", b"")
    return trade_id if isinstance(trade_id, bytes) and len(trade_id) == 32 else None


class AnsweredCalls(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Before all that may refuse: counts what callers get, binds the trade for logs, takes the caller's trace up.

    What it does to a handler depends on the method alone, so that the handler may be kept.
    """

    def __init__(self, metrics: Metrics, tracing: Tracing, timer_s: Callable[[], float]) -> None:
        self._metrics = metrics
        self._tracing = tracing
        self._timer_s = timer_s

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:  # noqa: ANN401  # grpc's handlers have no common type
        """Wrap the handler; an unknown method has none, and so never becomes a label."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(_OF_GRPC):
            return handler
        serializers = (handler.request_deserializer, handler.response_serializer)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(self._timed(handler.unary_unary, method), *serializers)
        if handler.stream_unary is not None:
            return grpc.stream_unary_rpc_method_handler(self._timed(handler.stream_unary, method), *serializers)
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(self._stream(handler.unary_stream, method), *serializers)
        return grpc.stream_stream_rpc_method_handler(self._stream(handler.stream_stream, method), *serializers)

    def _timed(self, inner: Any, method: str) -> Any:  # noqa: ANN401  # as above
        service, _, short = method.removeprefix("/").rpartition("/")

        async def answer(request: object, context: _Context) -> object:
            begun_s, code = self._timer_s(), "UNKNOWN"
            try:
                with self._inside(method, request, context):
                    answered = await inner(request, context)
                code = _code_of(context, "OK")
            except grpc.aio.AbortError as ended:
                code = _code_of(context, "UNKNOWN", ended)
                raise
            except BaseException:
                code = "CANCELLED"
                raise
            else:
                return answered
            finally:
                self._metrics.count(names.RPC_CALLS, service, short, code)
                self._metrics.observe(names.RPC_SECONDS, service, short, seconds=self._timer_s() - begun_s)

        return answer

    def _stream(self, inner: Any, method: str) -> Any:  # noqa: ANN401  # as above
        service, _, short = method.removeprefix("/").rpartition("/")

        async def answers(request: object, context: _Context) -> AsyncIterator[object]:
            code = "CANCELLED"
            self._metrics.add(names.STREAMS, service, short, by=1)
            try:
                with bound(**_ids(request)):
                    async for message in inner(request, context):
                        yield message
                code = _code_of(context, "OK")
            except grpc.aio.AbortError as ended:
                code = _code_of(context, "UNKNOWN", ended)
                raise
            finally:
                self._metrics.add(names.STREAMS, service, short, by=-1)
                self._metrics.count(names.RPC_CALLS, service, short, code)

        return answers if inspect.isasyncgenfunction(inner) else inner

    @contextmanager
    def _inside(self, method: str, request: object, context: _Context) -> Iterator[None]:
        """The ids of the call in its logs, and its span."""
        traceparent = str(dict(context.invocation_metadata() or ()).get(TRACEPARENT, ""))
        ids, trade_id = _ids(request), trade_of_request(request)
        valid = traceparent if _TRACEPARENT.fullmatch(traceparent) else ""
        attributes = {"rpc.system": "grpc", "rpc.method": method, **ids}
        name = method.rpartition("/")[2]
        with bound(**ids), self._tracing.call(name, valid, trade_id, attributes):
            yield


def _ids(request: object) -> dict[str, str]:
    """The trade that a call is about, for its log lines; the server binds the call's own id and method."""
    trade_id = trade_of_request(request)
    return {} if trade_id is None else {"trade_id": trade_id.hex(), "trace_id": shown_trace(trade_id)}


def _code_of(context: _Context, default: str, ended: BaseException | None = None) -> str:
    """The status that the caller gets; a call over HTTP says it in the error that ends it."""
    code = getattr(ended, "code", None) or context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    known = {status.value[0]: status.name for status in grpc.StatusCode}
    return known.get(code, default) if code else default


class PeerCalls(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Calls to ledger nodes and Validators: counted, timed, and told the current trace."""

    def __init__(self, metrics: Metrics, tracing: Tracing, timer_s: Callable[[], float]) -> None:
        self._metrics = metrics
        self._tracing = tracing
        self._timer_s = timer_s

    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Awaitable[Any]],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,  # noqa: ANN401  # any message
    ) -> Any:  # noqa: ANN401  # a call
        """Pass on; the call's own errors are its caller's."""
        method = _text(client_call_details.method).rpartition("/")[2]
        begun_s = self._timer_s()
        call = await continuation(self._with_trace(client_call_details), request)
        try:
            code = (await call.code()).name
        except BaseException:
            self._metrics.count(names.PEER_CALLS, method, "CANCELLED")
            raise
        self._metrics.count(names.PEER_CALLS, method, code)
        self._metrics.observe(names.PEER_SECONDS, method, seconds=self._timer_s() - begun_s)
        return call

    def _with_trace(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        traceparent = self._tracing.current_traceparent()
        if not traceparent:
            return details
        metadata: Sequence[Any] = [*(details.metadata or ()), (TRACEPARENT, traceparent)]
        return grpc.aio.ClientCallDetails(
            details.method,
            details.timeout,
            grpc.aio.Metadata(*metadata),
            details.credentials,
            details.wait_for_ready,
        )


def _text(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method
