"""Every account that holds a coin, as of a time: what the trustee goes by when an intermediary fails.

Holders then claim on the trustee directly; who an account's holder is says the intermediary's own records, which the
trustee is handed, never the ledger.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, func, select

from chains.progmat.market.trust.holder_lines import HolderLine
from chains.progmat.vault.indexing import SC
from chains.progmat.vault.schema import entries
from ibc.dvp import CashAccount


def holders(connection: Connection, issuer: str, coin_id: str, node: str = "", as_of_ms: int = 0) -> list[HolderLine]:
    """Accounts with a balance after everything recorded until ``as_of_ms`` (0: all), by intermediary and key."""
    row = entries.c
    wanted: list[ColumnElement[bool]] = [row.network == SC, row.asset_id == coin_id, row.issuer == issuer]
    if node:
        wanted.append(row.node == node)
    if as_of_ms:
        wanted.append(row.recorded_ms <= as_of_ms)
    newest = (
        select(row.node, row.owner_key, func.max(row.sequence).label("sequence"))
        .where(*wanted)
        .group_by(row.node, row.owner_key)
        .subquery()
    )
    of_newest = and_(
        row.node == newest.c.node, row.owner_key == newest.c.owner_key, row.sequence == newest.c.sequence, *wanted
    )
    found = connection.execute(
        select(row.node, row.owner_key, row.balance_amount, row.locked_amount)
        .select_from(entries.join(newest, of_newest))
        .where(row.balance_amount > 0)
        .order_by(row.node, row.owner_key)
    )
    return [HolderLine(CashAccount(of, bytes(key)), balance, locked) for of, key, balance, locked in found]
