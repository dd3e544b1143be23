"""A clock that moves by hand; whoever sleeps wakes when it has moved far enough."""

from __future__ import annotations

import asyncio
import heapq
import itertools

START_MS = 1_800_000_000_000


class ManualClock:
    """``flows.clock.Clock``."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._slept = asyncio.Event()

    def now_ms(self) -> int:
        return self._now_ms

    def now_s(self) -> int:
        return self._now_ms // 1000

    async def sleep_ms(self, duration_ms: int) -> None:
        if duration_ms <= 0:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_ms + duration_ms, next(self._numbers), waiter))
        self._slept.set()
        await waiter

    def advance_ms(self, duration_ms: int) -> None:
        """Move, and wake those whose time has come."""
        self._now_ms += duration_ms
        while self._sleepers and self._sleepers[0][0] <= self._now_ms:
            _, _, waiter = heapq.heappop(self._sleepers)
            if not waiter.done():
                waiter.set_result(None)

    def advance_s(self, duration_s: int) -> None:
        """Move by seconds."""
        self.advance_ms(duration_s * 1000)

    async def until_somebody_sleeps(self) -> None:
        """Return when somebody has gone to sleep since this was last awaited."""
        await self._slept.wait()
        self._slept.clear()
