"""A killed relayer started again over its backlog: ``restarted.py DATABASE PENDING`` prints its first submission.

Loads what the relayer's process loads, opens the store, takes back its lease and runs its loop; the far chain says when
the first packets are brought to it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

import relayer.app as whole_process  # noqa: E402, F401 # for the time it takes
from relayer.core.chain import ClientUpdate, Outcome, PacketMessage  # noqa: E402 # the checkout first
from relayer.lease_keeper import LeaseKeeper, LeaseTerms  # noqa: E402 # as above
from relayer.path import Path as RelayPath  # noqa: E402 # as above
from relayer.path import PathSettings  # noqa: E402 # as above
from relayer.service import RelayerLoop, never  # noqa: E402 # as above
from relayer.store import RelayerStore  # noqa: E402 # as above
from scripts.bench.relay_load.forgetting_chain import ForgettingChain, forgetting_pair  # noqa: E402 # as above

INSTANCE = "bench"


class Told(ForgettingChain):
    """Says when something is brought to it first."""

    told: asyncio.Event

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint."""
        outcomes = await super().submit(update, messages)
        if messages and not self.told.is_set():
            print(sum(outcome.refusal == "" for outcome in outcomes), flush=True)
            self.told.set()
        return outcomes


async def first_submission(database: Path, pending: int) -> None:
    """Run until it was made."""
    now_s = int(time.time())
    source, _ = forgetting_pair(now_s)
    far = Told("two", "client-two", lambda: now_s)
    source.counterparty, far.counterparty = far, source
    far.told = stopping = asyncio.Event()
    source.sent_count = source.log_starts = pending
    source.height, source.times = pending + 1, {pending + 1: now_s}
    source.commitments = {sequence: sequence + 1 for sequence in range(1, pending + 1)}
    store = RelayerStore(database)
    lease = LeaseKeeper(store.database, store.leases, ["path/bench"], LeaseTerms(INSTANCE, 10.0), time.time)
    path = RelayPath((source, far), store, PathSettings(5), time.time, never, name="bench", fence=lease.require)
    loop = RelayerLoop(path, 0.1, stopping, lease=lease)
    await asyncio.gather(loop.run(), lease.run(stopping))
    store.close()


if __name__ == "__main__":
    asyncio.run(first_submission(Path(sys.argv[1]), int(sys.argv[2])))
