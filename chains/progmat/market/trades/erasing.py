"""What the trade desk has of an investor: open trades forbid an erasure; the rest loses what is personal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, or_, select, update

from chains.progmat.flows.schema import dvps
from chains.progmat.market.bank.erasing import ERASED, erase_payer
from chains.progmat.market.trades.model import TradeState
from chains.progmat.market.trades.patterns import Money
from chains.progmat.market.trades.tables import desk, methods

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


def erase_bank_traces(connection: Connection, investor_id: str) -> None:
    """Take bank references and payer's names out of methods, trades, and the bank statements that showed payments.

    Versions, trades and lines stay. Lines that no payment of the investor's was matched to go by the name alone, unless
    another investor's method bears the same name: then nobody can say whose they are.
    """
    of_investor = methods.c.investor_id == investor_id
    is_fiat = methods.c.kind == Money.FIAT.value
    others = select(methods.c.payer_name).where(~of_investor)
    own = select(methods.c.payer_name).where(of_investor, is_fiat, methods.c.payer_name.not_in(("", ERASED)))
    names = list(connection.scalars(own.where(methods.c.payer_name.not_in(others)).distinct()))
    paid_alone = (desk.c.buyer_id == investor_id, desk.c.net_set == b"")
    references = list(connection.scalars(select(desk.c.reference).where(*paid_alone, desk.c.reference != "")))
    erase_payer(connection, references, names)
    connection.execute(update(methods).where(of_investor, is_fiat).values(bank_id=ERASED, payer_name=ERASED))
    of_desk = (desk.c.buyer_id == investor_id, desk.c.payer_name != "")
    connection.execute(update(desk).where(*of_desk).values(payer_name=ERASED))
