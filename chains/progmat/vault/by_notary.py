"""What an account holds at each notary: a ledger_tx takes holdings of one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, select

from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.schema import holdings, soft_locks
from ibc.dvp import CashAccount


@dataclass(frozen=True, slots=True)
class AtNotary:
    """Yen, or units of a token: free, and reserved by running flows. What a lock encumbers is neither."""

    free: int
    reserved: int


def held_by_notary(connection: Connection, asset: Asset, account: CashAccount, now_s: int) -> dict[str, AtNotary]:
    """What an account holds of one asset, by the name of the notary."""
    same_state = and_(holdings.c.tx_id == soft_locks.c.tx_id, holdings.c.output_index == soft_locks.c.output_index)
    held = and_(soft_locks.c.lock_owner.is_not(None), soft_locks.c.expires_s > now_s)
    query = (
        select(
            holdings.c.notary,
            func.sum(case((held, 0), else_=holdings.c.amount)).label("free"),
            func.sum(case((held, holdings.c.amount), else_=0)).label("reserved"),
        )
        .select_from(holdings.outerjoin(soft_locks, same_state))
        .where(
            holdings.c.owner_key == account.key,
            holdings.c.node == account.node,
            holdings.c.network == asset.network,
            holdings.c.asset_id == asset.asset_id,
            holdings.c.issuer == asset.issuer,
            holdings.c.encumbered.is_(False),
            holdings.c.consumed.is_(False),
        )
        .group_by(holdings.c.notary)
    )
    return {row.notary: AtNotary(int(row.free), int(row.reserved)) for row in connection.execute(query)}


def count_unspent_at(connection: Connection, notary: str) -> int:
    """How many unspent coins and tokens in this vault, locked ones included, are at a notary."""
    unspent = (holdings.c.notary == notary, holdings.c.consumed.is_(False))
    return int(connection.execute(select(func.count()).select_from(holdings).where(*unspent)).scalar_one())
