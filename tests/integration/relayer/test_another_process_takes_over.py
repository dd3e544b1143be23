"""Real processes over one database: killed or stopped by signals, and the clocks that machines have."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from relayer.core.chain import EventPage
from relayer.database import Location
from relayer.lease_keeper import LeaseKeeper, LeaseTerms
from relayer.store import RelayerStore

HOLDER = Path(__file__).parents[2] / "fakes" / "lease_process.py"
TTL_S = 1.5
ASKING_S = 2.0
"""What asking takes on a busy machine."""
WAIT_S = 40


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    return tmp_path / "r.sqlite3" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@asynccontextmanager
async def holding(location: Location) -> AsyncIterator[Process]:
    """A process that has the lease."""
    process = await asyncio.create_subprocess_exec(sys.executable, HOLDER, str(location), "it", str(TTL_S), stdout=PIPE)
    try:
        await said(process, "held")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said(process: Process, what: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(WAIT_S):
        while line := (await process.stdout.readline()).decode():
            if line.startswith(what):
                return line
    raise AssertionError(f"the process ended without saying {what!r}")


@asynccontextmanager
async def taken_over(location: Location) -> AsyncIterator[tuple[RelayerStore, LeaseKeeper, float]]:
    """Another instance that has the lease, and after how many seconds it had it."""
    store, started_s = RelayerStore(location), time.monotonic()
    try:
        lease = LeaseKeeper(store.database, store.leases, ["path/p"], LeaseTerms("other", 30.0), time.time)
        async with asyncio.timeout(WAIT_S):
            pause_s = await lease.step()
            while not lease.is_held:
                await asyncio.sleep(pause_s)
                pause_s = await lease.step()
        yield store, lease, time.monotonic() - started_s
    finally:
        store.close()


async def test_of_one_that_was_killed_the_lease_is_taken_within_its_term(location: Location) -> None:
    async with holding(location) as process:
        process.send_signal(signal.SIGKILL)
        await process.wait()
        async with taken_over(location) as (store, lease, waited_s):
            assert waited_s < TTL_S + ASKING_S
            before = store.of_path("p").cursor("one")
            store.of_path("p", lease.require).record_page("one", "two", EventPage((), before + 1), time.time())
            assert store.of_path("p").cursor("one") == before + 1


async def test_one_that_was_stopped_and_goes_on_after_it_was_overtaken_is_refused(postgres_url: str) -> None:
    """Even one that stood still in a transaction of its own: the server ends that after a while."""
    location = postgres_url
    async with holding(location) as process:
        process.send_signal(signal.SIGSTOP)
        async with taken_over(location) as (store, lease, _):
            before = store.of_path("p").cursor("one")
            process.send_signal(signal.SIGCONT)
            await said(process, "refused")
            assert store.of_path("p").cursor("one") == before
            assert lease.is_held
