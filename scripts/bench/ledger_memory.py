"""Memory of the nodes over many ledger transactions: flat, or growing?

Runs the pairs of ``issue_pay`` until the issuer has recorded ``--count`` ledger transactions (two a pair) and reads the
resident memory of all four processes on the way. ``value`` is by how much the node that grew most grew over the second
half of the run, in MiB for 10,000 ledger transactions; caches are bounded, and fill up in the first half of a long run.
``baseline`` is that node's memory half-way, in MiB, ``ratio`` its memory at the end over that; no raw store has a part.

A run of 100,000, which takes some minutes, is plotted in docs/ledger/memory.svg by ``--plot``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from scripts.bench.ledger_net.network import ISSUER, NOTARY, PAYEE, PAYER, running_network  # noqa: E402 # the checkout must be importable first
from scripts.bench.plots.memory import Curve, memory_plot  # noqa: E402 # as above

PLOT = ROOT / "docs" / "ledger" / "memory.svg"
SAMPLES = 50
IN_FLIGHT = 64
MIB = 1024 * 1024
BOUND = {"ratio": {"most": 1.1}}
SHOWN = {ISSUER: "issuer", PAYER: "payer", PAYEE: "payee", NOTARY: "notary"}
COLOURS = {ISSUER: "#0b6e4f", PAYER: "#1f4e9c", PAYEE: "#b3541e", NOTARY: "#6b4c9a"}

Samples = Mapping[str, Sequence[float]]
"""MiB by node; the first at the start, the others evenly spaced over the run."""


def measure(count: int) -> Samples:
    """Run the load and read the memory."""
    pairs_a_sample = max(1, count // 2 // SAMPLES)
    with (
        tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch,
        running_network(Path(scratch) / "n") as nodes,
    ):
        nodes[PAYER].ask("open_accounts", count=IN_FLIGHT)
        keys = nodes[PAYEE].ask("open_accounts", count=IN_FLIGHT)
        samples: dict[str, list[float]] = {name: [] for name in nodes}
        for number in range(SAMPLES + 1):
            for name, node in nodes.items():
                samples[name].append(node.ask("memory") / MIB)
            if number == SAMPLES:
                return samples
            load = {"in_flight": IN_FLIGHT, "payee": PAYEE, "payee_accounts": keys}
            run = nodes[PAYER].ask("pairs", name=f"s{number}", count=pairs_a_sample, **load)
            shown = ", ".join(f"{name} {values[-1]:.0f}" for name, values in samples.items())
            rate = run["done"] / run["elapsed_s"]
            print(f"{number * pairs_a_sample * 2:,} recorded, {rate:.0f} pairs/s, MiB: {shown}", file=sys.stderr)
    raise AssertionError("the last sample returns")


def main() -> int:
    """Command line; ``run`` judges whether memory grew by more than a tenth over the second half."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--plot", action="store_true", help=f"write {PLOT.relative_to(ROOT)}")
    arguments = parser.parse_args()
    samples = measure(arguments.count)
    if arguments.plot:
        PLOT.parent.mkdir(parents=True, exist_ok=True)
        curves = [Curve(SHOWN[name], COLOURS[name], values) for name, values in samples.items()]
        PLOT.write_text(memory_plot(curves, arguments.count, "recorded ledger transactions"))
    half, end = max(((v[len(v) // 2], v[-1]) for v in samples.values()), key=lambda pair: pair[1] - pair[0])
    line = {
        "name": "ledger_memory",
        "value": round((end - half) / (arguments.count / 2) * 10_000, 3),
        "unit": "MiB/10,000 ledger_txs",
        "baseline": round(half, 1),
        "ratio": round(end / half, 3),
        "end_mib": {name: round(values[-1], 1) for name, values in samples.items()},
        "count": arguments.count,
        "bound": BOUND,
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
