"""Amounts in accounts, of coins and tokens alike: balances, and choosing which states to spend."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple, SupportsInt

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, exists, func, or_, select

from chains.progmat.node.storage import Prepared
from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.bounds import MAX_INPUTS
from chains.progmat.vault.errors import (
    CoinsUnderFreshKeys,
    FundsTooFragmented,
    NothingToMerge,
    Shortage,
    insufficient,
    soft_locked,
)
from chains.progmat.vault.indexing import SC, Asset
from chains.progmat.vault.lines import Balance
from chains.progmat.vault.schema import holdings, soft_locks
from chains.progmat.vault.shards import shard_for
from chains.progmat.vault.soft_locks import hold_free
from ibc.dvp import CashAccount

SHARD_INPUTS: Final = 4
"""A flow is content with its own shard if no more than so many of its coins are enough."""


class CoinsUnder(Enum):
    """Which coins of an account a request is about, by the keys they name; tokens are all under the account's own."""

    ANY_KEY = "any"
    ACCOUNT_KEY = "account"
    """For a transaction whose terms name the account's key as the owner of what they consume."""


_JOINED = holdings.outerjoin(
    soft_locks, and_(holdings.c.tx_id == soft_locks.c.tx_id, holdings.c.output_index == soft_locks.c.output_index)
)


_OF_ACCOUNT = and_(
    holdings.c.network == bindparam("of_network"),
    holdings.c.asset_id == bindparam("of_asset"),
    holdings.c.issuer == bindparam("of_issuer"),
    holdings.c.node == bindparam("of_node"),
    holdings.c.owner_key == bindparam("of_key"),
    holdings.c.consumed.is_(False),
)
_AT_NOTARY = holdings.c.notary == bindparam("at_notary")
_MINE = soft_locks.c.lock_owner == bindparam("owner")
_LIVE = soft_locks.c.expires_s > bindparam("now_s")


def _sums(held: ColumnElement[bool]) -> tuple[ColumnElement[int], ...]:
    part = case((holdings.c.encumbered, "encumbered"), (held, "soft_locked"), else_="free")
    return tuple(
        func.coalesce(func.sum(case((part == name, holdings.c.amount), else_=0)), 0).label(name)
        for name in ("free", "soft_locked", "encumbered")
    )


_FREE = and_(holdings.c.encumbered.is_(False), or_(soft_locks.c.lock_owner.is_(None), _MINE, ~_LIVE))

_ACCOUNT_COLUMNS = tuple(holdings.c[name] for name in ("network", "asset_id", "issuer", "node", "owner_key"))
_HOLDING_COLUMNS = (holdings.c.tx_id, holdings.c.output_index, holdings.c.amount, holdings.c.fresh_key)
_LARGEST_FIRST = (
    select(*_HOLDING_COLUMNS)
    .select_from(_JOINED)
    .where(_OF_ACCOUNT, _AT_NOTARY, _FREE)
    .order_by(holdings.c.amount.desc())  # and no more: as the index has them, nothing is left to sort
    .limit(bindparam("most"))
)
_UNDER_ACCOUNT_KEY = holdings.c.fresh_key.is_(None)
_IN_SHARD = holdings.c.shard == bindparam("in_shard")
_SPENDABLE = {
    CoinsUnder.ANY_KEY: Prepared(_LARGEST_FIRST),
    CoinsUnder.ACCOUNT_KEY: Prepared(_LARGEST_FIRST.where(_UNDER_ACCOUNT_KEY)),
}
_SPENDABLE_IN_SHARD = {
    CoinsUnder.ANY_KEY: Prepared(_LARGEST_FIRST.where(_IN_SHARD)),
    CoinsUnder.ACCOUNT_KEY: Prepared(_LARGEST_FIRST.where(_IN_SHARD, _UNDER_ACCOUNT_KEY)),
}
_SMALLEST = (
    select(*_HOLDING_COLUMNS)
    .select_from(_JOINED)
    .where(_OF_ACCOUNT, _AT_NOTARY, _FREE, holdings.c.amount < bindparam("below"))
    .order_by(holdings.c.amount, holdings.c.tx_id, holdings.c.output_index)
    .limit(bindparam("most"))
)
_COUNT = select(func.count()).select_from(
    select(1).select_from(holdings).where(_OF_ACCOUNT).limit(bindparam("most")).subquery()
)
_FORGET_EARLIER_CHOICE = Prepared(
    delete(soft_locks).where(
        _MINE,
        exists().where(
            holdings.c.tx_id == soft_locks.c.tx_id, holdings.c.output_index == soft_locks.c.output_index, _OF_ACCOUNT
        ),
    )
)
_SUMS_OF_ACCOUNT = select(*_sums(_LIVE)).select_from(_JOINED).where(_OF_ACCOUNT)
_OTHERS_LOCK = select(*_sums(and_(_LIVE, ~_MINE))).select_from(_JOINED).where(_OF_ACCOUNT, _AT_NOTARY)
_SUMS_FOR_OWNER = Prepared(_OTHERS_LOCK)
_SUMS_UNDER_ACCOUNT_KEY = Prepared(_OTHERS_LOCK.where(_UNDER_ACCOUNT_KEY))
_FIRST_END = select(func.min(soft_locks.c.expires_s)).select_from(_JOINED).where(_OF_ACCOUNT, _AT_NOTARY, _LIVE, ~_MINE)
_REGISTER = (
    select(*_ACCOUNT_COLUMNS, *_sums(_LIVE))
    .select_from(_JOINED)
    .where(holdings.c.consumed.is_(False))
    .group_by(*_ACCOUNT_COLUMNS)
    .order_by(*_ACCOUNT_COLUMNS)
)


class Holding(NamedTuple):
    """An unconsumed state and the amount in it; ``fresh_key`` is what it names in the place of the account's key."""

    ref: StateRef
    amount: int
    fresh_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class HoldingRequest:
    """Wanted of an account: at least ``amount`` at one notary, held for ``lock_owner`` until ``expires_s``."""

    asset: Asset
    account: CashAccount
    amount: int
    lock_owner: str
    now_s: int
    expires_s: int
    max_inputs: int = MAX_INPUTS
    under: CoinsUnder = CoinsUnder.ANY_KEY
    notary: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One line of the register."""

    asset: Asset
    account: CashAccount
    balance: Balance


def select_and_lock(connection: Connection, request: HoldingRequest) -> tuple[Holding, ...]:
    """Choose free amounts and hold them for the flow; asking again replaces its earlier choice.

    Looked at first is the flow's own shard, so that flows at work at once do not pass over each other's coins; if that
    does not hold the amount in ``SHARD_INPUTS`` coins, all of the account's, largest first. What is under an expired
    lock is free. Raises ``FundsSoftLocked`` (running flows hold what is missing: retry), ``FundsTooFragmented``,
    ``InsufficientFunds``, of tokens their subclasses, and where only coins under the account's own key will do
    ``CoinsUnderFreshKeys``; then no lock is changed.
    """
    if request.amount <= 0 or request.max_inputs <= 0:
        raise ValueError(f"amount {request.amount} and number of inputs {request.max_inputs} must be positive")
    parameters = _parameters(request)
    of_shard = {"in_shard": shard_for(request.lock_owner), "most": min(SHARD_INPUTS, request.max_inputs)}
    chosen = _enough(_SPENDABLE_IN_SHARD[request.under].rows(connection, parameters | of_shard), request.amount)
    if total(chosen) < request.amount:
        chosen = _enough(_SPENDABLE[request.under].rows(connection, parameters), request.amount)
    reached = total(chosen)
    if reached < request.amount:
        raise _shortage(connection, request, reached)
    _hold(connection, request, chosen)
    return tuple(chosen)


def select_small_and_lock(connection: Connection, request: HoldingRequest, below: int) -> tuple[Holding, ...]:
    """Choose free coins of less than ``below``, smallest first, at most ``max_inputs``, and hold them for the flow.

    Of ``request`` the amount does not count. Raises ``NothingToMerge`` if fewer than two are there; then no lock is
    changed.
    """
    parameters = _parameters(request) | {"below": below}
    chosen = [_holding(row) for row in connection.execute(_SMALLEST, parameters).all()]
    if len(chosen) < 2:
        raise NothingToMerge(request.asset.asset_id, below, len(chosen))
    _hold(connection, request, chosen)
    return tuple(chosen)


def count_holdings(connection: Connection, asset: Asset, account: CashAccount, most: int) -> int:
    """Unconsumed states of an asset in an account, locked ones included; counting ends at ``most``."""
    parameters = _account_parameters(asset, account, 0) | {"most": most}
    return int(connection.execute(_COUNT, parameters).scalar_one())


def total(chosen: Iterable[Holding]) -> int:
    """What some states hold together."""
    return sum(holding.amount for holding in chosen)


def _enough(rows: Iterable[Sequence[Any]], amount: int) -> list[Holding]:
    chosen: list[Holding] = []
    reached = 0
    for row in rows:
        holding = _holding(row)
        chosen.append(holding)
        reached += holding.amount
        if reached >= amount:
            break
    return chosen


def _holding(row: Sequence[Any]) -> Holding:
    """From ``_HOLDING_COLUMNS``."""
    tx_id, index, amount, fresh_key = row
    return Holding(StateRef(tx_id, index), amount, fresh_key)


def _hold(connection: Connection, request: HoldingRequest, chosen: Sequence[Holding]) -> None:
    _FORGET_EARLIER_CHOICE.change(connection, _parameters(request))
    refs = [holding.ref for holding in chosen]
    hold_free(connection, refs, lock_owner=request.lock_owner, now_s=request.now_s, expires_s=request.expires_s)


def balance(connection: Connection, asset: Asset, account: CashAccount, now_s: int) -> Balance:
    """What one account holds of one asset; zero if nothing."""
    parameters = _account_parameters(asset, account, now_s)
    return _balance(connection.execute(_SUMS_OF_ACCOUNT, parameters).one())


def balances(
    connection: Connection, now_s: int, networks: Collection[str] = (SC,), asset_id: str = "", owner_key: bytes = b""
) -> list[AccountBalance]:
    """Accounts with something of the networks' assets, by asset, node and key; of one asset id or key if given."""
    wanted = ((holdings.c.asset_id, asset_id), (holdings.c.owner_key, owner_key))
    query = _REGISTER.where(holdings.c.network.in_(networks), *(column == value for column, value in wanted if value))
    rows = connection.execute(query, {"now_s": now_s})
    return [
        AccountBalance(
            Asset(row.network, row.asset_id, row.issuer), CashAccount(row.node, row.owner_key), _balance(row)
        )
        for row in rows
    ]


def _parameters(request: HoldingRequest) -> dict[str, Any]:
    return _account_parameters(request.asset, request.account, request.now_s) | {
        "owner": request.lock_owner,
        "most": request.max_inputs,
        "at_notary": request.notary,
    }


def _account_parameters(asset: Asset, account: CashAccount, now_s: int) -> dict[str, Any]:
    of_asset = {"of_network": asset.network, "of_asset": asset.asset_id, "of_issuer": asset.issuer}
    return of_asset | {"of_node": account.node, "of_key": account.key, "now_s": now_s}


def _shortage(
    connection: Connection, request: HoldingRequest, reached: int
) -> Shortage | FundsTooFragmented | CoinsUnderFreshKeys:
    parameters = _parameters(request)
    found = _sum_of(*_SUMS_FOR_OWNER.rows(connection, parameters)[0])
    if request.under is CoinsUnder.ACCOUNT_KEY:
        held = _sum_of(*_SUMS_UNDER_ACCOUNT_KEY.rows(connection, parameters)[0])
        reachable = held.free + held.soft_locked
        if reachable < request.amount <= found.free + found.soft_locked:
            return CoinsUnderFreshKeys(request.asset.asset_id, request.account.key, request.amount, reachable)
        found = held
    if found.free >= request.amount:
        return FundsTooFragmented(request.asset, request.amount, reached, request.max_inputs)
    if found.free + found.soft_locked >= request.amount:
        first_end_s = connection.execute(_FIRST_END, parameters).scalar_one()
        return soft_locked(
            request.asset,
            request.account.key,
            needed=request.amount,
            free=found.free,
            reserved=found.soft_locked,
            retry_after_s=float(first_end_s - request.now_s),
        )
    return insufficient(request.asset, request.amount, found.free, found.soft_locked, found.encumbered)


def _balance(row: object) -> Balance:
    return _sum_of(row.free, row.soft_locked, row.encumbered)  # type: ignore[attr-defined] # labels of _sums


def _sum_of(free: SupportsInt, soft_locked: SupportsInt, encumbered: SupportsInt) -> Balance:
    return Balance(int(free), int(soft_locked), int(encumbered))
