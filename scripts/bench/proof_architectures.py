"""The proof architectures side by side: one packet from the ledger to the EVM chain, its gas, its time, whom it trusts.

`tests/fakes/proof_architectures.py` says what exactly the gas is of. Latency is from cash locked to cash released, the
median of five swaps, after a first one, on a fresh devnet of each architecture with 1 s blocks. ``value`` is the gas of
an update through the hub, ``baseline`` of a direct one, both through the router.
Gas is deterministic: no rounds.

A table on standard error, one JSON line on standard output.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from relayer.devnet.boot import boot, shut_down
from relayer.devnet.layout import read_state
from relayer.devnet.scenarios import SCENARIOS, perform
from relayer.devnet.stage import Stage
from relayer.proof_config import Architecture
from tests.fakes.proof_architectures import ArchitectureGas, measure_direct, measure_enclave, measure_hub

COLUMNS = {
    "architecture": "architecture",
    "update_gas": "update gas",
    "proof_gas": "proof gas",
    "packet_gas": "update+receive+delivery gas",
    "latency_block_periods": "lock to release, block periods",
    "update_bytes": "update bytes",
    "proof_bytes": "proof bytes",
    "signatures_on_chain": "signatures on chain",
    "signatures_elsewhere": "signatures elsewhere",
    "trusts": "trusts",
}
TRUSTED = {
    Architecture.DIRECT: "Validators, k of n",
    Architecture.HUB: "Validators, k of n, and more than 2/3 of the hub's validators",
    Architecture.ENCLAVE: "Validators, k of n, and makers of hardware, fewer than the threshold of enclaves broken",
}
MEASURED: dict[Architecture, Callable[[], ArchitectureGas]] = {
    Architecture.DIRECT: measure_direct,
    Architecture.HUB: measure_hub,
    Architecture.ENCLAVE: measure_enclave,
}
WARM_UP, SWAPS = 1, 5
BOUND = {"value": {"most": 250_000}, "ratio": {"most": 4.5}, "enclave_packet_gas": {"most": 225_000}}


def _say(text: str) -> None:
    sys.stderr.write(f"proof_architectures: {text}\n")


async def latency(architecture: Architecture) -> float:
    """The median, in block periods, from cash locked to cash released as a watcher of the gateway sees them."""
    found: list[float] = []
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        directory = Path(scratch) / "devnet"
        try:
            await boot(directory, _say, proof=architecture)
            async with Stage(directory, read_state(directory)) as stage:
                for number in range(WARM_UP + SWAPS):
                    scene = await perform(SCENARIOS[0], stage, lambda _text: None)
                    elapsed = scene.followed.elapsed_periods(stage.state.block_period_ms)
                    found.append(elapsed["cash released to seller"] - elapsed["cash locked"])
                    _say(f"{architecture.value}, swap {number + 1}: {found[-1]:.2f} block periods")
        finally:
            shut_down(directory)
    return statistics.median(found[WARM_UP:])


def row(architecture: Architecture, gas: ArchitectureGas, periods: float) -> dict[str, object]:
    """One architecture's figures."""
    return {
        "architecture": architecture.value,
        "update_gas": gas.update,
        "proof_gas": gas.membership,
        "packet_gas": gas.packet,
        "latency_block_periods": round(periods, 2),
        "update_bytes": gas.update_bytes,
        "proof_bytes": gas.proof_bytes,
        "signatures_on_chain": gas.signatures,
        "signatures_elsewhere": gas.elsewhere,
        "trusts": TRUSTED[architecture],
    }


async def main() -> int:
    """Measure and print."""
    measured = {architecture: measure() for architecture, measure in MEASURED.items()}
    rows = [row(architecture, gas, await latency(architecture)) for architecture, gas in measured.items()]
    print(" | ".join(COLUMNS.values()), file=sys.stderr)
    for line in rows:
        print(" | ".join(str(cell) for cell in line.values()), file=sys.stderr)
    hub, direct = measured[Architecture.HUB].update, measured[Architecture.DIRECT].update
    figures = {
        "name": "proof_architectures",
        "value": hub,
        "unit": "gas",
        "baseline": direct,
        "ratio": round(hub / direct, 2),
        "enclave_packet_gas": measured[Architecture.ENCLAVE].packet,
        "rows": rows,
        "bound": BOUND,
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
