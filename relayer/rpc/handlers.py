"""Wrapping the handler of a gRPC method, whichever of the four kinds it is, and keeping it once it is wrapped."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import grpc
import grpc.aio

Handler: TypeAlias = Any
"""grpc's handlers have no common type."""
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Continuation: TypeAlias = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]
Check: TypeAlias = Callable[[Any, Any], Awaitable[None]]
"""Takes request (an iterator where requests stream) and context; raises to refuse the call."""
Behaviour: TypeAlias = Callable[[Any, Any], Awaitable[Any]]
Around: TypeAlias = Callable[[Behaviour, Any, Any], Awaitable[Any]]
"""Takes what answers a request, the request and its context; awaits the former, or refuses."""
Decode: TypeAlias = Callable[[bytes], object]

MOST_HANDLERS: Final = 512


def guarded(handler: Handler, check: Check, decode: Decode | None = None) -> Handler:
    """The handler behind a check, with another decoder if one is given."""
    serializers = (decode or handler.request_deserializer, handler.response_serializer)
    inner = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream

    async def answer(request: object, context: Any) -> object:  # noqa: ANN401  # grpc's contexts have no common type
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


def surrounded(handler: Handler, around: Around) -> Handler:
    """A handler of one request and one answer with ``around`` about it; others are returned as they are."""
    inner = handler.unary_unary
    if inner is None:
        return handler

    async def answer(request: object, context: Any) -> object:  # noqa: ANN401  # as above
        return await around(inner, request, context)

    return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)


class KeptHandlers(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Outermost: keeps each method's finished handler, so that interceptors wrap it once and not at every call.

    What interceptors further in do to a handler may therefore depend on the method alone. A method that nobody serves
    is answered by what ``unserved`` makes of its name, and is not kept: names are the caller's to invent.
    """

    def __init__(self, unserved: Callable[[str], Behaviour]) -> None:
        self._unserved = unserved
        self._kept: dict[str, Handler] = {}

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """The kept handler, or the one that is made now."""
        method = handler_call_details.method
        kept = self._kept.get(method)
        if kept is not None:
            return kept
        made = await continuation(handler_call_details)
        if made is None:
            return grpc.unary_unary_rpc_method_handler(self._unserved(method))
        if len(self._kept) < MOST_HANDLERS:
            self._kept[method] = made
        return made
