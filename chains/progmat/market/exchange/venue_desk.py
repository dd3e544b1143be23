"""The venue of one exchange node: books in memory, made of the events in the database, one event at a time.

An event is applied to the book, then stored with all it made in one database transaction, and only then answered. If
storing fails, the book in memory is thrown away and made anew of what is stored, so nobody is told what did not happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from chains.business_calendar import is_business_day, next_business_day
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.errors import InvalidRequest, NodeRoleMissing, PartyUnknown, RequestIdReused
from chains.progmat.flows.execution_errors import ExecutionNotPublished
from chains.progmat.flows.request_base import check_request_id
from chains.progmat.flows.seams import Directory, NodeSelf, Role
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.store import find_flow
from chains.progmat.lasting import Lasting
from chains.progmat.market.exchange import venue_store as store
from chains.progmat.market.exchange.errors import (
    PublicationUnderWay,
    SecurityNotListed,
    TraderSuspended,
    TraderUnknown,
    VenueRecordsDiffer,
)
from chains.progmat.market.exchange.people_acts import (
    CHANGE_DAY,
    PUBLISH_AGAIN,
    SALT_BYTES,
    SET_LISTING,
    SET_TRADER,
    WITHDRAW,
    StaffAct,
)
from chains.progmat.market.exchange.venue.book import OrderBook
from chains.progmat.market.exchange.venue.errors import BookClosed, OrderIdTaken, VenueOrderUnknown
from chains.progmat.market.exchange.venue.model import (
    Amend,
    Cancel,
    CloseDay,
    Event,
    Listing,
    Match,
    OpenDay,
    Phase,
    Place,
    Security,
    StartTrading,
)
from chains.progmat.market.exchange.venue_codec import encode_event
from chains.progmat.market.exchange.venue_store import Execution, Trader, VenueOrder
from chains.progmat.node.storage import NodeDatabase

T = TypeVar("T")


@dataclass
class _Numbers:
    """The next ones to give."""

    event: int
    execution: int


class VenueDesk:
    """See the module's docstring. ``on_executions`` is called after a commit that made some.

    All methods raise ``StorageFailed`` and its like when the database does, and ``NodeRoleMissing`` on a node that is
    no EN.
    """

    def __init__(
        self,
        me: NodeSelf,
        database: NodeDatabase,
        directory: Directory,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        on_executions: Callable[[], None] = lambda: None,
    ) -> None:
        self._me = me
        self._database = database
        self._directory = directory
        self._clock = clock
        self._random_bytes = random_bytes
        self._on_executions = on_executions
        self._books: dict[Security, OrderBook] = {}
        self._numbers: _Numbers | None = None
        self._lock = asyncio.Lock()
        self._lasting = Lasting()

    async def stop(self) -> None:
        """Return when what has begun is done; call it when nobody calls any more."""
        await self._lasting.ended()

    # ---- the venue's operators ----

    async def set_trader(self, trader: Trader, author: str, approver: str) -> None:
        """Admit a broker or change it; raises ``ActRefused``, ``PartyUnknown``."""
        self._require_venue()
        if trader.custodian not in self._directory.names_with(Role.CUSTODIAN):
            raise PartyUnknown(trader.custodian)
        act = self._act(SET_TRADER, author, trader.name, approver)

        def put(connection: Connection) -> None:
            act.enter(connection)
            store.put_trader(connection, trader, author, approver, act.at_ms)

        await self._database.submit(put)

    async def set_listing(self, listing: Listing, author: str, approver: str) -> None:
        """Admit a listing or change it, between two days; raises ``ActRefused``, ``BookClosed``."""
        self._require_venue()
        await self._alone(partial(self._set_listing, listing, author, approver))

    async def note_withdrawal(self, trade_id: bytes, author: str, approver: str) -> None:
        """Two people want an execution withdrawn: into the audit log, before its flow starts. Raises ``ActRefused``."""
        self._require_venue()
        await self._database.submit(self._act(WITHDRAW, author, trade_id.hex(), approver).enter)

    async def publish_again(self, trade_id: bytes, author: str) -> str:
        """Start another flow for an execution whose flow failed; its id.

        Raises ``ExecutionNotPublished`` for an unknown one, ``PublicationUnderWay``, ``ActRefused``.
        """
        self._require_venue()
        act = self._act(PUBLISH_AGAIN, author, trade_id.hex())

        def again(connection: Connection) -> str:
            execution = store.find_execution(connection, trade_id)
            if execution is None:
                raise ExecutionNotPublished(trade_id, "this venue made no such execution")
            flow = find_flow(connection, execution.flow_id)
            if flow is None or flow.step is not FlowStep.FAILED:
                raise PublicationUnderWay(execution.flow_id, "to be started" if flow is None else flow.step.value)
            act.enter(connection)
            return store.hand_on_again(connection, execution).flow_id

        return await self._database.submit(again, heard=lambda _ended: self._on_executions())

    async def change_day(
        self, request_id: str, security: Security, step: OpenDay | StartTrading | CloseDay
    ) -> list[Execution]:
        """Open a day, hold the auction and start trading, or close; the executions that made.

        Raises ``BookClosed``, ``ActRefused``, and ``InvalidRequest`` for days that are no business days (営業日).
        """
        check_request_id(request_id)
        if isinstance(step, OpenDay):
            _require_business_days(step)
        act = self._act(CHANGE_DAY, step.author, security.token_id)
        await self._database.read(act.require)
        number = await self._alone(partial(self._process, security, "", request_id, step, act.enter))
        return await self._database.read(partial(store.executions_of_event, event_number=number))

    # ---- members ----

    async def place(self, security: Security, place: Place) -> VenueOrder:
        """A new order; raises ``VenueRefusal``, ``TraderUnknown``, ``TraderSuspended``, ``RequestIdReused``."""
        await self._alone(partial(self._process, security, place.member, place.order_id, place))
        return await self.order(place.member, place.order_id)

    async def change(self, request_id: str, change: Amend | Cancel) -> VenueOrder:
        """Amend or cancel; raises as ``place``."""
        check_request_id(request_id)
        order = await self.order(change.member, change.order_id)
        await self._alone(partial(self._process, order.security, change.member, request_id, change))
        return await self.order(change.member, change.order_id)

    async def order(self, member: str, order_id: str) -> VenueOrder:
        """A member's own order; raises ``VenueOrderUnknown``."""
        found = await self._database.read(partial(store.find_order, order_id=order_id))
        if found is None or found.member != member:
            raise VenueOrderUnknown(f"{member} has no order {order_id} at this venue")
        return found

    async def book(self, security: Security) -> OrderBook:
        """The book, to be read before anything else is awaited; raises ``SecurityNotListed``."""
        self._require_venue()
        return await self._alone(partial(self._book, security))

    async def require_trader(self, name: str) -> Trader:
        """A member; raises ``TraderUnknown``."""
        trader = await self._database.look_up(partial(store.find_trader, name=name))
        if trader is None:
            raise TraderUnknown(name)
        return trader

    # ---- one at a time ----

    async def _alone(self, work: Callable[[], Awaitable[T]]) -> T:
        """Finished even if the caller goes: what is half done in memory would not be what is stored."""

        async def locked() -> T:
            async with self._lock:
                return await work()

        return await self._lasting.done(locked(), "venue event")

    async def _set_listing(self, listing: Listing, author: str, approver: str) -> None:
        known = await self._database.read(partial(store.find_listing, security=listing.security))
        if known is not None and (await self._book(listing.security)).phase is not Phase.CLOSED:
            raise BookClosed("a listing is changed between two trading days: close the day first")
        act = self._act(SET_LISTING, author, listing.security.token_id, approver)

        def put(connection: Connection) -> None:
            act.enter(connection)
            store.put_listing(connection, listing, author, approver, act.at_ms)

        await self._database.submit(put)
        self._books.pop(listing.security, None)

    async def _process(
        self,
        security: Security,
        member: str,
        request_id: str,
        event: Event,
        enter_act: Callable[[Connection], None] = lambda _connection: None,
    ) -> int:
        """The number of the event, new or accepted before under that request id."""
        self._require_venue()
        known = await self._database.read(partial(store.find_event, member=member, request_id=request_id))
        if known is not None:
            if known.security != security or known.data != encode_event(event, security):
                raise RequestIdReused(request_id, ("content",))
            return known.number
        custodian = await self._custodian(member, event)
        if isinstance(event, Place):
            taken = await self._database.read(partial(store.find_order, order_id=event.order_id))
            if taken is not None:
                raise OrderIdTaken(f"order id {event.order_id} was used before: every order has its own, for ever")
        book, numbers = await self._book(security), await self._next_numbers()
        outcomes = book.process(event, numbers.event)
        accepted = store.Accepted(
            number=numbers.event,
            security=security,
            member=member,
            request_id=request_id,
            event=event,
            outcomes=outcomes,
            first_execution=numbers.execution,
            custodian=custodian,
            venue=self._me.name,
            settlement_date=book.settlement_date,
            at_ms=self._clock.now_ms(),
        )

        def enter(connection: Connection) -> None:
            enter_act(connection)
            store.store(connection, accepted)

        try:
            await self._database.submit(enter)
        except BaseException:
            self._books.clear()
            self._numbers = None
            raise
        made = sum(isinstance(outcome, Match) for outcome in outcomes)
        numbers.event += 1
        numbers.execution += made
        if made:
            self._on_executions()
        return accepted.number

    async def _custodian(self, member: str, event: Event) -> str:
        if not isinstance(event, Place | Amend | Cancel):
            return ""
        trader = await self.require_trader(member)
        if trader.suspended and not isinstance(event, Cancel):
            raise TraderSuspended(member)
        return trader.custodian

    async def _next_numbers(self) -> _Numbers:
        if self._numbers is None:
            event, execution = await self._database.read(store.newest_numbers)
            self._numbers = _Numbers(event + 1, execution + 1)
        return self._numbers

    async def _book(self, security: Security) -> OrderBook:
        """As it is in memory, or replayed: the executions it makes have to be those that are stored."""
        book = self._books.get(security)
        if book is not None:
            return book
        listing = await self._database.read(partial(store.find_listing, security=security))
        if listing is None:
            raise SecurityNotListed(security.token_id, security.registrar)
        book = OrderBook(listing)
        events = await self._database.read(partial(store.events_since_opening, security=security))
        if events and isinstance(events[-1].event, CloseDay) and isinstance(events[0].event, OpenDay):
            book.trading_date = events[0].event.trading_date  # ended: the listing may have changed since
            events = []
        for stored in events:
            outcomes = book.process(stored.event, stored.number)
            made = await self._database.read(partial(store.executions_of_event, event_number=stored.number))
            if [_essence(match) for match in outcomes if isinstance(match, Match)] != [
                _essence(known) for known in made
            ]:
                raise VenueRecordsDiffer(stored.number)
        self._books[security] = book
        return book

    def _act(self, act: str, author: str, resource: str, approver: str = "") -> StaffAct:
        return StaffAct(act, author, approver, resource, self._clock.now_ms(), self._random_bytes(SALT_BYTES))

    def _require_venue(self) -> None:
        if Role.EXCHANGE not in self._me.roles:
            raise NodeRoleMissing(Role.EXCHANGE.value, tuple(sorted(role.value for role in self._me.roles)))


def _require_business_days(opening: OpenDay) -> None:
    """Trading and settlement are on days of the Japan Exchange's calendar."""
    for name in ("trading_date", "settlement_date"):
        day = getattr(opening, name)
        if not is_business_day(day):
            raise InvalidRequest(name, f"a business day is wanted, such as {next_business_day(day)}, not {day}")


def _essence(traded: Match | Execution) -> tuple[str, str, int, int]:
    return (traded.sell_order_id, traded.buy_order_id, traded.quantity, traded.price_yen)
