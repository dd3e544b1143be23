"""Securities lead: the gateway shows each step by evidence, alarms for a blocked delivery, and ends nothing itself."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ibc.dvp import LeadLeg, SettlementTerms
from relayer.gateway.lifecycle import LEADING_SECURITIES, SettlementState
from relayer.gateway.model import Waiting
from relayer.gateway.schedule import SELDOM_S
from tests.fakes.settlement_terms import some_terms
from tests.unit.gateway.test_following_settlements import Desk

PAUSED = "TokenPaused()"


def leading(trade: int = 1) -> SettlementTerms:
    """Terms that the securities lead."""
    return replace(some_terms(trade), lead_leg=LeadLeg.SECURITIES)


def waiting(desk: Desk, terms: SettlementTerms) -> Waiting:
    found = desk.store.get(terms.trade_id).waiting
    assert found is not None
    return found


async def test_it_goes_from_match_to_settled_by_evidence_alone() -> None:
    desk, terms = Desk(), leading()
    desk.match(terms)
    await desk.rounds()
    assert (waiting(desk, terms).on, waiting(desk, terms).what) == LEADING_SECURITIES
    desk.evm.lock(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.SECURITIES_LOCKED
    assert desk.store.get(terms.trade_id).packet_sequence == 3
    assert desk.ledger.attempts == []  # the relayer brings the packet; no cash is ever locked
    desk.ledger.pay(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.PAID
    desk.evm.give_to_buyer(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.SETTLED
    assert desk.seen(terms) == ["securities locked", "cash paid", "securities delivered"]


async def test_a_refusal_or_time_out_ends_returned_only_when_the_evm_chain_says_so() -> None:
    desk, terms = Desk(), leading()
    desk.match(terms)
    desk.evm.lock(terms)
    await desk.rounds()
    desk.now_s = terms.settle_by_s + 1_000_000
    await desk.rounds()
    assert desk.state(terms) is SettlementState.SECURITIES_LOCKED
    desk.evm.give_back(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.RETURNED


async def test_a_token_that_refuses_what_is_paid_for_blocks_the_delivery_and_alarms_until_it_agrees() -> None:
    desk, terms = Desk(), leading()
    desk.match(terms)
    desk.evm.lock(terms)
    desk.ledger.pay(terms)
    desk.evm.obstacles[terms.trade_id] = PAUSED
    with capture_logs() as lines:
        await desk.rounds()
    assert desk.state(terms) is SettlementState.DELIVERY_BLOCKED
    assert (waiting(desk, terms).on, waiting(desk, terms).last_error) == ("the token's issuer", PAUSED)
    since_s = waiting(desk, terms).since_s
    assert [line["obstacle"] for line in lines if line["event"] == "delivery blocked"] == [PAUSED]
    desk.now_s = terms.settle_by_s + 10_000_000
    desk.evm.obstacles[terms.trade_id] = "AccountFrozen()"
    await desk.rounds()
    assert desk.state(terms) is SettlementState.DELIVERY_BLOCKED  # never an abort, however late
    assert (waiting(desk, terms).last_error, waiting(desk, terms).since_s) == ("AccountFrozen()", since_s)
    desk.evm.obstacles.clear()
    desk.now_s += 10
    await desk.rounds()
    assert (desk.state(terms), waiting(desk, terms).last_error) == (SettlementState.PAID, "")
    desk.evm.give_to_buyer(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.SETTLED


async def test_a_delivery_whose_event_was_missed_is_found_when_the_token_is_asked() -> None:
    desk, terms = Desk(), leading()
    desk.match(terms)
    desk.evm.lock(terms)
    desk.ledger.pay(terms)
    desk.evm.obstacles[terms.trade_id] = PAUSED
    await desk.rounds()
    assert desk.state(terms) is SettlementState.DELIVERY_BLOCKED
    desk.evm.unread.add(len(desk.evm.log) + 1)
    desk.evm.give_to_buyer(terms)
    desk.now_s += 10
    await desk.rounds()
    assert desk.state(terms) is SettlementState.SETTLED
    assert desk.seen(terms) == ["securities locked", "cash paid", "securities delivered"]


async def test_what_has_left_the_adapter_is_no_delivery_blocked() -> None:
    """Its adapter holds too little for it now: told as an obstacle it would call somebody out of bed."""
    desk, terms = Desk(), leading()
    desk.match(terms)
    desk.evm.lock(terms)
    desk.ledger.pay(terms)
    desk.evm.obstacles[terms.trade_id] = "AdapterShortfall(mustHold=10, holds=0)"
    desk.evm.unread.add(len(desk.evm.log) + 1)
    desk.evm.give_to_buyer(terms)
    with capture_logs() as lines:
        await desk.rounds()
    assert desk.state(terms) is SettlementState.SETTLED
    assert [line for line in lines if line["event"] == "delivery blocked"] == []


async def test_the_token_is_asked_now_and_then_and_not_in_every_round() -> None:
    desk, terms = Desk(), leading()
    desk.match(terms)
    desk.evm.lock(terms)
    desk.ledger.pay(terms)
    await desk.rounds(10)
    assert desk.evm.asked == [terms.trade_id]
    desk.now_s += 5
    await desk.rounds(10)
    assert desk.evm.asked == [terms.trade_id] * 2
    told = desk.store.events({"cn-a"}, 0, terms.trade_id, 1000).events
    assert len(told) == 4  # both instructions, the lock, the payment: no obstacle is no news


async def test_a_delivery_read_before_its_payment_still_shows_the_payment() -> None:
    desk, terms = Desk(), leading()
    desk.match(terms)
    desk.evm.lock(terms)
    desk.ledger.pay(terms)
    desk.evm.give_to_buyer(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.SETTLED
    assert set(desk.seen(terms)) == {"securities locked", "cash paid", "securities delivered"}


async def test_a_lock_made_before_the_match_is_found_after_it() -> None:
    desk, terms = Desk(), leading()
    desk.evm.lock(terms)
    await desk.rounds()
    desk.match(terms)
    await desk.rounds()
    assert desk.state(terms) is SettlementState.SECURITIES_LOCKED


async def test_securities_locked_for_other_terms_are_said_and_move_nothing() -> None:
    desk, terms = Desk(), leading()
    desk.match(terms)
    desk.evm.lock(replace(terms, lock_by_s=terms.lock_by_s + 1))
    await desk.rounds()
    assert (desk.state(terms), desk.seen(terms)) == (SettlementState.MATCHED, ["securities locked for other terms"])


async def test_what_the_buyer_declined_after_the_lock_ends_returned_and_what_was_never_locked_cancelled() -> None:
    desk, locked, idle = Desk(), leading(1), leading(2)
    for terms in (locked, idle):
        desk.match(terms)
    desk.evm.lock(locked)
    await desk.rounds()
    await desk.ledger.cancel(locked)
    await desk.ledger.cancel(idle)
    desk.now_s += SELDOM_S  # nothing told of the second: it is asked for in its turn
    await desk.rounds()
    assert (desk.state(locked), desk.state(idle)) == (SettlementState.SECURITIES_LOCKED, SettlementState.CANCELLED)
    desk.evm.give_back(locked)
    desk.evm.lock(idle)  # too late: the packet will be declined
    desk.evm.give_back(idle)
    await desk.rounds()
    assert (desk.state(locked), desk.state(idle)) == (SettlementState.RETURNED, SettlementState.CANCELLED)


_MOVES = st.lists(
    st.sampled_from(["match", "lock", "pay", "deliver", "return", "block", "round", "restart", "wait"]), max_size=14
)


@settings(max_examples=60, deadline=None)
@given(moves=_MOVES)
async def test_whatever_is_read_when_the_end_is_what_the_evm_chain_did(moves: list[str]) -> None:
    desk, terms = Desk(), leading()
    locked, paid, ended = False, False, ""
    for move in moves:
        if move == "match" and desk.now_s < terms.lock_by_s:
            desk.match(terms)
        elif move == "lock" and not locked:
            desk.evm.lock(terms)
            locked = True
        elif move == "pay" and locked and not ended and terms.trade_id not in desk.ledger.trades:
            desk.ledger.pay(terms)
            paid = True
        elif move == "deliver" and paid and not ended:
            desk.evm.give_to_buyer(terms)
            ended = "settled"
        elif move == "return" and locked and not paid and not ended:
            desk.evm.give_back(terms)
            ended = "returned"
        elif move == "block":
            desk.evm.obstacles[terms.trade_id] = PAUSED
        elif move == "round":
            await desk.rounds(1)
        elif move == "restart":
            desk.restart()
        elif move == "wait":
            desk.now_s += 100
    await desk.rounds()
    stream = desk.store.events({"cn-a"}, 0, terms.trade_id, 1000).events
    if stream:
        state = desk.state(terms)
        assert (state is SettlementState.SETTLED) <= (ended == "settled")
        assert (state is SettlementState.RETURNED) <= (ended == "returned")
        if ended == "settled" and "match" in moves and moves.index("match") < moves.index("lock"):
            assert state is SettlementState.SETTLED
    desk.store.close()
