"""Deadlines of many waiters by one timer: hardly any is ever reached, and a timer for each is dear."""

from __future__ import annotations

import asyncio
from typing import Any


class Deadlines:
    """Waiters of one event loop, each with when it has waited long enough, on the loop's clock."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, waiter: asyncio.Future[Any], deadline_s: float) -> None:
        """Have ``waiter`` raise ``TimeoutError`` then, unless it is done or removed before."""
        self._waiting[waiter] = deadline_s
        if self._timer is None or deadline_s < self._timer.when():
            self.stop()
            self._timer = waiter.get_loop().call_at(deadline_s, self._look)

    def remove(self, waiter: asyncio.Future[Any]) -> None:
        """It waits no longer; the timer stays, for those who come after it."""
        self._waiting.pop(waiter, None)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        waiting, self._waiting = self._waiting, {}
        for waiter, deadline_s in waiting.items():
            if waiter.done():
                continue
            if deadline_s > waiter.get_loop().time():
                self.add(waiter, deadline_s)
            else:
                waiter.set_exception(TimeoutError())
