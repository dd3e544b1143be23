"""Work that may take its time, and an event loop that goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Apart(Protocol):
    """How work is done without holding up the event loop of whoever waits for it."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """What ``work`` returns or raises, done in a thread; raises ``UnavailableError`` where it takes too long."""
        ...


async def done(apart: Apart | None, work: Callable[[], T]) -> T:
    """What ``work`` returns or raises: at once where it takes no time (``apart`` is None), or apart."""
    return work() if apart is None else await apart(work)
