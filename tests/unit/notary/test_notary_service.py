from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import codec
from chains.progmat.notary.batch_writer import Result, sign_outcomes
from chains.progmat.notary.decisions import Outcome
from chains.progmat.notary.errors import (
    NotarisationConflict,
    NotaryBusy,
    NotaryStopping,
    UniquenessStoreError,
    UniquenessStoreFailed,
)
from chains.progmat.notary.journal import JournalEntry, JournalHead
from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.model import CommitRequest, Committed
from chains.progmat.notary.service import NotaryService, NotarySettings
from chains.progmat.notary.sqlite_store import SqliteUniquenessStore
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.model import TimeWindow
from chains.progmat.transactions.signed_codec import decode_signature
from primitives.signatures import Signer
from primitives.types import UnixSeconds
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, create, request, state, tx_id_of
from tests.fakes.notary_world import NOTARY, NOTARY_KEYS, NOTARY_SIGNER, PARAMETERS, Spoken, key_of, parameters

CN = PeerIdentity("cn-1")
VALIDATOR = PeerIdentity("v-1")


class Clock:
    now_s = NOW_S

    def __call__(self) -> int:
        return self.now_s


class HeldStore(MemoryUniquenessStore):
    """Holds every batch back until ``release`` is set, and remembers the batches' sizes."""

    def __init__(self) -> None:
        super().__init__(LEDGER_ID)
        self.release = threading.Event()
        self.entered = threading.Event()
        self.sizes: list[int] = []

    def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
        self.entered.set()
        self.release.wait(10)
        self.sizes.append(len(batch))
        return super().commit_batch(batch, clock_s)


def a_notary(store: UniquenessStore, clock: Clock | None = None, **settings: int) -> NotaryService:
    return NotaryService(
        name=NOTARY.name,
        store=store,
        keys=NOTARY_KEYS,
        parameters=PARAMETERS,
        key_of=key_of,
        clock_s=clock or Clock(),
        settings=NotarySettings(frozenset({"v-1"}), tick_interval_s=3600, **settings),
    )


async def ask(notary: NotaryService, spoken: Spoken) -> codec.Notarised:
    return codec.decode_response(await notary.notarise(CN, spoken.request()))


async def read(notary: NotaryService, after: int, wait_ms: int = 0, limit: int = 100) -> codec.JournalPage:
    body = codec.encode_read_request(codec.ReadRequest(after, limit, wait_ms))
    return codec.decode_page(await notary.read_journal(VALIDATOR, body))


async def test_the_signature_is_the_notarys_over_this_transaction() -> None:
    notary = a_notary(MemoryUniquenessStore(LEDGER_ID))
    await notary.start()
    spoken = Spoken("spend", inputs=(state("coin"),))
    signature = decode_signature((await ask(notary, spoken)).signature)
    signature.verify(spoken.wire.id)
    assert signature.by == NOTARY_SIGNER.public_key
    await notary.stop()


async def test_what_queues_up_during_a_commit_becomes_the_next_batch_and_shares_signatures() -> None:
    store = HeldStore()
    notary = a_notary(store)
    await notary.start()
    spoken = [Spoken(f"spend {i}", inputs=(state("coin", i),)) for i in range(21)]
    first = asyncio.create_task(ask(notary, spoken[0]))
    await asyncio.to_thread(store.entered.wait, 10)
    rest = [asyncio.create_task(ask(notary, s)) for s in spoken[1:]]
    for _ in range(5):
        await asyncio.sleep(0)
    store.release.set()
    answers = await asyncio.gather(first, *rest)
    assert store.sizes == [1, 20]
    signatures = [decode_signature(answer.signature) for answer in answers]
    assert len({signature.signature for signature in signatures[1:]}) == 2  # sixteen and four
    for signature, s in zip(signatures, spoken, strict=True):
        signature.verify(s.wire.id)
    await notary.stop()


async def test_the_next_batch_is_committed_while_the_one_before_is_being_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signing, goes_on = threading.Event(), threading.Event()

    def held(signer: Signer, outcomes: Sequence[Outcome]) -> list[Result]:
        signing.set()
        goes_on.wait(10)
        return sign_outcomes(signer, outcomes)

    monkeypatch.setattr("chains.progmat.notary.batch_writer.sign_outcomes", held)
    store = MemoryUniquenessStore(LEDGER_ID)
    notary = a_notary(store)
    await notary.start()
    first, second = (Spoken(f"spend {i}", inputs=(state("coin", i),)) for i in range(2))
    answers = [asyncio.create_task(ask(notary, first))]
    await asyncio.to_thread(signing.wait, 10)
    answers.append(asyncio.create_task(ask(notary, second)))
    async with asyncio.timeout(10):
        while store.find_committed(second.wire.id) is None:  # noqa: ASYNC110 # a store tells nobody
            await asyncio.sleep(0.001)
    assert not any(answer.done() for answer in answers)
    goes_on.set()
    for spoken, answer in zip((first, second), await asyncio.gather(*answers), strict=True):
        decode_signature(answer.signature).verify(spoken.wire.id)
    await notary.stop()


async def test_a_full_queue_refuses_with_a_time_to_come_back() -> None:
    store = HeldStore()
    notary = a_notary(store, max_batch=1, max_waiting=2)
    await notary.start()
    tasks = [asyncio.create_task(ask(notary, Spoken(f"s {i}", inputs=(state("c", i),)))) for i in range(6)]
    for _ in range(10):
        await asyncio.sleep(0)
    store.release.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    busy = [a for a in answers if isinstance(a, NotaryBusy)]
    assert busy
    assert all(b.retry_after_s > 0 for b in busy)
    assert len(busy) + sum(isinstance(a, codec.Notarised) for a in answers) == 6
    await notary.stop()


async def test_a_frame_larger_than_the_queue_is_taken_as_far_as_it_goes_in_batches_no_larger_than_allowed() -> None:
    store = HeldStore()
    store.release.set()
    notary = a_notary(store, max_batch=2, max_waiting=3)
    await notary.start()
    spoken = [Spoken(f"s {i}", inputs=(state("c", i),)) for i in range(5)]
    answers = await notary.notarise_group(CN, [each.request() for each in spoken])
    assert store.sizes == [2, 1]
    for each, answer in zip(spoken[:3], answers[:3], strict=True):
        assert isinstance(answer, bytes)
        decode_signature(codec.decode_response(answer).signature).verify(each.wire.id)
    assert all(isinstance(answer, NotaryBusy) for answer in answers[3:])
    assert store.find_committed(spoken[3].wire.id) is None
    await notary.stop()


async def test_a_batch_that_fails_fails_every_request_of_the_frame_and_none_is_left_waiting() -> None:
    class Fails(MemoryUniquenessStore):
        def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
            super().commit_batch(batch, clock_s)
            raise UniquenessStoreFailed("whether it is on the disk is unknown")

    notary = a_notary(Fails(LEDGER_ID), max_batch=2)
    await notary.start()
    bodies = [Spoken(f"s {i}", inputs=(state("c", i),)).request() for i in range(5)]
    with pytest.raises(UniquenessStoreFailed):
        await notary.notarise_group(CN, bodies)
    await notary.stop()


async def test_a_retry_gets_the_same_answer_bytes_though_everything_has_changed_since(tmp_path: Path) -> None:
    clock = Clock()
    store = SqliteUniquenessStore(tmp_path / "n.db", LEDGER_ID)
    notary = a_notary(store, clock)
    await notary.start()
    spoken = Spoken(
        "refer",
        references=(state("rate"),),
        writes=(create("p"),),
        window=TimeWindow(None, UnixSeconds(NOW_S + 5)),
    )
    first = await ask(notary, spoken)
    await ask(notary, Spoken("spend", inputs=(state("rate"),)))
    await notary.stop()
    store.close()

    clock.now_s += 1000
    store = SqliteUniquenessStore(tmp_path / "n.db", LEDGER_ID)
    notary = NotaryService(
        name=NOTARY.name,
        store=store,
        keys=NOTARY_KEYS,
        parameters=parameters(epoch=2),
        key_of=key_of,
        clock_s=clock,
        settings=NotarySettings(frozenset({"v-1"}), tick_interval_s=3600),
    )
    await notary.start()
    body = spoken.request()
    again = [await notary.notarise(CN, body) for _ in range(3)]
    assert len(set(again)) == 1
    retried = codec.decode_response(again[0])
    assert (retried.position, retried.time_s) == (first.position, first.time_s) == (1, NOW_S)
    decode_signature(retried.signature).verify(spoken.wire.id)
    await notary.stop()
    store.close()


async def test_a_crash_between_commit_and_answer_is_healed_by_asking_again(tmp_path: Path) -> None:
    class DiesAfterCommit(SqliteUniquenessStore):
        def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
            super().commit_batch(batch, clock_s)
            raise UniquenessStoreError("killed after the commit, before the answer")

    spoken = Spoken("spend", inputs=(state("coin"),))
    dying = DiesAfterCommit(tmp_path / "n.db", LEDGER_ID)
    notary = a_notary(dying)
    await notary.start()
    with pytest.raises(UniquenessStoreError):
        await ask(notary, spoken)
    await notary.stop()
    dying.close()

    store = SqliteUniquenessStore(tmp_path / "n.db", LEDGER_ID)
    notary = a_notary(store)
    await notary.start()
    decode_signature((await ask(notary, spoken)).signature).verify(spoken.wire.id)
    with pytest.raises(NotarisationConflict):
        await ask(notary, Spoken("double", inputs=(state("coin"),)))
    await notary.stop()
    store.close()


async def test_a_stopped_notary_says_that_the_outcome_is_unknown() -> None:
    notary = a_notary(MemoryUniquenessStore(LEDGER_ID))
    await notary.start()
    await notary.stop()
    with pytest.raises(NotaryStopping):
        await ask(notary, Spoken("spend", inputs=(state("coin"),)))


async def test_a_waiting_journal_reader_is_woken_by_the_next_entry() -> None:
    notary = a_notary(MemoryUniquenessStore(LEDGER_ID))
    await notary.start()
    waiting = asyncio.create_task(read(notary, 0, wait_ms=20_000))
    await asyncio.sleep(0)
    spoken = Spoken("write", writes=(create("p"),))
    answer = await ask(notary, spoken)
    page = await waiting
    assert [entry.tx_id for entry in page.entries] == [spoken.wire.id]
    assert page.entries[0].evidence == spoken.request()
    assert page.head_position == answer.position == 1
    await notary.stop()


async def test_readers_who_wait_at_the_same_place_share_one_reading_and_none_needs_the_others() -> None:
    class Counted(MemoryUniquenessStore):
        readings = 0

        def read_entries(self, after_position: int, max_entries: int) -> tuple[JournalEntry, ...]:
            self.readings += 1
            return super().read_entries(after_position, max_entries)

    store = Counted(LEDGER_ID)
    notary = a_notary(store)
    await notary.start()
    waiting = [asyncio.create_task(read(notary, 0, wait_ms=20_000)) for _ in range(4)]
    await asyncio.sleep(0.05)
    before = store.readings
    await ask(notary, Spoken("writes", writes=(create("p"),)))
    waiting[0].cancel()
    pages = await asyncio.gather(*waiting[1:])
    assert [page.entries[0].tx_id for page in pages] == [Spoken("writes", writes=(create("p"),)).wire.id] * 3
    assert store.readings == before + 1
    assert (await read(notary, 0)).entries == pages[0].entries
    await notary.stop()


async def test_a_reader_who_waits_in_vain_gets_an_empty_page() -> None:
    notary = a_notary(MemoryUniquenessStore(LEDGER_ID))
    await notary.start()
    page = await read(notary, 0, wait_ms=1)
    assert (page.entries, page.head_position) == ((), 0)
    await notary.stop()


async def test_a_reader_ahead_of_the_journal_is_told_at_once_where_it_ends() -> None:
    notary = a_notary(MemoryUniquenessStore(LEDGER_ID))
    await notary.start()
    page = await read(notary, 7, wait_ms=20_000)
    assert (page.entries, page.head_position) == ((), 0)
    await notary.stop()


async def test_an_idle_notary_ticks_when_its_clock_has_moved() -> None:
    clock = Clock()
    notary = a_notary(MemoryUniquenessStore(LEDGER_ID), clock)
    await notary.start()
    await notary.tick()
    await notary.tick()
    clock.now_s += 5
    await notary.tick()
    page = await read(notary, 0)
    assert [(e.position, e.time_s, e.tx_id) for e in page.entries] == [(1, NOW_S, None), (2, NOW_S + 5, None)]
    assert len((await read(notary, 0, limit=1)).entries) == 1
    await notary.stop()


async def test_a_file_of_another_ledger_is_not_opened(tmp_path: Path) -> None:
    SqliteUniquenessStore(tmp_path / "n.db", LEDGER_ID).close()
    with pytest.raises(UniquenessStoreError, match="another-ledger"):
        SqliteUniquenessStore(tmp_path / "n.db", "another-ledger")


def test_a_batch_that_fails_halfway_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteUniquenessStore(tmp_path / "n.db", LEDGER_ID)
    batch = [request("a", inputs=(state("coin"),), writes=(create("p"),)), request("b", inputs=(state("other"),))]

    def disk_is_full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("chains.progmat.notary.sqlite_store._append", disk_is_full)
    with pytest.raises(UniquenessStoreFailed, match="disk is full"):
        store.commit_batch(batch, NOW_S)
    monkeypatch.undo()
    assert store.head().position == 0
    assert store.find_committed(tx_id_of("b")) is None
    assert [type(outcome) for outcome in store.commit_batch(batch, NOW_S)] == [Committed, Committed]
    store.close()


async def test_a_failed_database_is_told_as_an_unknown_outcome(tmp_path: Path) -> None:
    store = SqliteUniquenessStore(tmp_path / "n.db", LEDGER_ID)
    notary = a_notary(store)
    await notary.start()
    store.close()
    with pytest.raises(UniquenessStoreFailed):
        await ask(notary, Spoken("spend", inputs=(state("coin"),)))
    await notary.stop()


async def test_a_waiting_journal_reader_is_told_that_the_notary_stops() -> None:
    notary = a_notary(MemoryUniquenessStore(LEDGER_ID))
    await notary.start()
    waiting = asyncio.create_task(read(notary, 0, wait_ms=20_000))
    await asyncio.sleep(0)
    await notary.stop()
    with pytest.raises(NotaryStopping):
        await waiting


async def test_a_tick_that_fails_is_tried_again() -> None:
    class FailsOnce(MemoryUniquenessStore):
        ticked = threading.Event()
        failures = 0

        def append_tick(self, clock_s: int) -> JournalHead:
            if not self.failures:
                self.failures = 1
                raise UniquenessStoreFailed("the disk is full for a moment")
            self.ticked.set()
            return super().append_tick(clock_s)

    store = FailsOnce(LEDGER_ID)
    notary = NotaryService(
        name=NOTARY.name,
        store=store,
        keys=NOTARY_KEYS,
        parameters=PARAMETERS,
        key_of=key_of,
        clock_s=Clock(),
        settings=NotarySettings(frozenset(), tick_interval_s=0.001),
    )
    await notary.start()
    assert await asyncio.to_thread(store.ticked.wait, 10)
    await notary.stop()
    assert store.head().position == 1
