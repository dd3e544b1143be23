"""A call as everything below its servicer may know it: its request id, and how long the caller still waits.

``x-request-id`` is the caller's own word for a call, in its logs as in ours: it is taken as it came, or made here where
none came; it goes back in the trailing metadata of every answer, into RequestInfo of every error, and into log lines.
"""

from __future__ import annotations

import asyncio
import math
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

import grpc
import grpc.aio
import structlog

from primitives.errors import CallerError, UnavailableError
from relayer.rpc.handlers import Behaviour, Context, Continuation, Handler, guarded, surrounded

REQUEST_ID_METADATA: Final = "x-request-id"
LANGUAGE_METADATA: Final = "accept-language"
MAX_LANGUAGE_CHARS: Final = 256
_REQUEST_ID = re.compile(r"[0-9A-Za-z._:/+=-]{1,128}")


class BadRequestIdMetadata(CallerError):
    """``x-request-id`` is too long, or holds characters that do not belong into logs: nothing was done."""

    reason = "BAD_REQUEST_ID_METADATA"

    def __init__(self) -> None:
        super().__init__(f"metadata {REQUEST_ID_METADATA}: expected 1 to 128 of 0-9 A-Z a-z . _ : / + = -")


class DeadlinePassed(UnavailableError):
    """The time for this call is over. What was asked may have been done: repeat it with the same request id."""

    reason = "DEADLINE_PASSED"

    def __init__(self, method: str) -> None:
        self.method = method
        super().__init__(f"{method}: the call's time is over; ask again with the same request id and more time")


@dataclass(frozen=True)
class Deadlines:
    """How long a call of one answer may take, in seconds: without a deadline of its caller's own, and at most."""

    default_s: float = 30.0
    most_s: float = 300.0


@dataclass(frozen=True)
class Call:
    """One call. ``ends_s`` is on ``clock_s``'s clock; infinity for streams, which end otherwise.

    ``language``: the caller's ``accept-language``, unread, cut to ``MAX_LANGUAGE_CHARS``.
    """

    method: str
    request_id: str
    ends_s: float
    language: str
    clock_s: Callable[[], float] = field(repr=False)
    problem: CallerError | None = None

    def remaining_s(self) -> float:
        """Seconds that are left; 0 when the time is over."""
        return max(0.0, self.ends_s - self.clock_s())


_current: ContextVar[Call | None] = ContextVar("current_call", default=None)


def current_call() -> Call | None:
    """The call that is being answered; None outside of one."""
    return _current.get()


class CallContext(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Around everything that may fail: says which call it is. ``clock_s`` is monotonic."""

    def __init__(self, deadlines: Deadlines, clock_s: Callable[[], float]) -> None:
        self._deadlines = deadlines
        self._clock_s = clock_s

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wrap the handler: metadata and deadline are known only inside the call."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method, is_stream = handler_call_details.method, handler.request_streaming or handler.response_streaming

        async def enter(_request: object, context: Context) -> None:
            self.enter(method, context, math.inf if is_stream else self._deadlines.default_s)

        return guarded(handler, enter)

    def enter(self, method: str, context: Context, default_s: float) -> Call:
        """Make a call the current one; returns it."""
        metadata = _metadata(context)
        told = context.time_remaining()
        allowed_s = default_s if told is None else min(told, self._deadlines.most_s)
        given = metadata.get(REQUEST_ID_METADATA, "")
        is_good = bool(_REQUEST_ID.fullmatch(given))
        call = Call(
            method=method,
            request_id=given if is_good else secrets.token_hex(16),
            ends_s=self._clock_s() + (math.inf if math.isinf(default_s) else allowed_s),
            language=metadata.get(LANGUAGE_METADATA, "")[:MAX_LANGUAGE_CHARS],
            clock_s=self._clock_s,
            problem=None if is_good or not given else BadRequestIdMetadata(),
        )
        _current.set(call)
        structlog.contextvars.bind_contextvars(request_id=call.request_id, method=method)
        context.set_trailing_metadata(((REQUEST_ID_METADATA, call.request_id),))
        return call


class InTime(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Begins no work whose time is over, and ends a call of one answer when its time is. Inside the error statuses."""

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wrap the handler."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        if handler.unary_unary is not None:
            return surrounded(handler, _within_time)
        return guarded(handler, _well_named)


async def _well_named(_request: object, _context: Context) -> None:
    call = current_call()
    if call is not None and call.problem is not None:
        raise call.problem


async def _within_time(inner: Behaviour, request: object, context: Context) -> Any:  # noqa: ANN401  # the method's own answer
    await _well_named(request, context)
    call = current_call()
    if call is None:
        return await inner(request, context)
    left_s = call.remaining_s()
    if left_s <= 0:
        raise DeadlinePassed(call.method)
    try:
        async with asyncio.timeout(left_s):
            return await inner(request, context)
    except TimeoutError:
        if call.remaining_s() > 0:
            raise  # another's, from further in
        raise DeadlinePassed(call.method) from None


def _metadata(context: Context) -> dict[str, str]:
    """Metadata in text; of a key that comes twice the first counts."""
    found: dict[str, str] = {}
    for key, value in context.invocation_metadata() or ():
        if isinstance(value, str):
            found.setdefault(key, value)
    return found
