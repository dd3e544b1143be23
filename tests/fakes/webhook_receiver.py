"""A platform's receiver of webhooks on this machine: keeps what came, answers what it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def webhook_id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    @property
    def document(self) -> dict[str, Any]:
        """The body."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def token(self) -> int:
        """The event's place in the stream."""
        return int(self.document["data"]["resumeToken"])


@dataclass
class Receiver:
    """``answers``: what the next requests are answered, 200 when it is empty."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: deque[int | Answer] = field(default_factory=deque)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Keep it, answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(headers, await request.read()))
        answer = self.answers.popleft() if self.answers else 200
        async with self.came:
            self.came.notify_all()
        return web.Response(status=answer) if isinstance(answer, int) else await answer(request)

    async def until(self, count: int, timeout_s: float = 15.0) -> list[Received]:
        """What came, once it is ``count`` requests."""
        async with asyncio.timeout(timeout_s), self.came:
            await self.came.wait_for(lambda: len(self.received) >= count)
        return self.received


@contextlib.asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
