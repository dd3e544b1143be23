"""Time as an argument: what flows know of the clock."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """UTC now, and waiting for it to pass. Tests pass a clock they move by hand."""

    def now_ms(self) -> int:
        """Unix time, milliseconds."""
        ...

    async def sleep_ms(self, duration_ms: int) -> None:
        """Return after the duration, or be cancelled."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Unix time, milliseconds."""
        return time.time_ns() // 1_000_000

    async def sleep_ms(self, duration_ms: int) -> None:
        """Return after the duration."""
        await asyncio.sleep(duration_ms / 1000)
