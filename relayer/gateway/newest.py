"""Who waits for the stream to go on: one reader asks the database for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from primitives.errors import CrossDvpError

_log = structlog.get_logger(__name__)


class NewestEvent:
    """The number of the last event, as far as it is known here. One per store and event loop.

    ``read``: the store's, in a thread; asked every ``poll_s`` while anybody waits, whoever wrote the event, in this
    process or in another one over the same database. What this one writes it tells sooner, by ``tell``.
    """

    def __init__(self, read: Callable[[], int], poll_s: float) -> None:
        self._read = read
        self._poll_s = poll_s
        self._number = 0
        self._waiting = 0
        self._is_open = True
        self._moved = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def tell(self, number: int) -> None:
        """An event was committed; by any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._reached, number)

    def _reached(self, number: int) -> None:
        if number > self._number:
            self._number = number
            self._moved.set()
            self._moved = asyncio.Event()

    async def beyond(self, number: int, patience_s: float) -> bool:
        """Wait until there is an event after ``number``, at most ``patience_s``; whether there is."""
        self._waiting += 1
        self._loop = asyncio.get_running_loop()
        if self._is_open and (self._reader is None or self._reader.done()):
            self._reader = asyncio.create_task(self._follow(), name="newest event")
        try:
            async with asyncio.timeout(patience_s):
                while self._number <= number:
                    await self._moved.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    async def close(self) -> None:
        """Wait for a read that is under way: the store is closed next."""
        self._is_open = False
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _follow(self) -> None:
        while self._waiting and self._is_open:
            try:
                number = await asyncio.to_thread(self._read)
            except CrossDvpError as failure:  # whoever waits reads for himself when his patience ends
                _log.warning("stream cannot be read", error=f"{failure.reason}: {failure}")
                number = self._number
            self._reached(number)
            await asyncio.sleep(self._poll_s)
