"""A venue's day and a broker's executions, on each database: the same rows and the same answers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, insert

from chains.progmat.contracts.execution_codec import ExecutionNotice, trade_id_of
from chains.progmat.flows.executions import execution_ends, execution_notices, find_notice
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.identity import NetworkMap, NodeEntry
from chains.progmat.market.exchange import broker_store as store
from chains.progmat.market.exchange import refusals, venue_store
from chains.progmat.market.exchange.assigning import BrokerOrder
from chains.progmat.market.exchange.broker_store import ExecutionStatus
from chains.progmat.market.exchange.resolved import TradeSide
from chains.progmat.market.exchange.venue.model import Amend, Listing, OpenDay, Place, Security, Side, StartTrading
from chains.progmat.market.exchange.venue_desk import VenueDesk
from chains.progmat.market.exchange.venue_store import Trader
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.database_tables import ROLE_TABLES
from chains.progmat.node.storage import NodeDatabase
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, EN, SELLER
from tests.fakes.manual_clock import ManualClock

SECURITY = Security("ST-1", "an")
TODAY = date(2026, 11, 27)
IDS = [f"ORD-{number:016d}" for number in range(4)]
MAP = NetworkMap(
    NodeEntry(party.party, frozenset({role}), "127.0.0.1", 20_000 + index, index)
    for index, (party, role) in enumerate(((EN, Role.EXCHANGE), (CN_A, Role.CUSTODIAN), (CN_B, Role.CUSTODIAN)), 1)
)


async def test_a_day_at_the_venue(database_at: DatabaseLocation) -> None:
    database = await NodeDatabase.open(database_at, EN.name, ROLE_TABLES)
    try:
        desk = VenueDesk(NodeSelf(EN.party, frozenset({Role.EXCHANGE}), 1), database, MAP, ManualClock(), bytes)
        for name, node in (("a", CN_A), ("b", CN_B)):
            await desk.set_trader(Trader(name, node.name, suspended=True), "clerk", "head")
            await desk.set_trader(Trader(name, node.name, suspended=False), "clerk", "head")
        for highest_yen in (120, 150):
            await desk.set_listing(Listing(SECURITY, 5, 10, 100, 50, highest_yen), "clerk", "head")
        await desk.change_day("open", SECURITY, OpenDay(TODAY, TODAY, "clerk"))
        await desk.change_day("start", SECURITY, StartTrading("clerk"))
        await desk.place(SECURITY, Place("a", IDS[0], Side.SELL, 40, 100))
        await desk.change("amend", Amend("a", IDS[0], 30, 100))
        await desk.place(SECURITY, Place("b", IDS[1], Side.BUY, 20, 100))
        assert (await desk.place(SECURITY, Place("b", IDS[2], Side.BUY, 20, None))).ended == "NO_COUNTERPARTY"
        assert (await desk.order("a", IDS[0])).ended == "FILLED"

        again = VenueDesk(NodeSelf(EN.party, frozenset({Role.EXCHANGE}), 1), database, MAP, ManualClock(), bytes)
        assert [len(side) for side in (await again.book(SECURITY)).sides.values()] == [0, 0]

        def check(connection: Connection) -> None:
            waiting = venue_store.executions_to_hand_on(connection)
            assert [(each.number, each.quantity, each.seller) for each in waiting] == [(1, 20, "cn-a"), (2, 10, "cn-a")]
            assert venue_store.executions_after(connection, 1, "b") == waiting[1:]
            venue_store.note_handed_on(connection, [1])
            assert venue_store.executions_to_hand_on(connection) == waiting[1:]
            assert venue_store.hand_on_again(connection, waiting[0]).flow_id.endswith("/2")
            assert len(venue_store.executions_to_hand_on(connection)) == 2

        await database.submit(check)
    finally:
        await database.close()


def _notice(number: int) -> ExecutionNotice:
    return ExecutionNotice(
        trade_id=trade_id_of(EN.name, "ST-1", "an", number),
        venue=EN.party,
        number=number,
        token_id=SECURITY.token_id,
        registrar=SECURITY.registrar,
        quantity=10,
        amount_yen=400,
        sell_order_id=IDS[0],
        buy_order_id=IDS[1],
        seller=CN_A.party,
        buyer=CN_B.party,
        settlement_date=TODAY,
    )


async def test_a_brokers_executions(database_at: DatabaseLocation) -> None:
    database = await NodeDatabase.open(database_at, CN_A.name, ROLE_TABLES)
    first, second = _notice(1), _notice(2)
    key = SELLER.key.encoded()
    order = BrokerOrder(IDS[0], TradeSide.SELL, "ST-1", "an", 10, "INV-1", key, b"")

    def arrive(connection: Connection) -> None:
        for notice in (first, second):
            row = {"tx_id": notice.trade_id, "trade_id": notice.trade_id, "notice": notice.encode()}
            connection.execute(insert(execution_notices).values(row))
        assert store.newest_judged(connection) == 0
        reached = store.take_in_notices(connection, CN_A.name, 0)
        assert store.newest_judged(connection) == reached
        rows = store.executions_after(connection, 0, 10)
        assert [row.reason for row in rows] == [refusals.ORDER_UNKNOWN] * 2
        store.register_order(connection, order, "clerk", CN_A.name, 1)
        statuses = [row.status for row in store.executions_after(connection, 0, 10)]
        assert statuses == [
            ExecutionStatus.AWAITING_ACCOUNTS,
            ExecutionStatus.REFUSED,
        ]  # the second is beyond the order
        assert store.executed_of(connection, IDS[0]) == 10
        store.revise_order(connection, IDS[0], 20, "clerk", CN_A.name, 2)
        assert store.orders_after(connection, "", 10) == [(store.find_order(connection, IDS[0]), 20)]

    def resolve(connection: Connection) -> None:
        due = store.due_executions(connection, 0)
        store.note_attempt(connection, due[1].arrival, "NOTICE_NOT_HERE", CN_B.name, "it is on its way", 5)
        assert store.next_due_ms(connection) == 0
        store.note_accounts(connection, due[0].arrival, BUYER.key.encoded(), b"")
        assert store.next_due_ms(connection) == 5
        (found,) = store.resolved_after(connection, 0, CN_A.name)
        assert (found.trade_id, found.own_cash, found.counterparty) == (first.trade_id, None, CN_B.name)
        end = {"trade_id": first.trade_id, "standing": "WITHDRAWN", "tx_id": bytes(32), "note": b""}
        connection.execute(insert(execution_ends).values(end))
        store.take_in_notices(connection, CN_A.name, store.newest_judged(connection))
        assert store.resolved_after(connection, 0, CN_A.name) == []
        assert store.find_resolved(connection, first.trade_id, TradeSide.SELL, CN_A.name) is None
        recorded = find_notice(connection, first.trade_id)
        assert recorded is not None
        assert recorded.standing.name == "WITHDRAWN"

    try:
        await database.submit(arrive)
        await database.submit(resolve)
    finally:
        await database.close()
