"""One process writes a node's database, and knows how far it has come: lock, head row and witness together.

The lock keeps a second process out: for a file an exclusive lock on ``FILE.lock``, held for life; for PostgreSQL a
session's advisory lock on the very connection that writes, so that the lock and the right to commit end together. A
lost connection loses the lock; when the writer comes back it takes it again, and finds by the head row's nonce whether
anybody else has written meanwhile. Each batch moves the head row's number by compare-and-set: a writer that is wrong
about its ownership cannot commit.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from psycopg import Connection as PsycopgConnection
from sqlalchemy import Connection, Engine, MetaData

from chains.progmat.node.database_location import DatabaseLocation, witness_path
from chains.progmat.node.storage.errors import DatabaseTakenOver, DatabaseWentBack, StorageFailed
from chains.progmat.node.storage.head import (
    count_commit,
    note_act,
    read_head,
    rename_history,
    seen_elsewhere,
    write_head,
)
from chains.progmat.node.storage.locks import lock_file, lock_server, this_process, unlock_server
from chains.progmat.node.storage.postgres_engine import CommitWarnings
from chains.progmat.node.storage.schema import prepare_schema
from chains.progmat.node.storage.standing import Doubt, Head, Seen, judge
from chains.progmat.node.storage.witness import RESERVE, Witness, WitnessRecord


class Ownership:
    """Blocking calls of the writer. Use ``take``; ``close`` releases everything."""

    def __init__(self, at: DatabaseLocation, node_name: str, schemas: Sequence[MetaData]) -> None:
        self._at = at
        self._node_name = node_name
        self._schemas = schemas
        self._lock: int | None = None
        self._witness: Witness | None = None
        self._warnings: CommitWarnings | None = None
        self._reserved = 0
        self.head: Head

    def take(self, engine: Engine, now_s: Callable[[], int]) -> Connection:
        """Lock the database, make or check its tables, judge its standing, begin an incarnation.

        Returns the connection to write on. Raises ``DatabaseInUse``, what ``prepare_schema`` raises, ``OSError`` and
        SQLAlchemy's errors; nothing is held then.
        """
        connection = None
        try:
            if isinstance(self._at, Path):
                self._lock = lock_file(self._at)
            connection = engine.connect()
            self._lock_server(connection)
            with connection.begin():
                prepare_schema(connection, str(self._at), self._node_name, self._schemas)
                head = read_head(connection) or _named(connection)
                seen = seen_elsewhere(connection)
            self._begin_incarnation(connection, head, seen, now_s())
        except BaseException:
            if connection is not None:
                connection.close()
            self.close()
            raise
        return connection

    def resume(self, connection: Connection) -> None:
        """On a new connection of the same process: lock again, see what became of the last batch.

        Raises ``DatabaseInUse``, ``DatabaseTakenOver``, ``DatabaseWentBack``.
        """
        self._lock_server(connection)
        with connection.begin():
            found = read_head(connection)
        if found is None or found.nonce != self.head.nonce:
            raise DatabaseTakenOver(str(self._at), found.holder if found else "nobody known")
        if found.number < self.head.number:
            raise DatabaseWentBack(str(self._at), self.head.number, found.number)
        self.head = replace(self.head, number=found.number)

    def count(self, connection: Connection) -> None:
        """In each batch's transaction. Raises ``DatabaseTakenOver`` when the database is no longer ours."""
        number = self.head.number + 1
        if number > self._reserved:
            self._promise(number - 1)
        driver: Any = connection.connection.driver_connection
        if not count_commit(driver, connection.dialect.name, self.head.nonce, number):
            found = read_head(connection)
            raise DatabaseTakenOver(str(self._at), found.holder if found else "nobody known")

    def committed(self) -> None:
        """After COMMIT, before anybody is told. Raises ``StorageFailed`` when the commit's fate is unknown."""
        warnings = self._warnings.taken() if self._warnings is not None else []
        if warnings:
            raise StorageFailed(f"COMMIT returned with a warning: {warnings[0]}")
        self.head = replace(self.head, number=self.head.number + 1)
        if self._witness is not None:
            self._witness.note(self.head.number)

    def close(self, connection: Connection | None = None) -> None:
        """Leave an exact, synced witness, then give up the lock; the connection itself is the caller's."""
        try:
            if self._witness is not None and self._reserved:
                self._promise(self.head.number)
        finally:
            if self._witness is not None:
                self._witness.close()
                self._witness = None
            if connection is not None and connection.dialect.name == "postgresql":
                unlock_server(connection)
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _begin_incarnation(self, connection: Connection, head: Head, seen: Seen, now_s: int) -> None:
        """Doubt and new incarnation are one commit; the witness allows it before and confirms it after."""
        self._witness = Witness(witness_path(self._at))
        known = self._witness.found
        doubt, detail = judge(head, known)
        is_new_doubt = doubt is not head.doubt
        least = seen.joined(Seen(head.incarnation, head.number))
        if doubt is Doubt.NONE:
            self._witness.promise(_record(head, head.number))
        elif known is not None:  # never below what was known before: the next copy is to be found out as well
            least = least.joined(Seen(known.incarnation, known.least))
        fresh = replace(
            head,
            incarnation=least.incarnation + 1,
            nonce=secrets.token_hex(8),
            number=least.number + 1,
            holder=this_process(),
            doubt=doubt,
            doubt_detail=detail,
        )
        with connection.begin():
            write_head(connection, fresh)
            if is_new_doubt:
                rename_history(connection)
                note_act(connection, at_s=now_s, operator="", act=f"doubt {doubt.value}", detail=detail)
        self.head = fresh
        self._promise(fresh.number)

    def _promise(self, number: int) -> None:
        if self._witness is None:  # pragma: no cover - only after close
            raise StorageFailed("the witness file is closed")
        self._witness.promise(_record(self.head, number))
        self._reserved = number + RESERVE

    def _lock_server(self, connection: Connection) -> None:
        driver = connection.connection.driver_connection
        if isinstance(driver, PsycopgConnection):
            self._warnings = CommitWarnings(driver)
            lock_server(connection, str(self._at))


def _named(connection: Connection) -> Head:
    """The head of a new database; its name is stored before the witness may learn it."""
    new = Head(secrets.token_hex(16), 0, "", 0, this_process())
    write_head(connection, new)
    return new


def _record(head: Head, number: int) -> WitnessRecord:
    return WitnessRecord(head.database_id, head.incarnation, head.nonce, number, number + RESERVE)
