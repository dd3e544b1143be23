"""The follower looks at what is due, starts the most urgent first, nothing on hold, and says what it cannot know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.business_calendar import jst_day
from ibc.dvp import LeadLeg, SettlementTerms, dvp_payload_of
from primitives.errors import PeerError
from relayer.gateway.changes import Sighting
from relayer.gateway.cut_offs import begin_of_day_s
from relayer.gateway.follower import Follower, FollowerSettings
from relayer.gateway.instructing import hold, instruct, release, retry
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import UNSAID, Doubt, Priority, Said
from relayer.gateway.ports import HeldTrades, InterferenceSeen
from relayer.gateway.schedule import CALM_S, SELDOM_S, Schedule
from relayer.lease_keeper import Lease
from relayer.leases import LeaseLost
from tests.fakes.settlement_sides import MemoryEvm, MemoryLedger, NodeAway
from tests.fakes.settlement_terms import T0_S, some_terms
from tests.unit.gateway.test_following_settlements import Desk


@dataclass
class CountingLedger(MemoryLedger):
    """The ledger in memory, which notes what it was asked about."""

    asked: list[bytes] = field(default_factory=list)

    async def trade_sightings(
        self, node: str, trades: Sequence[SettlementTerms]
    ) -> Mapping[bytes, tuple[Sighting, ...]]:
        self.asked += [terms.trade_id for terms in trades]
        return await super().trade_sightings(node, trades)


def match(desk: Desk, terms: SettlementTerms, said: Said = UNSAID) -> None:
    for side in Side:
        desk.store.change(terms.trade_id, instruct(side, terms, desk.now_s, said), desk.now_s)


async def test_what_waits_for_its_seller_costs_a_look_a_minute_whatever_else_happens() -> None:
    ledger = CountingLedger(cash_yen=10_000_000)
    desk, others = Desk(ledger=ledger), [some_terms(number) for number in range(2, 12)]
    for terms in others:
        match(desk, terms)
    await desk.rounds(2)
    ledger.asked.clear()
    busy = some_terms(1)
    match(desk, busy)
    desk.evm.earmark(busy)
    await desk.rounds(5)
    assert desk.state(busy) is SettlementState.LOCKED
    assert set(ledger.asked) <= {busy.trade_id}
    desk.now_s += SELDOM_S
    await desk.rounds(1)
    assert set(ledger.asked) >= {terms.trade_id for terms in others}


async def test_earmarks_of_one_block_are_proved_by_one_question_and_locked_under_one_header() -> None:
    desk = Desk()
    trades = [some_terms(number, amount_yen=10) for number in range(1, 6)]
    for terms in trades:
        match(desk, terms)
        desk.evm.earmark(terms)
    await desk.rounds(1)
    assert [desk.state(terms) for terms in trades] == [SettlementState.LOCKED] * 5
    ((adapter, proved),) = desk.evm.proved
    assert adapter == trades[0].security.adapter
    assert sorted(proved) == sorted(terms.trade_id for terms in trades)
    assert desk.ledger.headers == [("cn-b", 5)]


async def test_one_that_cannot_be_locked_keeps_none_beside_it_from_its_lock() -> None:
    desk = Desk(ledger=MemoryLedger(cash_yen=25))
    trades = [some_terms(number, amount_yen=amount) for number, amount in ((1, 10), (2, 20), (3, 15))]
    for terms in trades:
        match(desk, terms)
        desk.evm.earmark(terms)
    await desk.rounds(1)
    states = [desk.state(terms) for terms in trades]
    assert states == [SettlementState.LOCKED, SettlementState.EARMARKED, SettlementState.LOCKED]
    waiting = desk.store.get(trades[1].trade_id).waiting
    assert waiting is not None
    assert waiting.last_error.startswith("CASH_INSUFFICIENT")


async def test_the_ledger_is_asked_about_a_lock_when_the_chain_has_spoken_and_seldom_before() -> None:
    ledger = CountingLedger(cash_yen=10_000_000)
    desk, terms = Desk(ledger=ledger), some_terms()
    match(desk, terms)
    desk.evm.earmark(terms)
    await desk.rounds(1)
    assert desk.state(terms) is SettlementState.LOCKED
    ledger.asked.clear()
    await desk.rounds(5)
    assert ledger.asked == []
    desk.now_s += CALM_S
    await desk.rounds(5)
    assert ledger.asked == [terms.trade_id]
    desk.evm.deliver(terms)
    ledger.release(terms)
    await desk.rounds(1)
    assert desk.state(terms) is SettlementState.SETTLED


class Nonsensical(PeerError):
    """What a node says cannot be read."""

    reason = "NONSENSE"


@dataclass
class NonsensicalLedger(MemoryLedger):
    """A ledger whose record of one trade cannot be read."""

    unreadable: bytes = b""

    async def trade_sightings(
        self, node: str, trades: Sequence[SettlementTerms]
    ) -> Mapping[bytes, tuple[Sighting, ...]]:
        if self.unreadable in {terms.trade_id for terms in trades}:
            raise Nonsensical("a record that cannot be read")
        return await super().trade_sightings(node, trades)


async def test_one_record_that_cannot_be_read_hides_no_other_and_is_told_on_its_settlement() -> None:
    broken, fine = some_terms(1, amount_yen=10), some_terms(2, amount_yen=10)
    ledger = NonsensicalLedger(cash_yen=100)
    desk = Desk(ledger=ledger)
    for terms in (broken, fine):
        match(desk, terms)
        desk.evm.earmark(terms)
    await desk.rounds(1)
    ledger.unreadable = broken.trade_id
    for terms in (broken, fine):
        desk.evm.deliver(terms)
        ledger.release(terms)
    await desk.rounds(2)
    assert desk.state(fine) is SettlementState.SETTLED
    waiting = desk.store.get(broken.trade_id).waiting
    assert waiting is not None
    assert waiting.last_error.startswith("NONSENSE")


@dataclass
class AskedEvm(MemoryEvm):
    """The chain in memory, which notes for which trades it was asked whether their earmark stands."""

    asked_earmarks: list[bytes] = field(default_factory=list)

    async def earmark_sighting(self, trade_id: bytes) -> Sighting | None:
        self.asked_earmarks.append(trade_id)
        return await super().earmark_sighting(trade_id)

    async def interference(self, after_block: int, held: HeldTrades, *, asks: bool = True) -> InterferenceSeen:
        """All blocks read: tokens are held for what is earmarked."""
        del after_block, asks
        kept = {trade_id: held.get(trade_id, dvp_payload_of(some_terms())) for trade_id in self.earmarks}
        return InterferenceSeen(len(self.log), kept, {}, None)


async def test_a_match_asks_the_chain_for_an_earmark_only_where_tokens_are_held_for_it() -> None:
    evm, early, late = AskedEvm(), some_terms(1), some_terms(2)
    desk = Desk(evm=evm)
    evm.earmark(early)
    await desk.rounds(1)
    for terms in (early, late):
        match(desk, terms)
    await desk.rounds(1)
    assert evm.asked_earmarks == [early.trade_id]
    assert (desk.state(early), desk.state(late)) == (SettlementState.LOCKED, SettlementState.MATCHED)
    evm.earmark(late)
    await desk.rounds(1)
    assert desk.state(late) is SettlementState.LOCKED
    assert evm.asked_earmarks == [early.trade_id]


async def test_what_another_process_matched_is_found_in_the_stream_and_an_earmark_on_the_chain() -> None:
    desk, terms = Desk(), some_terms()
    await desk.rounds(1)
    match(desk, terms)
    await desk.rounds(1)
    desk.evm.earmark(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED


async def test_the_most_urgent_are_locked_first_where_there_is_not_room_for_all() -> None:
    desk = Desk()
    desk.follower = Follower(
        desk.store, desk.evm, desk.ledger, FollowerSettings(0.0, most_under_way=1), lambda: desk.now_s
    )
    wanted = {3: Priority.URGENT, 2: Priority.HIGH, 1: Priority.NORMAL}
    for number in (1, 2, 3):
        terms = some_terms(number, amount_yen=10)
        match(desk, terms, Said(priority=wanted[number]))
        desk.evm.earmark(terms)
    await desk.rounds(8)
    assert [int.from_bytes(trade_id, "big") for trade_id in desk.ledger.attempts] == [3, 2, 1]


@pytest.mark.parametrize("side", list(Side))
async def test_nothing_is_locked_while_a_side_is_on_hold_and_all_goes_on_when_it_is_released(side: Side) -> None:
    desk, terms = Desk(), some_terms()
    match(desk, terms)
    desk.store.change(terms.trade_id, hold(side, UNSAID), desk.now_s)
    desk.evm.earmark(terms)
    await desk.rounds()
    assert (desk.state(terms), desk.ledger.attempts) == (SettlementState.EARMARKED, [])
    desk.store.change(terms.trade_id, release(side, UNSAID, None), desk.now_s)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED


async def test_a_hold_does_not_keep_an_earmark_beyond_lock_by() -> None:
    desk, terms = Desk(), some_terms()
    match(desk, terms)
    desk.store.change(terms.trade_id, hold(Side.BUYER, UNSAID), desk.now_s)
    desk.evm.earmark(terms)
    await desk.rounds()
    desk.now_s = terms.lock_by_s
    await desk.rounds()
    assert (desk.state(terms), desk.ledger.attempts) == (SettlementState.CANCELLED, [])


async def test_nothing_is_locked_before_its_day_begins_in_japan() -> None:
    day = jst_day(T0_S + 86_400).isoformat()
    begin_s = begin_of_day_s(day)
    desk, terms = Desk(), some_terms(lock_by_s=begin_s + 3600)
    match(desk, terms, Said(intended_day=day))
    desk.evm.earmark(terms)
    await desk.rounds()
    desk.now_s = begin_s - 1
    await desk.rounds()
    assert desk.ledger.attempts == []
    desk.now_s = begin_s
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED


async def test_an_operators_retry_is_made_at_once_and_noted() -> None:
    desk, terms = Desk(ledger=MemoryLedger(cash_yen=0)), some_terms()
    match(desk, terms)
    desk.evm.earmark(terms)
    await desk.rounds()
    assert len(desk.ledger.attempts) == 1
    desk.ledger.cash_yen = terms.cash.amount_yen
    after = desk.store.change(terms.trade_id, retry(desk.now_s), desk.now_s)
    assert after is not None
    assert after.waiting is not None
    assert (after.waiting.retry_asked_s, after.waiting.attempts) == (desk.now_s, 1)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED


async def test_a_ledger_that_is_away_too_long_leaves_it_in_doubt_never_failed_until_it_answers() -> None:
    desk, terms = Desk(), some_terms()
    match(desk, terms)
    desk.evm.earmark(terms)
    await desk.rounds()
    desk.ledger.away = True
    for seconds in (30, 61):
        desk.now_s = T0_S + seconds
        with pytest.raises(NodeAway):
            await desk.follower.round()
    doubtful = desk.store.get(terms.trade_id)
    assert doubtful.state is SettlementState.LOCKED
    assert doubtful.uncertainty is not None
    assert doubtful.uncertainty.doubt is Doubt.LEDGER_AWAY
    assert "cn-b" in doubtful.uncertainty.detail
    desk.ledger.away = False
    desk.now_s += 31
    await desk.rounds()
    assert desk.store.get(terms.trade_id).uncertainty is None


async def test_answers_that_contradict_each_other_are_said_and_move_nothing_until_evidence_fits() -> None:
    desk, terms = Desk(), some_terms()
    match(desk, terms)
    desk.evm.deliver(terms)  # delivered without a lock: cannot follow
    await desk.rounds()
    doubtful = desk.store.get(terms.trade_id)
    assert doubtful.state is SettlementState.MATCHED
    assert doubtful.uncertainty is not None
    assert doubtful.uncertainty.doubt is Doubt.CONTRADICTION
    before = desk.store.newest_number()
    await desk.rounds()
    assert desk.store.newest_number() == before  # said once
    desk.evm.earmark(terms)
    await desk.rounds(1)
    assert desk.store.get(terms.trade_id).uncertainty is None


async def test_a_return_that_the_token_refuses_is_blocked_and_shown_until_it_agrees() -> None:
    desk, terms = Desk(), replace(some_terms(), lead_leg=LeadLeg.SECURITIES)
    match(desk, terms)
    desk.evm.lock(terms)
    desk.evm.obstacles[terms.trade_id] = "TokenPaused()"
    await desk.rounds()
    assert (desk.state(terms), desk.evm.asked) == (SettlementState.SECURITIES_LOCKED, [])  # not due to go back
    await desk.ledger.cancel(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.RETURN_BLOCKED
    assert set(desk.evm.asked_for) == {Side.SELLER}
    waiting = desk.store.get(terms.trade_id).waiting
    assert waiting is not None
    assert (waiting.on, waiting.last_error) == ("the token's issuer", "TokenPaused()")
    desk.evm.obstacles.clear()
    desk.now_s += 5
    await desk.rounds()
    assert desk.state(terms) is SettlementState.SECURITIES_LOCKED
    desk.evm.give_back(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.RETURNED


class Overtaken(Lease):
    """A lease that another instance has taken since."""

    is_held = True
    waits_for = ""

    def require(self, connection: object) -> None:
        raise LeaseLost(f"taken by another instance: {type(connection).__name__}")


async def test_a_follower_that_was_overtaken_writes_nothing() -> None:
    desk, terms = Desk(), some_terms()
    match(desk, terms)
    desk.evm.earmark(terms)
    before = desk.store.newest_number()
    settings = FollowerSettings(0.0)
    desk.follower = Follower(desk.store, desk.evm, desk.ledger, settings, lambda: desk.now_s, lease=Overtaken())
    with pytest.raises(LeaseLost):
        await desk.follower.round()
    assert (desk.store.newest_number(), desk.store.cursor("evm")) == (before, 0)
    desk.restart()
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED


async def test_memory_does_not_grow_with_what_has_ended() -> None:
    desk = Desk()
    for number in range(1, 6):
        terms = some_terms(number, amount_yen=1)
        match(desk, terms)
        desk.evm.earmark(terms)
        await desk.rounds()
        desk.evm.deliver(terms)
        desk.ledger.release(terms)
        await desk.rounds()
        assert desk.state(terms) is SettlementState.SETTLED
    assert len(desk.follower._schedule) == 0


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 20)), max_size=20), st.integers(0, 20))
def test_each_trade_is_due_once_at_the_last_time_that_was_set(puts: list[tuple[bytes, int]], now_s: int) -> None:
    schedule, last = Schedule(), dict(puts)
    for trade_id, at_s in puts:
        schedule.put(trade_id, at_s)
    due = schedule.take(now_s, 100)
    assert sorted(due) == sorted(trade_id for trade_id, at_s in last.items() if at_s <= now_s)
    assert [last[trade_id] for trade_id in due] == sorted(last[trade_id] for trade_id in due)
    assert schedule.take(now_s, 100) == []
    assert sorted(schedule.take(20, 100)) == sorted(set(last) - set(due))
