"""Cash: balances, and choosing which states to spend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, exists, func, or_, select

from chains.progmat.node.storage import Prepared
from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.errors import (
    CoinsUnderFreshKeys,
    FundsSoftLocked,
    FundsTooFragmented,
    InsufficientFunds,
    NothingToMerge,
)
from chains.progmat.vault.schema import cash, soft_locks
from chains.progmat.vault.shards import shard_for
from chains.progmat.vault.soft_locks import lock_states
from ibc.dvp import CashAccount

MAX_INPUTS: Final = 128
"""Cash states one ledger_tx consumes at most, unless the caller says otherwise; a component group holds 256."""
SHARD_INPUTS: Final = 4
"""A flow is content with its own shard if no more than so many of its coins are enough."""


class CoinsUnder(Enum):
    """Which coins of an account a request is about, by the keys they name."""

    ANY_KEY = "any"
    ACCOUNT_KEY = "account"
    """For a transaction whose terms name the account's key as the owner of what they consume."""


_JOINED = cash.outerjoin(
    soft_locks, and_(cash.c.tx_id == soft_locks.c.tx_id, cash.c.output_index == soft_locks.c.output_index)
)


_OF_ACCOUNT = and_(
    cash.c.coin_id == bindparam("coin"),
    cash.c.issuer == bindparam("coin_issuer"),
    cash.c.node == bindparam("of_node"),
    cash.c.owner_key == bindparam("of_key"),
    cash.c.consumed.is_(False),
)
_AT_NOTARY = cash.c.notary == bindparam("at_notary")
_MINE = soft_locks.c.lock_owner == bindparam("owner")
_LIVE = soft_locks.c.expires_s > bindparam("now_s")


def _sums(held: ColumnElement[bool]) -> tuple[ColumnElement[int], ...]:
    part = case((cash.c.encumbered, "encumbered"), (held, "soft_locked"), else_="free")
    return tuple(
        func.coalesce(func.sum(case((part == name, cash.c.amount_yen), else_=0)), 0).label(name)
        for name in ("free", "soft_locked", "encumbered")
    )


_FREE = and_(cash.c.encumbered.is_(False), or_(soft_locks.c.lock_owner.is_(None), _MINE, ~_LIVE))

_ACCOUNT_COLUMNS = (cash.c.coin_id, cash.c.issuer, cash.c.node, cash.c.owner_key)
_HOLDING_COLUMNS = (cash.c.tx_id, cash.c.output_index, *_ACCOUNT_COLUMNS, cash.c.amount_yen, cash.c.fresh_key)
_LARGEST_FIRST = (
    select(*_HOLDING_COLUMNS)
    .select_from(_JOINED)
    .where(_OF_ACCOUNT, _AT_NOTARY, _FREE)
    .order_by(cash.c.amount_yen.desc(), cash.c.tx_id, cash.c.output_index)
    .limit(bindparam("most"))
)
_UNDER_ACCOUNT_KEY = cash.c.fresh_key.is_(None)
_IN_SHARD = cash.c.shard == bindparam("in_shard")
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
    .where(_OF_ACCOUNT, _AT_NOTARY, _FREE, cash.c.amount_yen < bindparam("below"))
    .order_by(cash.c.amount_yen, cash.c.tx_id, cash.c.output_index)
    .limit(bindparam("most"))
)
_COUNT = select(func.count()).select_from(
    select(1).select_from(cash).where(_OF_ACCOUNT).limit(bindparam("most")).subquery()
)
_FORGET_EARLIER_CHOICE = Prepared(
    delete(soft_locks).where(
        _MINE,
        exists().where(
            cash.c.tx_id == soft_locks.c.tx_id, cash.c.output_index == soft_locks.c.output_index, _OF_ACCOUNT
        ),
    )
)
_SUMS_OF_ACCOUNT = select(*_sums(_LIVE)).select_from(_JOINED).where(_OF_ACCOUNT)
_SUMS_FOR_OWNER = select(*_sums(and_(_LIVE, ~_MINE))).select_from(_JOINED).where(_OF_ACCOUNT, _AT_NOTARY)
_SUMS_UNDER_ACCOUNT_KEY = _SUMS_FOR_OWNER.where(_UNDER_ACCOUNT_KEY)
_FIRST_END = select(func.min(soft_locks.c.expires_s)).select_from(_JOINED).where(_OF_ACCOUNT, _AT_NOTARY, _LIVE, ~_MINE)
_REGISTER = (
    select(*_ACCOUNT_COLUMNS, *_sums(_LIVE))
    .select_from(_JOINED)
    .where(cash.c.consumed.is_(False))
    .group_by(*_ACCOUNT_COLUMNS)
    .order_by(*_ACCOUNT_COLUMNS)
)


@dataclass(frozen=True, slots=True)
class CashHolding:
    """An unconsumed cash state."""

    ref: StateRef
    coin_id: str
    issuer: str
    amount_yen: int
    node: str
    owner_key: bytes
    fresh_key: bytes | None = None

    @property
    def named_key(self) -> bytes:
        """The key that the state names, and that signs for it."""
        return self.owner_key if self.fresh_key is None else self.fresh_key


@dataclass(frozen=True, slots=True)
class CoinRequest:
    """Cash wanted by a flow: at least ``amount_yen`` at one notary, held for ``lock_owner`` until ``expires_s``."""

    coin_id: str
    issuer: str
    account: CashAccount
    amount_yen: int
    lock_owner: str
    now_s: int
    expires_s: int
    max_inputs: int = MAX_INPUTS
    under: CoinsUnder = CoinsUnder.ANY_KEY
    notary: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's unconsumed cash of one coin; the three parts do not overlap."""

    free_yen: int
    soft_locked_yen: int
    encumbered_yen: int

    @property
    def total_yen(self) -> int:
        """All of it."""
        return self.free_yen + self.soft_locked_yen + self.encumbered_yen


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One line of the register."""

    coin_id: str
    issuer: str
    node: str
    owner_key: bytes
    balance: Balance


def select_and_lock(connection: Connection, request: CoinRequest) -> tuple[CashHolding, ...]:
    """Choose free cash and hold it for the flow; asking again replaces its earlier choice.

    Looked at first is the flow's own shard, so that flows at work at once do not pass over each other's coins; if that
    does not hold the amount in ``SHARD_INPUTS`` coins, all of the account's, largest first. Cash under an expired lock
    is free. Raises ``FundsSoftLocked`` (running flows hold what is missing: retry), ``FundsTooFragmented``,
    ``InsufficientFunds``, and where only coins under the account's own key will do ``CoinsUnderFreshKeys``; then no
    lock is changed.
    """
    if request.amount_yen <= 0 or request.max_inputs <= 0:
        raise ValueError(f"amount {request.amount_yen} and number of inputs {request.max_inputs} must be positive")
    parameters = _parameters(request)
    of_shard = {"in_shard": shard_for(request.lock_owner), "most": min(SHARD_INPUTS, request.max_inputs)}
    chosen = _enough(_SPENDABLE_IN_SHARD[request.under].rows(connection, parameters | of_shard), request.amount_yen)
    if total_yen(chosen) < request.amount_yen:
        chosen = _enough(_SPENDABLE[request.under].rows(connection, parameters), request.amount_yen)
    reached_yen = total_yen(chosen)
    if reached_yen < request.amount_yen:
        raise _shortage(connection, request, reached_yen)
    _hold(connection, request, chosen)
    return tuple(chosen)


def select_small_and_lock(connection: Connection, request: CoinRequest, below_yen: int) -> tuple[CashHolding, ...]:
    """Choose free coins of less than ``below_yen``, smallest first, at most ``max_inputs``, and hold them for the flow.

    Of ``request`` the amount does not count. Raises ``NothingToMerge`` if fewer than two are there; then no lock is
    changed.
    """
    parameters = _parameters(request) | {"below": below_yen}
    chosen = [_holding(row) for row in connection.execute(_SMALLEST, parameters).all()]
    if len(chosen) < 2:
        raise NothingToMerge(request.coin_id, below_yen, len(chosen))
    _hold(connection, request, chosen)
    return tuple(chosen)


def count_coins(connection: Connection, coin_id: str, issuer: str, account: CashAccount, most: int) -> int:
    """Unconsumed coins of an account, locked ones included; counting ends at ``most``."""
    parameters = _account_parameters(coin_id, issuer, account, 0) | {"most": most}
    return int(connection.execute(_COUNT, parameters).scalar_one())


def total_yen(chosen: Iterable[CashHolding]) -> int:
    """What some coins are worth together."""
    return sum(holding.amount_yen for holding in chosen)


def _enough(rows: Iterable[Sequence[Any]], amount_yen: int) -> list[CashHolding]:
    chosen: list[CashHolding] = []
    reached_yen = 0
    for row in rows:
        holding = _holding(row)
        chosen.append(holding)
        reached_yen += holding.amount_yen
        if reached_yen >= amount_yen:
            break
    return chosen


def _holding(row: Sequence[Any]) -> CashHolding:
    """From ``_HOLDING_COLUMNS``."""
    tx_id, index, coin_id, issuer, node, owner_key, amount_yen, fresh_key = row
    return CashHolding(StateRef(tx_id, index), coin_id, issuer, amount_yen, node, owner_key, fresh_key)


def _hold(connection: Connection, request: CoinRequest, chosen: Sequence[CashHolding]) -> None:
    _FORGET_EARLIER_CHOICE.change(connection, _parameters(request))
    refs = [holding.ref for holding in chosen]
    lock_states(connection, refs, lock_owner=request.lock_owner, now_s=request.now_s, expires_s=request.expires_s)


def balance(connection: Connection, coin_id: str, issuer: str, account: CashAccount, now_s: int) -> Balance:
    """One account's cash of one coin; zero if it has none."""
    parameters = _account_parameters(coin_id, issuer, account, now_s)
    return _balance(connection.execute(_SUMS_OF_ACCOUNT, parameters).one())


def balances(connection: Connection, now_s: int, coin_id: str = "", owner_key: bytes = b"") -> list[AccountBalance]:
    """Accounts with cash in this vault, by coin, node and key; of one coin or key if given."""
    wanted = ((cash.c.coin_id, coin_id), (cash.c.owner_key, owner_key))
    query = _REGISTER.where(*(column == value for column, value in wanted if value))
    rows = connection.execute(query, {"now_s": now_s})
    return [AccountBalance(row.coin_id, row.issuer, row.node, row.owner_key, _balance(row)) for row in rows]


def _parameters(request: CoinRequest) -> dict[str, Any]:
    return _account_parameters(request.coin_id, request.issuer, request.account, request.now_s) | {
        "owner": request.lock_owner,
        "most": request.max_inputs,
        "at_notary": request.notary,
    }


def _account_parameters(coin_id: str, issuer: str, account: CashAccount, now_s: int) -> dict[str, Any]:
    return {"coin": coin_id, "coin_issuer": issuer, "of_node": account.node, "of_key": account.key, "now_s": now_s}


def _shortage(
    connection: Connection, request: CoinRequest, reached_yen: int
) -> InsufficientFunds | FundsTooFragmented | FundsSoftLocked | CoinsUnderFreshKeys:
    found = _balance(connection.execute(_SUMS_FOR_OWNER, _parameters(request)).one())
    if request.under is CoinsUnder.ACCOUNT_KEY:
        held = _balance(connection.execute(_SUMS_UNDER_ACCOUNT_KEY, _parameters(request)).one())
        reachable_yen = held.free_yen + held.soft_locked_yen
        if reachable_yen < request.amount_yen <= found.free_yen + found.soft_locked_yen:
            return CoinsUnderFreshKeys(request.coin_id, request.account.key, request.amount_yen, reachable_yen)
        found = held
    if found.free_yen >= request.amount_yen:
        return FundsTooFragmented(request.coin_id, request.amount_yen, reached_yen, request.max_inputs)
    if found.free_yen + found.soft_locked_yen >= request.amount_yen:
        first_end_s = connection.execute(_FIRST_END, _parameters(request)).scalar_one()
        return FundsSoftLocked(
            request.coin_id,
            request.account.key,
            request.amount_yen,
            found.free_yen,
            found.soft_locked_yen,
            float(first_end_s - request.now_s),
        )
    return InsufficientFunds(
        request.coin_id, request.amount_yen, found.free_yen, found.soft_locked_yen, found.encumbered_yen
    )


def _balance(row: object) -> Balance:
    return Balance(row.free, row.soft_locked, row.encumbered)  # type: ignore[attr-defined] # labels of _sums
