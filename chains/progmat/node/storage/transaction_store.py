"""Ledger transactions as bytes, kept when they are notarised."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, bindparam, func, select

from chains.progmat.node.storage.prepared import Prepared, insert
from chains.progmat.node.storage.schema import transactions


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


_OF_IDS = transactions.c.tx_id.in_(bindparam("tx_ids", expanding=True))
_STORE_RECORDED = Prepared(
    insert(transactions).on_conflict_do_nothing(),
    columns=[column.name for column in transactions.c if column is not transactions.c.sequence],
)
_STORED = Prepared(
    select(transactions.c.tx_id, transactions.c.signed_bytes, transactions.c.journal_position).where(_OF_IDS)
)
_KNOWN = Prepared(select(transactions.c.tx_id).where(_OF_IDS))
_LAST = Prepared(select(func.max(transactions.c.sequence)))
_LISTED = Prepared(
    select(transactions.c.tx_id)
    .where(
        transactions.c.sequence > bindparam("after"),
        transactions.c.sequence <= bindparam("up_to"),
        transactions.c.participants.like(bindparam("pattern")),
    )
    .order_by(transactions.c.sequence)
)


def store_recorded(
    connection: Connection,
    tx_id: bytes,
    signed_bytes: bytes,
    journal_position: int,
    now_s: int,
    participants: Collection[str] = (),
) -> StoreOutcome:
    """Keep a notarised ledger_tx with all its signatures; a recorded one is left as it is.

    ``journal_position`` is 0 for a ledger_tx without provable writes. ``participants`` are the nodes that may ask for
    it in a listing (``listed_for``).
    """
    values = {
        "tx_id": tx_id,
        "signed_bytes": signed_bytes,
        "journal_position": journal_position,
        "participants": f",{','.join(sorted(participants))},",
        "stored_at_s": now_s,
    }
    return StoreOutcome.STORED if _STORE_RECORDED.change(connection, values) else StoreOutcome.KNOWN


def stored_transaction(connection: Connection, tx_id: bytes) -> StoredTransaction | None:
    """One ledger_tx, or None."""
    return stored_transactions(connection, [tx_id]).get(tx_id)


def stored_transactions(connection: Connection, tx_ids: Iterable[bytes]) -> dict[bytes, StoredTransaction]:
    """Those of ``tx_ids`` (at most some hundreds) that are here, by id."""
    rows = _STORED.rows(connection, {"tx_ids": tx_ids})
    return {tx_id: StoredTransaction(tx_id, signed_bytes, position) for tx_id, signed_bytes, position in rows}


def unknown_transactions(connection: Connection, tx_ids: Iterable[bytes]) -> list[bytes]:
    """Those of ``tx_ids`` that are not here, in the order given."""
    wanted = list(tx_ids)
    known = {tx_id for (tx_id,) in _KNOWN.rows(connection, {"tx_ids": wanted})}
    return [tx_id for tx_id in dict.fromkeys(wanted) if tx_id not in known]


@dataclass(frozen=True, slots=True)
class Listing:
    """Ledger_txs of one participant, in the order in which they came here, up to and including ``up_to``."""

    tx_ids: tuple[bytes, ...]
    up_to: int
    is_complete: bool


def listed_for(connection: Connection, participant: str, after: int, window: int) -> Listing:
    """Those among the next ``window`` recorded ledger_txs after sequence ``after`` in which a node takes part.

    ``participant`` is a node's name: it holds neither commas nor what LIKE treats as special.
    """
    last = _LAST.rows(connection)[0][0] or 0
    up_to = min(after + window, last)
    wanted = {"after": after, "up_to": up_to, "pattern": f"%,{participant},%"}
    found = tuple(tx_id for (tx_id,) in _LISTED.rows(connection, wanted))
    return Listing(found, max(up_to, after), up_to >= last)
