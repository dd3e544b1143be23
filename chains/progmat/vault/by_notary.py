"""What an account holds at each notary: a ledger_tx takes holdings of one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, select

from chains.progmat.vault.schema import cash, soft_locks, tokens
from ibc.dvp import CashAccount


@dataclass(frozen=True, slots=True)
class AtNotary:
    """Yen, or units of a token: free, and reserved by running flows. What a lock encumbers is neither."""

    free: int
    reserved: int


def cash_by_notary(
    connection: Connection, coin_id: str, issuer: str, account: CashAccount, now_s: int
) -> dict[str, AtNotary]:
    """An account's cash of one coin, by the name of the notary."""
    of_coin = (cash.c.coin_id == coin_id, cash.c.issuer == issuer, cash.c.encumbered.is_(False))
    return _by_notary(connection, cash, cash.c.amount_yen, account, now_s, *of_coin)


def tokens_by_notary(
    connection: Connection, network: str, token_id: str, registrar: str, account: CashAccount, now_s: int
) -> dict[str, AtNotary]:
    """An account's tokens of one register, by the name of the notary."""
    of_token = (tokens.c.network == network, tokens.c.token_id == token_id, tokens.c.registrar == registrar)
    return _by_notary(connection, tokens, tokens.c.quantity, account, now_s, *of_token)


def _by_notary(
    connection: Connection,
    table: Table,
    amount: ColumnElement[int],
    account: CashAccount,
    now_s: int,
    *which: ColumnElement[bool],
) -> dict[str, AtNotary]:
    same_state = and_(table.c.tx_id == soft_locks.c.tx_id, table.c.output_index == soft_locks.c.output_index)
    held = and_(soft_locks.c.lock_owner.is_not(None), soft_locks.c.expires_s > now_s)
    query = (
        select(
            table.c.notary,
            func.sum(case((held, 0), else_=amount)).label("free"),
            func.sum(case((held, amount), else_=0)).label("reserved"),
        )
        .select_from(table.outerjoin(soft_locks, same_state))
        .where(table.c.owner_key == account.key, table.c.node == account.node, table.c.consumed.is_(False), *which)
        .group_by(table.c.notary)
    )
    return {row.notary: AtNotary(int(row.free), int(row.reserved)) for row in connection.execute(query)}


def count_unspent_at(connection: Connection, notary: str) -> int:
    """How many unspent coins and tokens in this vault, locked ones included, are at a notary."""
    counts = (
        select(func.count()).select_from(table).where(table.c.notary == notary, table.c.consumed.is_(False))
        for table in (cash, tokens)
    )
    return sum(int(connection.execute(count).scalar_one()) for count in counts)
