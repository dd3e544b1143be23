"""Additional trust (追加信託) for a trade that is short: exactly what is missing, announced to the coin's issuer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from chains.progmat.market.trades.agreeing import missing_yen
from chains.progmat.market.trades.errors import NothingToTopUp
from chains.progmat.market.trades.methods import method_on
from chains.progmat.market.trades.patterns import Money
from chains.progmat.market.trades.store import get_trade
from chains.progmat.market.trust.announcing import announce_to
from chains.progmat.market.trust.deposits import Announcement
from chains.progmat.node.peers.seam import PeerNetwork
from ibc.dvp import CashAccount


@dataclass(frozen=True, slots=True)
class TopUp:
    """A deposit to announce, and to whom."""

    announcement: Announcement
    issuer: str


def top_up_of(connection: Connection, own_name: str, trade_id: bytes, now_ms: int) -> TopUp:
    """What a trade's buyer is short of now; the same shortage gives the same deposit id.

    Raises ``NativeTradeUnknown``, ``NothingToTopUp``.
    """
    trade = get_trade(connection, trade_id)
    buyer = trade.resolved.buyer
    if buyer is None or trade.state.is_ended:
        raise NothingToTopUp(trade_id, "its buyer is no customer here" if buyer is None else trade.state.value)
    method = method_on(connection, buyer.investor_id, trade.resolved.settlement_day)
    if method is None or method.kind is not Money.COIN:
        raise NothingToTopUp(trade_id, "the buyer does not pay in coin")
    missing = missing_yen(connection, own_name, trade, method, now_ms)
    if not missing:
        raise NothingToTopUp(trade_id, "the balance covers it")
    account = CashAccount(own_name, method.cash_key)
    deposit_id = f"trade-{trade_id.hex()[:32]}-{missing}"
    return TopUp(Announcement(deposit_id, method.coin_id, missing, account), method.issuer)


async def instruct(network: PeerNetwork, top_up: TopUp, author: str) -> None:
    """Announce it; the issuer's node answers the same announcement as before. Raises as ``PeerNetwork.request``."""
    await announce_to(network, top_up.issuer, top_up.announcement, author)
