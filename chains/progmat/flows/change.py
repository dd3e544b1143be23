"""How change is split: into several coins where flows wait for coins of the account, into one where none does.

While an account's only coin is being spent, every other payment from it waits. So change goes back in as many coins as
flows wait, and the number of coins of an account rises to the number of payments wanted at once. It is bounded three
times: by ``MOST_PIECES`` a transaction, by ``TARGET_COINS`` an account (half of what one payment may consume, so that
splitting never makes an amount unpayable), and by the amount paid, which is taken for what the next payments need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

MOST_PIECES: Final = 16
TARGET_COINS: Final = 64


def pieces_of_change(left_yen: int, paid_yen: int, waiting: int, coins: Callable[[], int]) -> tuple[int, ...]:
    """Amounts of the coins that ``left_yen`` goes back in, largest first; empty if nothing is left.

    ``waiting`` is the number of flows that wait for coins of the account, ``coins`` counts those it keeps meanwhile;
    asked only if it matters.
    """
    if left_yen <= 0:
        return ()
    pieces = min(MOST_PIECES, waiting + 1, left_yen // max(paid_yen, 1))
    if pieces > 1:
        pieces = min(pieces, TARGET_COINS - coins())
    if pieces <= 1:
        return (left_yen,)
    each_yen, rest_yen = divmod(left_yen, pieces)
    return (each_yen + rest_yen, *[each_yen] * (pieces - 1))
