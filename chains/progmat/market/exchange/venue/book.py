"""An order book: ``validate`` says whether an event is allowed, ``apply`` does it; ``process`` is both.

Price-time priority: a better price first, at one price the older order, a market order before all. In continuous
trading an order trades at the limit of the one that waited. Nobody trades with himself: an order that would meet one of
its own member's is refused as it comes, in every phase, so that no rule has to take orders apart later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import singledispatchmethod

from chains.progmat.market.exchange.venue.auction import auction_price
from chains.progmat.market.exchange.venue.errors import (
    BookClosed,
    BookFull,
    OrderIdTaken,
    PriceRefused,
    QuantityRefused,
    SelfTradeRefused,
    VenueOrderUnknown,
)
from chains.progmat.market.exchange.venue.model import (
    MAX_ORDERS_OF_MEMBER,
    MAX_RESTING_ORDERS,
    Amend,
    BookOrder,
    Cancel,
    CloseDay,
    EndCause,
    Ended,
    Event,
    Listing,
    Match,
    OpenDay,
    Outcome,
    Phase,
    Place,
    Side,
    StartTrading,
)
from chains.progmat.market.exchange.venue.sides import BookSide, crosses, takes
from primitives.types import MAX_YEN


class OrderBook:
    """The book of one listed security. Events come with ascending numbers; the same events make the same book."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.phase = Phase.CLOSED
        self.trading_date: date | None = None
        self.settlement_date: date | None = None
        self.sides = {side: BookSide(side) for side in Side}
        self._used_ids: set[str] = set()

    def process(self, event: Event, number: int) -> list[Outcome]:
        """What an event makes of the book; raises ``VenueRefusal`` with nothing changed."""
        self.validate(event)
        return self.apply(event, number)

    @singledispatchmethod
    def validate(self, event: Event) -> None:
        """Return if the event is allowed now; raises ``VenueRefusal``. Changes nothing."""
        raise TypeError(f"{event} is no event")

    @singledispatchmethod
    def apply(self, event: Event, number: int) -> list[Outcome]:  # noqa: ARG002 # of the dispatched ones
        """Do what ``validate`` allowed."""
        raise TypeError(f"{event} is no event")

    def find(self, order_id: str) -> BookOrder | None:
        """The order that waits under that id, or None."""
        return self.sides[Side.SELL].find(order_id) or self.sides[Side.BUY].find(order_id)

    # ---- what is allowed ----

    @validate.register
    def _(self, event: OpenDay) -> None:
        self._require(Phase.CLOSED)
        if self.trading_date is not None and event.trading_date <= self.trading_date:
            raise BookClosed(f"a day after {self.trading_date} is opened, not {event.trading_date}")

    @validate.register
    def _(self, _event: StartTrading) -> None:
        self._require(Phase.AUCTION)

    @validate.register
    def _(self, _event: CloseDay) -> None:
        self._require(Phase.AUCTION, Phase.CONTINUOUS)

    @validate.register
    def _(self, event: Place) -> None:
        self._require(Phase.AUCTION, Phase.CONTINUOUS)
        if event.order_id in self._used_ids:
            raise OrderIdTaken(f"order id {event.order_id} was used today: every order has its own")
        if sum(map(len, self.sides.values())) >= MAX_RESTING_ORDERS:
            raise BookFull(f"{MAX_RESTING_ORDERS} orders wait: try again when some are gone")
        if sum(side.of_member(event.member) for side in self.sides.values()) >= MAX_ORDERS_OF_MEMBER:
            raise BookFull(f"{MAX_ORDERS_OF_MEMBER} orders of {event.member} wait: cancel some first")
        self._require_price(event.limit_yen, event.quantity)
        self._require_lots(event.quantity)
        self._require_no_self_trade(_order(event, priority=0))

    @validate.register
    def _(self, event: Amend) -> None:
        self._require(Phase.AUCTION, Phase.CONTINUOUS)
        order = self._own(event.member, event.order_id)
        self._require_price(event.limit_yen, event.quantity)
        self._require_lots(event.quantity)
        if event.quantity <= order.filled:
            raise QuantityRefused(f"{order.filled} units are filled already: more than that, or cancel the rest")
        if event.limit_yen is None and self.phase is Phase.CONTINUOUS:
            raise PriceRefused("an order that waits needs a limit: cancel it and place a market order")
        self._require_no_self_trade(replace(order, quantity=event.quantity, limit_yen=event.limit_yen))

    @validate.register
    def _(self, event: Cancel) -> None:
        self._require(Phase.AUCTION, Phase.CONTINUOUS)
        self._own(event.member, event.order_id)

    # ---- what is done ----

    @apply.register
    def _(self, event: OpenDay, _number: int) -> list[Outcome]:
        self.phase = Phase.AUCTION
        self.trading_date, self.settlement_date = event.trading_date, event.settlement_date
        self._used_ids.clear()
        return []

    @apply.register
    def _(self, _event: StartTrading, _number: int) -> list[Outcome]:
        outcomes = self._hold_auction()
        self.phase = Phase.CONTINUOUS
        return outcomes

    @apply.register
    def _(self, _event: CloseDay, _number: int) -> list[Outcome]:
        self.phase = Phase.CLOSED
        expired = [order for side in self.sides.values() for order in side]
        return [self._end(order, EndCause.EXPIRED) for order in expired]

    @apply.register
    def _(self, event: Place, number: int) -> list[Outcome]:
        self._used_ids.add(event.order_id)
        return self._enter(_order(event, number))

    @apply.register
    def _(self, event: Amend, number: int) -> list[Outcome]:
        order = self._own(event.member, event.order_id)
        if event.limit_yen == order.limit_yen and event.quantity <= order.quantity:
            order.quantity = event.quantity
            return []
        self.sides[order.side].remove(order)
        return self._enter(replace(order, quantity=event.quantity, limit_yen=event.limit_yen, priority=number))

    @apply.register
    def _(self, event: Cancel, _number: int) -> list[Outcome]:
        return [self._end(self._own(event.member, event.order_id), EndCause.CANCELLED)]

    # ---- matching ----

    def _enter(self, order: BookOrder) -> list[Outcome]:
        own = self.sides[order.side]
        if self.phase is Phase.AUCTION:
            own.add(order)
            return []
        outcomes: list[Outcome] = []
        while order.open_quantity and (waiting := self.sides[order.side.other].best()) is not None:
            if waiting.limit_yen is None or not takes(order, waiting.limit_yen):
                break
            outcomes.append(self._match(order, waiting, waiting.limit_yen))
        if order.open_quantity and order.limit_yen is None:
            outcomes.append(Ended(order.order_id, order.open_quantity, EndCause.NO_COUNTERPARTY))
        elif order.open_quantity:
            own.add(order)
        return outcomes

    def _hold_auction(self) -> list[Outcome]:
        sells, buys = self.sides[Side.SELL], self.sides[Side.BUY]
        outcomes: list[Outcome] = []
        found = auction_price(sells, buys, self.listing.base_yen)
        left = 0 if found is None else found.volume
        while found is not None and left:
            sell, buy = sells.best(), buys.best()
            if sell is None or buy is None:  # pragma: no cover - the volume counts what is there
                break
            match = self._match(sell, buy, found.price_yen)
            outcomes.append(match)
            left -= match.quantity
        unpriced = [order for side in (sells, buys) for order in side if order.limit_yen is None]
        return outcomes + [self._end(order, EndCause.NO_COUNTERPARTY) for order in unpriced]

    def _match(self, one: BookOrder, other: BookOrder, price_yen: int) -> Match:
        sell, buy = (one, other) if one.side is Side.SELL else (other, one)
        quantity = min(sell.open_quantity, buy.open_quantity)
        for order in (sell, buy):
            order.filled += quantity
            if not order.open_quantity and self.sides[order.side].find(order.order_id) is not None:
                self.sides[order.side].remove(order)
        return Match(sell.order_id, buy.order_id, sell.member, buy.member, quantity, price_yen)

    def _end(self, order: BookOrder, cause: EndCause) -> Ended:
        self.sides[order.side].remove(order)
        return Ended(order.order_id, order.open_quantity, cause)

    # ---- questions ----

    def _require(self, *phases: Phase) -> None:
        if self.phase not in phases:
            allowed = " or ".join(phase.name for phase in phases)
            raise BookClosed(f"the book of {self.listing.security.token_id} is {self.phase.name}, not {allowed}")

    def _require_price(self, limit_yen: int | None, quantity: int) -> None:
        listing = self.listing
        if limit_yen is not None:
            if limit_yen % listing.tick_yen:
                raise PriceRefused(f"prices are multiples of {listing.tick_yen} yen, not {limit_yen}")
            if not listing.lowest_yen <= limit_yen <= listing.highest_yen:
                raise PriceRefused(f"today's prices are {listing.lowest_yen} to {listing.highest_yen}, not {limit_yen}")
        if quantity * (limit_yen or listing.highest_yen) > MAX_YEN:
            raise PriceRefused(f"an order is worth at most {MAX_YEN} yen")

    def _require_lots(self, quantity: int) -> None:
        if quantity % self.listing.lot:
            raise QuantityRefused(f"quantities are multiples of {self.listing.lot} units, not {quantity}")

    def _require_no_self_trade(self, order: BookOrder) -> None:
        """Before the auction any two orders that cross may meet; afterwards those that come before it is filled."""
        left = order.open_quantity
        for waiting in self.sides[order.side.other]:
            if not crosses(order, waiting) or (self.phase is Phase.CONTINUOUS and left <= 0):
                return
            if waiting.member == order.member:
                raise SelfTradeRefused(
                    f"it would trade with order {waiting.order_id} of the same member: cancel or amend that one first"
                )
            left -= waiting.open_quantity

    def _own(self, member: str, order_id: str) -> BookOrder:
        order = self.find(order_id)
        if order is None or order.member != member:
            raise VenueOrderUnknown(f"{member} has no order {order_id} waiting: it is filled, ended, or never was")
        return order


def _order(event: Place, priority: int) -> BookOrder:
    return BookOrder(event.order_id, event.member, event.side, event.quantity, event.limit_yen, priority)
