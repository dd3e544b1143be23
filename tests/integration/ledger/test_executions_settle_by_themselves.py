"""From two orders at the venue to delivery against payment: nobody but the brokers' registrations has a hand in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.flows.execution_requests import WithdrawExecution
from chains.progmat.flows.requests import IssueCash
from chains.progmat.market.exchange.assigning import BrokerOrder
from chains.progmat.market.exchange.resolved import TradeSide
from chains.progmat.market.exchange.venue.model import Listing, OpenDay, Place, Security, StartTrading
from chains.progmat.market.exchange.venue.model import Side as BookSide
from chains.progmat.market.exchange.venue_store import Trader, executions_after
from chains.progmat.market.trades.following import settle_by_s
from chains.progmat.market.trades.model import Side, TradeState
from chains.progmat.market.trades.patterns import SettlementPattern
from chains.progmat.market.trades.store import find_trade
from chains.progmat.node.exchange_part import ExchangePart
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, EN, SN, LedgerParty
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.trade_desks import DAY, TradeDesks, coin_method

SECURITY = Security(TOKEN_ID, AN.name)
TRADING_DAY = date(2027, 1, 18)
assert DAY <= TRADING_DAY


async def open_venue(ledger: LedgerNetwork) -> None:
    await ledger.admit(EN, ST, MemberRole.EXCHANGE)
    venue = ledger.vault(EN).part(ExchangePart).venue
    for broker, custodian in (("broker-a", CN_A), ("broker-b", CN_B), ("broker-c", CN_A)):
        await venue.set_trader(Trader(broker, custodian.name, suspended=False), "clerk-1", "head-2")
    await venue.set_listing(Listing(SECURITY, 5, 10, 40, 5, 1000), "clerk-1", "head-2")
    await venue.change_day("open", SECURITY, OpenDay(TRADING_DAY, TRADING_DAY, "clerk-1"))
    await venue.change_day("start", SECURITY, StartTrading("clerk-1"))


async def order(
    ledger: LedgerNetwork, at: LedgerParty, broker: str, side: TradeSide, number: int, investor: str, key: bytes
) -> None:
    """Tell the custodian whose the order is, then place it."""
    order_id = f"ORD-{number:016d}"
    registered = BrokerOrder(order_id, side, TOKEN_ID, AN.name, 10, investor, key, key)
    await ledger.vault(at).part(ExchangePart).brokers.register(registered, "clerk-1")
    venue = ledger.vault(EN).part(ExchangePart).venue
    await venue.place(SECURITY, Place(broker, order_id, BookSide[side.name], 10, 40))


async def trade_of(ledger: LedgerNetwork, number: int) -> bytes:
    """The id of the n-th execution, from 1."""
    database = ledger.vault(EN).node.parts.database
    executions = await database.read(lambda connection: executions_after(connection, 0, ""))
    return executions[number - 1].trade_id


async def test_matched_orders_settle_in_coin_between_two_custodians_and_within_one(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, (*TOKEN_PARTIES, EN)) as ledger:
        desks = await TradeDesks.open(ledger, tokens=100, yen=1000)
        customer = await ledger.operations(CN_A).open_account("customer")
        await ledger.done(SN, IssueCash("to-the-customer", COIN_ID, 500, customer))
        await desks.register(CN_A, coin_method("INV-0001", SELLER_ACCOUNT), coin_method("INV-0003", customer))
        await desks.register(CN_B, coin_method("INV-0002", BUYER_ACCOUNT))
        await open_venue(ledger)

        await order(ledger, CN_A, "broker-a", TradeSide.SELL, 1, "INV-0001", SELLER_ACCOUNT.key)
        await order(ledger, CN_B, "broker-b", TradeSide.BUY, 2, "INV-0002", BUYER_ACCOUNT.key)
        direct = await trade_of(ledger, 1)
        await desks.known(direct, CN_A, CN_B)
        sold, bought = await desks.end(direct)
        assert (sold.state, bought.state) == (TradeState.SETTLED, TradeState.SETTLED)
        assert sold.pattern is SettlementPattern.COIN_DIRECT_DLT
        assert sold.resolved.settle_by_s == settle_by_s(TRADING_DAY)

        await order(ledger, CN_A, "broker-a", TradeSide.SELL, 3, "INV-0001", SELLER_ACCOUNT.key)
        await order(ledger, CN_A, "broker-c", TradeSide.BUY, 4, "INV-0003", customer.key)
        within = await trade_of(ledger, 2)
        await desks.known(within, CN_A)
        both = await desks.until(CN_A, within, TradeState.SETTLED, TradeState.CANCELLED)
        assert (both.state, both.resolved.side) == (TradeState.SETTLED, Side.BOTH)
        assert both.pattern is SettlementPattern.COIN_INDIRECT_API
        assert await desks.trades.holdings() == (80, 10, 800, 600)
        assert await ledger.free_yen(CN_A, customer) == 100

        await order(ledger, CN_A, "broker-a", TradeSide.SELL, 5, "INV-0001", SELLER_ACCOUNT.key)
        await order(ledger, CN_A, "broker-c", TradeSide.BUY, 6, "INV-0003", customer.key)
        taken_back = await trade_of(ledger, 3)
        await desks.known(taken_back, CN_A)
        await desks.until(CN_A, taken_back, TradeState.BALANCE_SHORT)
        withdrawal = WithdrawExecution("w", taken_back, "ERRONEOUS_ORDER", "CASE-1", "clerk-1", "head-2")
        await ledger.done(EN, withdrawal)
        ended = await desks.until(CN_A, taken_back, TradeState.CANCELLED)
        assert ended.reason == "CANCELLED_BY_VENUE"
        assert await ledger.free_yen(CN_A, customer) == 100

        at_the_venue = await ledger.vault(EN).node.parts.database.read(
            lambda connection: find_trade(connection, direct)
        )
        assert at_the_venue is None, "the venue does not see settlements"
