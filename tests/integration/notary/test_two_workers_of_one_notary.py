"""Two worker processes of one notary over one PostgreSQL; the active one is killed under load.

The requester dials both endpoints of the notary, as its network map lists them. Nothing acknowledged may be lost, no
transaction may get two answers, the journal may not fork. The gap without answers is printed.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.notary_workers import LEASE_S, PATIENCE_S, Custodian, Notary, check_journal

pytestmark = pytest.mark.xdist_group("processes")  # two such files at once are too much for two cores


@pytest.fixture
async def notary(tmp_path: Path, postgres_url: str) -> AsyncIterator[Notary]:
    made = Notary(tmp_path / "network", postgres_url)
    made.make_files()
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.slow
async def test_the_active_worker_is_killed_under_load_and_nothing_is_lost(
    notary: Notary, capsys: pytest.CaptureFixture[str]
) -> None:
    custodian = Custodian(notary.folder)
    active = notary.start(0)
    await custodian.ask(custodian.wire("first"))  # it is the writer
    notary.start(1)

    async def kill() -> None:
        active.send_signal(signal.SIGKILL)

    gap_s = await custodian.ask_with_a_rival_for_every_fifth("coin", 400, kill)
    with capsys.disabled():
        sys.stdout.write(f"\n  gap after kill -9 of the active worker, lease {LEASE_S:g} s: {gap_s:.2f} s\n")
    await custodian.network.close()
    assert check_journal(notary.store_url, custodian) == 2


@pytest.mark.slow
async def test_a_stopped_worker_hands_over_at_once_and_a_replaced_one_stands_by(notary: Notary) -> None:
    custodian = Custodian(notary.folder)
    first = notary.start(0)
    await custodian.ask(custodian.wire("one"))
    notary.start(1)
    first.terminate()
    assert await asyncio.to_thread(first.wait, PATIENCE_S) == 0
    answer = await custodian.ask(custodian.wire("two"))
    notary.start(0)  # a new machine in the old one's place
    again = await custodian.ask(custodian.wire("two"))
    assert (again.position, again.time_s) == (answer.position, answer.time_s)
    await custodian.network.close()
    assert check_journal(notary.store_url, custodian) == 2
