"""The uniqueness store's tables in PostgreSQL: what a batch reads, and what its decision writes.

The SQL is what PostgreSQL-wire distributed databases take too: plain tables, ``= ANY``, ``unnest`` inserts, no advisory
locks, no procedures. Keys are looked up and inserted as arrays, so a batch costs a fixed number of statements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from chains.progmat.notary.codec import encode_entry
from chains.progmat.notary.decisions import Decision, Keys, Snapshot
from chains.progmat.notary.journal import JournalEntry, JournalHead
from chains.progmat.notary.model import Committed, PathRecord

LAYOUT_VERSION: Final = 1
TABLES: Final = ("notary_pin", "notary_committed", "notary_consumed", "notary_paths", "notary_journal", "notary_writer")
LAYOUT: Final = (
    "CREATE TABLE IF NOT EXISTS notary_pin (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS notary_committed (
        tx_id BYTEA PRIMARY KEY, time_s BIGINT NOT NULL, position BIGINT NOT NULL,
        requester TEXT NOT NULL, requester_key BYTEA NOT NULL, requester_signature BYTEA NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS notary_consumed (state BYTEA PRIMARY KEY, tx_id BYTEA NOT NULL)",
    """CREATE TABLE IF NOT EXISTS notary_paths (
        path BYTEA PRIMARY KEY, value BYTEA NOT NULL, created_by BYTEA NOT NULL, deleted_by BYTEA)""",
    """CREATE TABLE IF NOT EXISTS notary_journal (
        position BIGINT PRIMARY KEY, time_s BIGINT NOT NULL, entry_hash BYTEA NOT NULL, entry BYTEA NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS notary_writer (
        singleton BIGINT PRIMARY KEY, epoch BIGINT NOT NULL, holder TEXT NOT NULL, expires_ms BIGINT NOT NULL)""",
)

Connection = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]


@dataclass(frozen=True)
class Asked:
    """The answers about the keys of a batch, on their way or here; None where there were no keys."""

    head: Cursor
    committed: Cursor | None
    consumed: Cursor | None
    paths: Cursor | None


def ask_head(connection: Connection) -> Cursor:
    """Ask for the journal's last entry."""
    return connection.execute(
        "SELECT position, time_s, entry_hash FROM notary_journal ORDER BY position DESC LIMIT 1", binary=True
    )


def head_in(answer: Cursor, genesis: JournalHead) -> JournalHead:
    """The journal's last entry."""
    row = answer.fetchone()
    return genesis if row is None else JournalHead(*row)


def ask_about(connection: Connection, keys: Keys) -> Asked:
    """Ask what is committed about the keys of a batch."""
    return Asked(
        ask_head(connection),
        _ask(connection, "SELECT tx_id, time_s, position FROM notary_committed WHERE tx_id = ANY(%b)", keys.tx_ids),
        _ask(connection, "SELECT state, tx_id FROM notary_consumed WHERE state = ANY(%b)", keys.states),
        _ask(
            connection, "SELECT path, value, created_by, deleted_by FROM notary_paths WHERE path = ANY(%b)", keys.paths
        ),
    )


def snapshot_in(asked: Asked, genesis: JournalHead) -> Snapshot:
    """What is committed about the keys of a batch."""
    return Snapshot(
        head=head_in(asked.head, genesis),
        committed={row[0]: Committed(*row) for row in asked.committed or ()},
        consumed=dict(asked.consumed or ()),
        paths={row[0]: PathRecord(*row[1:]) for row in asked.paths or ()},
    )


def apply_decision(connection: Connection, decision: Decision) -> None:
    """Plain INSERTs for what must be new: a row that exists already aborts the whole batch."""
    _insert(
        connection,
        "INSERT INTO notary_committed SELECT * FROM"
        " unnest(%b::bytea[], %b::bigint[], %b::bigint[], %b::text[], %b::bytea[], %b::bytea[])",
        [
            (c.tx_id, c.time_s, c.position, asked.name, asked.key.encoded(), asked.signature)
            for c, asked in decision.newly_committed
        ],
    )
    _insert(
        connection,
        "INSERT INTO notary_consumed SELECT * FROM unnest(%b::bytea[], %b::bytea[])",
        list(decision.newly_consumed.items()),
    )
    _insert(
        connection,
        "INSERT INTO notary_paths AS known (path, value, created_by, deleted_by)"
        " SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[])"
        " ON CONFLICT (path) DO UPDATE SET deleted_by = excluded.deleted_by WHERE known.deleted_by IS NULL",
        [(path, r.value, r.created_by, r.deleted_by) for path, r in decision.changed_paths.items()],
    )
    append_entries(connection, decision.entries)


def append_entries(connection: Connection, entries: Iterable[JournalEntry]) -> None:
    """The next entries of the journal."""
    _insert(
        connection,
        "INSERT INTO notary_journal SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[], %b::bytea[])",
        [(e.position, e.time_s, e.entry_hash, encode_entry(e)) for e in entries],
    )


def _ask(connection: Connection, select: Any, keys: Collection[bytes]) -> Cursor | None:  # noqa: ANN401 # psycopg wants a literal where the caller has one
    return connection.execute(select, (list(keys),), binary=True) if keys else None


def _insert(connection: Connection, insert: Any, rows: list[tuple[Any, ...]]) -> None:  # noqa: ANN401 # as _ask
    if rows:
        connection.execute(insert, [list(column) for column in zip(*rows, strict=True)])
