"""New blocks as a node announces them (`eth_subscribe` to `newHeads` by WebSocket). A hint: what counts is asked for.

Where the feed is silent, away or wrong, whoever waits for it polls: it can save questions, never hide a block.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Final

import aiohttp

from chains.evm.client.json_fields import as_object, as_quantity
from chains.evm.client.transport import shown_url
from chains.evm.errors import NodeMisbehaved
from chains.evm.json_value import Json, parse_json

_log = logging.getLogger(__name__)
MAX_MESSAGE_BYTES: Final = 1 << 20


class HeadFeed:
    """One subscription, kept up by ``run``. ``now_s`` is a clock; after ``silence_s`` without a word it is no help."""

    def __init__(self, url: str, silence_s: float, now_s: Callable[[], float], jitter: Callable[[], float]) -> None:
        self.shown_url = shown_url(url)
        self.news = asyncio.Event()
        """Set at each new block; whoever waits for it clears it first."""
        self._url = url
        self._silence_s = silence_s
        self._now_s = now_s
        self._jitter = jitter
        self._newest = 0
        self._heard_s: float | None = None
        self._asked_s = -silence_s

    def saves_asking(self, height: int) -> bool:
        """Whether asking for blocks above a height would be in vain, as far as the feed knows.

        Never for longer than ``silence_s`` after it last said no: a feed that is wrong delays, it hides nothing.
        """
        now_s = self._now_s()
        is_alive = self._heard_s is not None and now_s - self._heard_s < self._silence_s
        if is_alive and self._newest <= height and now_s - self._asked_s < self._silence_s:
            return True
        self._asked_s = now_s
        return False

    async def run(self) -> None:
        """Subscribe for ever, again whenever the connection ends; until cancelled."""
        failures = 0
        while True:
            try:
                async with aiohttp.ClientSession() as session:
                    await self._follow(session)
                failures = 0
            except (aiohttp.ClientError, OSError, TimeoutError, NodeMisbehaved) as failure:
                failures = min(failures + 1, 6)
                _log.warning("%s: no announcements, polling instead: %s", self.shown_url, type(failure).__name__)
            self._lost()
            await asyncio.sleep(0.5 * 2**failures * (1 - self._jitter() / 2))

    async def _follow(self, session: aiohttp.ClientSession) -> None:
        async with session.ws_connect(self._url, max_msg_size=MAX_MESSAGE_BYTES, heartbeat=self._silence_s) as socket:
            request = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
            await socket.send_str(json.dumps(request))
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise NodeMisbehaved("announcement", "text", message.type.name)
                self.take(message.data)

    def take(self, text: str) -> None:
        """Take one message of the node's. Raises `NodeMisbehaved` for what is no answer and no announcement."""
        try:
            message = as_object(parse_json(text.encode()), "announcement")
        except ValueError as error:
            raise NodeMisbehaved("announcement", "JSON", repr(text[:40])) from error
        if "id" in message:
            if message.get("error") is not None or "result" not in message:
                raise NodeMisbehaved("answer to eth_subscribe", "a subscription", repr(message)[:80])
            return
        header: Json = as_object(message.get("params"), "announcement").get("result")
        # a head that goes back is a reorganisation, or a node that started again: the reader finds out which
        self._newest = as_quantity(as_object(header, "announced header").get("number"), "announced height")
        self._heard_s = self._now_s()
        self.news.set()

    def _lost(self) -> None:
        self._heard_s = None
        self.news.set()
