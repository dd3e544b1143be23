"""Lists of what the vault holds now, page by page: accounts, coins, holds, soft locks.

Every list is ordered by columns that an index has, and is narrowed by ``Seen``: whose accounts the caller may see, and
which of them it asks for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, case, exists, func, or_, select

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.lines import AccountLine, Balance, Coin, CoinStatus, HoldLine, SoftLock
from chains.progmat.vault.pages import Key, Page, page_of
from chains.progmat.vault.paging import beyond
from chains.progmat.vault.schema import holdings, locks, soft_locks, states
from ibc.dvp import CashAccount


@dataclass(frozen=True, slots=True)
class Seen:
    """What of the vault a query is about. ``node``: only accounts kept there; empty strings and bytes: all."""

    node: str = ""
    network: str = ""
    asset_id: str = ""
    account_key: bytes = b""

    def among(self, table: Table) -> ColumnElement[bool]:
        """The condition on ``vault_holdings`` or ``vault_entries``."""
        columns = ("node", self.node), ("network", self.network), ("asset_id", self.asset_id)
        wanted = (*columns, ("owner_key", self.account_key))
        return and_(True, *(table.c[name] == value for name, value in wanted if value))  # noqa: FBT003 # SQL's TRUE


_AFTER_ALL_LOCKS: Final = 2**63
_SAME_STATE: Final = and_(holdings.c.tx_id == soft_locks.c.tx_id, holdings.c.output_index == soft_locks.c.output_index)
_ACCOUNT_ORDER: Final = (
    holdings.c.owner_key,
    holdings.c.asset_id,
    holdings.c.issuer,
    holdings.c.node,
    holdings.c.network,
)
_COIN_ORDER: Final = (holdings.c.owner_key, holdings.c.tx_id, holdings.c.output_index)
_COIN_COLUMNS: Final = ("network", "asset_id", "issuer", "amount", "node", "encumbered", "trade_id")
_HOLD_ORDER: Final = (locks.c.timeout_s, locks.c.tx_id, locks.c.output_index)
_SOFT_LOCK_ORDER: Final = (soft_locks.c.lock_owner, soft_locks.c.tx_id, soft_locks.c.output_index)


def list_accounts(
    connection: Connection, seen: Seen, now_s: int, limit: int, after: Key | None = None
) -> Page[AccountLine]:
    """Accounts that hold something, by key, asset and node: a line for each asset."""
    part = case(
        (holdings.c.encumbered, CoinStatus.LOCKED.value),
        (soft_locks.c.expires_s > now_s, CoinStatus.RESERVED.value),
        else_=CoinStatus.FREE.value,
    )
    sums = [func.sum(case((part == status.value, holdings.c.amount), else_=0)) for status in CoinStatus]
    query = (
        select(*_ACCOUNT_ORDER, *(each.label(status.value) for each, status in zip(sums, CoinStatus, strict=True)))
        .add_columns(func.count().label("coins"))
        .select_from(holdings.outerjoin(soft_locks, _SAME_STATE))
        .where(holdings.c.consumed.is_(False), seen.among(holdings))
        .group_by(*_ACCOUNT_ORDER)
    )
    rows = connection.execute(_page(query, _ACCOUNT_ORDER, limit, after)).all()
    lines = [
        AccountLine(
            _asset(row),
            _account(row.node, row.owner_key),
            Balance(int(row.FREE), int(row.RESERVED), int(row.LOCKED)),
            row.coins,
        )
        for row in rows
    ]
    return page_of(lines, limit, _key_of_line)


def list_coins(connection: Connection, seen: Seen, now_s: int, limit: int, after: Key | None = None) -> Page[Coin]:
    """Unspent coins, by account and reference."""
    query = _coins().where(holdings.c.consumed.is_(False), seen.among(holdings))
    rows = connection.execute(_page(query, _COIN_ORDER, limit, after)).all()
    coins = [_coin(row, now_s) for row in rows]
    return page_of(coins, limit, lambda coin: (coin.account.key, coin.ref.tx_id, coin.ref.index))


def list_holds(
    connection: Connection, seen: Seen, trade_id: bytes, now_s: int, limit: int, after: Key | None = None
) -> Page[HoldLine]:
    """Unspent locks with the amounts they encumber, by time-out; of one trade if ``trade_id`` is not empty."""
    query = select(locks).where(locks.c.consumed.is_(False))
    if trade_id:
        query = query.where(locks.c.trade_id == trade_id)
    if seen.node:
        query = query.where(or_(locks.c.buyer_node == seen.node, locks.c.seller_node == seen.node))
    if seen.account_key or seen.asset_id or seen.network:
        query = query.where(exists().where(*_under_lock(), seen.among(holdings)))
    rows = connection.execute(_page(query, _HOLD_ORDER, limit, after)).all()
    held = _coins_under(connection, rows, seen, now_s)
    lines = [
        HoldLine(
            lock=StateRef(row.tx_id, row.output_index),
            trade_id=row.trade_id,
            client_id=row.client_id,
            packet_sequence=row.sequence,
            timeout_s=row.timeout_s,
            issuer=row.issuer,
            buyer_node=row.buyer_node,
            seller_node=row.seller_node,
            coins=tuple(coin for coin in held if (coin.ref.tx_id, coin.trade_id) == (row.tx_id, row.trade_id)),
        )
        for row in rows
    ]
    return page_of(lines, limit, lambda line: (line.timeout_s, line.lock.tx_id, line.lock.index))


def list_soft_locks(
    connection: Connection, seen: Seen, owners: Collection[str], now_s: int, limit: int, after: Key | None = None
) -> Page[SoftLock]:
    """Reservations that are not over, by flow and reference; those of some owners if ``owners`` is not empty."""
    same_state = and_(states.c.tx_id == soft_locks.c.tx_id, states.c.output_index == soft_locks.c.output_index)
    query = (
        select(soft_locks, states.c.kind, holdings.c.owner_key)
        .add_columns(
            *(
                holdings.c[name]
                for name in ("network", "asset_id", "issuer", "amount", "node", "encumbered", "trade_id")
            )
        )
        .select_from(soft_locks.join(states, same_state).outerjoin(holdings, _SAME_STATE))
        .where(soft_locks.c.expires_s > now_s)
    )
    if owners:
        query = query.where(soft_locks.c.lock_owner.in_(owners))
    if seen != Seen():
        query = query.where(seen.among(holdings))
    rows = connection.execute(_page(query, _SOFT_LOCK_ORDER, limit, after)).all()
    found = [
        SoftLock(
            flow_id=row.lock_owner,
            expires_s=row.expires_s,
            ref=StateRef(row.tx_id, row.output_index),
            state_kind=row.kind,
            coin=None if row.owner_key is None else _coin(row, now_s),
        )
        for row in rows
    ]
    return page_of(found, limit, lambda each: (each.flow_id, each.ref.tx_id, each.ref.index))


def coins_made_by(connection: Connection, tx_ids: list[bytes], seen: Seen) -> list[Coin]:
    """Coins that some ledger_txs made in accounts kept here, as they were made: spent or reserved since or not."""
    rows = connection.execute(_coins().where(holdings.c.tx_id.in_(tx_ids), seen.among(holdings)).order_by(*_COIN_ORDER))
    return [_coin(row, _AFTER_ALL_LOCKS) for row in rows]


def _coins() -> Select[Any]:
    return select(holdings, soft_locks.c.lock_owner, soft_locks.c.expires_s).select_from(
        holdings.outerjoin(soft_locks, _SAME_STATE)
    )


def _under_lock() -> tuple[ColumnElement[bool], ...]:
    return holdings.c.trade_id == locks.c.trade_id, holdings.c.tx_id == locks.c.tx_id, holdings.c.consumed.is_(False)


def _coins_under(connection: Connection, rows: Any, seen: Seen, now_s: int) -> list[Coin]:  # noqa: ANN401 # rows of ``vault_locks``
    trade_ids = [row.trade_id for row in rows]
    found = connection.execute(
        _coins()
        .where(holdings.c.trade_id.in_(trade_ids), holdings.c.consumed.is_(False), seen.among(holdings))
        .order_by(*_COIN_ORDER)
    )
    return [_coin(row, now_s) for row in found]


def _page(query: Select[Any], order: tuple[ColumnElement[Any], ...], limit: int, after: Key | None) -> Select[Any]:
    if after is not None:
        query = query.where(beyond(order, after))
    return query.order_by(*order).limit(limit + 1)


@lru_cache(maxsize=1024)
def _account(node: str, key: bytes) -> CashAccount:
    return CashAccount(node, key)  # checks the key, which costs more than reading the row


def _asset(row: Row[Any]) -> Asset:
    return Asset(row.network, row.asset_id, row.issuer)


def _key_of_line(line: AccountLine) -> Key:
    return (line.account.key, line.asset.asset_id, line.asset.issuer, line.account.node, line.asset.network)


def _coin(row: Row[Any], now_s: int) -> Coin:
    reserved = row.expires_s is not None and row.expires_s > now_s
    status = CoinStatus.LOCKED if row.encumbered else CoinStatus.RESERVED if reserved else CoinStatus.FREE
    return Coin(
        ref=StateRef(row.tx_id, row.output_index),
        asset=_asset(row),
        account=_account(row.node, row.owner_key),
        amount=row.amount,
        status=status,
        reserved_by=row.lock_owner if reserved else "",
        reserved_until_s=row.expires_s if reserved else 0,
        trade_id=row.trade_id or b"",
    )
