"""The opening auction (板寄せ, itayose): one price at which as much as possible trades.

Of all limits on the book and the base price, in this order of rules:

1. the price at which most units trade;
2. of several, where least is left over on the side that has too much;
3. if at all of them buyers are left over, the highest of them; if sellers are, the lowest;
4. otherwise the one nearest to the base price, and of two as near the higher.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from chains.progmat.market.exchange.venue.model import BookOrder

_ANY_PRICE: Final = 2**62
"""Stands for the limit of a market order to buy; that of one to sell is 0."""


@dataclass(frozen=True, slots=True)
class AuctionPrice:
    """``volume`` units trade at ``price_yen``; ``surplus`` more are wanted by buyers (negative: by sellers)."""

    price_yen: int
    volume: int
    surplus: int


def auction_price(sells: Iterable[BookOrder], buys: Iterable[BookOrder], base_yen: int) -> AuctionPrice | None:
    """The price of the auction by the rules of this module; None where nothing trades."""
    offers = _Cumulative((order.limit_yen or 0, order.open_quantity) for order in sells)
    bids = _Cumulative((order.limit_yen or _ANY_PRICE, order.open_quantity) for order in buys)
    limits = {limit for limit in (*offers.limits, *bids.limits) if 0 < limit < _ANY_PRICE}
    candidates = [_at(price_yen, offers, bids) for price_yen in sorted(limits | {base_yen})]
    volume = max(candidate.volume for candidate in candidates)
    if volume == 0:
        return None
    most = [candidate for candidate in candidates if candidate.volume == volume]
    least = min(abs(candidate.surplus) for candidate in most)
    left = [candidate for candidate in most if abs(candidate.surplus) == least]
    return _of_equals(left, base_yen)


class _Cumulative:
    """Quantities up to a limit, summed once."""

    def __init__(self, orders: Iterable[tuple[int, int]]) -> None:
        ascending = sorted(orders)
        self.limits = [limit for limit, _ in ascending]
        self._sums = [0, *accumulate(quantity for _, quantity in ascending)]

    def up_to(self, limit: int) -> int:
        """Of orders with that limit or a lower one."""
        return self._sums[bisect_right(self.limits, limit)]

    def from_on(self, limit: int) -> int:
        """Of orders with that limit or a higher one."""
        return self._sums[-1] - self._sums[bisect_left(self.limits, limit)]


def _of_equals(left: Sequence[AuctionPrice], base_yen: int) -> AuctionPrice:
    if all(candidate.surplus > 0 for candidate in left):
        return left[-1]
    if all(candidate.surplus < 0 for candidate in left):
        return left[0]
    return min(left, key=lambda candidate: (abs(candidate.price_yen - base_yen), -candidate.price_yen))


def _at(price_yen: int, offers: _Cumulative, bids: _Cumulative) -> AuctionPrice:
    offered, wanted = offers.up_to(price_yen), bids.from_on(price_yen)
    return AuctionPrice(price_yen, min(offered, wanted), wanted - offered)
