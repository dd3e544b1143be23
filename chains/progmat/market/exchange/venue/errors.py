"""Why a venue refuses an event. All are the caller's, and nothing was changed.

CallerError
└── VenueRefusal
    ├── BookClosed           the book's phase does not allow it
    ├── PriceRefused         a price off its tick, outside the day's limits, or too much money in all
    ├── QuantityRefused      a quantity off its lot, or below what is filled already
    ├── VenueOrderUnknown    the member has no such order on the book
    ├── OrderIdTaken         the order id was used for another order
    ├── SelfTradeRefused     the order would trade with one of the same member
    └── BookFull             too many orders wait
"""

from __future__ import annotations

from primitives.errors import CallerError


class VenueRefusal(CallerError):
    """Base: the event is refused, ``rule`` says by what."""

    reason = "VENUE_REFUSED"

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


class BookClosed(VenueRefusal):
    """Not in this phase."""

    reason = "BOOK_CLOSED"


class PriceRefused(VenueRefusal):
    """Not at this price."""

    reason = "PRICE_REFUSED"


class QuantityRefused(VenueRefusal):
    """Not so many."""

    reason = "QUANTITY_REFUSED"


class VenueOrderUnknown(VenueRefusal):
    """No such order waits; another member's is not told of."""

    reason = "VENUE_ORDER_UNKNOWN"


class OrderIdTaken(VenueRefusal):
    """An order id is used once, for ever."""

    reason = "ORDER_ID_TAKEN"


class SelfTradeRefused(VenueRefusal):
    """A member does not trade with itself."""

    reason = "SELF_TRADE_REFUSED"


class BookFull(VenueRefusal):
    """Bounded."""

    reason = "BOOK_FULL"
