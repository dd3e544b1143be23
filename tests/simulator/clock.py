"""A node's clock over the loop's virtual time: wrong by a bounded amount."""

from __future__ import annotations

import asyncio

from tests.fakes.manual_clock import START_MS


class SkewedClock:
    """``flows.clock.Clock``. Time starts where the other fakes' time starts; ``skew_ms`` is this machine's error."""

    def __init__(self, skew_ms: int = 0) -> None:
        self.skew_ms = skew_ms

    def now_ms(self) -> int:
        """Unix time, milliseconds, as this machine believes."""
        return START_MS + int(asyncio.get_running_loop().time() * 1000) + self.skew_ms

    def now_s(self) -> int:
        """Unix seconds, as this machine believes."""
        return self.now_ms() // 1000

    async def sleep_ms(self, duration_ms: int) -> None:
        """Return after the duration."""
        if duration_ms > 0:
            await asyncio.sleep(duration_ms / 1000)
