"""From cash locked to cash released, on a fresh devnet with 1 s blocks, in block periods: the median of several swaps.

The baseline is what one bare transaction of the same chain takes in the same run, from sending to its receipt: no swap
can be faster, for its packet is one. The ratio says how many bare transactions long a swap is.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import address_bytes
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from relayer.devnet.boot import boot, shut_down
from relayer.devnet.chain_access import deployment_of
from relayer.devnet.layout import read_state
from relayer.devnet.scenarios import SCENARIOS, perform
from relayer.devnet.stage import Stage

SWAPS = 7
BOUND = {"value": {"most": 3.5}}
BARE_TRANSACTIONS = 7


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


async def measure_bare(directory: Path) -> list[float]:
    """Block periods from sending an ``approve`` to its receipt, one a transaction, spread over the block period."""
    state = read_state(directory)
    deployment = deployment_of(directory, state)
    secret = bytes.fromhex((directory / state.buyer.evm_key_file).read_text().strip())
    found: list[float] = []
    async with EvmRpc(state.rpc_url) as rpc:
        account = EvmAccount(rpc, secret, deployment.chain_id)
        approval = replace(TokenBinding(address_bytes(deployment.token)).approve(account.address, 1), gas=100_000)
        for number in range(BARE_TRANSACTIONS):
            await asyncio.sleep(number / BARE_TRANSACTIONS * state.block_period_ms / 1000)
            started_s = time.monotonic()
            await account.execute(approval, timeout_s=30.0)
            found.append((time.monotonic() - started_s) * 1000 / state.block_period_ms)
    return found


async def main() -> int:
    """Boot, measure, shut down."""
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        directory = Path(scratch) / "devnet"
        try:
            await boot(directory, _say)
            baseline = statistics.median(await measure_bare(directory))
            value = statistics.median(await measure(directory))
        finally:
            shut_down(directory)
    line = {
        "name": "dvp_latency",
        "value": round(value, 2),
        "unit": "block periods",
        "baseline": round(baseline, 2),
        "ratio": round(value / baseline, 2),
        "bound": BOUND,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
