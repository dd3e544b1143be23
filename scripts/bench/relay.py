"""Packets a second through one relayer's path, both directions, against instant chains in its process.

``value`` is over SQLite, ``postgresql`` over a PostgreSQL server of this machine with fsync on, ``baseline`` over
SQLite in memory: what planning, proving and the chains themselves take; ``ratio`` is SQLite over that. A packet counts
when it was sent, received, acknowledged and has ended. Where there is no PostgreSQL, a note on standard error and no
line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from scripts.bench.relay_load.run import relay  # noqa: E402 # the checkout must be importable first
from scripts.local_postgres import PostgresMissing, temporary_postgres  # noqa: E402 # as above

BOUND = {"value": {"least": 150}, "postgresql": {"least": 150}}


def main() -> int:
    """Command line; ``run`` judges the bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=4000)
    packets = parser.parse_args().packets
    try:
        with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch, temporary_postgres() as server:
            postgresql = asyncio.run(relay(server.fresh_database(), packets))
            sqlite = asyncio.run(relay(Path(scratch) / "relayer.sqlite3", packets))
            memory = asyncio.run(relay(None, packets))
    except PostgresMissing as missing:
        print(f"relay: not measured: {missing}", file=sys.stderr)
        return 0
    line = {
        "name": "relay",
        "value": round(sqlite.rate, 1),
        "unit": "packets/s",
        "postgresql": round(postgresql.rate, 1),
        "baseline": round(memory.rate, 1),
        "ratio": round(sqlite.rate / memory.rate, 3),
        "packets": packets,
        "bound": BOUND,
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
