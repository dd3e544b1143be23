"""Unspent states in the order in which they came here, in pages: those recorded long ago first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, select, tuple_, union

from chains.progmat.node.storage.schema import attestations, transactions
from chains.progmat.transactions.model import StateAndRef, StateRef
from chains.progmat.vault.indexing import SC
from chains.progmat.vault.queries import kept_states
from chains.progmat.vault.schema import clients, consensus, holdings, locks, memberships, rules
from primitives.types import Hash32

PAGE: Final = 512
KEYS: Final = 16_384

MadeBy = Callable[[AbstractSet[Hash32]], AbstractSet[bytes]]
"""Those of some ledger_txs whose outputs are wanted: the others' are not even read."""

_HELD: Final = (holdings.c.network == SC, holdings.c.network != SC)
"""Coins come first, then tokens: the two do not go into one ledger_tx, so no page has both."""
_SHARED: Final[tuple[Table, ...]] = (locks, memberships, rules, clients, consensus)
TABLES: Final[tuple[Table, ...]] = (holdings, *_SHARED)
"""The kinds of states that can be looked for, in this order."""


@dataclass(frozen=True, slots=True)
class NotaryFilter:
    """Of states in accounts: those at the notary ``only``, and none at ``but``; names, empty for no such condition."""

    only: str = ""
    but: str = ""


def unspent_pages(
    connection: Connection,
    account_key: bytes,
    asset_id: str,
    at: NotaryFilter = NotaryFilter(),
    made_by: MadeBy = lambda tx_ids: tx_ids,
) -> Iterator[list[StateAndRef]]:
    """All unspent states, or those of one account or asset; both empty: any. Each page at most 512 of one kind."""
    wanted: list[ColumnElement[bool]] = [holdings.c.consumed.is_(False)]
    if account_key:
        wanted.append(holdings.c.owner_key == account_key)
    if asset_id:
        wanted.append(holdings.c.asset_id == asset_id)
    if at.only:
        wanted.append(holdings.c.notary == at.only)
    if at.but:
        wanted.append(holdings.c.notary != at.but)
    for of_kind in _HELD:
        yield from _pages(connection, holdings, [of_kind, *wanted], made_by)
    if account_key or asset_id:
        return
    for table in _SHARED:
        yield from _pages(connection, table, [table.c.consumed.is_(False)], made_by)


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


def _pages(
    connection: Connection, table: Table, conditions: list[ColumnElement[bool]], made_by: MadeBy
) -> Iterator[list[StateAndRef]]:
    for keys in _keys(connection, table, conditions):
        for start in range(0, len(keys), PAGE):
            page = keys[start : start + PAGE]
            wanted = made_by({ref.tx_id for ref in page})
            refs = [ref for ref in page if ref.tx_id in wanted]
            if refs:
                kept = kept_states(connection, refs)
                yield [StateAndRef(ref, kept[ref]) for ref in refs]


def _keys(connection: Connection, table: Table, conditions: list[ColumnElement[bool]]) -> Iterator[list[StateRef]]:
    """Many at once: each query sorts all that are left."""
    at = tuple_(transactions.c.sequence, table.c.output_index)
    query = (
        select(transactions.c.sequence, table.c.tx_id, table.c.output_index)
        .join(transactions, transactions.c.tx_id == table.c.tx_id)
        .where(*conditions)
        .order_by(transactions.c.sequence, table.c.output_index)
        .limit(KEYS)
    )
    after: tuple[int, int] | None = None
    while True:
        rows = connection.execute(query if after is None else query.where(at > after)).all()
        yield [StateRef(Hash32(row.tx_id), row.output_index) for row in rows]
        if len(rows) < KEYS:
            return
        after = (rows[-1].sequence, rows[-1].output_index)
