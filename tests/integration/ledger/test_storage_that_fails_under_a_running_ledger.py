"""A full disk, a server that is killed: signing stops, consistency does not, and everything goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.database_location import DatabaseLocation, postgres_database
from chains.progmat.node.gated_keys import GatedKeys
from chains.progmat.node.storage import NodeDatabase, group_commit
from chains.progmat.node.storage.errors import StorageFailed
from chains.progmat.node.storage.standing import Doubt
from scripts.local_postgres import LocalPostgres, PostgresMissing, temporary_postgres
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)

MOVES = 6


@pytest.fixture
def own_server() -> Iterator[LocalPostgres]:
    """A server that a test may kill."""
    try:
        with temporary_postgres() as server:
            yield server
    except PostgresMissing as missing:
        pytest.skip(str(missing))


def move(number: int) -> MoveCash:
    return MoveCash(f"move-{number}", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def all_done(ledger: LedgerNetwork) -> None:
    """Every move ends, the clock going on as clocks do, and no yen is made or lost."""
    for number in range(MOVES):
        engine = ledger.vault(CN_B).node.engine
        async with asyncio.timeout(6 * WAIT_S):
            while True:
                ledger.clock.advance_s(30)
                try:
                    record = await engine.outcome(f"move-{number}", 0.2, ENDS)
                except StorageFailed:
                    await asyncio.sleep(0.05)  # the server is still away: real time, another process
                    continue
                if record.step in ENDS:
                    break
        assert record.step is FlowStep.DONE, record
    assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000 - 100 * MOVES
    assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 100 * MOVES
    assert await ledger.total_yen(SN) == 1000


async def test_a_server_killed_under_running_flows_delays_them_and_nothing_else(
    tmp_path: Path, own_server: LocalPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PROBE_S", 0.1)
    server = own_server
    urls: dict[str, str] = {}

    def database_of(name: str, folder: Path) -> DatabaseLocation:
        url = urls.setdefault(name, server.fresh_database())
        return postgres_database(url, folder)

    async with running_ledger(tmp_path, CASH_PARTIES, database_of=database_of) as ledger:
        await ledger.issue(1000)
        for number in range(MOVES):
            await ledger.operations(CN_B).submit(move(number), 0)
        await asyncio.to_thread(server.stop, "immediate")
        database = ledger.vault(CN_B).node.parts.database
        with pytest.raises(StorageFailed):
            await database.submit(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
        assert database.failure is not None
        await asyncio.to_thread(server.start_again)
        await all_done(ledger)
        for party in (SN, CN_A, CN_B):
            assert ledger.vault(party).node.parts.database.doubt is Doubt.NONE


def full(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA max_page_count = 1")  # the smallest SQLite allows: what it has now
    connection.exec_driver_sql("CREATE TABLE filler AS SELECT zeroblob(1000000)")


async def test_a_full_disk_stops_signing_and_says_so_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PROBE_S", 0.05)
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        node = ledger.vault(SN).node
        database, told = node.parts.database, []
        keys = node.parts.keys
        assert isinstance(keys, GatedKeys)
        signer = keys.signer(node.parts.me.party.key)
        assert signer is not None
        changed = asyncio.Event()

        def tell() -> None:
            told.append(database.failure is None)
            changed.set()

        database.watch(tell)
        disk_is_full = True
        write = database._ownership.count

        def count(connection: Connection) -> None:
            if disk_is_full:
                full(connection)
            write(connection)

        monkeypatch.setattr(database._ownership, "count", count)
        with pytest.raises(StorageFailed, match="full"):
            await database.submit(lambda _connection: None)
        with pytest.raises(StorageFailed, match="full"):
            signer.sign(b"anything")
        for number in range(MOVES):
            await ledger.operations(CN_B).submit(move(number), 0)
        await asyncio.wait_for(changed.wait(), WAIT_S)
        assert told == [False]
        assert await ledger.total_yen(SN) == 1000  # it answers reads
        changed.clear()
        disk_is_full = False
        await asyncio.wait_for(changed.wait(), WAIT_S)  # nobody asked: it found out
        assert told == [False, True]
        assert signer.sign(b"anything")
        await all_done(ledger)


async def test_a_commit_that_a_standby_has_not_confirmed_is_of_unknown_fate(
    tmp_path: Path, own_server: LocalPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL reports success for a COMMIT that was cancelled while it waited for its standby."""
    import psycopg

    monkeypatch.setattr(group_commit, "PROBE_S", 600.0)
    at = postgres_database(own_server.fresh_database(), tmp_path)
    database = await NodeDatabase.open(at, "bob", [])
    number = database.head.number
    with psycopg.connect(own_server.url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        admin.execute("SELECT pg_reload_conf()")
        cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        failure = None
        async with asyncio.timeout(WAIT_S):
            while failure is None:  # until the server has read its settings
                waiting = asyncio.ensure_future(database.submit(lambda _connection: None))
                while not waiting.done():
                    admin.execute(cancel)
                    await asyncio.sleep(0.02)  # another process, real time
                number += 1
                failure = waiting.exception()
        assert isinstance(failure, StorageFailed)
        assert "warning" in str(failure)
        admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
        admin.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(WAIT_S):
            while True:
                try:
                    await database.submit(lambda _connection: None)
                    break
                except StorageFailed:
                    await asyncio.sleep(0.05)
    assert database.head.number > number  # the one of unknown fate had happened; the writer has found out
    await database.close()
