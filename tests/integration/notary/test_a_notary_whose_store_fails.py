"""A full disk, a lost database: the notary signs nothing, loses nothing, and goes on when its store is back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import codec
from chains.progmat.notary.errors import NotarisationConflict, UniquenessStoreFull, UniquenessStoreLost
from chains.progmat.notary.journal import genesis, validate_successor
from chains.progmat.notary.service import NotaryService, NotarySettings
from chains.progmat.notary.sqlite_store import SqliteUniquenessStore
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.signed_codec import decode_signature
from scripts.local_postgres import LocalPostgres, PostgresMissing, temporary_postgres
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, create, state
from tests.fakes.notary_world import NOTARY, NOTARY_KEYS, PARAMETERS, Spoken, key_of
from tests.fakes.uniqueness_stores import postgres_writer

CN = PeerIdentity("cn-1")


@pytest.fixture
def own_server() -> Iterator[LocalPostgres]:
    try:
        with temporary_postgres() as server:
            yield server
    except PostgresMissing as missing:
        pytest.skip(str(missing))


@asynccontextmanager
async def running(store: UniquenessStore) -> AsyncIterator[NotaryService]:
    notary = NotaryService(
        name=NOTARY.name,
        store=store,
        keys=NOTARY_KEYS,
        parameters=PARAMETERS,
        key_of=key_of,
        clock_s=lambda: NOW_S,
        settings=NotarySettings(frozenset(), tick_interval_s=3600),
    )
    await notary.start()
    yield notary
    await notary.stop()
    store.close()


async def ask(notary: NotaryService, spoken: Spoken) -> codec.Notarised:
    answer = codec.decode_response(await notary.notarise(CN, spoken.request()))
    decode_signature(answer.signature).verify(spoken.wire.id)
    return answer


def spending(name: str, coin: str) -> Spoken:
    return Spoken(name, inputs=(state(coin),), writes=(create(name),))


async def consistent_afterwards(notary: NotaryService, store: UniquenessStore, last: int) -> None:
    """What was answered before keeps its answer; what failed can be had; nothing is there twice."""
    again = await ask(notary, spending("first", "a"))
    assert (again.position, again.time_s) == (1, NOW_S)
    assert (await ask(notary, spending("failed", "b"))).position == last
    for coin in ("a", "b"):
        with pytest.raises(NotarisationConflict):
            await ask(notary, spending(f"double {coin}", coin))
    head = genesis(LEDGER_ID)
    for entry in store.read_entries(0, 1000):
        validate_successor(head, entry)
        head = entry.head
    assert head.position == last


async def fill(notary: NotaryService) -> int:
    """How many more are answered: what fits into the pages there are."""
    for number in range(100):
        try:
            await ask(notary, spending(f"filler {number}", f"filler {number}"))
        except UniquenessStoreFull:
            return number
    raise AssertionError("the disk never fills")


async def test_a_full_disk_stops_signing_and_room_lets_it_go_on(tmp_path: Path) -> None:
    store = SqliteUniquenessStore(tmp_path / "n.db", LEDGER_ID)
    async with running(store) as notary:
        await ask(notary, spending("first", "a"))
        (pages,) = store._writer.execute("PRAGMA page_count").fetchone()
        store._writer.execute(f"PRAGMA max_page_count = {pages}")
        filled = 1 + await fill(notary)
        for _ in range(3):
            with pytest.raises(UniquenessStoreFull, match="operator must make some"):
                await ask(notary, spending("failed", "b"))
        assert store.find_committed(spending("failed", "b").wire.id) is None
        store._writer.execute("PRAGMA max_page_count = 100000")
        await consistent_afterwards(notary, store, filled + 1)


async def test_a_lost_database_stops_signing_and_its_return_lets_it_go_on(own_server: LocalPostgres) -> None:
    store = postgres_writer(own_server.url)
    async with running(store) as notary:
        await ask(notary, spending("first", "a"))
        own_server.stop("immediate")
        for _ in range(3):
            with pytest.raises(UniquenessStoreLost, match="the same transaction gets the same answer"):
                await ask(notary, spending("failed", "b"))
        own_server.start_again()
        await consistent_afterwards(notary, store, 2)
