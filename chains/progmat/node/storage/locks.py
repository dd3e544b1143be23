"""Who may write a database: an exclusive lock, held by one process, let go by the system when that process ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from chains.progmat.node.storage.errors import DatabaseInUse
from chains.progmat.node.storage.schema import head

_PATIENCE = text("SET LOCAL lock_timeout = '3s'")
"""How long the server may take to notice that the process which held the lock before is dead."""
_LOCK = text("SELECT pg_advisory_lock(hashtextextended('crossdvp node ' || current_schema(), 0))")
_UNLOCK = text("SELECT pg_advisory_unlock_all()")


def this_process() -> str:
    """How a holder is told to those who are refused."""
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"process {os.getpid()} on {socket.gethostname()} since {since}"


def lock_file(path: Path) -> int:
    """A descriptor that holds ``path.lock`` until it is closed; raises ``DatabaseInUse``, ``OSError``."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 256, 0).decode("utf-8", "replace").strip() or "another process"
        os.close(descriptor)
        raise DatabaseInUse(str(path), holder) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, this_process().encode(), 0)
    return descriptor


def lock_server(connection: Connection, database: str) -> None:
    """Hold PostgreSQL's advisory lock as long as this connection lives; raises ``DatabaseInUse``."""
    try:
        with connection.begin():
            connection.execute(_PATIENCE)
            connection.execute(_LOCK)
    except DBAPIError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        raise DatabaseInUse(database, _holder_in(connection)) from error


def unlock_server(connection: Connection) -> None:
    """Give the lock up at once, not only when the server notices the end; a dead connection has lost it already."""
    with contextlib.suppress(DBAPIError), connection.begin():
        connection.execute(_UNLOCK)


def _holder_in(connection: Connection) -> str:
    """Who took the lock, as far as the head row tells: its process writes it right after locking."""
    with connection.begin():
        if not inspect(connection).has_table(head.name):
            return "a process that is creating it"
        return connection.execute(select(head.c.holder)).scalar_one_or_none() or "another process"
