"""Two brokers' custodian nodes, venue, notary, registrar in one process: orders, executions, the same terms at both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date

import pytest
import pytest_asyncio
from sqlalchemy import Connection, delete

from chains.progmat.contracts.execution_codec import trade_id_of
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.flows.errors import TransactionUnknown
from chains.progmat.flows.execution_requests import PublishExecution, WithdrawExecution
from chains.progmat.flows.executions import RecordedNotice, execution_notices, find_notice
from chains.progmat.flows.market_requests import MembershipChange
from chains.progmat.flows.notice_standing import NoticeStanding
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.seams import NodeSelf
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.store import find_flow
from chains.progmat.market.exchange import broker_store, refusals
from chains.progmat.market.exchange.assigning import BrokerOrder
from chains.progmat.market.exchange.broker_store import BrokerExecution, ExecutionStatus
from chains.progmat.market.exchange.errors import PublicationUnderWay
from chains.progmat.market.exchange.resolved import ResolvedExecution, TradeSide
from chains.progmat.market.exchange.resolved import native_terms as terms_of
from chains.progmat.market.exchange.trade_accounts import TRADE_ACCOUNTS, encode_request
from chains.progmat.market.exchange.venue.model import Listing, OpenDay, Place, Security, Side, StartTrading
from chains.progmat.market.exchange.venue_desk import VenueDesk
from chains.progmat.market.exchange.venue_store import Execution, Trader, executions_after
from chains.progmat.node.exchange_part import ExchangePart
from chains.progmat.node.fsck import Subject, check_database
from chains.rpc_status import RemoteCallerError
from ibc.dvp import CashAccount
from primitives.hashing import sha256
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, EN, SN, LedgerParty
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    MAP,
    PACKAGE,
    PARAMETERS,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)

SECURITY = Security(TOKEN_ID, AN.name)
DAY = date(2026, 11, 27)
BROKERS = {"broker-a": CN_A, "broker-b": CN_B, "broker-c": CN_A}
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("orders_become_resolved_executi")]


def order_id(number: int) -> str:
    return f"ORD-{number:016d}"


@dataclass
class Market:
    """A day at the venue; every test brings its own orders."""

    ledger: LedgerNetwork
    trades: NativeTrades
    orders: int = 0

    @property
    def venue(self) -> VenueDesk:
        return self.ledger.vault(EN).part(ExchangePart).venue

    def next_id(self) -> str:
        self.orders += 1
        return order_id(self.orders)

    async def register(
        self, at: LedgerParty, side: TradeSide, account: CashAccount, quantity: int = 10, order: str = ""
    ) -> str:
        """A broker tells its custodian node whose the order is."""
        registered = BrokerOrder(
            order or self.next_id(), side, TOKEN_ID, AN.name, quantity, f"INV-{account.node}", account.key, account.key
        )
        await self.ledger.vault(at).part(ExchangePart).brokers.register(registered, "clerk-1")
        return registered.order_id

    async def place(self, member: str, order: str, side: Side, limit_yen: int = 40, quantity: int = 10) -> None:
        await self.venue.place(SECURITY, Place(member, order, side, quantity, limit_yen))

    async def matched(self, sell: str, buy: str, buyer: str = "broker-b", quantity: int = 10) -> Execution:
        """The execution of two orders at 40 yen."""
        await self.place("broker-a", sell, Side.SELL, quantity=quantity)
        await self.place(buyer, buy, Side.BUY, quantity=quantity)
        return (await self.executions())[-1]

    async def executions(self) -> list[Execution]:
        database = self.ledger.vault(EN).node.parts.database
        return await database.read(lambda connection: executions_after(connection, 0, ""))

    async def publications(self, execution: Execution) -> list[FlowRecord]:
        """The flow of an execution, once it exists."""
        database = self.ledger.vault(EN).node.parts.database
        found = await database.read(lambda connection: find_flow(connection, execution.flow_id))
        return [] if found is None else [found]

    async def notice(self, at: LedgerParty, trade_id: bytes) -> RecordedNotice | None:
        database = self.ledger.vault(at).node.parts.database
        return await database.read(lambda connection: find_notice(connection, trade_id))

    async def row(self, at: LedgerParty, trade_id: bytes, side: TradeSide) -> BrokerExecution | None:
        database = self.ledger.vault(at).node.parts.database
        return await database.read(lambda connection: broker_store.find_execution(connection, trade_id, side))

    async def until(
        self, at: LedgerParty, trade_id: bytes, side: TradeSide, ready: Callable[[BrokerExecution], bool]
    ) -> BrokerExecution:
        """Wait, and move time where a node waits to ask again, until a node's side of a trade is as wanted."""
        async with asyncio.timeout(WAIT_S):
            while (row := await self.row(at, trade_id, side)) is None or not ready(row):
                if row is not None and row.attempts:
                    self.ledger.clock.advance_ms(50)
                await asyncio.sleep(0)  # the desks tell nobody
            return row

    async def resolved(self, at: LedgerParty, trade_id: bytes, side: TradeSide) -> ResolvedExecution:
        await self.until(at, trade_id, side, lambda row: row.status is ExecutionStatus.RESOLVED)
        database = self.ledger.vault(at).node.parts.database
        found = await database.read(lambda connection: broker_store.find_resolved(connection, trade_id, side, at.name))
        assert found is not None
        return found

    async def publish(self, number: int, sell: str, buy: str, quantity: int = 10) -> FlowRecord:
        """The venue publishes what its book never matched."""
        request = PublishExecution(
            f"by-hand-{number}-{quantity}", number, TOKEN_ID, AN.name, quantity, 400, sell, buy, CN_A.name, CN_B.name,
            DAY.isoformat(),
        )  # fmt: skip
        return await self.ledger.run(EN, request)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    async with running_ledger(tmp_path_factory.mktemp("market"), (*TOKEN_PARTIES, EN)) as ledger:
        trades = await NativeTrades.open(ledger)
        await ledger.admit(EN, ST, MemberRole.EXCHANGE)
        world = Market(ledger, trades)
        for broker, custodian in BROKERS.items():
            await world.venue.set_trader(Trader(broker, custodian.name, suspended=False), "clerk-1", "head-2")
        await world.venue.set_listing(Listing(SECURITY, 5, 10, 40, 5, 1000), "clerk-1", "head-2")
        await world.venue.change_day("open", SECURITY, OpenDay(DAY, DAY, "clerk-1"))
        await world.venue.change_day("start", SECURITY, StartTrading("clerk-1"))
        yield world


async def test_both_custodians_come_to_the_same_terms_and_the_trade_settles_on_them(market: Market) -> None:
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT)
    buy = await market.register(CN_B, TradeSide.BUY, BUYER_ACCOUNT)
    execution = await market.matched(sell, buy)

    seller = await market.resolved(CN_A, execution.trade_id, TradeSide.SELL)
    buyer = await market.resolved(CN_B, execution.trade_id, TradeSide.BUY)
    settle_by_s = market.ledger.clock.now_s() + 600
    terms = [terms_of(each, coin_id=COIN_ID, issuer=SN.name, settle_by_s=settle_by_s) for each in (seller, buyer)]
    assert terms[0] == terms[1]
    assert (terms[0].quantity, terms[0].amount_yen) == (10, 400)
    assert (seller.investor_id, buyer.investor_id) == ("INV-cn-a", "INV-cn-b")

    before = await market.trades.holdings()
    await market.trades.authorise(terms[1])
    settled = await market.ledger.done(CN_A, market.trades.settle(terms[0]))
    assert settled.tx_id is not None
    with pytest.raises(TransactionUnknown):  # the venue learns of no settlement
        await market.ledger.operations(EN).transaction(settled.tx_id)
    assert await market.trades.holdings() == (before[0] - 10, before[1] + 10, before[2] + 400, before[3] - 400)
    withdrawal = WithdrawExecution("late", execution.trade_id, "SYSTEM_FAULT", "CASE-1", "clerk-1", "head-2")
    await market.ledger.done(EN, withdrawal)
    late = await market.until(
        CN_A, execution.trade_id, TradeSide.SELL, lambda row: row.reason == refusals.WITHDRAWN_TOO_LATE
    )
    assert late.status is ExecutionStatus.RESOLVED


async def test_only_the_two_custodians_and_the_venue_hold_the_notice_and_nobody_an_investors_id(market: Market) -> None:
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT)
    buy = await market.register(CN_B, TradeSide.BUY, BUYER_ACCOUNT)
    execution = await market.matched(sell, buy)
    await market.resolved(CN_A, execution.trade_id, TradeSide.SELL)
    await market.resolved(CN_B, execution.trade_id, TradeSide.BUY)

    for party, holds in ((EN, True), (CN_A, True), (CN_B, True), (AN, False), (SN, False)):
        assert (await market.notice(party, execution.trade_id) is not None) is holds, party.name
    for path in (market.ledger.folder / EN.name).rglob("*"):
        assert not path.is_file() or b"INV-cn" not in path.read_bytes(), path


async def test_a_side_whose_order_is_unknown_is_named_to_both_brokers_until_it_is_registered(market: Market) -> None:
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT)
    unknown = market.next_id()
    execution = await market.matched(sell, unknown)

    told = await market.until(CN_A, execution.trade_id, TradeSide.SELL, lambda row: row.reason != "")
    own = await market.until(CN_B, execution.trade_id, TradeSide.BUY, lambda row: row.reason != "")
    told = await market.until(
        CN_A, execution.trade_id, TradeSide.SELL, lambda row: row.reason == refusals.ORDER_UNKNOWN
    )
    assert (told.status, told.blamed) == (ExecutionStatus.AWAITING_ACCOUNTS, CN_B.name)
    assert (own.status, own.reason, own.blamed) == (ExecutionStatus.REFUSED, refusals.ORDER_UNKNOWN, CN_B.name)

    await market.register(CN_B, TradeSide.BUY, BUYER_ACCOUNT, order=unknown)
    assert (await market.resolved(CN_A, execution.trade_id, TradeSide.SELL)).counterparty_tokens == BUYER_ACCOUNT
    await market.resolved(CN_B, execution.trade_id, TradeSide.BUY)


@pytest.mark.parametrize(
    ("side", "quantity", "reason"),
    [(TradeSide.SELL, 10, refusals.OTHER_ORDER), (TradeSide.BUY, 5, refusals.BEYOND_ORDER)],
)
async def test_an_execution_that_does_not_fit_its_order_is_refused_by_name(
    market: Market, side: TradeSide, quantity: int, reason: str
) -> None:
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT)
    buy = await market.register(CN_B, side, BUYER_ACCOUNT, quantity)
    execution = await market.matched(sell, buy)
    own = await market.until(CN_B, execution.trade_id, TradeSide.BUY, lambda row: row.reason != "")
    told = await market.until(CN_A, execution.trade_id, TradeSide.SELL, lambda row: row.reason == reason)
    assert (own.status, own.reason, told.blamed) == (ExecutionStatus.REFUSED, reason, CN_B.name)


async def test_one_custodian_of_both_brokers_resolves_both_sides_itself(market: Market) -> None:
    buyer = await market.ledger.operations(CN_A).open_account("indirect")
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT)
    buy = await market.register(CN_A, TradeSide.BUY, buyer)
    execution = await market.matched(sell, buy, buyer="broker-c")
    sides = [await market.resolved(CN_A, execution.trade_id, side) for side in TradeSide]
    terms = {terms_of(each, coin_id=COIN_ID, issuer=SN.name, settle_by_s=10**9) for each in sides}
    assert len(terms) == 1
    assert terms.pop().buyer_tokens == buyer


async def test_a_withdrawn_execution_is_settled_by_nobody(market: Market) -> None:
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT)
    buy = await market.register(CN_B, TradeSide.BUY, BUYER_ACCOUNT)
    execution = await market.matched(sell, buy)
    await market.resolved(CN_B, execution.trade_id, TradeSide.BUY)
    withdrawal = WithdrawExecution("w", execution.trade_id, "ERRONEOUS_ORDER", "CASE-2", "clerk-1", "head-2")
    await market.ledger.done(EN, withdrawal)
    for party, side in ((CN_A, TradeSide.SELL), (CN_B, TradeSide.BUY)):
        row = await market.until(party, execution.trade_id, side, lambda row: row.status is ExecutionStatus.WITHDRAWN)
        assert row.reason == refusals.WITHDRAWN
    database = market.ledger.vault(CN_B).node.parts.database
    following = await database.read(lambda connection: broker_store.resolved_after(connection, 0, CN_B.name))
    assert execution.trade_id not in {each.trade_id for each in following}


async def test_a_node_that_is_no_side_of_a_trade_is_told_no_accounts(market: Market) -> None:
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT)
    buy = await market.register(CN_B, TradeSide.BUY, BUYER_ACCOUNT)
    execution = await market.matched(sell, buy)
    await market.resolved(CN_A, execution.trade_id, TradeSide.SELL)
    recorded = await market.notice(CN_A, execution.trade_id)
    assert recorded is not None
    body = encode_request(execution.trade_id, sha256(recorded.notice.encode()))
    for nosy in (SN, AN, EN):
        network = market.ledger.vault(nosy).node.parts.network
        with pytest.raises(RemoteCallerError) as refused:
            await network.request(CN_A.name, TRADE_ACCOUNTS, body, 5)
        assert refused.value.reason == "TRADE_NOT_YOURS"
    other = encode_request(execution.trade_id, bytes(32))
    with pytest.raises(RemoteCallerError) as differs:
        await market.ledger.vault(CN_B).node.parts.network.request(CN_A.name, TRADE_ACCOUNTS, other, 5)
    assert differs.value.reason == "NOTICE_DIFFERS"


async def test_a_trade_id_is_published_once_with_one_content(market: Market) -> None:
    sell, buy = market.next_id(), market.next_id()
    first = await market.publish(900, sell, buy)
    assert first.step in {FlowStep.RECORDED, FlowStep.DONE}
    again = await market.publish(900, sell, buy)
    assert again.tx_id == first.tx_id
    refused = await market.publish(900, sell, buy, quantity=20)
    assert refused.last_error_reason == "EXECUTION_PUBLISHED_OTHERWISE"


async def test_a_venue_that_publishes_two_stories_of_one_trade_has_told_none(market: Market) -> None:
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT, 20)
    buy = await market.register(CN_B, TradeSide.BUY, BUYER_ACCOUNT, 20)
    await market.publish(901, sell, buy)
    trade_id = trade_id_of(EN.name, TOKEN_ID, AN.name, 901)
    await market.resolved(CN_A, trade_id, TradeSide.SELL)

    def forget(connection: Connection) -> None:
        connection.execute(delete(execution_notices).where(execution_notices.c.trade_id == trade_id))

    await market.ledger.vault(EN).node.parts.database.submit(forget)
    second = await market.publish(901, sell, buy, quantity=20)
    assert second.step in {FlowStep.RECORDED, FlowStep.DONE}
    for party, side in ((CN_A, TradeSide.SELL), (CN_B, TradeSide.BUY)):
        row = await market.until(party, trade_id, side, lambda row: row.status is ExecutionStatus.WITHDRAWN)
        assert row.reason == refusals.WITHDRAWN
        recorded = await market.notice(party, trade_id)
        assert recorded is not None
        assert recorded.standing is NoticeStanding.CONTESTED


async def test_no_node_but_the_venue_publishes(market: Market) -> None:
    request = PublishExecution(
        "not-mine", 1, TOKEN_ID, AN.name, 10, 400, order_id(1), order_id(2), CN_A.name, CN_B.name, DAY.isoformat()
    )
    refused = await market.ledger.run(CN_A, request)
    assert refused.last_error_reason == "MEMBERSHIP_MISSING"


async def test_after_a_crash_the_venue_goes_on_where_its_events_ended_and_publishes_each_once(market: Market) -> None:
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT, 20)
    buy = await market.register(CN_B, TradeSide.BUY, BUYER_ACCOUNT, 20)
    await market.place("broker-a", sell, Side.SELL, quantity=20)
    before = len(await market.executions())
    await market.place("broker-b", buy, Side.BUY)
    await market.ledger.kill(EN)
    await market.ledger.start(EN)
    await market.place("broker-b", buy, Side.BUY)  # the broker saw no answer and asks again
    found = await market.executions()
    assert len(found) == before + 1
    assert (await market.venue.order("broker-a", sell)).filled == 10
    await market.resolved(CN_A, found[-1].trade_id, TradeSide.SELL)
    flows = [await market.ledger.operations(EN).flow(each.flow_id) for each in found]
    assert len({flow.tx_id for flow in flows}) == len(found)


async def test_an_execution_whose_custodian_was_suspended_is_published_again_when_it_is_back(market: Market) -> None:
    sell = await market.register(CN_A, TradeSide.SELL, SELLER_ACCOUNT)
    buy = await market.register(CN_B, TradeSide.BUY, BUYER_ACCOUNT)
    await market.trades.change(MembershipChange.SUSPEND, CN_B, ST)
    execution = await market.matched(sell, buy)
    async with asyncio.timeout(WAIT_S):
        while not (flows := await market.publications(execution)) or flows[0].step is not FlowStep.FAILED:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    assert flows[0].last_error_reason == "MEMBERSHIP_MISSING"
    await market.trades.change(MembershipChange.ACTIVATE, CN_B, ST)
    flow_id = await market.venue.publish_again(execution.trade_id, "clerk-1")
    with pytest.raises(PublicationUnderWay):
        await market.venue.publish_again(execution.trade_id, "clerk-1")
    assert flow_id == f"{execution.flow_id}/2"
    await market.resolved(CN_A, execution.trade_id, TradeSide.SELL)
    await market.resolved(CN_B, execution.trade_id, TradeSide.BUY)


async def test_what_a_node_recorded_of_executions_is_what_its_ledger_transactions_say(market: Market) -> None:
    await market.ledger.stop(CN_A)
    at, entry = market.ledger.folder / CN_A.name, MAP.entry(CN_A.name)
    assert entry is not None
    me = NodeSelf(entry.party, entry.roles, entry.index)
    subject = Subject(at / "node.sqlite3", at, me, MAP, PARAMETERS, PACKAGE)
    try:
        assert list(check_database(subject, market.ledger.clock.now_s(), lambda _what, _done: None)) == []
    finally:
        await market.ledger.start(CN_A)
