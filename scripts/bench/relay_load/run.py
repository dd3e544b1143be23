"""A relayer's loop, under its lease, over two instant chains that send as fast as packets end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from relayer.database import Location
from relayer.lease_keeper import LeaseKeeper, LeaseTerms
from relayer.path import Path, PathSettings
from relayer.service import Archiving, RelayerLoop, never
from relayer.store import RelayerStore
from scripts.bench.relay_load.forgetting_chain import ForgettingChain, forgetting_pair

IN_FLIGHT = 200
"""Packets on their way in each direction."""
TIMEOUT_S = 86_400
LOOK_S = 0.005


@dataclass(frozen=True)
class Relayed:
    """What was relayed, and how long it took."""

    packets: int
    elapsed_s: float

    @property
    def rate(self) -> float:
        """Packets a second, both directions together."""
        return self.packets / self.elapsed_s


async def relay(
    location: Location,
    packets: int,
    archive_after_s: float | None = None,
    watch: Callable[[int], None] = lambda _ended: None,
) -> Relayed:
    """Relay so many packets to their end; ``watch`` is told now and then how many have ended."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    chains, stopping, store = forgetting_pair(int(time.time())), asyncio.Event(), RelayerStore(location)
    lease = LeaseKeeper(store.database, store.leases, ["path/bench"], LeaseTerms("bench", 10.0), time.time)
    path = Path(chains, store, PathSettings(5), time.time, never, name="bench", fence=lease.require)
    archiving = None if archive_after_s is None else Archiving(archive_after_s, time.time)
    loop = RelayerLoop(path, 0.001, stopping, lease=lease, archiving=archiving)
    await lease.step()
    jobs = [asyncio.create_task(loop.run()), asyncio.create_task(lease.run(stopping))]
    started_s = time.perf_counter()
    while (ended := sum(chain.ended_count for chain in chains)) < packets:
        for chain in chains:
            _send(chain, packets // 2)
        watch(ended)
        await asyncio.sleep(LOOK_S)
        if loop.halted or loop.last_error:
            raise RuntimeError(f"the relayer waits: {loop.last_error}")
    elapsed_s = time.perf_counter() - started_s
    watch(ended)
    stopping.set()
    await asyncio.gather(*jobs)
    await lease.release()
    store.close()
    return Relayed(ended, elapsed_s)


def _send(chain: ForgettingChain, most: int) -> None:
    while chain.sent_count < min(most, chain.ended_count + IN_FLIGHT):
        chain.send(b"settlement", int(time.time()) + TIMEOUT_S)
