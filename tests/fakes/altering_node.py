"""A node behind which a real one stands: answers of chosen methods are altered or refused on the way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

Alter = Callable[[list[Any], Any], Any]
"""From the parameters and the true answer (result or error object) to the answer that is given."""


class Refusal(Exception):  # a word of the tests
    """Raised by an `Alter`: the node answers with this error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@asynccontextmanager
async def altering_node(url: str, altered: Mapping[str, Alter]) -> AsyncIterator[str]:
    """Its URL; methods not in `altered` are answered as the real node answers them."""

    async def answer(request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
            truth = await response.json()
        return web.json_response(
            [_altered(one, true) for one, true in zip(body, truth, strict=True)]
            if isinstance(body, list)
            else _altered(body, truth)
        )

    def _altered(asked: dict[str, Any], truth: dict[str, Any]) -> dict[str, Any]:
        alter = altered.get(asked["method"])
        if alter is None or "result" not in truth:
            return truth
        try:
            return {**truth, "result": alter(asked["params"], truth["result"])}
        except Refusal as refusal:
            return {"jsonrpc": "2.0", "id": truth["id"], "error": {"code": refusal.code, "message": str(refusal)}}

    app = web.Application(client_max_size=1 << 22)
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
