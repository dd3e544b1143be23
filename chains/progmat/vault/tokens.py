"""Tokens: balances, and choosing which states to move. The counterpart of ``cash``; nothing encumbers tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, or_, select

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.cash import MAX_INPUTS
from chains.progmat.vault.errors import InsufficientTokens, TokensSoftLocked
from chains.progmat.vault.schema import soft_locks, tokens
from chains.progmat.vault.soft_locks import lock_states
from ibc.dvp import CashAccount

_JOINED = tokens.outerjoin(
    soft_locks, and_(tokens.c.tx_id == soft_locks.c.tx_id, tokens.c.output_index == soft_locks.c.output_index)
)
_OF_ACCOUNT = and_(
    tokens.c.network == bindparam("of_network"),
    tokens.c.token_id == bindparam("token"),
    tokens.c.registrar == bindparam("token_registrar"),
    tokens.c.node == bindparam("of_node"),
    tokens.c.owner_key == bindparam("of_key"),
    tokens.c.consumed.is_(False),
)
_AT_NOTARY = tokens.c.notary == bindparam("at_notary")
_LIVE = soft_locks.c.expires_s > bindparam("now_s")
_MINE = soft_locks.c.lock_owner == bindparam("owner")


def _sum(where: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((where, tokens.c.quantity), else_=0)), 0)


# Built once: SQLAlchemy takes longer to build such a statement than SQLite to run it.
_FREE = (
    select(tokens)
    .select_from(_JOINED)
    .where(_OF_ACCOUNT, _AT_NOTARY, or_(soft_locks.c.lock_owner.is_(None), _MINE, ~_LIVE))
    .order_by(tokens.c.quantity.desc(), tokens.c.tx_id, tokens.c.output_index)
    .limit(bindparam("most"))
)
_RESERVED = select(_sum(and_(_LIVE, ~_MINE))).select_from(_JOINED).where(_OF_ACCOUNT, _AT_NOTARY)
_ACCOUNT_COLUMNS = (tokens.c.network, tokens.c.token_id, tokens.c.registrar, tokens.c.node, tokens.c.owner_key)
_IS_HELD = and_(soft_locks.c.lock_owner.is_not(None), _LIVE)
_REGISTER = (
    select(*_ACCOUNT_COLUMNS, _sum(~_IS_HELD).label("free"), _sum(_IS_HELD).label("reserved"))
    .select_from(_JOINED)
    .where(tokens.c.consumed.is_(False))
    .group_by(*_ACCOUNT_COLUMNS)
    .order_by(*_ACCOUNT_COLUMNS)
)


@dataclass(frozen=True, slots=True)
class TokenHolding:
    """An unconsumed token state."""

    ref: StateRef
    quantity: int


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """Tokens wanted by a flow: at least ``quantity`` at one notary, held for ``lock_owner`` until ``expires_s``."""

    network: str
    token_id: str
    registrar: str
    account: CashAccount
    quantity: int
    lock_owner: str
    now_s: int
    expires_s: int
    max_inputs: int = MAX_INPUTS
    notary: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class TokenBalance:
    """One line of the register: unconsumed tokens of an account, free and reserved by running flows."""

    network: str
    token_id: str
    registrar: str
    node: str
    owner_key: bytes
    free: int
    reserved: int


def select_tokens(connection: Connection, request: TokenRequest) -> tuple[TokenHolding, ...]:
    """Choose free tokens, largest states first, and hold them for the flow; tokens under an expired lock are free.

    Raises ``TokensSoftLocked`` (running flows hold what is missing: retry), ``InsufficientTokens``; then no lock is
    changed.
    """
    if request.quantity <= 0 or request.max_inputs <= 0:
        raise ValueError(f"quantity {request.quantity} and number of inputs {request.max_inputs} must be positive")
    chosen: list[TokenHolding] = []
    reached = 0
    for row in connection.execute(_FREE, _parameters(request)):
        if reached >= request.quantity:
            break
        chosen.append(TokenHolding(StateRef(row.tx_id, row.output_index), row.quantity))
        reached += row.quantity
    if reached < request.quantity:
        reserved = int(connection.execute(_RESERVED, _parameters(request)).scalar_one())
        if reached + reserved >= request.quantity:
            raise TokensSoftLocked(request.token_id, request.quantity, reached, reserved)
        raise InsufficientTokens(request.token_id, request.quantity, reached, request.max_inputs)
    refs = [holding.ref for holding in chosen]
    lock_states(connection, refs, lock_owner=request.lock_owner, now_s=request.now_s, expires_s=request.expires_s)
    return tuple(chosen)


def token_balances(connection: Connection, now_s: int) -> list[TokenBalance]:
    """All accounts with tokens in this vault, by token, node and key."""
    rows = connection.execute(_REGISTER, {"now_s": now_s})
    return [
        TokenBalance(
            network=row.network,
            token_id=row.token_id,
            registrar=row.registrar,
            node=row.node,
            owner_key=row.owner_key,
            free=int(row.free),
            reserved=int(row.reserved),
        )
        for row in rows
    ]


def _parameters(request: TokenRequest) -> dict[str, Any]:
    return {
        "of_network": request.network,
        "token": request.token_id,
        "token_registrar": request.registrar,
        "of_node": request.account.node,
        "of_key": request.account.key,
        "now_s": request.now_s,
        "owner": request.lock_owner,
        "most": request.max_inputs,
        "at_notary": request.notary,
    }
