"""The set-up of docs/ledger/notary.md for real: two workers of one notary, three PostgreSQL servers, Patroni, etcd.

Takes a minute and Debian's packages, so it runs when asked for:

    CROSSDVP_TEST_PATRONI=1 python -m pytest -q -s tests/integration/notary/test_the_notary_over_patroni.py
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from scripts.local_patroni import LocalPatroni, temporary_patroni
from scripts.local_postgres import PostgresMissing
from tests.fakes.notary_workers import Custodian, Notary, check_journal

pytestmark = [
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif("CROSSDVP_TEST_PATRONI" not in os.environ, reason="takes a minute: CROSSDVP_TEST_PATRONI=1"),
]


@pytest.fixture
def patroni() -> Iterator[LocalPatroni]:
    try:
        with temporary_patroni() as made:
            yield made
    except PostgresMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
async def notary(tmp_path: Path, patroni: LocalPatroni) -> AsyncIterator[Notary]:
    made = Notary(tmp_path / "network", patroni.url)
    made.make_files()
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_primary_that_is_killed_and_one_that_hands_over_lose_nothing(
    notary: Notary, patroni: LocalPatroni, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(patroni.url) as connection:
        assert connection.execute("SHOW synchronous_standby_names").fetchone() == (f'"{patroni.standby()}"',)
    custodian = Custodian(notary.folder)
    notary.start(0)
    await custodian.ask(custodian.wire("first"))  # it is the writer
    notary.start(1)
    first = patroni.primary()
    assert first is not None

    async def kill() -> None:
        await asyncio.to_thread(patroni.kill, first)

    killed_gap_s = await custodian.ask_with_a_rival_for_every_fifth("k", 400, kill)
    await asyncio.to_thread(patroni.until, lambda: patroni.standby() is not None)
    handed_gap_s = await custodian.ask_with_a_rival_for_every_fifth(
        "h", 400, lambda: asyncio.to_thread(patroni.switch_over)
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\n  gap after kill -9 of the primary: {killed_gap_s:.2f} s, at a switch-over: {handed_gap_s:.2f} s\n"
        )
    await custodian.network.close()
    check_journal(notary.store_url, custodian)
