"""Work done again and again in lanes, and how long each piece of it took."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable


async def in_lanes(
    work: Callable[[int, int], Awaitable[None]], lanes: int, seconds: float, count: float
) -> dict[str, float]:
    """Do ``work(lane, turn)`` again and again in every lane until the time or the count is used up."""
    latencies_ms: list[float] = []
    started_s = time.monotonic()
    begun = itertools.count()

    async def run(lane: int) -> None:
        for turn in itertools.count():
            begun_s = time.monotonic()
            if begun_s - started_s >= seconds or next(begun) >= count:
                return
            await work(lane, turn)
            latencies_ms.append((time.monotonic() - begun_s) * 1000)

    await asyncio.gather(*(run(lane) for lane in range(lanes)))
    elapsed_s = time.monotonic() - started_s
    percentiles = statistics.quantiles(latencies_ms, n=100)
    return {"done": len(latencies_ms), "elapsed_s": elapsed_s, "p50_ms": percentiles[49], "p99_ms": percentiles[98]}
