"""Ledger transactions as bytes, kept when they are notarised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, select

from chains.progmat.node.storage.schema import transactions
from chains.progmat.node.storage.statements import insert_or_leave


class StoreOutcome(Enum):
    """Whether a store call changed something; both are success."""

    STORED = "STORED"
    KNOWN = "KNOWN"


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """A ledger_tx as kept: the signed bytes as received, never re-encoded."""

    tx_id: bytes
    signed_bytes: bytes
    journal_position: int


# Built once: SQLAlchemy takes longer to build such a statement than SQLite to run it.
_STORE_RECORDED = insert_or_leave(transactions)


def store_recorded(
    connection: Connection, tx_id: bytes, signed_bytes: bytes, journal_position: int, now_s: int
) -> StoreOutcome:
    """Keep a notarised ledger_tx with all its signatures; a recorded one is left as it is.

    ``journal_position`` is 0 for a ledger_tx without provable writes.
    """
    values = {
        "tx_id": tx_id,
        "signed_bytes": signed_bytes,
        "journal_position": journal_position,
        "stored_at_s": now_s,
    }
    changed = connection.execute(_STORE_RECORDED, values).rowcount
    return StoreOutcome.STORED if changed else StoreOutcome.KNOWN


def stored_transaction(connection: Connection, tx_id: bytes) -> StoredTransaction | None:
    """One ledger_tx, or None."""
    return stored_transactions(connection, [tx_id]).get(tx_id)


def stored_transactions(connection: Connection, tx_ids: Iterable[bytes]) -> dict[bytes, StoredTransaction]:
    """Those of ``tx_ids`` (at most some hundreds) that are here, by id."""
    table = transactions.c
    query = select(table.tx_id, table.signed_bytes, table.journal_position)
    rows = connection.execute(query.where(table.tx_id.in_(list(tx_ids))))
    return {row.tx_id: StoredTransaction(row.tx_id, row.signed_bytes, row.journal_position) for row in rows}


def unknown_transactions(connection: Connection, tx_ids: Iterable[bytes]) -> list[bytes]:
    """Those of ``tx_ids`` that are not here, in the order given."""
    wanted = list(tx_ids)
    query = select(transactions.c.tx_id).where(transactions.c.tx_id.in_(wanted))
    known = {row.tx_id for row in connection.execute(query)}
    return [tx_id for tx_id in dict.fromkeys(wanted) if tx_id not in known]
