"""What the trade desk has of an investor: trades that are not over forbid an erasure; methods lose what is personal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, or_, select, update

from chains.progmat.flows.schema import dvps
from chains.progmat.market.trades.model import TradeState
from chains.progmat.market.trades.patterns import Money
from chains.progmat.market.trades.tables import desk, methods

ERASED: Final = "*"
"""What stands where a bank reference or a payer's name stood."""
_ENDED: Final = tuple(state.value for state in TradeState if state.is_ended)


class DeskObstacles:
    """``master_data.obstacles.Obstacles``: the investor's trades at the desk that have not ended."""

    def of(self, connection: Connection, investor_id: str, keys: Sequence[bytes], now_s: int) -> list[str]:
        """A line a trade."""
        del keys, now_s
        query = (
            select(desk.c.trade_id)
            .where(or_(desk.c.seller_id == investor_id, desk.c.buyer_id == investor_id))
            .where(desk.c.state.not_in(_ENDED), desk.c.trade_id.not_in(select(dvps.c.trade_id)))
            .order_by(desk.c.number)
        )
        return [f"trade {bytes(trade_id).hex()[:16]} at the desk" for (trade_id,) in connection.execute(query)]


def erase_methods(connection: Connection, investor_id: str) -> None:
    """Take bank reference and payer's name out of every version of an investor's methods; the versions stay."""
    of_investor = (methods.c.investor_id == investor_id, methods.c.kind == Money.FIAT.value)
    connection.execute(update(methods).where(*of_investor).values(bank_id=ERASED, payer_name=ERASED))
