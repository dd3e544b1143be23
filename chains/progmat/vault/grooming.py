"""Which account has so many small coins that they should become one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from chains.progmat.vault.indexing import SC
from chains.progmat.vault.schema import holdings, soft_locks
from ibc.dvp import CashAccount

_WITH_LOCKS = holdings.outerjoin(
    soft_locks, and_(holdings.c.tx_id == soft_locks.c.tx_id, holdings.c.output_index == soft_locks.c.output_index)
)


@dataclass(frozen=True, slots=True)
class Dust:
    """Free coins below a size, of one coin in one account at one notary, and how many there are."""

    coin_id: str
    issuer: str
    account: CashAccount
    coins: int


def dustiest_account(connection: Connection, node: str, below_yen: int, more_than: int, now_s: int) -> Dust | None:
    """Of the accounts kept at ``node`` the one with most free coins below ``below_yen``, if more than ``more_than``."""
    number = func.count()
    query = (
        select(holdings.c.asset_id, holdings.c.issuer, holdings.c.owner_key, number.label("coins"))
        .select_from(_WITH_LOCKS)
        .where(*_small(node, below_yen, now_s))
        .group_by(holdings.c.asset_id, holdings.c.issuer, holdings.c.owner_key, holdings.c.notary)
        .having(number > more_than)
        .order_by(number.desc(), holdings.c.owner_key, holdings.c.asset_id, holdings.c.issuer, holdings.c.notary)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Dust(row.asset_id, row.issuer, CashAccount(node, row.owner_key), row.coins)


def small_coins_by_notary(
    connection: Connection, coin_id: str, issuer: str, account: CashAccount, below_yen: int, now_s: int
) -> dict[str, int]:
    """How many free coins of less than ``below_yen`` an account has, by the name of the notary."""
    query = (
        select(holdings.c.notary, func.count().label("coins"))
        .select_from(_WITH_LOCKS)
        .where(
            holdings.c.asset_id == coin_id,
            holdings.c.issuer == issuer,
            holdings.c.owner_key == account.key,
            *_small(account.node, below_yen, now_s),
        )
        .group_by(holdings.c.notary)
    )
    return {row.notary: row.coins for row in connection.execute(query)}


def _small(node: str, below_yen: int, now_s: int) -> tuple[ColumnElement[bool], ...]:
    return (
        holdings.c.consumed.is_(False),
        holdings.c.encumbered.is_(False),
        holdings.c.network == SC,
        holdings.c.node == node,
        holdings.c.amount < below_yen,
        or_(soft_locks.c.lock_owner.is_(None), soft_locks.c.expires_s <= now_s),
    )
