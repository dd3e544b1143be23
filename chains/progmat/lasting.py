"""Work that is finished even if whoever asked for it goes: a call that is cancelled would leave it half done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Lasting:
    """Somebody's work of that kind."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    async def done(self, work: Coroutine[Any, Any, T], name: str) -> T:
        """What ``work`` returns or raises. If the caller is cancelled, it goes on without."""
        task = asyncio.create_task(work, name=name)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def ended(self) -> None:
        """Return when all of it is done."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked has heard it, or has gone
