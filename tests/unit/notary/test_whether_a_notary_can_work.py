"""What a notary says of itself: a store that refuses, fails or hangs; a worker that stands by; and that it is over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from chains.progmat.keys.errors import KeyServiceUnavailable
from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import batch_writer, works
from chains.progmat.notary.batch_writer import Result, sign_outcomes
from chains.progmat.notary.decisions import Outcome
from chains.progmat.notary.duty import Duty
from chains.progmat.notary.errors import NotActive, UniquenessStoreFailed, UniquenessStoreFull, UniquenessStoreLost
from chains.progmat.notary.journal import JournalHead
from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.model import CommitRequest
from chains.progmat.notary.service import NotaryService, NotarySettings
from chains.progmat.notary.uniqueness import LeaseElsewhere, LeaseHeld
from primitives.errors import CrossDvpError
from primitives.signatures import Signer
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, state
from tests.fakes.notary_world import NOTARY, NOTARY_KEYS, PARAMETERS, Spoken, key_of

CN = PeerIdentity("cn-1")


class TroubledStore(MemoryUniquenessStore):
    """Fails as it is told to; shared with another worker, if it is told so."""

    lease_s = 0.04

    def __init__(self) -> None:
        super().__init__(LEDGER_ID)
        self.trouble: CrossDvpError | None = None
        self.no_lease: CrossDvpError | None = None
        self.lease: LeaseHeld | LeaseElsewhere = LeaseHeld(1)
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.hangs_at_ticks = False
        self.ticks_go_on = threading.Event()
        self.ticks = 0

    def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
        self._suffer()
        return super().commit_batch(batch, clock_s)

    def append_tick(self, clock_s: int) -> JournalHead:
        self.ticks += 1
        self._suffer()
        assert not self.hangs_at_ticks or self.ticks_go_on.wait(10)
        if isinstance(self.lease, LeaseElsewhere):
            raise NotActive(self.lease.holder, 1.0)
        return super().append_tick(clock_s)

    def hold(self) -> LeaseHeld | LeaseElsewhere:
        if self.no_lease is not None:
            raise self.no_lease
        return self.lease

    def release(self) -> None:
        """Nobody waits for it."""

    def _suffer(self) -> None:
        assert self.goes_on.wait(10)
        if self.trouble is not None:
            raise self.trouble


class Watched:
    """A notary over a troubled store, and how often it said that something changed."""

    def __init__(self, *, shared: bool = False, tick_s: float = 3600) -> None:
        self.store = TroubledStore()
        self.changes = 0
        self.changed = asyncio.Event()
        self.notary = NotaryService(
            name=NOTARY.name,
            store=self.store,
            keys=NOTARY_KEYS,
            parameters=PARAMETERS,
            key_of=key_of,
            clock_s=lambda: NOW_S,
            settings=NotarySettings(frozenset(), tick_interval_s=tick_s),
            duty=Duty(self.store, 0.01) if shared else None,
        )
        self.notary.watch(self._note)

    def _note(self) -> None:
        self.changes += 1
        self.changed.set()

    async def ask(self, coin: str) -> None:
        await self.notary.notarise(CN, Spoken(coin, inputs=(state(coin),)).request())

    async def turns(self) -> None:
        await asyncio.wait_for(self.changed.wait(), 10)
        self.changed.clear()


async def test_a_batch_that_fails_makes_it_unable_and_one_that_is_written_able_again() -> None:
    watched = Watched()
    await watched.notary.start()
    watched.notary.require_able()
    watched.store.trouble = UniquenessStoreFull("no space left")
    for coin in ("a", "b"):
        with pytest.raises(UniquenessStoreFull):
            await watched.ask(coin)
    with pytest.raises(UniquenessStoreFull):
        watched.notary.require_able()
    assert watched.changes == 1  # that it is so still is no news
    watched.store.trouble = None
    await watched.ask("c")
    watched.notary.require_able()
    assert watched.changes == 2
    await watched.notary.stop()


async def test_a_notary_that_nobody_asks_finds_out_by_its_ticks_and_says_it_once() -> None:
    watched = Watched(tick_s=0.01)
    await watched.notary.start()
    watched.store.trouble = UniquenessStoreLost("no route to host")
    with capture_logs() as logs:
        await watched.turns()
        with pytest.raises(UniquenessStoreLost):
            watched.notary.require_able()
        seen = watched.store.ticks
        await asyncio.sleep(0.1)
        assert watched.store.ticks > seen + 1
        watched.store.trouble = None
        await watched.turns()
    watched.notary.require_able()
    assert [line["event"] for line in logs] == ["tick failed"]
    await watched.notary.stop()


async def test_a_store_that_hangs_is_a_failure_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(works, "OVERDUE_S", 0.05)
    watched = Watched()
    await watched.notary.start()
    await watched.ask("before")
    watched.store.goes_on.clear()
    asked = [asyncio.create_task(watched.ask("a"))]
    await watched.turns()
    with pytest.raises(UniquenessStoreFailed, match="no answer for"):
        watched.notary.require_able()
    asked.append(asyncio.create_task(watched.ask("b")))
    watched.store.goes_on.set()
    await asyncio.gather(*asked)
    watched.notary.require_able()
    await asyncio.sleep(0.1)
    watched.notary.require_able()  # nothing under way is late for ever
    assert watched.changes == 2
    await watched.notary.stop()


async def test_a_tick_that_hangs_behind_a_batch_is_a_failure_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(works, "OVERDUE_S", 0.1)
    watched = Watched()
    await watched.notary.start()
    watched.store.goes_on.clear()
    asked = asyncio.create_task(watched.ask("a"))
    await watched.turns()
    watched.store.hangs_at_ticks = True
    tick = asyncio.create_task(watched.notary.tick())
    await asyncio.sleep(0)
    watched.store.goes_on.set()
    await asked
    watched.notary.require_able()
    watched.changed.clear()
    await watched.turns()
    with pytest.raises(UniquenessStoreFailed, match="no answer for"):
        watched.notary.require_able()
    watched.store.ticks_go_on.set()
    await tick
    watched.notary.require_able()
    await watched.notary.stop()


async def test_a_key_that_refuses_or_hangs_makes_it_unable_though_its_store_takes_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(works, "OVERDUE_S", 0.1)
    goes_on = threading.Event()

    def refuses(_signer: Signer, _outcomes: Sequence[Outcome]) -> list[Result]:
        raise KeyServiceUnavailable("HSM", "DeviceError")

    def hangs(signer: Signer, outcomes: Sequence[Outcome]) -> list[Result]:
        assert goes_on.wait(10)
        return sign_outcomes(signer, outcomes)

    watched = Watched()
    await watched.notary.start()
    monkeypatch.setattr(batch_writer, "sign_outcomes", refuses)
    with pytest.raises(KeyServiceUnavailable):
        await watched.ask("a")
    for _ in range(2):
        with pytest.raises(KeyServiceUnavailable, match="DeviceError"):
            watched.notary.require_able()
        await watched.notary.tick()  # of the store
    monkeypatch.setattr(batch_writer, "sign_outcomes", sign_outcomes)
    await watched.ask("a")
    watched.notary.require_able()
    monkeypatch.setattr(batch_writer, "sign_outcomes", hangs)
    watched.changed.clear()
    asked = asyncio.create_task(watched.ask("b"))
    await watched.turns()
    with pytest.raises(KeyServiceUnavailable, match="no answer for"):
        watched.notary.require_able()
    goes_on.set()
    await asked
    watched.notary.require_able()
    await watched.notary.stop()


async def test_a_worker_that_stands_by_does_its_work_and_does_not_tick() -> None:
    watched = Watched(shared=True, tick_s=0.01)
    watched.store.lease = LeaseElsewhere("worker 2", 7, 500)
    await watched.notary.start()
    with capture_logs() as logs:
        await asyncio.sleep(0.1)
    assert (watched.store.ticks, logs) == (0, [])
    watched.notary.require_able()
    assert watched.notary.about() == "stands by for worker 2"
    watched.store.lease = LeaseHeld(8)
    await watched.turns()
    assert watched.notary.about() == "commits"
    await watched.notary.stop()


async def test_a_worker_that_cannot_ask_for_the_lease_could_not_take_over() -> None:
    watched = Watched(shared=True)
    watched.store.lease = LeaseElsewhere("worker 2", 7, 500)
    await watched.notary.start()
    watched.changed.clear()
    watched.store.no_lease = UniquenessStoreLost("connection refused")
    await watched.turns()
    with pytest.raises(UniquenessStoreLost):
        watched.notary.require_able()
    watched.store.no_lease = None
    await watched.turns()
    watched.notary.require_able()
    await watched.notary.stop()


async def test_what_failed_before_another_worker_wrote_says_nothing_any_more() -> None:
    watched = Watched(shared=True)
    await watched.notary.start()
    watched.store.trouble = UniquenessStoreFull("no space left")
    with pytest.raises(UniquenessStoreFull):
        await watched.ask("a")
    watched.changed.clear()
    watched.store.lease = LeaseElsewhere("worker 2", 2, 500)
    await watched.turns()
    watched.notary.require_able()
    await watched.notary.stop()
