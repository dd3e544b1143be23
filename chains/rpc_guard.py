"""What servicers raise becomes statuses (the format: ``rpc_status``), and a defect of ours is logged, once.

Anything that is not ours becomes INTERNAL with an incident id under which it was logged.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, NoReturn, TypeAlias

import grpc
import grpc.aio
import structlog
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # generated, without stubs

from chains.rpc_status import DEFAULT_RETRY_AFTER_S, DETAILS_TRAILER, DOMAIN, Blame, blame_of
from primitives.errors import CallerError, CrossDvpError, PeerError, UnavailableError

MAX_METADATA_FIELDS = 16
MAX_FIELD_CHARS = 256
MAX_MESSAGE_CHARS = 1024

_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_Behaviour = Callable[[Any, Any], Any]
Trailers: TypeAlias = "tuple[tuple[str, str | bytes], ...]"
Adorn: TypeAlias = "Callable[[status_pb2.Status, str, grpc.StatusCode], Trailers]"
"""Adds details to the status of an error, given with its reason and code; returns what goes beside it as trailers."""

_log = structlog.get_logger(__name__)

DEFAULT_CODES: Mapping[type[BaseException], grpc.StatusCode] = {
    CallerError: grpc.StatusCode.INVALID_ARGUMENT,
    PeerError: grpc.StatusCode.FAILED_PRECONDITION,
    UnavailableError: grpc.StatusCode.UNAVAILABLE,
}


def report_incident(error: BaseException, **where: str) -> str:
    """Log a defect of ours once, with its traceback; returns the incident id, all that a stranger may learn of it."""
    incident = secrets.token_hex(8)
    _log.error("incident", incident=incident, exc_info=error, **where)
    return incident


def status_of(
    error: BaseException,
    *,
    codes: Mapping[type[BaseException], grpc.StatusCode] | None = None,
    incident: str = "",
) -> tuple[grpc.StatusCode, status_pb2.Status]:
    """Code and details of an exception; ``codes`` refines the codes of classes (looked up along the class's bases)."""
    if not isinstance(error, CrossDvpError) or blame_of(error) is Blame.INTERNAL:
        code, reason, message = grpc.StatusCode.INTERNAL, "INTERNAL", f"internal error, incident {incident}"
        metadata = {"blame": Blame.INTERNAL.value, "incident": incident}
    else:
        code = code_of(type(error), codes or {})
        reason, message = error.reason, str(error)[:MAX_MESSAGE_CHARS]
        metadata = _typed_fields(error) | {"blame": blame_of(error).value}
    details = [_packed(error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata))]
    if isinstance(error, UnavailableError):
        wait_s = float(getattr(error, "retry_after_s", DEFAULT_RETRY_AFTER_S))
        delay = duration_pb2.Duration(seconds=int(wait_s), nanos=int(wait_s % 1 * 1e9))
        details.append(_packed(error_details_pb2.RetryInfo(retry_delay=delay)))
    number: int = code.value[0]
    return code, status_pb2.Status(code=number, message=message, details=details)


async def abort_with_error(
    context: _Context,
    error: BaseException,
    codes: Mapping[type[BaseException], grpc.StatusCode] | None = None,
    adorn: Adorn | None = None,
) -> NoReturn:
    """End the call with the status of ``error``; what is not ours is logged here, once."""
    incident = "" if blame_of(error) is not Blame.INTERNAL else report_incident(error, peer=context.peer())
    code, status = status_of(error, codes=codes, incident=incident)
    beside = adorn(status, _reason_in(status), code) if adorn is not None else ()
    await context.abort(code, status.message, ((DETAILS_TRAILER, status.SerializeToString()), *beside))
    raise AssertionError("abort does not return")  # pragma: no cover - tells the type checker what gRPC's stub does not


class ErrorStatusInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg] # generic in its stub only
    """Lets servicers raise our errors: every handler's exception becomes a status, a defect is logged once.

    ``codes`` refines the status codes, for example ``{TradeUnknown: grpc.StatusCode.NOT_FOUND}``; ``adorn`` may add to
    the details.
    """

    def __init__(
        self, codes: Mapping[type[BaseException], grpc.StatusCode] | None = None, adorn: Adorn | None = None
    ) -> None:
        self._codes = dict(codes or {})
        self._adorn = adorn

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler:
        """Wrap whichever of the four kinds of handler the method has."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler  # type: ignore[return-value] # an unknown method has no handler, whatever the stub says
        serializers = (handler.request_deserializer, handler.response_serializer)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(self._guarded(handler.unary_unary), *serializers)
        if handler.stream_unary is not None:
            return grpc.stream_unary_rpc_method_handler(self._guarded(handler.stream_unary), *serializers)
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(self._guarded(handler.unary_stream), *serializers)
        return grpc.stream_stream_rpc_method_handler(self._guarded(handler.stream_stream), *serializers)

    def _guarded(self, inner: _Behaviour | None) -> _Behaviour:
        if inner is None:  # pragma: no cover - one of the four is set by construction
            raise TypeError("a method handler without behaviour")

        async def answer(request: object, context: _Context) -> object:
            try:
                return await inner(request, context)
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - the one place that turns exceptions into statuses
                await abort_with_error(context, error, self._codes, self._adorn)

        async def answers(request: object, context: _Context) -> AsyncIterator[object]:
            try:
                async for message in inner(request, context):
                    yield message
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                await abort_with_error(context, error, self._codes, self._adorn)

        return answers if inspect.isasyncgenfunction(inner) else answer


def code_of(kind: type[BaseException], codes: Mapping[type[BaseException], grpc.StatusCode]) -> grpc.StatusCode:
    """The status code of a class of errors, looked up along its bases."""
    for base in kind.__mro__:
        for table in (codes, DEFAULT_CODES):
            if base in table:
                return table[base]
    return grpc.StatusCode.INTERNAL


def _typed_fields(error: BaseException) -> dict[str, str]:
    told = getattr(error, "metadata", {})  # of a remote error that is passed on: its fields stand beside ours
    fields = {name: _shown(value) for name, value in vars(error).items() if name not in {"message", "metadata"}}
    kept = {name: value for name, value in fields.items() if value is not None and not name.startswith("_")}
    return dict([*kept.items(), *told.items()][:MAX_METADATA_FIELDS])


def _shown(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.hex()[:MAX_FIELD_CHARS]
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, str | int | float):
        return str(value)[:MAX_FIELD_CHARS]
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(str(_shown(item)) for item in value)[:MAX_FIELD_CHARS]
    return None


def _reason_in(status: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)
    return str(info.reason)


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.RetryInfo) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
