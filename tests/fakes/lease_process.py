"""A process that holds a lease and writes under it until it is killed: ``lease_process.py LOCATION HOLDER TTL_S``.

Prints a line when it has the lease; then moves a cursor again and again, each time fenced, and says when it is refused.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[2] / "proto" / "gen")]

from relayer.core.chain import EventPage  # noqa: E402 # the checkout must be importable first
from relayer.lease_keeper import LeaseKeeper, LeaseTerms  # noqa: E402 # as above
from relayer.leases import LeaseLost  # noqa: E402 # as above
from relayer.store import RelayerStore  # noqa: E402 # as above
from relayer.store_errors import StoreUnavailable  # noqa: E402 # as above


async def work(location: str, holder: str, ttl_s: float) -> None:
    """Until the end."""
    store = RelayerStore(location if "://" in location else Path(location))
    lease = LeaseKeeper(store.database, store.leases, ["path/p"], LeaseTerms(holder, ttl_s), time.time)
    path, stopping = store.of_path("p", lease.require), asyncio.Event()
    keeping = asyncio.create_task(lease.run(stopping))
    while not lease.is_held:  # noqa: ASYNC110  # a keeper tells nobody
        await asyncio.sleep(0.01)
    print("held", flush=True)  # noqa: T201  # its parent reads it
    while not stopping.is_set():
        cursor = path.cursor("one")
        try:
            path.record_page("one", "two", EventPage((), cursor + 1), time.time())
        except LeaseLost:
            print(f"refused at {cursor}", flush=True)  # noqa: T201  # as above
            stopping.set()
        except StoreUnavailable:  # its session was ended while it stood still
            continue
        await asyncio.sleep(0.02)
    await keeping


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], float(sys.argv[3])))
