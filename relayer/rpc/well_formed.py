"""Requests are decoded strictly, and are no longer than their method may be sent."""

from __future__ import annotations

from collections.abc import Mapping

import grpc
import grpc.aio
from google.protobuf.message import DecodeError as ProtobufDecodeError

from primitives.errors import CallerError
from relayer.rpc.handlers import Continuation, Handler, guarded

MAX_REQUEST_BYTES = 256 * 1024
"""Of a method that is not given another bound."""


class MalformedRequest(CallerError):
    """The bytes are not the method's request, or hold fields that this version does not know: nothing was done."""

    reason = "MALFORMED_REQUEST"

    def __init__(self, method: str, problem: str, received: bytes = b"") -> None:
        self.method, self._received = method, received
        super().__init__(f"{method}: the request {problem}")

    @property
    def received(self) -> bytes:
        """The bytes as they came."""
        return self._received


class RequestTooLarge(MalformedRequest):
    """The request is longer than its method takes: nothing was done."""

    reason = "REQUEST_TOO_LARGE"

    def __init__(self, method: str, most_bytes: int, received: bytes) -> None:
        self.most_bytes, self.found_bytes = most_bytes, len(received)
        super().__init__(method, f"has {len(received)} bytes, at most {most_bytes}: send less in one call", received)


class WellFormedRequests(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Refuses malformed bytes and unknown fields by name; gRPC alone would call the first INTERNAL and drop the others.

    A field that is dropped in silence is an instruction that is half understood. ``most_bytes``: bounds by method.
    """

    def __init__(self, most_bytes: Mapping[str, int] | None = None) -> None:
        self._most_bytes = dict(most_bytes or {})

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Replace the decoder of methods that take one request; what it finds is raised inside the call."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler
        method, decode = handler_call_details.method, handler.request_deserializer
        most_bytes = self._most_bytes.get(method, MAX_REQUEST_BYTES)

        def decode_strictly(data: bytes) -> object:
            if len(data) > most_bytes:
                return RequestTooLarge(method, most_bytes, data)
            try:
                message = decode(data)
            except ProtobufDecodeError as broken:
                return MalformedRequest(method, f"is malformed: {broken}", data)
            known = message.ByteSize()
            message.DiscardUnknownFields()
            if message.ByteSize() != known:
                return MalformedRequest(method, "has fields that this server does not know: leave them out", data)
            return message

        async def check(request: object) -> None:
            if isinstance(request, MalformedRequest):
                raise request

        return guarded(handler, lambda request, _context: check(request), decode_strictly)
