"""An rpc's stream of answers as server-sent events (HTML Living Standard, 9.2).

An event's ``id`` is the answer's resume token, so that a browser's EventSource, or whoever sends ``Last-Event-ID``,
goes on where it stopped. While nothing happens a comment comes from time to time; an answer without content is one,
with its token. A stream that ends says why in an event called ``error``, with the body that an HTTP error has.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from relayer.gateway.http.in_process import CallEnded
from relayer.gateway.http.statuses import http_error
from relayer.gateway.http.transcoding import BytesForm, message_json

TOKEN_FIELD: Final = "resume_token"  # noqa: S105  # not a secret
FIRST_ANSWER_S: Final = 0.5
"""How long a refusal may take to become an HTTP status; afterwards it is an event."""
WRITE_TIMEOUT_S: Final = 30.0
RETRY_MS: Final = 1000


def accepts_tokens(request: Descriptor) -> bool:
    """Whether a stream can be resumed."""
    return TOKEN_FIELD in request.fields_by_name


async def serve_events(
    request: web.Request, kind: Descriptor, answers: AsyncIterator[bytes], form: BytesForm, heartbeat_s: float
) -> web.StreamResponse:
    """Write answers as events until they end or the reader goes. Raises ``CallEnded`` if the first one is a refusal."""
    upcoming = asyncio.ensure_future(anext(answers, None))
    try:
        done, _ = await asyncio.wait({upcoming}, timeout=FIRST_ANSWER_S)
        if done and upcoming.exception() is not None:
            await upcoming
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        await _write(response, f"retry: {RETRY_MS}\n\n")
        while True:
            done, _ = await asyncio.wait({upcoming}, timeout=heartbeat_s)
            if not done:
                await _write(response, ": heartbeat\n\n")
                continue
            try:
                answer = upcoming.result()
            except CallEnded as ended:
                await _write(response, f"event: error\ndata: {json.dumps(http_error(ended).body)}\n\n")
                return response
            if answer is None:
                return response
            await _write(response, event_text(GetMessageClass(kind).FromString(answer), form))
            upcoming = asyncio.ensure_future(anext(answers, None))
    except (ConnectionError, TimeoutError):
        return response  # the reader has gone, or reads too slowly: it comes back with its token
    finally:
        upcoming.cancel()
        await asyncio.gather(upcoming, return_exceptions=True)


def event_text(message: Message, form: BytesForm) -> str:
    """One event, or a comment with a token where the answer has no content."""
    token = _token(message)
    head = f"id: {token}\n" if token else ""
    if is_heartbeat(message):
        return f": heartbeat\n{head}\n"
    return f"{head}data: {message_json(message, form)}\n\n"


def is_heartbeat(message: Message) -> bool:
    """Whether an answer's content, its fields of message types of ours, is missing."""
    ours = [
        field
        for field in message.DESCRIPTOR.fields
        if field.type == FieldDescriptor.TYPE_MESSAGE
        and field.message_type is not None
        and not field.message_type.full_name.startswith("google.")
        and not field.is_repeated
    ]
    return bool(ours) and not any(message.HasField(field.name) for field in ours)


def _token(message: Any) -> str:  # noqa: ANN401  # a generated message
    token = getattr(message, TOKEN_FIELD, "") if TOKEN_FIELD in message.DESCRIPTOR.fields_by_name else ""
    return token if token.isprintable() else ""


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(WRITE_TIMEOUT_S):
        await response.write(text.encode())
