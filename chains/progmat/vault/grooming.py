"""Which account has so many small coins that they should become one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select

from chains.progmat.vault.indexing import SC
from chains.progmat.vault.schema import holdings, soft_locks
from ibc.dvp import CashAccount


@dataclass(frozen=True, slots=True)
class Dust:
    """Free coins below a size, of one coin in one account, and how many there are."""

    coin_id: str
    issuer: str
    account: CashAccount
    coins: int


def dustiest_account(connection: Connection, node: str, below_yen: int, more_than: int, now_s: int) -> Dust | None:
    """Of the accounts kept at ``node`` the one with most free coins below ``below_yen``, if more than ``more_than``."""
    same_state = and_(holdings.c.tx_id == soft_locks.c.tx_id, holdings.c.output_index == soft_locks.c.output_index)
    number = func.count()
    query = (
        select(holdings.c.asset_id, holdings.c.issuer, holdings.c.owner_key, number.label("coins"))
        .select_from(holdings.outerjoin(soft_locks, same_state))
        .where(
            holdings.c.consumed.is_(False),
            holdings.c.encumbered.is_(False),
            holdings.c.network == SC,
            holdings.c.node == node,
            holdings.c.amount < below_yen,
            or_(soft_locks.c.lock_owner.is_(None), soft_locks.c.expires_s <= now_s),
        )
        .group_by(holdings.c.asset_id, holdings.c.issuer, holdings.c.owner_key)
        .having(number > more_than)
        .order_by(number.desc(), holdings.c.owner_key, holdings.c.asset_id, holdings.c.issuer)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Dust(row.asset_id, row.issuer, CashAccount(node, row.owner_key), row.coins)
