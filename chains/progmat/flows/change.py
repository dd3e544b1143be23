"""How change is split: into several coins where flows wait for coins of the account, into one where none does.

While an account's only coin is being spent, every other payment from it waits. So change goes back in several coins,
and the number of coins of an account rises to the number of payments wanted at once. Where flows wait, all coins are
in the hands of flows at work, and each of those gives back its share: together as many as wait and are at work, at most
``TARGET_COINS`` (half of what one payment may consume, so that splitting makes no amount unpayable). A piece is a
multiple of the amount paid, which is taken for what the next payments need: like payments leave no dust.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

MOST_PIECES: Final = 16
TARGET_COINS: Final = 64


def pieces_of_change(left: int, paid: int, waiting: int, other_coins: Callable[[], int]) -> tuple[int, ...]:
    """Amounts of the coins (or token states) that ``left`` goes back in, the largest first; empty if nothing is left.

    ``waiting`` is the number of flows that wait for coins of the account; ``other_coins`` counts those that the account
    has besides the ones being spent, and is asked only if it matters.
    """
    if left <= 0:
        return ()
    if waiting <= 0 or left < 2 * paid:
        return (left,)
    at_work = other_coins() + 1
    share = -(-(waiting + at_work) // at_work)
    pieces = min(MOST_PIECES, share, TARGET_COINS // at_work, left // max(paid, 1))
    if pieces <= 1:
        return (left,)
    each = left // pieces // max(paid, 1) * max(paid, 1)
    return (left - each * (pieces - 1), *[each] * (pieces - 1))
