"""The gateway over real gRPC and mTLS: the live stream with resume tokens, and cancelling before the lock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.rpc_status import RemoteCallerError, RemoteUnavailableError
from ibc.dvp import SettlementTerms
from relayer.gateway.matching import Side
from tests.fakes.running_gateway import RunningGateway, details_of, running_gateway
from tests.fakes.settlement_terms import some_terms

STATES = pb.SettlementState


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


async def _match(gateway: RunningGateway, terms: SettlementTerms) -> str:
    settlement = pb.Settlement()
    for side in Side:
        settlement = await gateway.client().create(side, terms)
    return settlement.name


async def _until(stream: AsyncIterator[pb.WatchSettlementsResponse], state: int) -> pb.WatchSettlementsResponse:
    async with asyncio.timeout(10):
        async for event in stream:
            if event.settlement.state == state:
                return event
    raise AssertionError("the stream ended")


async def test_a_settlement_is_followed_live_from_match_to_settled(gateway: RunningGateway) -> None:
    terms = some_terms()
    name = await _match(gateway, terms)
    stream = gateway.client().watch(name)
    await _until(stream, STATES.SETTLEMENT_STATE_MATCHED)
    gateway.evm.earmark(terms)
    locked = await _until(stream, STATES.SETTLEMENT_STATE_LOCKED)
    assert locked.settlement.packet_sequence == 7
    gateway.evm.deliver(terms)
    await _until(stream, STATES.SETTLEMENT_STATE_DELIVERED)
    gateway.ledger.release(terms)
    settled = (await _until(stream, STATES.SETTLEMENT_STATE_SETTLED)).settlement
    assert [fact.what for fact in settled.facts] == ["earmarked", "cash locked", "delivered", "cash released to seller"]
    assert not settled.HasField("waiting")


async def test_a_watch_goes_on_over_restarts_of_the_gateway_without_loss_or_repeat(gateway: RunningGateway) -> None:
    seen: list[str] = []
    complete = asyncio.Event()

    async def follow() -> None:
        async for event in gateway.client().watch():
            seen.append(event.resume_token)
            if len(seen) == 6:
                complete.set()

    following = asyncio.create_task(follow())
    for trade in (1, 2, 3):
        await gateway.client().create(Side.SELLER, some_terms(trade))
        await gateway.restart()
        await gateway.client().create(Side.SELLER, some_terms(trade + 10))
    async with asyncio.timeout(20):
        await complete.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert seen == [str(number) for number in range(1, 7)]


async def test_a_resume_token_continues_after_the_event_it_came_with(gateway: RunningGateway) -> None:
    for trade in (1, 2, 3):
        await gateway.client().create(Side.SELLER, some_terms(trade))
    first = await anext(gateway.client().watch())
    rest = gateway.client().watch(resume_token=first.resume_token)
    assert [(await anext(rest)).settlement.name[-1] for _ in range(2)] == ["2", "3"]


async def test_a_token_of_another_gateway_is_refused_instead_of_waiting_for_ever(gateway: RunningGateway) -> None:
    with pytest.raises(RemoteCallerError, match="BAD_PAGE_TOKEN"):
        await anext(gateway.client().watch(resume_token="1000000"))  # noqa: S106  # not a secret


async def test_a_stopping_gateway_ends_watches_with_a_reason_to_come_back(gateway: RunningGateway) -> None:
    await gateway.client().create(Side.SELLER, some_terms())
    watching = gateway.stub().WatchSettlements(pb.WatchSettlementsRequest())
    await watching.read()
    await gateway.stop()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await watching.read()
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert details_of(caught.value)[0] == "GATEWAY_STOPPING"


async def test_what_was_matched_before_a_restart_settles_after_it(gateway: RunningGateway) -> None:
    terms = some_terms()
    name = await _match(gateway, terms)
    await gateway.stop()
    gateway.evm.earmark(terms)
    await gateway.start()
    await _until(gateway.client().watch(name), STATES.SETTLEMENT_STATE_LOCKED)


async def test_a_delivery_that_is_read_before_its_lock_is_not_lost(gateway: RunningGateway) -> None:
    terms = some_terms()
    name = await _match(gateway, terms)
    gateway.ledger.away = True
    gateway.evm.earmark(terms)
    stream = gateway.client().watch(name)
    await _until(stream, STATES.SETTLEMENT_STATE_EARMARKED)
    gateway.ledger.away = False
    (evidence,) = await gateway.evm.earmark_evidence(terms.security.adapter, [terms.trade_id], 1)
    await gateway.ledger.lock(terms, evidence, 0)
    gateway.ledger.away = True  # locked, and the node that knows is away
    gateway.evm.deliver(terms)
    await _until(stream, STATES.SETTLEMENT_STATE_DELIVERED)
    gateway.ledger.away = False
    gateway.ledger.release(terms)
    settled = (await _until(stream, STATES.SETTLEMENT_STATE_SETTLED)).settlement
    assert [fact.what for fact in settled.facts] == ["earmarked", "delivered", "cash locked", "cash released to seller"]
    assert settled.packet_sequence == 7


async def test_matched_terms_are_cancelled_on_the_ledger(gateway: RunningGateway) -> None:
    terms = some_terms()
    name = await _match(gateway, terms)
    cancelled = await gateway.client().cancel(name, "00000000-0000-0000-0000-000000000001")
    assert cancelled.state == STATES.SETTLEMENT_STATE_CANCELLED
    assert [fact.what for fact in cancelled.facts] == ["cancelled"]
    again = await gateway.client().cancel(name, "00000000-0000-0000-0000-000000000001")
    assert again == cancelled


async def test_a_cancellation_that_loses_the_race_against_the_lock_says_so(gateway: RunningGateway) -> None:
    terms = some_terms()
    gateway.ledger.cash_yen = 0  # the follower's own lock waits
    name = await _match(gateway, terms)
    gateway.evm.earmark(terms)
    await _until(gateway.client().watch(name), STATES.SETTLEMENT_STATE_EARMARKED)
    gateway.ledger.cash_yen = 10_000_000
    (evidence,) = await gateway.evm.earmark_evidence(terms.security.adapter, [terms.trade_id], 1)
    await gateway.ledger.lock(terms, evidence, 0)  # wins, unseen by the gateway
    with pytest.raises(RemoteCallerError) as caught:
        await gateway.client().cancel(name)
    assert (caught.value.reason, caught.value.metadata["state"]) == ("TRADE_ALREADY_LOCKED", "locked")
    assert (await gateway.client().get(name)).state == STATES.SETTLEMENT_STATE_LOCKED


async def test_a_locked_settlement_cannot_be_cancelled_nor_an_ended_one(gateway: RunningGateway) -> None:
    terms = some_terms()
    name = await _match(gateway, terms)
    gateway.evm.earmark(terms)
    await _until(gateway.client().watch(name), STATES.SETTLEMENT_STATE_LOCKED)
    assert await _cancel_refusal(gateway, name) == "TRADE_ALREADY_LOCKED"
    gateway.evm.refuse(terms)
    gateway.ledger.give_back(terms)
    await _until(gateway.client().watch(name), STATES.SETTLEMENT_STATE_RETURNED)
    assert await _cancel_refusal(gateway, name) == "SETTLEMENT_ENDED"


async def _cancel_refusal(gateway: RunningGateway, name: str) -> str:
    request = pb.CancelSettlementRequest(request_id="00000000-0000-0000-0000-000000000009", name=name)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.stub().CancelSettlement(request)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    return details_of(caught.value)[0]


async def test_a_cancellation_while_the_ledger_is_away_is_unavailable_and_changes_nothing(
    gateway: RunningGateway,
) -> None:
    name = await _match(gateway, some_terms())
    gateway.ledger.away = True
    with pytest.raises(RemoteUnavailableError, match="NODE_AWAY"):
        await gateway.client().cancel(name)
    assert (await gateway.client().get(name)).state == STATES.SETTLEMENT_STATE_MATCHED
    gateway.ledger.away = False
    assert (await gateway.client().cancel(name)).state == STATES.SETTLEMENT_STATE_CANCELLED
