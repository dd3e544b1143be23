"""``Changes``: waiters are told that something changed, and look themselves at what."""

from __future__ import annotations

import asyncio


class Changes:
    """Tells waiters that something was recorded. Take ``next`` before looking, so that no change is missed."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def next(self) -> asyncio.Event:
        """Set at the next change."""
        return self._next

    def tell(self) -> None:
        """Something changed."""
        self._next.set()
        self._next = asyncio.Event()
