"""From cash locked to cash released, on a fresh devnet with 1 s blocks, in block periods: the median of several swaps.

The baseline is the least any relayer can need: the packet must get into a block, and the next block is half a period
away on average. The ratio says how many times that minimum a swap takes.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path

from relayer.devnet.boot import boot, shut_down
from relayer.devnet.layout import read_state
from relayer.devnet.scenarios import SCENARIOS, perform
from relayer.devnet.stage import Stage

SWAPS = 7
MOST_BLOCK_PERIODS = 3.5
LEAST_BLOCK_PERIODS = 0.5


def _say(text: str) -> None:
    sys.stderr.write(f"dvp_latency: {text}\n")


async def measure(directory: Path) -> list[float]:
    """Block periods between both facts, one a swap, as a watcher of the gateway sees them."""
    found: list[float] = []
    settles = SCENARIOS[0]
    async with Stage(directory, read_state(directory)) as stage:
        for number in range(1, SWAPS + 1):
            scene = await perform(settles, stage, lambda _text: None)
            elapsed = scene.followed.elapsed_periods(stage.state.block_period_ms)
            found.append(elapsed["cash released to seller"] - elapsed["cash locked"])
            _say(f"swap {number}/{SWAPS}: {found[-1]:.2f} block periods")
    return found


async def main() -> int:
    """Boot, measure, shut down; exit 1 above the bound."""
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        directory = Path(scratch) / "devnet"
        try:
            await boot(directory, _say)
            value = statistics.median(await measure(directory))
        finally:
            shut_down(directory)
    line = {
        "name": "dvp_latency",
        "value": round(value, 2),
        "unit": "block periods",
        "baseline": LEAST_BLOCK_PERIODS,
        "ratio": round(value / LEAST_BLOCK_PERIODS, 2),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    return 0 if value <= MOST_BLOCK_PERIODS else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
