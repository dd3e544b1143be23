"""Unspent states in the order in which they came here, in pages: those recorded long ago first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, select, tuple_, union

from chains.progmat.node.storage.schema import attestations, transactions
from chains.progmat.transactions.component_codec import decode_state
from chains.progmat.transactions.model import StateAndRef, StateRef
from chains.progmat.vault.schema import cash, clients, consensus, locks, memberships, states, tokens
from primitives.types import Hash32

PAGE: Final = 512

_ASSET: Final[dict[Table, Column[Any]]] = {cash: cash.c.coin_id, tokens: tokens.c.token_id}
TABLES: Final[tuple[Table, ...]] = (cash, tokens, locks, memberships, clients, consensus)
"""The kinds of states that can be looked for, in this order."""


@dataclass(frozen=True, slots=True)
class NotaryFilter:
    """Of states in accounts: those at the notary ``only``, and none at ``but``; names, empty for no such condition."""

    only: str = ""
    but: str = ""


def unspent_pages(
    connection: Connection, account_key: bytes, asset_id: str, at: NotaryFilter = NotaryFilter()
) -> Iterator[list[StateAndRef]]:
    """All unspent states, or those of one account or asset; both empty: any. Each page at most 512 of one kind."""
    for table in TABLES:
        asset = _ASSET.get(table)
        if asset is None and (account_key or asset_id):
            continue
        conditions: list[ColumnElement[bool]] = [table.c.consumed.is_(False)]
        if account_key:
            conditions.append(table.c.owner_key == account_key)
        if asset is not None and asset_id:
            conditions.append(asset == asset_id)
        if asset is not None and at.only:
            conditions.append(table.c.notary == at.only)
        if asset is not None and at.but:
            conditions.append(table.c.notary != at.but)
        yield from _pages(connection, table, conditions)


def unattested_transactions(connection: Connection) -> list[bytes]:
    """Ids of the ledger_txs that made what is unspent here, and are not attested; those first recorded first."""
    made = union(*(select(table.c.tx_id).where(table.c.consumed.is_(False)) for table in TABLES)).subquery()
    query = (
        select(transactions.c.tx_id)
        .join(made, made.c.tx_id == transactions.c.tx_id)
        .outerjoin(attestations, attestations.c.tx_id == transactions.c.tx_id)
        .where(attestations.c.tx_id.is_(None))
        .order_by(transactions.c.sequence)
    )
    return list(connection.execute(query).scalars())


def _pages(connection: Connection, table: Table, conditions: list[ColumnElement[bool]]) -> Iterator[list[StateAndRef]]:
    at = tuple_(transactions.c.sequence, table.c.output_index)
    query = (
        select(states.c.tx_id, states.c.output_index, states.c.component, transactions.c.sequence)
        .join(table, and_(states.c.tx_id == table.c.tx_id, states.c.output_index == table.c.output_index))
        .join(transactions, transactions.c.tx_id == states.c.tx_id)
        .where(*conditions)
        .order_by(transactions.c.sequence, table.c.output_index)
        .limit(PAGE)
    )
    after: tuple[int, int] | None = None
    while True:
        rows = connection.execute(query if after is None else query.where(at > after)).all()
        if rows:
            refs = (StateRef(Hash32(row.tx_id), row.output_index) for row in rows)
            yield [StateAndRef(ref, decode_state(row.component)) for ref, row in zip(refs, rows, strict=True)]
        if len(rows) < PAGE:
            return
        after = (rows[-1].sequence, rows[-1].output_index)
