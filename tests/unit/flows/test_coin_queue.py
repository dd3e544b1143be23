"""Who waits for coins is woken in the order of arrival, by what frees them, and never sleeps through its turn."""

from __future__ import annotations

import asyncio

import pytest

from chains.progmat.flows.coin_queue import CoinQueue, Purse, wake_for_coins
from chains.progmat.flows.errors import NodeStopping
from chains.progmat.flows.market_requests import MoveToken, RedeemToken, SettleDvp
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.request_codec import encode_request
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.vault.errors import FundsSoftLocked, soft_locked
from chains.progmat.vault.indexing import SC, Asset
from tests.fakes.manual_clock import ManualClock
from tests.fakes.token_parties import ST, native_terms
from tests.fakes.vault_world import BOB as TO

PGC, BOND = Asset(SC, "PGC", "SN"), Asset("ST", "BOND", "AN")
ALICE, BOB, ALICES_BONDS = Purse(PGC, b"alice"), Purse(PGC, b"bob"), Purse(BOND, b"alice")


def shortage(of: Purse = ALICE) -> FundsSoftLocked:
    return soft_locked(*of, needed=5, free=0, reserved=10, retry_after_s=60.0)


def queue_of(*flows: str, of: Purse = ALICE) -> CoinQueue:
    queue = CoinQueue()
    for flow in flows:
        queue.note(flow, shortage(of))
    return queue


async def settled(*tasks: asyncio.Task[None]) -> list[bool]:
    """Which of the tasks are done once everything that can run has run."""
    for _ in range(10):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


def waiter(queue: CoinQueue, flow: str, clock: ManualClock, wait_ms: int = 1000) -> asyncio.Task[None]:
    return asyncio.create_task(queue.turn(flow, clock.sleep_ms(wait_ms)))


async def test_as_many_are_woken_as_coins_came_the_first_ones_first() -> None:
    clock, queue = ManualClock(), queue_of("one", "two", "three")
    tasks = [waiter(queue, flow, clock) for flow in ("three", "two", "one")]
    assert await settled(*tasks) == [False] * 3
    queue.freed(ALICE, 2)
    assert await settled(*tasks) == [False, True, True]
    clock.advance_ms(1000)
    assert await settled(*tasks) == [True] * 3


async def test_who_is_woken_in_vain_keeps_its_place() -> None:
    clock, queue = ManualClock(), queue_of("one", "two")
    for _ in range(3):
        tasks = [waiter(queue, flow, clock) for flow in ("one", "two")]
        await settled(*tasks)
        queue.freed(ALICE, 1)
        assert await settled(*tasks) == [True, False]
        queue.note("one", shortage())
        tasks[1].cancel()
        await settled(*tasks)


async def test_coins_that_come_while_a_flow_tries_are_not_slept_through() -> None:
    clock, queue = ManualClock(), queue_of("one")
    queue.freed(ALICE, 1)
    assert await settled(waiter(queue, "one", clock)) == [True]
    task = waiter(queue, "one", clock)
    assert await settled(task) == [False]
    task.cancel()


async def test_other_accounts_are_not_woken() -> None:
    clock, queue = ManualClock(), queue_of("one")
    queue.note("two", shortage(BOB))
    tasks = [waiter(queue, "one", clock), waiter(queue, "two", clock)]
    await settled(*tasks)
    queue.freed(BOB, 5)
    assert await settled(*tasks) == [False, True]
    queue.freed_somewhere()
    assert await settled(*tasks) == [True, True]


async def test_who_waits_for_tokens_is_not_woken_by_coins_of_the_same_account() -> None:
    clock, queue = ManualClock(), queue_of("one")
    queue.note("two", shortage(ALICES_BONDS))
    tasks = [waiter(queue, "one", clock), waiter(queue, "two", clock)]
    await settled(*tasks)
    assert (queue.waiting(ALICE), queue.waiting(ALICES_BONDS)) == (1, 1)
    queue.freed(ALICES_BONDS, 5)
    assert await settled(*tasks) == [False, True]
    tasks[0].cancel()


MOVE_BONDS = MoveToken("f", ST, "BOND", "AN", 1, b"alice", TO)
TRADE = native_terms()


@pytest.mark.parametrize(
    ("ended", "purse"),
    [
        (MOVE_BONDS, ALICES_BONDS),
        (RedeemToken("f", ST, "BOND", "AN", 1, b"alice"), ALICES_BONDS),
        (MoveCash("f", "PGC", "SN", 1, b"alice", TO), ALICE),
        (
            SettleDvp("f", TRADE),
            Purse(Asset("ST", TRADE.token_id, TRADE.registrar), TRADE.seller_tokens.key),
        ),
        (SettleDvp("f", TRADE), Purse(Asset(SC, TRADE.coin_id, TRADE.issuer), TRADE.buyer_cash.key)),
    ],
    ids=["move of tokens", "redemption", "payment", "trade's tokens", "trade's cash"],
)
async def test_what_a_failed_flow_gives_back_wakes_who_waits_for_it_and_nobody_else(
    ended: MoveToken | RedeemToken | MoveCash | SettleDvp, purse: Purse
) -> None:
    clock, queue = ManualClock(), queue_of("waits", of=purse)
    queue.note("waits for another asset", shortage(purse._replace(asset=Asset("UT", "MILES", "AN"))))
    tasks = [waiter(queue, flow, clock) for flow in ("waits", "waits for another asset")]
    await settled(*tasks)
    wake_for_coins(queue, FlowRecord("f", ended.kind, encode_request(ended), FlowStep.FAILED, 1, 1, 1))
    assert await settled(*tasks) == [True, False]
    tasks[1].cancel()


async def test_a_flow_that_waits_for_something_else_sleeps_as_long_as_it_should() -> None:
    clock, queue = ManualClock(), queue_of("one")
    queue.note("one", NodeStopping())
    assert queue.is_empty
    task = waiter(queue, "one", clock)
    queue.freed(ALICE, 5)
    assert await settled(task) == [False]
    clock.advance_ms(1000)
    assert await settled(task) == [True]


def test_the_queue_forgets_who_leaves() -> None:
    queue = queue_of("one", "two")
    queue.note("one", shortage(BOB))
    assert (queue.waiting(ALICE), queue.waiting(BOB)) == (1, 1)
    for flow in ("one", "two", "never there"):
        queue.leave(flow)
    assert queue.is_empty
    assert queue.waiting(ALICE) == 0


async def test_a_cancelled_wait_cancels_its_timer() -> None:
    queue = queue_of("one")
    timer = asyncio.get_running_loop().create_future()

    async def due() -> None:
        await timer

    task = asyncio.create_task(queue.turn("one", due()))
    await settled(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settled(task)
    assert timer.cancelled()
