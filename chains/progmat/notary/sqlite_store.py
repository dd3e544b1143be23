"""The embedded uniqueness store: SQLite in WAL mode, every batch one transaction, synced to disk before it is answered.

One connection writes, one reads, each under its own lock, so that journal readers never wait for a commit. The file
belongs to one ledger: its id is pinned when the file is made and checked when it is opened.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from chains.progmat.notary.codec import decode_entry, encode_entry
from chains.progmat.notary.decisions import Decision, Keys, Outcome, Snapshot, decide, keys_of
from chains.progmat.notary.errors import UniquenessStoreError, UniquenessStoreFailed, UniquenessStoreFull
from chains.progmat.notary.journal import JournalEntry, JournalHead, genesis, tick
from chains.progmat.notary.model import CommitRequest, Committed, PathRecord, Requester
from chains.progmat.transactions.component_codec import decode_single_key

LAYOUT_VERSION = 2
_LOOKUP_CHUNK = 500
_BUSY_TIMEOUT_S = 10.0
_CACHE_KIB = 16 * 1024
"""For each connection. Four times as much is no faster at 400,000 transactions: the system keeps the pages as well."""

_LAYOUT = """
CREATE TABLE IF NOT EXISTS pin (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS committed (
    tx_id BLOB PRIMARY KEY, time_s INTEGER NOT NULL, position INTEGER NOT NULL,
    requester TEXT NOT NULL, requester_key BLOB NOT NULL, requester_signature BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consumed (state BLOB PRIMARY KEY, tx_id BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS paths (
    path BLOB PRIMARY KEY, value BLOB NOT NULL, created_by BLOB NOT NULL, deleted_by BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
    position INTEGER PRIMARY KEY, time_s INTEGER NOT NULL, entry_hash BLOB NOT NULL, entry BLOB NOT NULL
);
"""


class SqliteUniquenessStore:
    """``UniquenessStore`` in one file. Raises UniquenessStoreError when the file is another ledger's or layout's."""

    def __init__(self, path: Path, ledger_id: str) -> None:
        self._genesis = genesis(ledger_id)
        self._writer = _connect(path)
        self._reader = _connect(path)
        self._writer_lock = threading.Lock()
        self._reader_lock = threading.Lock()
        self._writer.executescript(_LAYOUT)
        with self._writing() as connection:
            _check_pin(connection, "ledger_id", ledger_id)
            _check_pin(connection, "layout", str(LAYOUT_VERSION))

    def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
        """Decide and commit a batch in one step."""
        with self._writing() as connection:
            snapshot = _snapshot(connection, keys_of(batch), self._head(connection))
            decision = decide(snapshot, batch, clock_s)
            _apply(connection, decision)
        return decision.outcomes

    def append_tick(self, clock_s: int) -> JournalHead:
        """Append a tick if time has moved; the head afterwards."""
        with self._writing() as connection:
            head = self._head(connection)
            if clock_s <= head.time_s:
                return head
            entry = tick(head, clock_s)
            _append(connection, (entry,))
        return entry.head

    def find_committed(self, tx_id: bytes) -> Committed | None:
        """A committed transaction's answer."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT tx_id, time_s, position FROM committed WHERE tx_id = ?", (tx_id,)
            ).fetchone()
        return None if row is None else Committed(*row)

    def find_all_committed(self, tx_ids: Sequence[bytes]) -> dict[bytes, Committed]:
        """Committed transactions' answers."""
        with self._reading() as connection:
            rows = _lookup(connection, "SELECT tx_id, time_s, position FROM committed WHERE tx_id", tx_ids)
            return {row[0]: Committed(*row) for row in rows}

    def requester_of(self, tx_id: bytes) -> Requester | None:
        """Who had a transaction committed."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT requester, requester_key, requester_signature FROM committed WHERE tx_id = ?", (tx_id,)
            ).fetchone()
        return None if row is None else Requester(row[0], decode_single_key(row[1]), row[2])

    def head(self) -> JournalHead:
        """The journal's last entry."""
        with self._reading() as connection:
            return self._head(connection)

    def read_entries(self, after_position: int, max_entries: int) -> tuple[JournalEntry, ...]:
        """Entries after a position, in order."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT entry FROM journal WHERE position > ? ORDER BY position LIMIT ?", (after_position, max_entries)
            ).fetchall()
        return tuple(decode_entry(entry) for (entry,) in rows)

    def close(self) -> None:
        """Release the file; what was committed stays."""
        with self._writer_lock, self._reader_lock:
            self._writer.close()
            self._reader.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The writer's connection in one immediate transaction: committed at the end, rolled back by an exception."""
        with self._writer_lock, _named_failures():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._reader_lock, _named_failures():
            yield self._reader

    def _head(self, connection: sqlite3.Connection) -> JournalHead:
        row = connection.execute(
            "SELECT position, time_s, entry_hash FROM journal ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return self._genesis if row is None else JournalHead(*row)


@contextmanager
def _named_failures() -> Iterator[None]:
    """SQLite's exceptions as ours: a row that must be new exists already, or the disk failed."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise UniquenessStoreError(f"the notary's database contradicts itself: {error}; stop and inspect it") from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise UniquenessStoreFull(str(error)) from error
        raise UniquenessStoreFailed(str(error)) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")  # keys are hashes: each touches another page
    return connection


def _check_pin(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR IGNORE INTO pin VALUES (?, ?)", (name, value))
    (found,) = connection.execute("SELECT value FROM pin WHERE name = ?", (name,)).fetchone()
    if found != value:
        raise UniquenessStoreError(
            f"this notary database has {name} {found}, {value} is configured; open the right file"
        )


def _snapshot(connection: sqlite3.Connection, keys: Keys, head: JournalHead) -> Snapshot:
    committed = _lookup(connection, "SELECT tx_id, time_s, position FROM committed WHERE tx_id", keys.tx_ids)
    consumed = _lookup(connection, "SELECT state, tx_id FROM consumed WHERE state", keys.states)
    paths = _lookup(connection, "SELECT path, value, created_by, deleted_by FROM paths WHERE path", keys.paths)
    return Snapshot(
        head=head,
        committed={row[0]: Committed(*row) for row in committed},
        consumed=dict(consumed),
        paths={row[0]: PathRecord(*row[1:]) for row in paths},
    )


def _lookup(connection: sqlite3.Connection, select: str, keys: Iterable[bytes]) -> Iterator[Any]:
    remaining = iter(keys)
    while chunk := tuple(islice(remaining, _LOOKUP_CHUNK)):
        marks = ",".join("?" * len(chunk))
        yield from connection.execute(f"{select} IN ({marks})", chunk)


def _apply(connection: sqlite3.Connection, decision: Decision) -> None:
    """Plain INSERTs for what must be new: a row that exists already aborts the whole batch."""
    connection.executemany(
        "INSERT INTO committed VALUES (?, ?, ?, ?, ?, ?)",
        [
            (c.tx_id, c.time_s, c.position, asked.name, asked.key.encoded(), asked.signature)
            for c, asked in decision.newly_committed
        ],
    )
    connection.executemany("INSERT INTO consumed VALUES (?, ?)", list(decision.newly_consumed.items()))
    connection.executemany(
        "INSERT INTO paths VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET deleted_by = excluded.deleted_by"
        " WHERE paths.deleted_by IS NULL",
        [(path, r.value, r.created_by, r.deleted_by) for path, r in decision.changed_paths.items()],
    )
    _append(connection, decision.entries)


def _append(connection: sqlite3.Connection, entries: Iterable[JournalEntry]) -> None:
    connection.executemany(
        "INSERT INTO journal VALUES (?, ?, ?, ?)",
        [(e.position, e.time_s, e.entry_hash, encode_entry(e)) for e in entries],
    )
