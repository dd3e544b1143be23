"""Desks that are lied to, withdrawn from, killed and short of everything, over one ledger."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from random import Random

import pytest
import pytest_asyncio

from chains.progmat.contracts.native_terms import decode_native_terms
from chains.progmat.flows.market_requests import MoveToken, SettleDvp
from chains.progmat.market.people.acts import Act
from chains.progmat.market.trades.ending import cancel_by_persons
from chains.progmat.market.trades.errors import TradeBeingSettled, TradeEnded
from chains.progmat.market.trades.methods import FiatPayment
from chains.progmat.market.trades.model import Side, Trade, TradeState
from chains.progmat.market.trades.patterns import Money
from chains.progmat.market.trades.peer_codec import (
    ASK_METHOD,
    TRADE_ENDED,
    Ended,
    MethodAsked,
    encode_asked,
    encode_ended,
)
from chains.progmat.node.peers.in_process import Delivery
from primitives.errors import CrossDvpError
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, TOKEN_PARTIES, running_ledger
from tests.integration.ledger.trade_desks import (
    BROKER_A,
    BUYER_ID,
    PERSONS,
    SELLER_ID,
    SETTLES_WITHIN_S,
    TradeDesks,
    coin_method,
    fiat_method,
    trade_id,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("trade_desks_under_attack")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TradeDesks]:
    async with running_ledger(tmp_path_factory.mktemp("desks"), TOKEN_PARTIES) as ledger:
        opened = await TradeDesks.open(ledger, tokens=50, yen=1000)
        await opened.pay_in_coin()
        yield opened


async def cancelled(desks: TradeDesks, party: LedgerParty, of: bytes, by: Act = PERSONS) -> Trade:
    act = partial(cancel_by_persons, trade_id=of, by=by, now_ms=desks.ledger.clock.now_ms())
    return await desks.ledger.vault(party).node.parts.database.submit(act)


def asked(desks: TradeDesks, number: int, **changes: object) -> MethodAsked:
    """What an honest seller's desk would ask."""
    honest = MethodAsked(
        trade_id(number),
        ST,
        TOKEN_ID,
        AN.name,
        10,
        400,
        desks.ledger.clock.now_s() + SETTLES_WITHIN_S,
        Money.COIN,
        COIN_ID,
        SN.name,
        SELLER_ACCOUNT.key,
        SELLER_ACCOUNT.key,
        FiatPayment.NONE,
    )
    return replace(honest, **changes)  # type: ignore[arg-type] # of its fields


async def says(desks: TradeDesks, asker: LedgerParty, method: str, body: bytes) -> str:
    """The reason why the buyer's node refuses a message; empty if it does not."""
    try:
        await desks.ledger.vault(asker).node.parts.network.request(CN_B.name, method, body, 5)
    except CrossDvpError as error:
        return error.reason
    return ""


async def test_methods_and_balances_are_told_to_the_other_side_of_the_very_trade_alone(desks: TradeDesks) -> None:
    await desks.desk(CN_B).resolve(desks.resolved(10, Side.BUY))
    honest = asked(desks, 10)
    assert await says(desks, SN, ASK_METHOD, encode_asked(honest)) == "NOT_THE_SELLERS_DESK"
    assert await says(desks, CN_A, ASK_METHOD, encode_asked(replace(honest, amount_yen=1))) == "TRADE_DIFFERS"
    assert await says(desks, CN_A, ASK_METHOD, encode_asked(replace(honest, settle_by_s=2**33))) == "TRADE_DIFFERS"
    unknown = replace(honest, trade_id=trade_id(999))
    assert await says(desks, CN_A, ASK_METHOD, encode_asked(unknown)) == "TRADE_NOT_RESOLVED_YET"
    assert await says(desks, CN_A, ASK_METHOD, b"\xff" * 10) != ""
    assert await says(desks, SN, TRADE_ENDED, encode_ended(Ended(trade_id(10), "X", b""))) == "NOT_THE_SELLERS_DESK"
    assert (await desks.trade(CN_B, trade_id(10))).state is TradeState.RESOLVED
    await cancelled(desks, CN_B, trade_id(10))


async def test_a_trade_cancelled_by_the_buyer_is_told_and_cannot_settle_any_more(desks: TradeDesks) -> None:
    before = await desks.trades.holdings()
    of = await desks.resolve(11, amount_yen=5000)
    agreed = await desks.until(CN_A, of, TradeState.BALANCE_SHORT)
    ended = await cancelled(desks, CN_B, of, Act("EMP-7", "EMP-8", "wrong price"))
    assert ended.says == "EMP-7, approved by EMP-8: wrong price"
    with pytest.raises(TradeEnded):
        await cancelled(desks, CN_B, of)
    sold, _ = await desks.end(of)
    assert (sold.state, sold.reason) == (TradeState.CANCELLED, "CANCELLED_BY_BUYER")
    assert "EMP-7" not in sold.says
    assert (await desks.told(CN_A, of))[-1] == (BROKER_A, "CANCELLED_BY_BUYER", 0)

    again = await desks.resolve(21, amount_yen=5000)
    await desks.until(CN_A, again, TradeState.BALANCE_SHORT)
    terms = decode_native_terms((await desks.trade(CN_A, again)).terms)
    short = await desks.ledger.run(CN_A, SettleDvp("too-much", terms))
    assert short.last_error_reason == "INSUFFICIENT_FUNDS"
    assert str(before[3]) not in short.last_error, "the buyer's balance is not the seller's business"
    await cancelled(desks, CN_A, again)
    await desks.end(again)

    await desks.give_yen(4000, BUYER_ACCOUNT)
    forced = await desks.ledger.run(CN_A, SettleDvp("by-hand", decode_native_terms(agreed.terms)))
    assert forced.last_error_reason == "TRADE_NOT_AUTHORISED"
    assert await desks.trades.holdings() == (*before[:3], before[3] + 4000)


async def test_securities_that_are_short_are_the_sellers_own_reason(desks: TradeDesks) -> None:
    of = await desks.resolve(12, quantity=51, amount_yen=1)
    short = await desks.until(CN_A, of, TradeState.SECURITIES_SHORT)
    assert short.reason == "SELLER_SECURITIES_SHORT"
    assert await desks.told(CN_A, of) == [(BROKER_A, "SELLER_SECURITIES_SHORT", 1)]
    assert all(reason != "SELLER_SECURITIES_SHORT" for _, reason, _ in await desks.told(CN_B, of))
    await desks.give_tokens(1, SELLER_ACCOUNT)
    sold, bought = await desks.end(of)
    assert (sold.state, bought.state) == (TradeState.SETTLED, TradeState.SETTLED)
    await desks.give_tokens(50, SELLER_ACCOUNT)


async def test_a_seller_that_claims_another_move_as_the_delivery_is_not_believed(desks: TradeDesks) -> None:
    await desks.register(CN_A, fiat_method(SELLER_ID, "カ)エ-"))
    await desks.register(CN_B, fiat_method(BUYER_ID, "カ)ビ-"))
    of = await desks.resolve(13)
    await desks.until(CN_B, of, TradeState.AWAITING_PAYMENT)
    gift = await desks.ledger.done(
        CN_A, MoveToken("gift", ST, TOKEN_ID, AN.name, 10, SELLER_ACCOUNT.key, BUYER_ACCOUNT)
    )
    assert gift.tx_id is not None
    assert await says(desks, CN_A, TRADE_ENDED, encode_ended(Ended(of, "", gift.tx_id))) == "TRANSACTION_UNKNOWN"
    assert await says(desks, CN_A, TRADE_ENDED, encode_ended(Ended(of, "", b"\x07" * 32))) == "TRADE_STILL_AT_WORK"
    desks.ledger.clock.advance_s(SETTLES_WITHIN_S)
    sold, bought = await desks.end(of)
    assert sold.reason == bought.reason == "CANCELLED_UNPAID"
    await desks.register(CN_A, coin_method(SELLER_ID, SELLER_ACCOUNT))
    await desks.register(CN_B, coin_method(BUYER_ID, BUYER_ACCOUNT))


async def test_what_is_paid_for_is_delivered_however_late_the_securities_come(desks: TradeDesks) -> None:
    await desks.register(CN_A, fiat_method(SELLER_ID, "カ)エ-"))
    await desks.register(CN_B, fiat_method(BUYER_ID, "カ)ビ-"))
    had = await desks.trades.units(CN_A, SELLER_ACCOUNT)
    of = await desks.resolve(14, quantity=had + 1, amount_yen=30)
    waiting = await desks.until(CN_A, of, TradeState.AWAITING_PAYMENT)
    paid = f"date,value_date,direction,amount_yen,balance_yen,text\n2026-11-30,,DEPOSIT,30,30,{waiting.reference}"
    assert (await desks.bank_says(CN_A, paid.encode())).matched == 1
    desks.ledger.clock.advance_s(SETTLES_WITHIN_S + 1)
    while (await desks.told(CN_A, of)) != [(BROKER_A, "SELLER_SECURITIES_SHORT", 1)]:
        await desks.work(of)
    await desks.give_tokens(1, SELLER_ACCOUNT)
    sold, bought = await desks.end(of)
    assert (sold.state, bought.state) == (TradeState.SETTLED, TradeState.SETTLED)
    await desks.give_tokens(had, SELLER_ACCOUNT)
    await desks.register(CN_A, coin_method(SELLER_ID, SELLER_ACCOUNT))
    await desks.register(CN_B, coin_method(BUYER_ID, BUYER_ACCOUNT))


async def test_whatever_happens_in_any_order_every_trade_ends_once_and_both_legs_move_together(
    desks: TradeDesks,
) -> None:
    random = Random(20261130)  # noqa: S311 - which story is told, no secret
    before, totals = await desks.trades.holdings(), await desks.trades.totals()
    numbers = list(range(100, 112))
    sizes = {number: (random.randint(1, 12), random.randint(50, 2500)) for number in numbers}
    losing = 0.0

    async def lossy(_asker: str, _asked: str, _method: str) -> Delivery:
        if random.random() >= losing:
            return Delivery.DELIVER
        return random.choice((Delivery.LOSE_REQUEST, Delivery.LOSE_ANSWER))

    desks.ledger.hub.policy = lossy
    for number in numbers:
        losing = random.choice((0.0, 0.1, 0.3))
        await desks.resolve(number, *sizes[number])
        for _ in range(random.randint(1, 4)):
            await desks.work(trade_id(number))
        if random.random() < 0.3:
            party = random.choice((CN_A, CN_B))
            with contextlib.suppress(TradeEnded, TradeBeingSettled):
                await cancelled(desks, party, trade_id(random.choice(numbers[: number - 99])))
        if random.random() < 0.3:
            await desks.desk(CN_A).stop()
            desks.desk(CN_A).start()
    desks.ledger.hub.policy = desks.ledger.deliver_all
    desks.ledger.clock.advance_s(SETTLES_WITHIN_S)
    settled = []
    for number in numbers:
        sold, bought = await desks.end(trade_id(number))
        assert sold.state is bought.state, (sold, bought)
        assert sold.tx_id == bought.tx_id
        if sold.state is TradeState.SETTLED:
            settled.append(number)
        for party in (CN_A, CN_B):
            told = [reason for _, reason, _ in await desks.told(party, trade_id(number))]
            assert sum(reason.startswith(("TRADE_SETTLED", "CANCELLED")) for reason in told) == 1, told
    assert 0 < len(settled) < len(numbers), "both ends happen in this story"
    tokens = sum(sizes[number][0] for number in settled)
    yen = sum(sizes[number][1] for number in settled)
    after = await desks.trades.holdings()
    assert after == (before[0] - tokens, before[1] + tokens, before[2] + yen, before[3] - yen)
    assert await desks.trades.totals() == totals
