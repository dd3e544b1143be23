"""The gateway follows what both ledgers show, asks for the lock, cancels what cannot lock, and claims nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibc.dvp import SettlementTerms
from relayer.gateway.follower import Follower, FollowerSettings
from relayer.gateway.instructing import instruct
from relayer.gateway.lifecycle import (
    TRANSITIONS,
    WAITS_FOR,
    ImpossibleSettlementEvent,
    SettlementEvent,
    SettlementState,
    next_state,
)
from relayer.gateway.matching import Side, mismatched_fields
from relayer.gateway.model import Settlement
from relayer.gateway.store import GatewayStore
from tests.fakes.settlement_sides import MemoryEvm, MemoryLedger, NodeAway
from tests.fakes.settlement_terms import T0_S, some_terms


@dataclass
class Desk:
    """A follower over both ledgers in memory, with a clock that tests move."""

    now_s: int = T0_S
    evm: MemoryEvm = field(default_factory=MemoryEvm)
    ledger: MemoryLedger = field(default_factory=lambda: MemoryLedger(cash_yen=10_000_000))
    store: GatewayStore = field(default_factory=lambda: GatewayStore(None))
    follower: Follower = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.follower = Follower(self.store, self.evm, self.ledger, FollowerSettings(0.0), lambda: self.now_s)

    def match(self, terms: SettlementTerms) -> None:
        for side in Side:
            self.store.change(terms.trade_id, instruct(side, terms, self.now_s), self.now_s)

    async def rounds(self, count: int = 3) -> None:
        for _ in range(count):
            await self.follower.round()
            for _ in range(20):  # let the attempts it started run to their end
                await asyncio.sleep(0)
            running = [task for task in asyncio.all_tasks() if task.get_name().startswith("settlements/")]
            await asyncio.gather(*running)

    def state(self, terms: SettlementTerms) -> SettlementState:
        return self.store.get(terms.trade_id).state

    def seen(self, terms: SettlementTerms) -> list[str]:
        return [fact.what for fact in self.store.get(terms.trade_id).facts]


async def test_a_settlement_goes_from_match_to_settled_by_evidence_alone() -> None:
    desk, terms = Desk(), some_terms()
    desk.match(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.MATCHED
    desk.evm.earmark(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED
    assert desk.store.get(terms.trade_id).packet_sequence == 7
    desk.evm.deliver(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.DELIVERED
    desk.ledger.release(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.SETTLED
    assert desk.seen(terms) == ["earmarked", "cash locked", "delivered", "cash released to seller"]
    assert desk.store.get(terms.trade_id).waiting is None


async def test_a_refused_delivery_ends_returned_only_when_the_ledger_says_so() -> None:
    desk, terms = Desk(), some_terms()
    desk.match(terms)
    desk.evm.earmark(terms)
    await desk.rounds()
    desk.evm.refuse(terms)
    desk.now_s = terms.settle_by_s + 1_000_000
    await desk.rounds()
    assert desk.state(terms) is SettlementState.REFUSED
    desk.ledger.give_back(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.RETURNED


async def test_an_earmark_for_other_terms_is_said_and_locks_nothing() -> None:
    desk, terms = Desk(), some_terms()
    desk.match(terms)
    desk.evm.earmark(some_terms(quantity=9))
    await desk.rounds()
    assert desk.state(terms) is SettlementState.MATCHED
    assert desk.seen(terms) == ["earmarked for other terms"]
    assert desk.ledger.attempts == []


async def test_an_earmark_made_before_the_match_is_found_after_it() -> None:
    desk, terms = Desk(), some_terms()
    desk.evm.earmark(terms)
    await desk.rounds()
    desk.match(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED


async def test_a_buyer_short_of_cash_is_retried_and_the_shortage_is_shown() -> None:
    desk, terms = Desk(ledger=MemoryLedger(cash_yen=0)), some_terms()
    desk.match(terms)
    desk.evm.earmark(terms)
    await desk.rounds()
    waiting = desk.store.get(terms.trade_id).waiting
    assert waiting is not None
    assert waiting.last_error.startswith("CASH_INSUFFICIENT")
    assert waiting.next_attempt_s > desk.now_s
    attempts = len(desk.ledger.attempts)
    await desk.rounds()
    assert len(desk.ledger.attempts) == attempts  # not before its time
    desk.ledger.cash_yen, desk.now_s = 1_000_000, waiting.next_attempt_s
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED
    assert desk.ledger.attempts == [terms.trade_id] * 2


async def test_what_is_not_locked_by_lock_by_is_cancelled_on_the_ledger() -> None:
    desk, terms = Desk(), some_terms()
    desk.match(terms)
    desk.now_s = terms.lock_by_s
    await desk.rounds()
    assert desk.state(terms) is SettlementState.CANCELLED
    assert desk.seen(terms) == ["cancelled"]


async def test_a_lock_that_wins_the_race_against_the_cancellation_stands() -> None:
    desk, terms = Desk(), some_terms()
    desk.match(terms)
    desk.evm.earmark(terms)
    (evidence,) = await desk.evm.earmark_evidence(terms.security.adapter, [terms.trade_id], 1)
    await desk.ledger.lock(terms, evidence, 0)
    desk.now_s = terms.lock_by_s
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED


async def test_a_ledger_that_is_away_leaves_everything_as_it_was() -> None:
    desk, terms = Desk(), some_terms()
    desk.match(terms)
    desk.evm.earmark(terms)
    desk.evm.away = desk.ledger.away = True
    with pytest.raises(NodeAway):
        await desk.follower.round()
    assert desk.state(terms) is SettlementState.MATCHED
    desk.evm.away = desk.ledger.away = False
    await desk.rounds()
    assert desk.state(terms) is SettlementState.LOCKED


async def test_a_contradiction_on_one_settlement_does_not_hold_up_another() -> None:
    desk, broken, fine = Desk(), some_terms(1), some_terms(2)
    for terms in (broken, fine):
        desk.match(terms)
    desk.evm.deliver(broken)  # delivered without a lock: cannot follow
    desk.evm.earmark(fine)
    await desk.rounds()
    assert desk.state(broken) is SettlementState.MATCHED
    assert desk.state(fine) is SettlementState.LOCKED


def test_every_waiting_state_says_what_it_waits_for_and_ends_have_no_way_out() -> None:
    for state in SettlementState:
        leaves = {after for (before, _), after in TRANSITIONS.items() if before is state and after is not state}
        assert (state in WAITS_FOR) == (not state.is_final)
        assert bool(leaves) == (not state.is_final)


@pytest.mark.parametrize("state", list(SettlementState))
@pytest.mark.parametrize("event", list(SettlementEvent))
def test_what_is_not_in_the_table_is_refused_by_name(state: SettlementState, event: SettlementEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(ImpossibleSettlementEvent, match=event.value):
            next_state(state, event)


def test_terms_that_differ_are_named_field_by_field() -> None:
    one = some_terms()
    other = replace(
        one,
        security=replace(one.security, quantity=11),
        cash=replace(one.cash, buyer=replace(one.cash.buyer, node="x")),
    )
    assert mismatched_fields(one, one) == ()
    assert mismatched_fields(one, other) == ("security.quantity", "cash.buyer.node")


_MOVES = st.lists(st.sampled_from(["match", "earmark", "deliver", "release", "round", "restart", "wait"]), max_size=14)


@settings(max_examples=60, deadline=None)
@given(moves=_MOVES)
async def test_whatever_is_read_when_the_stream_tells_each_change_once_and_in_order(moves: list[str]) -> None:
    desk, terms = Desk(), some_terms()
    for move in moves:
        before = desk.ledger.trades.get(terms.trade_id, [])
        if move == "match":
            desk.match(terms) if desk.now_s < terms.lock_by_s else None
        elif move == "earmark" and not desk.evm.earmarks:
            desk.evm.earmark(terms)
        elif move == "deliver" and len(before) == 1 and before[0].fact.what == "cash locked":
            desk.evm.deliver(terms)
        elif move == "release" and len(before) == 1 and any(s.fact.what == "delivered" for s in desk.evm.log):
            desk.ledger.release(terms)
        elif move == "round":
            await desk.rounds(1)
        elif move == "restart":
            desk.restart()
        elif move == "wait":
            desk.now_s += 100
    await desk.rounds()
    stream = desk.store.events({"cn-a"}, 0, terms.trade_id, 1000).events
    assert [event.number for event in stream] == sorted({event.number for event in stream})
    trades = desk.ledger.trades.get(terms.trade_id, [])
    if stream:
        last: Settlement = desk.store.get(terms.trade_id)
        released = any(s.fact.what == "cash released to seller" for s in trades)
        assert (last.state is SettlementState.SETTLED) == released
        assert last.state is not SettlementState.CANCELLED or trades[0].fact.what == "cancelled"
    desk.store.close()
