"""Cash: balances, and choosing which states to spend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, exists, func, or_, select

from chains.progmat.node.storage import Prepared
from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.errors import FundsSoftLocked, FundsTooFragmented, InsufficientFunds
from chains.progmat.vault.schema import cash, soft_locks
from chains.progmat.vault.soft_locks import lock_states
from ibc.dvp import CashAccount

MAX_INPUTS = 32
"""Cash states one ledger_tx consumes at most, unless the caller says otherwise."""

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
_MINE = soft_locks.c.lock_owner == bindparam("owner")
_LIVE = soft_locks.c.expires_s > bindparam("now_s")


def _sums(held: ColumnElement[bool]) -> tuple[ColumnElement[int], ...]:
    part = case((cash.c.encumbered, "encumbered"), (held, "soft_locked"), else_="free")
    return tuple(
        func.coalesce(func.sum(case((part == name, cash.c.amount_yen), else_=0)), 0).label(name)
        for name in ("free", "soft_locked", "encumbered")
    )


_ACCOUNT_COLUMNS = (cash.c.coin_id, cash.c.issuer, cash.c.node, cash.c.owner_key)
_SPENDABLE = Prepared(
    select(cash.c.tx_id, cash.c.output_index, *_ACCOUNT_COLUMNS, cash.c.amount_yen)
    .select_from(_JOINED)
    .where(_OF_ACCOUNT, cash.c.encumbered.is_(False), or_(soft_locks.c.lock_owner.is_(None), _MINE, ~_LIVE))
    .order_by(cash.c.amount_yen.desc(), cash.c.tx_id, cash.c.output_index)
    .limit(bindparam("most"))
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
_SUMS_FOR_OWNER = select(*_sums(and_(_LIVE, ~_MINE))).select_from(_JOINED).where(_OF_ACCOUNT)
_FIRST_END = select(func.min(soft_locks.c.expires_s)).select_from(_JOINED).where(_OF_ACCOUNT, _LIVE, ~_MINE)
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


@dataclass(frozen=True, slots=True)
class CoinRequest:
    """Cash wanted by a flow: at least ``amount_yen``, held for ``lock_owner`` until ``expires_s``."""

    coin_id: str
    issuer: str
    account: CashAccount
    amount_yen: int
    lock_owner: str
    now_s: int
    expires_s: int
    max_inputs: int = MAX_INPUTS


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
    """Choose free cash, largest states first, and hold it for the flow; asking again replaces its earlier choice.

    Cash under an expired lock is free. Raises ``FundsSoftLocked`` (running flows hold what is missing: retry),
    ``FundsTooFragmented``, ``InsufficientFunds``; then no lock is changed.
    """
    if request.amount_yen <= 0 or request.max_inputs <= 0:
        raise ValueError(f"amount {request.amount_yen} and number of inputs {request.max_inputs} must be positive")
    chosen: list[CashHolding] = []
    reached_yen = 0
    for tx_id, index, coin_id, issuer, node, owner_key, amount_yen in _SPENDABLE.rows(connection, _parameters(request)):
        if reached_yen >= request.amount_yen:
            break
        chosen.append(CashHolding(StateRef(tx_id, index), coin_id, issuer, amount_yen, node, owner_key))
        reached_yen += amount_yen
    if reached_yen < request.amount_yen:
        raise _shortage(connection, request, reached_yen)
    _FORGET_EARLIER_CHOICE.change(connection, _parameters(request))
    refs = [holding.ref for holding in chosen]
    lock_states(connection, refs, lock_owner=request.lock_owner, now_s=request.now_s, expires_s=request.expires_s)
    return tuple(chosen)


def balance(connection: Connection, coin_id: str, issuer: str, account: CashAccount, now_s: int) -> Balance:
    """One account's cash of one coin; zero if it has none."""
    parameters = _account_parameters(coin_id, issuer, account, now_s)
    return _balance(connection.execute(_SUMS_OF_ACCOUNT, parameters).one())


def balances(connection: Connection, now_s: int) -> list[AccountBalance]:
    """All accounts with cash in this vault, by coin, node and key."""
    rows = connection.execute(_REGISTER, {"now_s": now_s})
    return [AccountBalance(row.coin_id, row.issuer, row.node, row.owner_key, _balance(row)) for row in rows]


def _parameters(request: CoinRequest) -> dict[str, Any]:
    return _account_parameters(request.coin_id, request.issuer, request.account, request.now_s) | {
        "owner": request.lock_owner,
        "most": request.max_inputs,
    }


def _account_parameters(coin_id: str, issuer: str, account: CashAccount, now_s: int) -> dict[str, Any]:
    return {"coin": coin_id, "coin_issuer": issuer, "of_node": account.node, "of_key": account.key, "now_s": now_s}


def _shortage(
    connection: Connection, request: CoinRequest, reached_yen: int
) -> InsufficientFunds | FundsTooFragmented | FundsSoftLocked:
    found = _balance(connection.execute(_SUMS_FOR_OWNER, _parameters(request)).one())
    if found.free_yen >= request.amount_yen:
        return FundsTooFragmented(request.coin_id, request.amount_yen, reached_yen, request.max_inputs)
    if found.free_yen + found.soft_locked_yen >= request.amount_yen:
        first_end_s = connection.execute(_FIRST_END, _parameters(request)).scalar_one()
        return FundsSoftLocked(
            request.coin_id,
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
