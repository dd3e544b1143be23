"""What forbids to erase an investor: holdings and open trades, asked for through one protocol.

A part of the market that keeps trades or claims of investors adds its own ``Obstacles``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from sqlalchemy import Connection, func, select

from chains.progmat.flows.schema import dvps, trade_authorisations, trades
from chains.progmat.vault.schema import holdings

TRADE_OPEN_FOR_S: Final = 7 * 86_400
"""An authorised trade that was neither settled nor closed counts as open for so long."""


class Obstacles(Protocol):
    """What an investor still has, in words without personal values; empty: nothing."""

    def of(self, connection: Connection, investor_id: str, keys: Sequence[bytes], now_s: int) -> list[str]:
        """``keys``: of the investor's accounts."""
        ...


class VaultObstacles:
    """Unspent units and cash in the vault of this node, free or not."""

    def of(self, connection: Connection, investor_id: str, keys: Sequence[bytes], now_s: int) -> list[str]:
        """A line an asset."""
        del investor_id, now_s
        columns = holdings.c.network, holdings.c.asset_id
        query = (
            select(*columns, func.sum(holdings.c.amount))
            .where(holdings.c.owner_key.in_(keys), holdings.c.consumed.is_(False))
            .group_by(*columns)
            .order_by(*columns)
        )
        return [f"{amount} of {asset_id} ({network})" for network, asset_id, amount in connection.execute(query)]


class TradeObstacles:
    """Trades that were authorised for the investor's accounts and have not ended."""

    def of(self, connection: Connection, investor_id: str, keys: Sequence[bytes], now_s: int) -> list[str]:
        """A line a trade."""
        del investor_id
        entered = trade_authorisations
        settled = select(dvps.c.trade_id)
        closed = select(trades.c.trade_id).where(func.length(trades.c.closing_tx_id) > 0)
        query = (
            select(entered.c.trade_id)
            .distinct()
            .where(entered.c.account_key.in_(keys), entered.c.at_ms > (now_s - TRADE_OPEN_FOR_S) * 1000)
            .where(entered.c.trade_id.not_in(settled), entered.c.trade_id.not_in(closed))
            .order_by(entered.c.trade_id)
        )
        return [f"open trade {bytes(trade_id).hex()[:16]}" for (trade_id,) in connection.execute(query)]


LEDGER_OBSTACLES: Final[tuple[Obstacles, ...]] = (VaultObstacles(), TradeObstacles())
"""What every node's ledger side knows."""
