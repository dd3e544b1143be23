"""Seconds from the start of a relayer's process to its first submission, over a store with many pending packets.

Its predecessor was killed while it held the lease. ``baseline`` is the same over an empty backlog but for one batch:
loading the program; ``ratio`` what the backlog makes of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import structlog

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from ibc.packet import Packet  # noqa: E402 # the checkout must be importable first
from relayer.core.chain import EventKind, EventPage, PacketEvent  # noqa: E402 # as above
from relayer.lease_keeper import LeaseKeeper, LeaseTerms  # noqa: E402 # as above
from relayer.store import RelayerStore  # noqa: E402 # as above
from scripts.bench.relay_load.forgetting_chain import WORDS  # noqa: E402 # as above
from tests.fakes.instant_chain import payload  # noqa: E402 # as above

RESTARTED = Path(__file__).parent / "relay_load" / "restarted.py"
INSTANCE = "bench"
ONE_BATCH = 20
PAGE = 2000
TIMEOUT_S = 86_400
BOUND = {"value": {"most": 5.0}}


def fill(database: Path, pending: int) -> None:
    """A store as a relayer leaves it that saw so many packets sent, brought none of them, and was killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    store, now_s = RelayerStore(database), int(time.time())
    lease = LeaseKeeper(store.database, store.leases, ["path/bench"], LeaseTerms(INSTANCE, 3600.0), time.time)
    asyncio.run(lease.step())
    path = store.of_path("bench", lease.require)
    for first in range(1, pending + 1, PAGE):
        last = min(pending, first + PAGE - 1)
        events = tuple(_sent(sequence, now_s + TIMEOUT_S + sequence % 997) for sequence in range(first, last + 1))
        path.record_page("one", "two", EventPage(events, last), float(now_s))
    store.close()


def _sent(sequence: int, timeout_s: int) -> PacketEvent:
    packet = Packet(sequence, "client-one", "client-two", timeout_s, (payload(b"settlement" + WORDS),))
    return PacketEvent(EventKind.SENT, packet, sequence + 1, f"one-{sequence + 1}")


def seconds_to_first_submission(pending: int) -> float:
    """Fill a store, start the process, wait for its line. Raises ``RuntimeError`` when what it brought was refused."""
    with tempfile.TemporaryDirectory(prefix="crossdvp-bench-") as scratch:
        database = Path(scratch) / "relayer.sqlite3"
        fill(database, pending)
        started_s = time.perf_counter()
        command = [sys.executable, str(RESTARTED), str(database), str(pending)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            taken = next((line for line in process.stdout or () if line.strip().isdigit()), "")
            elapsed_s = time.perf_counter() - started_s
            process.wait(30)
    if not taken or int(taken) != min(pending, ONE_BATCH):
        raise RuntimeError(f"expected {ONE_BATCH} packets to be taken, found {taken!r}")
    return elapsed_s


def main() -> int:
    """Command line; ``run`` judges the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=100_000)
    packets = parser.parse_args().packets
    bare_s, found_s = seconds_to_first_submission(ONE_BATCH), seconds_to_first_submission(packets)
    line = {
        "name": "relay_restart",
        "value": round(found_s, 2),
        "unit": "s to first submission",
        "baseline": round(bare_s, 2),
        "ratio": round(found_s / bare_s, 2),
        "packets": packets,
        "bound": BOUND,
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
