"""How a notary's store stands, read from outside while workers use it or not; nothing is changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from psycopg import IsolationLevel

from chains.progmat.notary import postgres_rows as rows
from chains.progmat.notary.errors import UniquenessStoreError, UniquenessStoreLost
from chains.progmat.notary.journal import JournalHead, genesis
from chains.progmat.notary.postgres_session import PostgresSession


@dataclass(frozen=True, slots=True)
class WriterStatus:
    """Who may commit, in which epoch, until when by the workers' clocks (Unix milliseconds; 0: given back)."""

    holder: str
    epoch: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The ledger it belongs to, the journal's head, and the writer where several workers share the store."""

    ledger_id: str
    head: JournalHead
    writer: WriterStatus | None


def read_sqlite_status(path: Path) -> StoreStatus:
    """Of a store in a file; raises UniquenessStoreLost when it cannot be read, UniquenessStoreError when it is none."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            ledger_id = _ledger_id(connection.execute("SELECT value FROM pin WHERE name = 'ledger_id'").fetchone())
            head = connection.execute(
                "SELECT position, time_s, entry_hash FROM journal ORDER BY position DESC LIMIT 1"
            ).fetchone()
    except sqlite3.Error as error:
        raise UniquenessStoreLost(f"{path}: {error}") from error
    return StoreStatus(ledger_id, genesis(ledger_id) if head is None else JournalHead(*head), None)


def read_postgres_status(conninfo: str) -> StoreStatus:
    """Of a store by URL; raises UniquenessStoreLost, UniquenessStoreError."""
    session = PostgresSession(conninfo, IsolationLevel.REPEATABLE_READ)
    try:
        return session.run(_read)
    finally:
        session.close()


def _read(connection: rows.Connection) -> StoreStatus:
    ledger_id = _ledger_id(connection.execute("SELECT value FROM notary_pin WHERE name = 'ledger_id'").fetchone())
    head = rows.head_in(rows.ask_head(connection), genesis(ledger_id))
    writer = connection.execute("SELECT holder, epoch, expires_ms FROM notary_writer WHERE singleton = 1").fetchone()
    return StoreStatus(ledger_id, head, None if writer is None else WriterStatus(*writer))


def _ledger_id(row: tuple[str, ...] | None) -> str:
    if row is None:
        raise UniquenessStoreError("no notary has used this database yet")
    return row[0]
