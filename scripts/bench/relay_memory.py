"""Memory of a relayer over many packets: flat, or growing?

Relays ``--packets`` over SQLite between two instant chains that forget what ended, archives what ended seconds ago, and
reads the resident memory of the process on the way. ``value`` and ``ratio``: by how much it grew over the second half
of the run, in MiB and as end over half; ``baseline`` is the memory half-way, in MiB. ``--plot`` draws it in
docs/relayer/relay_memory.svg.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from relayer.process import keep_what_is_loaded, share_one_heap  # noqa: E402 # the checkout must be importable first
from scripts.bench.plots.memory import Curve, memory_plot  # noqa: E402 # the checkout must be importable first
from scripts.bench.relay_load.run import relay  # noqa: E402 # as above

PLOT = ROOT / "docs" / "relayer" / "relay_memory.svg"
SAMPLES = 50
ARCHIVE_AFTER_S = 2.0
MIB = 1024 * 1024
BOUND = {"ratio": {"most": 1.05}}


def resident_mib() -> float:
    """Of this process, now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / MIB


def measure(packets: int) -> list[float]:
    """MiB at the start and after each fiftieth of the packets."""
    samples: list[float] = []

    def look(ended: int) -> None:
        while len(samples) <= ended * SAMPLES // packets and len(samples) <= SAMPLES:
            samples.append(resident_mib())
            print(f"{ended:,} relayed, {samples[-1]:.1f} MiB", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        asyncio.run(relay(Path(scratch) / "relayer.sqlite3", packets, ARCHIVE_AFTER_S, look))
    return samples


def main() -> int:
    """Command line; ``run`` judges whether memory grew by more than a twentieth over the second half."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--plot", action="store_true", help=f"write {PLOT.relative_to(ROOT)}")
    arguments = parser.parse_args()
    share_one_heap()  # as the daemon does, and
    keep_what_is_loaded()
    samples = measure(arguments.packets)
    if arguments.plot:
        PLOT.write_text(memory_plot([Curve("relayer", "#0b6e4f", samples)], arguments.packets, "relayed packets"))
    half, end = samples[len(samples) // 2], samples[-1]
    line = {
        "name": "relay_memory",
        "value": round(end - half, 2),
        "unit": "MiB",
        "baseline": round(half, 1),
        "ratio": round(end / half, 3),
        "packets": arguments.packets,
        "bound": BOUND,
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
