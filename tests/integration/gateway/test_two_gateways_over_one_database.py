"""Two gateways over one PostgreSQL: both answer, one follows, and when it goes the other one goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from relayer.gateway.matching import Side
from tests.fakes.running_gateway import RunningGateway
from tests.fakes.settlement_sides import MemoryEvm, MemoryLedger
from tests.fakes.settlement_terms import some_terms


@pytest.fixture
async def pair(postgres_url: str) -> AsyncIterator[tuple[RunningGateway, RunningGateway]]:
    evm, ledger = MemoryEvm(), MemoryLedger(cash_yen=10_000_000)
    one, other = (RunningGateway(postgres_url, evm=evm, ledger=ledger, name=f"gateway {n}") for n in (1, 2))
    await one.start()
    await other.start()
    try:
        yield one, other
    finally:
        await asyncio.gather(one.close(), other.close())


async def _until(gateway: RunningGateway, name: str, state: int) -> pb.Settlement:
    async with asyncio.timeout(20):
        async for event in gateway.client().watch(name):
            if event.settlement.state == state:
                return event.settlement
    raise AssertionError("the stream ended")


async def test_what_one_stores_the_other_matches_and_either_ones_end_leaves_the_other_following(
    pair: tuple[RunningGateway, RunningGateway],
) -> None:
    one, other = pair
    terms = some_terms()
    proposed = await one.client("broker-a").create(Side.SELLER, terms)
    matched = await other.client("broker-b").affirm(proposed.name, proposed.terms_hash)
    assert matched.state == pb.SETTLEMENT_STATE_MATCHED
    one.evm.earmark(terms)
    for gateway in pair:
        await _until(gateway, proposed.name, pb.SETTLEMENT_STATE_LOCKED)
    assert one.ledger.attempts == [terms.trade_id]  # one of the two asked
    await one.stop()  # whichever followed: at the end both have had to
    one.evm.deliver(terms)
    await _until(other, proposed.name, pb.SETTLEMENT_STATE_DELIVERED)
    await one.start()
    await other.stop()
    one.ledger.release(terms)
    settled = await _until(one, proposed.name, pb.SETTLEMENT_STATE_SETTLED)
    assert [fact.what for fact in settled.facts] == ["earmarked", "cash locked", "delivered", "cash released to seller"]
    again = await one.client("broker-a").create(Side.SELLER, terms)
    assert again.state == pb.SETTLEMENT_STATE_SETTLED
