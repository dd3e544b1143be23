"""The nouns of a venue: securities as listed, orders, the events that change a book, and what comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from chains.progmat.contracts.execution_codec import MAX_QUANTITY, ORDER_ID, STAFF_ID
from chains.progmat.transactions.model import check_name, check_pattern, check_range

MAX_PRICE_YEN: Final = 10**12
MAX_RESTING_ORDERS: Final = 100_000
"""On one book: what a restart replays and a page of the book is cut from stays bounded."""
MAX_ORDERS_OF_MEMBER: Final = 20_000
"""So that no member fills the book alone."""


class Side(Enum):
    """Of an order."""

    SELL = "SELL"
    BUY = "BUY"

    @property
    def other(self) -> Side:
        """Whom it trades with."""
        return Side.BUY if self is Side.SELL else Side.SELL


class Phase(Enum):
    """What a book does with orders now."""

    CLOSED = "CLOSED"
    """Takes none."""
    AUCTION = "AUCTION"
    """Collects them for the opening auction (板寄せ, itayose)."""
    CONTINUOUS = "CONTINUOUS"
    """Matches each as it comes (ザラバ, zaraba)."""


@dataclass(frozen=True, slots=True)
class Security:
    """What is traded: a security token of a register."""

    token_id: str
    registrar: str

    def __post_init__(self) -> None:
        check_name("Security.token_id", self.token_id)
        check_name("Security.registrar", self.registrar)


@dataclass(frozen=True, slots=True)
class Listing:
    """How a security is traded: prices, in yen per unit, by ``tick_yen`` (呼値), quantities by ``lot`` (売買単位).

    Prices outside ``lowest_yen`` to ``highest_yen`` (値幅制限) are refused. ``base_yen`` (基準値段) decides ties of the
    opening auction.
    """

    security: Security
    tick_yen: int
    lot: int
    base_yen: int
    lowest_yen: int
    highest_yen: int

    def __post_init__(self) -> None:
        check_range("Listing.tick_yen", self.tick_yen, 1, MAX_PRICE_YEN)
        check_range("Listing.lot", self.lot, 1, MAX_QUANTITY)
        check_range("Listing.lowest_yen", self.lowest_yen, 1, MAX_PRICE_YEN)
        check_range("Listing.highest_yen", self.highest_yen, self.lowest_yen, MAX_PRICE_YEN)
        check_range("Listing.base_yen", self.base_yen, self.lowest_yen, self.highest_yen)
        for name in ("base_yen", "lowest_yen", "highest_yen"):
            check_range(f"Listing.{name} off its tick", getattr(self, name) % self.tick_yen, 0, 0)


@dataclass(frozen=True, slots=True)
class Place:
    """A new day order of a member. ``limit_yen`` is yen per unit; None is a market order (成行)."""

    member: str
    order_id: str
    side: Side
    quantity: int
    limit_yen: int | None

    def __post_init__(self) -> None:
        check_name("Place.member", self.member)
        check_pattern("Place.order_id", self.order_id, ORDER_ID)
        check_range("Place.quantity", self.quantity, 1, MAX_QUANTITY)
        if self.limit_yen is not None:
            check_range("Place.limit_yen", self.limit_yen, 1, MAX_PRICE_YEN)


@dataclass(frozen=True, slots=True)
class Amend:
    """Another quantity in all, filled part included, and another limit; what stays the same is said again.

    A lower quantity at the same limit keeps the order's place in the queue; anything else gives it up.
    """

    member: str
    order_id: str
    quantity: int
    limit_yen: int | None

    def __post_init__(self) -> None:
        check_pattern("Amend.order_id", self.order_id, ORDER_ID)
        check_range("Amend.quantity", self.quantity, 1, MAX_QUANTITY)
        if self.limit_yen is not None:
            check_range("Amend.limit_yen", self.limit_yen, 1, MAX_PRICE_YEN)


@dataclass(frozen=True, slots=True)
class Cancel:
    """A member takes back what is left of its order."""

    member: str
    order_id: str

    def __post_init__(self) -> None:
        check_pattern("Cancel.order_id", self.order_id, ORDER_ID)


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A trading day begins: the book takes orders for the auction. ``settlement_date`` is that of the day's trades."""

    trading_date: date
    settlement_date: date
    author: str

    def __post_init__(self) -> None:
        check_range("OpenDay settlement after trading, days", (self.settlement_date - self.trading_date).days, 0, 30)
        check_pattern("OpenDay.author", self.author, STAFF_ID)


@dataclass(frozen=True, slots=True)
class StartTrading:
    """The opening auction is held, and continuous trading begins."""

    author: str

    def __post_init__(self) -> None:
        check_pattern("StartTrading.author", self.author, STAFF_ID)


@dataclass(frozen=True, slots=True)
class CloseDay:
    """The trading day ends, and with it every day order."""

    author: str

    def __post_init__(self) -> None:
        check_pattern("CloseDay.author", self.author, STAFF_ID)


Event = Place | Amend | Cancel | OpenDay | StartTrading | CloseDay


@dataclass(slots=True)
class BookOrder:
    """An order as the book has it; ``priority`` is the number of the event that gave it its place."""

    order_id: str
    member: str
    side: Side
    quantity: int
    limit_yen: int | None
    priority: int
    filled: int = 0

    @property
    def open_quantity(self) -> int:
        """What is left to trade."""
        return self.quantity - self.filled


class EndCause(Enum):
    """Why what was left of an order is gone."""

    CANCELLED = "CANCELLED"
    """By its member."""
    NO_COUNTERPARTY = "NO_COUNTERPARTY"
    """The rest of a market order: nobody is left to trade with, and it has no price to wait at."""
    EXPIRED = "EXPIRED"
    """The day ended."""


@dataclass(frozen=True, slots=True)
class Match:
    """Two orders traded ``quantity`` units at ``price_yen`` each."""

    sell_order_id: str
    buy_order_id: str
    selling_member: str
    buying_member: str
    quantity: int
    price_yen: int

    @property
    def amount_yen(self) -> int:
        """What the buyer pays."""
        return self.quantity * self.price_yen


@dataclass(frozen=True, slots=True)
class Ended:
    """``quantity`` units of an order will not trade."""

    order_id: str
    quantity: int
    cause: EndCause


Outcome = Match | Ended
