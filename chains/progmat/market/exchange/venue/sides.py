"""One side of an order book: orders in the order in which they trade."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterator

from chains.progmat.market.exchange.venue.model import BookOrder, Side

_Rank = tuple[int, int, str]
"""Price as a rank (lower trades first), event number, order id."""


def takes(order: BookOrder, price_yen: int) -> bool:
    """Whether an order trades at a price: a market order at any."""
    if order.limit_yen is None:
        return True
    return order.limit_yen <= price_yen if order.side is Side.SELL else order.limit_yen >= price_yen


def crosses(one: BookOrder, other: BookOrder) -> bool:
    """Whether two orders of opposite sides have a price in common."""
    if one.limit_yen is None or other.limit_yen is None:
        return True
    return takes(one, other.limit_yen)


class BookSide:
    """Orders of one side: market orders first, then the best price, and at one price the oldest."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._ranks: list[_Rank] = []
        self._orders: dict[str, tuple[_Rank, BookOrder]] = {}
        self._of_member: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._ranks)

    def __iter__(self) -> Iterator[BookOrder]:
        """Best first; take a copy before changing the side."""
        return (self._orders[order_id][1] for _, _, order_id in self._ranks)

    def of_member(self, member: str) -> int:
        """How many orders of a member wait."""
        return self._of_member[member]

    def best(self) -> BookOrder | None:
        """Who trades next, or None."""
        return self._orders[self._ranks[0][2]][1] if self._ranks else None

    def find(self, order_id: str) -> BookOrder | None:
        """The order of that id, or None."""
        found = self._orders.get(order_id)
        return None if found is None else found[1]

    def add(self, order: BookOrder) -> None:
        """Put it in its place."""
        rank = self._rank(order)
        self._orders[order.order_id] = (rank, order)
        insort(self._ranks, rank)
        self._of_member[order.member] += 1

    def remove(self, order: BookOrder) -> None:
        """Take it out, wherever it stands."""
        rank, _ = self._orders.pop(order.order_id)
        self._of_member[order.member] -= 1
        if self._ranks[0] == rank:
            del self._ranks[0]
        else:
            self._ranks.remove(rank)

    def _rank(self, order: BookOrder) -> _Rank:
        if order.limit_yen is None:
            return (-(2**62), order.priority, order.order_id)
        price = order.limit_yen if self.side is Side.SELL else -order.limit_yen
        return (price, order.priority, order.order_id)
