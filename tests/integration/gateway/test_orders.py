"""The order of a settlement at the gateway: whose wish counts, which margins hold, and who may cancel what leads."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import grpc.aio
import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import Deployment
from ibc.dvp import LeadLeg, SettlementTerms
from ibc.timeout import MAX_TIMEOUT_DELTA_S
from primitives.types import Address
from relayer.gateway.adapter_orders import orders_of
from relayer.gateway.errors import OrderNotPossible
from relayer.gateway.matching import Side
from relayer.gateway.orders import OrderRule, Orders
from relayer.gateway.settlement_codec import encode_terms
from tests.fakes.running_gateway import SCOPE, RunningGateway, details_of, running_gateway
from tests.fakes.settlement_terms import T0_S, some_terms

SOMEWHERE = "0x" + "11" * 20
IBET, PLAIN = Address(b"\x77" * 20), some_terms().security.adapter
ORDERS = Orders({IBET: OrderRule(default=LeadLeg.SECURITIES), PLAIN: OrderRule(possible=frozenset({LeadLeg.CASH}))})


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3", replace(SCOPE, orders=ORDERS)) as running:
        yield running


def on_ibet(terms: SettlementTerms) -> SettlementTerms:
    return replace(terms, security=replace(terms.security, adapter=IBET))


def leading(trade: int = 1, lock_by_s: int = T0_S + 300, settle_s: int = 300) -> SettlementTerms:
    return replace(on_ibet(some_terms(trade, lock_by_s=lock_by_s, settle_s=settle_s)), lead_leg=LeadLeg.SECURITIES)


def request(terms: SettlementTerms, lead: int) -> pb.CreateSettlementRequest:
    message = encode_terms(terms)
    message.lead_leg = lead  # type: ignore[assignment]  # any number, also a wrong one
    return pb.CreateSettlementRequest(request_id=str(uuid.uuid4()), side=pb.SIDE_SELLER, terms=message)


async def refused(gateway: RunningGateway, message: pb.CreateSettlementRequest) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.stub().CreateSettlement(message)
    return details_of(caught.value)[0]


async def test_without_a_wish_the_order_is_the_platforms_and_the_answer_says_it(gateway: RunningGateway) -> None:
    for terms, lead in ((some_terms(1), pb.LEAD_LEG_CASH), (on_ibet(some_terms(2)), pb.LEAD_LEG_SECURITIES)):
        answer = await gateway.stub().CreateSettlement(request(terms, pb.LEAD_LEG_UNSPECIFIED))
        assert answer.settlement.terms.lead_leg == lead
        expected = replace(terms, lead_leg=LeadLeg(lead))
        assert answer.settlement.terms == encode_terms(expected)


async def test_a_wish_counts_where_the_platform_can_fulfil_it_and_is_refused_where_not(
    gateway: RunningGateway,
) -> None:
    wished = await gateway.stub().CreateSettlement(request(on_ibet(some_terms(1)), pb.LEAD_LEG_CASH))
    assert wished.settlement.terms.lead_leg == pb.LEAD_LEG_CASH
    assert await refused(gateway, request(some_terms(2), pb.LEAD_LEG_SECURITIES)) == "ORDER_NOT_POSSIBLE"
    assert await refused(gateway, request(some_terms(3), 9)) == "BAD_REQUEST"


async def test_two_sides_with_different_orders_do_not_match(gateway: RunningGateway) -> None:
    await gateway.client().create(Side.SELLER, leading())
    differing = await gateway.client().create(Side.BUYER, replace(leading(), lead_leg=LeadLeg.CASH))
    assert (differing.state, list(differing.mismatched_fields)) == (pb.SETTLEMENT_STATE_MISMATCHED, ["lead_leg"])


async def test_each_order_has_its_margins_and_no_packet_lives_longer_than_a_day(gateway: RunningGateway) -> None:
    cash_margin, payment_margin = T0_S + 10, T0_S + 20
    for lock_by_s, lead, reason in (
        (cash_margin - 1, pb.LEAD_LEG_CASH, "TIMES_TOO_CLOSE"),
        (payment_margin - 1, pb.LEAD_LEG_SECURITIES, "TIMES_TOO_CLOSE"),
    ):
        assert await refused(gateway, request(leading(1, lock_by_s), lead)) == reason
    for settle_s, reason in ((9, "TIMES_TOO_CLOSE"), (MAX_TIMEOUT_DELTA_S + 1, "TIMES_TOO_FAR")):
        for lead in (pb.LEAD_LEG_CASH, pb.LEAD_LEG_SECURITIES):
            assert await refused(gateway, request(leading(1, payment_margin, settle_s), lead)) == reason
    await gateway.stub().CreateSettlement(request(leading(2, cash_margin), pb.LEAD_LEG_CASH))
    await gateway.stub().CreateSettlement(request(leading(3, payment_margin, 10), pb.LEAD_LEG_SECURITIES))
    await gateway.stub().CreateSettlement(request(leading(4, settle_s=MAX_TIMEOUT_DELTA_S), pb.LEAD_LEG_SECURITIES))


async def test_the_seller_cannot_have_cancelled_what_he_may_have_locked_and_the_buyer_can(
    gateway: RunningGateway,
) -> None:
    terms = leading()
    seller, buyer = gateway.client("broker-a"), gateway.client("broker-b")
    await seller.create(Side.SELLER, terms)
    name = (await buyer.create(Side.BUYER, terms)).name
    for state in (pb.SETTLEMENT_STATE_MATCHED, pb.SETTLEMENT_STATE_SECURITIES_LOCKED):
        if state == pb.SETTLEMENT_STATE_SECURITIES_LOCKED:
            gateway.evm.lock(terms)
            async for event in buyer.watch(name):
                if event.settlement.state == state:
                    break
        with pytest.raises(Exception, match="only who speaks for the buyer's node cn-b"):
            await seller.cancel(name)
    declined = await buyer.cancel(name)
    assert declined.state == pb.SETTLEMENT_STATE_SECURITIES_LOCKED
    assert [fact.what for fact in declined.facts] == ["securities locked", "cancelled"]
    assert (await buyer.cancel(name)).state == pb.SETTLEMENT_STATE_SECURITIES_LOCKED
    gateway.evm.give_back(terms)
    async for event in seller.watch(name):
        if event.settlement.state == pb.SETTLEMENT_STATE_RETURNED:
            break
    assert gateway.ledger.trades[terms.trade_id][0].fact.what == "cancelled"


def test_the_table_of_orders_follows_the_deployments_adapters_and_the_configuration() -> None:
    deployment = Deployment(
        chain_id=1337,
        rpc_url="http://127.0.0.1:8545",
        router=SOMEWHERE,
        light_client=SOMEWHERE,
        dvp_app=SOMEWHERE,
        token=SOMEWHERE,
        adapters={AdapterFamily.ESCROW.value: "0x" + "22" * 20, AdapterFamily.IBET_DVP.value: "0x" + IBET.hex()},
        client_id="progmat-0",
        block_period_ms=1000,
        deployed_after=0,
    )
    orders = orders_of(deployment, ["ibet-dvp"])
    assert orders.leading(IBET, None) is LeadLeg.SECURITIES
    assert orders.leading(IBET, LeadLeg.CASH) is LeadLeg.CASH
    assert orders.leading(PLAIN, None) is orders.leading(b"\x99" * 20, None) is LeadLeg.CASH
    with pytest.raises(OrderNotPossible, match="CASH for adapter 0x22"):
        ORDERS.leading(PLAIN, LeadLeg.SECURITIES)
