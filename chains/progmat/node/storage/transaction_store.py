"""Ledger transactions as bytes: verified ones wait for their notary signature, recorded ones have it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import Insert, insert

from chains.progmat.node.storage.schema import transactions


class TransactionStatus(Enum):
    """How far a ledger_tx has come here."""

    VERIFIED = "VERIFIED"  # its contracts hold and this node may have signed it; not notarised as far as we know
    RECORDED = "RECORDED"  # notarised: its states are facts


class StoreOutcome(Enum):
    """Whether a store call changed something; both are success."""

    STORED = "STORED"
    KNOWN = "KNOWN"


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """A ledger_tx as kept: the signed bytes as received, never re-encoded."""

    tx_id: bytes
    signed_bytes: bytes
    status: TransactionStatus
    journal_position: int | None


def _upsert_recorded() -> Insert:
    statement = insert(transactions)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[transactions.c.tx_id],
        set_={name: new[name] for name in ("signed_bytes", "status", "journal_position", "stored_at_s")},
        where=transactions.c.status == TransactionStatus.VERIFIED.value,
    )


_STORE_RECORDED = _upsert_recorded()


def store_recorded(
    connection: Connection, tx_id: bytes, signed_bytes: bytes, journal_position: int, now_s: int
) -> StoreOutcome:
    """Keep a notarised ledger_tx with all its signatures; a recorded one is left as it is.

    ``journal_position`` is 0 for a ledger_tx without provable writes.
    """
    values = {
        "tx_id": tx_id,
        "signed_bytes": signed_bytes,
        "status": TransactionStatus.RECORDED.value,
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
    query = select(table.tx_id, table.signed_bytes, table.status, table.journal_position)
    rows = connection.execute(query.where(table.tx_id.in_(list(tx_ids))))
    return {
        row.tx_id: StoredTransaction(row.tx_id, row.signed_bytes, TransactionStatus(row.status), row.journal_position)
        for row in rows
    }


def unknown_transactions(connection: Connection, tx_ids: Iterable[bytes], least: TransactionStatus) -> list[bytes]:
    """Those of ``tx_ids`` that are not here, or not as far as ``least``, in the order given."""
    wanted = list(tx_ids)
    query = select(transactions.c.tx_id).where(transactions.c.tx_id.in_(wanted))
    if least is TransactionStatus.RECORDED:
        query = query.where(transactions.c.status == TransactionStatus.RECORDED.value)
    known = {row.tx_id for row in connection.execute(query)}
    return [tx_id for tx_id in dict.fromkeys(wanted) if tx_id not in known]
