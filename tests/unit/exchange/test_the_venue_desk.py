"""The venue over its database: an event is stored with all it made or never happened, and is answered once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from chains.progmat.flows.errors import InvalidRequest, NodeRoleMissing, PartyUnknown, RequestIdReused
from chains.progmat.flows.execution_requests import PublishExecution
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.identity import NetworkMap, NodeEntry
from chains.progmat.market.exchange import venue_store
from chains.progmat.market.exchange.errors import (
    SecurityNotListed,
    TraderSuspended,
    TraderUnknown,
    VenueRecordsDiffer,
)
from chains.progmat.market.exchange.order_ids import new_order_id
from chains.progmat.market.exchange.publisher import ExecutionPublisher
from chains.progmat.market.exchange.schema import exchange_executions, exchange_metadata
from chains.progmat.market.exchange.venue.errors import BookClosed, OrderIdTaken, QuantityRefused, VenueOrderUnknown
from chains.progmat.market.exchange.venue.model import (
    Amend,
    Cancel,
    CloseDay,
    Listing,
    OpenDay,
    Place,
    Security,
    Side,
    StartTrading,
)
from chains.progmat.market.exchange.venue_desk import VenueDesk
from chains.progmat.market.exchange.venue_store import Execution, Trader
from chains.progmat.market.people.errors import SamePerson
from chains.progmat.market.people.tables import audit as audit_lines
from chains.progmat.market.people.tables import people_metadata
from chains.progmat.node.database_location import database_location
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.errors import StorageFailed
from tests.fakes.ledger_parties import CN_A, CN_B, EN, LedgerParty
from tests.fakes.manual_clock import ManualClock

SECURITY = Security("ST-1", "an")
LISTING = Listing(SECURITY, tick_yen=5, lot=10, base_yen=100, lowest_yen=50, highest_yen=150)
TODAY = date(2026, 11, 27)
SELL, BUY = Side.SELL, Side.BUY
MAP = NetworkMap(
    NodeEntry(party.party, frozenset({role}), "127.0.0.1", 20_000 + index, index)
    for index, (party, role) in enumerate(((EN, Role.EXCHANGE), (CN_A, Role.CUSTODIAN), (CN_B, Role.CUSTODIAN)), 1)
)


def order_id(number: int) -> str:
    return f"ORD-{number:016d}"


def place(number: int, member: str, side: Side, quantity: int = 10, limit_yen: int | None = 100) -> Place:
    return Place(member, order_id(number), side, quantity, limit_yen)


@asynccontextmanager
async def opened(folder: Path, party: LedgerParty = EN, role: Role = Role.EXCHANGE) -> AsyncIterator[VenueDesk]:
    metadata = [exchange_metadata, people_metadata]
    database = await NodeDatabase.open(database_location(folder), party.name, metadata)
    me = NodeSelf(party.party, frozenset({role}), 1)
    try:
        yield VenueDesk(me, database, MAP, ManualClock(), bytes)
    finally:
        await database.close()


@asynccontextmanager
async def trading(folder: Path) -> AsyncIterator[VenueDesk]:
    """The day is open and continuous trading has begun."""
    async with opened(folder) as desk:
        for name, node in (("a", CN_A), ("b", CN_B)):
            await desk.set_trader(Trader(name, node.name, suspended=False), "clerk", "head")
        await desk.set_listing(LISTING, "clerk", "head")
        await desk.change_day("open", SECURITY, OpenDay(TODAY, TODAY, "clerk"))
        await desk.change_day("start", SECURITY, StartTrading("clerk"))
        yield desk


async def executions(desk: VenueDesk) -> Sequence[Execution]:
    return await desk._database.read(lambda connection: venue_store.executions_after(connection, 0, ""))


async def test_a_repeated_order_is_answered_and_placed_once(tmp_path: Path) -> None:
    async with trading(tmp_path) as desk:
        first = await desk.place(SECURITY, place(1, "a", SELL))
        assert await desk.place(SECURITY, place(1, "a", SELL)) == first
        await desk.place(SECURITY, place(2, "b", BUY))
        again = await desk.place(SECURITY, place(1, "a", SELL))
        assert (again.filled, again.ended) == (10, "FILLED")
        assert len(await executions(desk)) == 1


async def test_an_order_id_replayed_for_another_order_is_refused_for_ever(tmp_path: Path) -> None:
    async with trading(tmp_path) as desk:
        await desk.place(SECURITY, place(1, "a", SELL))
        with pytest.raises(RequestIdReused):
            await desk.place(SECURITY, place(1, "a", SELL, quantity=20))
        with pytest.raises(OrderIdTaken):
            await desk.place(SECURITY, place(1, "b", BUY))
        with pytest.raises(VenueOrderUnknown):
            await desk.order("b", order_id(1))
        await desk.change_day("close", SECURITY, CloseDay("clerk"))
        tomorrow = date(2026, 11, 30)
        await desk.change_day("next", SECURITY, OpenDay(tomorrow, tomorrow, "clerk"))
        with pytest.raises(OrderIdTaken):
            await desk.place(SECURITY, place(1, "b", BUY))


async def test_changes_are_answered_once_by_their_request_id(tmp_path: Path) -> None:
    async with trading(tmp_path) as desk:
        await desk.place(SECURITY, place(1, "a", SELL, quantity=30))
        amended = await desk.change("r-1", Amend("a", order_id(1), 20, 100))
        assert amended.quantity == 20
        await desk.place(SECURITY, place(2, "b", BUY, quantity=10))
        again = await desk.change("r-1", Amend("a", order_id(1), 20, 100))
        assert (again.quantity, again.filled) == (20, 10)
        with pytest.raises(RequestIdReused):
            await desk.change("r-1", Cancel("a", order_id(1)))
        assert (await desk.change("r-2", Cancel("a", order_id(1)))).ended == "CANCELLED"
        assert (await desk.change("r-2", Cancel("a", order_id(1)))).ended == "CANCELLED"


async def test_who_is_no_member_or_suspended_places_nothing_and_may_still_cancel(tmp_path: Path) -> None:
    async with trading(tmp_path) as desk:
        with pytest.raises(TraderUnknown):
            await desk.place(SECURITY, place(1, "stranger", SELL))
        await desk.place(SECURITY, place(2, "a", SELL))
        await desk.set_trader(Trader("a", CN_A.name, suspended=True), "clerk", "head")
        with pytest.raises(TraderSuspended):
            await desk.place(SECURITY, place(3, "a", SELL))
        assert (await desk.change("c", Cancel("a", order_id(2)))).ended == "CANCELLED"


async def test_a_restarted_venue_has_the_same_book_and_goes_on_with_the_same_numbers(tmp_path: Path) -> None:
    async with trading(tmp_path) as desk:
        await desk.place(SECURITY, place(1, "a", SELL, quantity=30))
        await desk.place(SECURITY, place(2, "b", BUY))
        waiting = list((await desk.book(SECURITY)).sides[SELL])
    async with opened(tmp_path) as desk:
        assert list((await desk.book(SECURITY)).sides[SELL]) == waiting
        await desk.place(SECURITY, place(3, "b", BUY))
        assert [(each.number, each.quantity) for each in await executions(desk)] == [(1, 10), (2, 10)]


async def test_executions_altered_in_the_database_stop_the_venue_by_name(tmp_path: Path) -> None:
    async with trading(tmp_path) as desk:
        await desk.place(SECURITY, place(1, "a", SELL))
        await desk.place(SECURITY, place(2, "b", BUY))

        def alter(connection: Connection) -> None:
            connection.execute(update(exchange_executions).values(price_yen=95))

        await desk._database.submit(alter)
    async with opened(tmp_path) as desk:
        with pytest.raises(VenueRecordsDiffer):
            await desk.book(SECURITY)


async def test_what_could_not_be_stored_is_not_in_the_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading(tmp_path) as desk:
        await desk.place(SECURITY, place(1, "a", SELL))

        def failing(_connection: Connection, _accepted: venue_store.Accepted) -> None:
            raise StorageFailed("the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(venue_store, "store", failing)
            with pytest.raises(StorageFailed):
                await desk.place(SECURITY, place(2, "b", BUY))
        assert (await desk.order("a", order_id(1))).filled == 0
        placed = await desk.place(SECURITY, place(2, "b", BUY))
        assert (placed.filled, [each.number for each in await executions(desk)]) == (10, [1])


async def test_a_caller_that_goes_away_leaves_book_and_database_alike(tmp_path: Path) -> None:
    async with trading(tmp_path) as desk:
        await desk.place(SECURITY, place(1, "a", SELL))
        gone = asyncio.create_task(desk.place(SECURITY, place(2, "b", BUY)))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        await desk.stop()
        assert (await desk.book(SECURITY)).find(order_id(1)) is None
        assert (await desk.order("b", order_id(2))).ended == "FILLED"
        assert len(await executions(desk)) == 1


async def test_a_listing_changes_between_two_days_only_and_two_people_decide(tmp_path: Path) -> None:
    async with trading(tmp_path) as desk:
        other = Listing(SECURITY, tick_yen=1, lot=1, base_yen=100, lowest_yen=50, highest_yen=150)
        with pytest.raises(BookClosed):
            await desk.set_listing(other, "clerk", "head")
        await desk.change_day("close", SECURITY, CloseDay("clerk"))
        with pytest.raises(SamePerson):
            await desk.set_listing(other, "clerk", "clerk")
        await desk.set_listing(other, "clerk", "head")
        with pytest.raises(BookClosed):
            await desk.change_day("again", SECURITY, OpenDay(TODAY, TODAY, "clerk"))
        with pytest.raises(SecurityNotListed):
            await desk.book(Security("ST-2", "an"))
        with pytest.raises(PartyUnknown):
            await desk.set_trader(Trader("c", "nobody", suspended=False), "clerk", "head")
        lines = await desk._database.read(lambda connection: connection.execute(select(audit_lines)).all())
        assert len(lines) == 7  # two members, two listings, three steps of the day


async def test_orders_outside_the_listing_are_refused_and_leave_no_event(tmp_path: Path) -> None:
    async with trading(tmp_path) as desk:
        with pytest.raises(QuantityRefused):
            await desk.place(SECURITY, place(1, "a", SELL, quantity=11))
        event, _ = await desk._database.read(venue_store.newest_numbers)
        await desk.place(SECURITY, place(1, "a", SELL))  # nothing happened, so the id is free
        assert (await desk._database.read(venue_store.newest_numbers))[0] == event + 1


async def test_no_day_is_opened_or_settled_on_a_holiday(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.set_listing(LISTING, "clerk", "head")
        saturday = date(2026, 11, 28)
        for days in ((saturday, saturday), (TODAY, saturday), (date(2026, 11, 23), TODAY)):  # the 23rd is 勤労感謝の日
            with pytest.raises(InvalidRequest, match="business day"):
                await desk.change_day("open", SECURITY, OpenDay(*days, "clerk"))


async def test_a_node_that_is_no_exchange_runs_no_venue(tmp_path: Path) -> None:
    async with opened(tmp_path, CN_A, Role.CUSTODIAN) as desk:
        with pytest.raises(NodeRoleMissing):
            await desk.set_listing(LISTING, "clerk", "head")
        with pytest.raises(NodeRoleMissing):
            await desk.book(SECURITY)


async def test_every_execution_is_handed_on_once_whatever_dies_in_between(tmp_path: Path) -> None:
    started: list[PublishExecution] = []

    async def start_flow(request: PublishExecution) -> None:
        started.append(request)

    async with trading(tmp_path) as desk:
        await desk.place(SECURITY, place(1, "a", SELL, quantity=20))
        await desk.place(SECURITY, place(2, "b", BUY))
        await desk.place(SECURITY, place(3, "b", BUY))
        publisher = ExecutionPublisher(desk._database, start_flow, ManualClock())
        assert await publisher.once() == 2
        assert await publisher.once() == 0

        def forget(connection: Connection) -> None:  # it died before it noted what it had started
            connection.execute(update(exchange_executions).values(handed_on=False))

        await desk._database.submit(forget)
        await publisher.once()
    assert started[:2] == started[2:]
    assert len({request.request_id for request in started}) == 2


def test_made_order_ids_are_random_digits_alone() -> None:
    made = new_order_id(bytes(range(16)))
    assert Place("a", made, SELL, 10, None).order_id == made
    assert new_order_id(b"\xff" * 16) != made
