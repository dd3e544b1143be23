"""Both databases behind one pair of engines, writer and reader; SQLite as the node wants it.

SQLite: durable, strict about foreign keys, transactions begun and ended by us alone. PostgreSQL: ``postgres_engine``.
"""

from __future__ import annotations

import sqlite3
from enum import Enum
from pathlib import Path
from typing import Any

from psycopg import Error as PsycopgError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage.postgres_engine import is_postgres_failure, postgres_reader, postgres_writer

READER_WAITS_S = 5.0
WRITER_WAITS_S = 1.0
"""For the lock, which nobody else should hold but a scrub for a moment: the event loop waits meanwhile."""
WRITER_CACHE_KIB = 32 * 1024
"""Keys are hashes, so writes fall all over the indexes: SQLite's own 2 MiB would read pages again and again."""
CHECKPOINT_PAGES = 8192
"""32 MiB of log before its pages go into the file: a page that many commits change is then written once."""
_READS = "read-only"

# Bytes the driver has adapted before it binds them, and where it finds no adapter it makes an exception and throws it
# away: a sixth of a look-up by three hashes. This one gives back what it is given.
sqlite3.register_adapter(bytes, bytes)


class Access(Enum):
    """What a connection may do."""

    WRITE = "BEGIN IMMEDIATE"  # takes the write lock at once: no upgrade, so no deadlock
    READ = "BEGIN"


def engine_for(at: DatabaseLocation, access: Access, application: str = "crossdvp") -> Engine:
    """An engine without pool: who connects owns the connection and its thread."""
    if isinstance(at, Path):
        return sqlite_engine(at, access)
    return postgres_writer(at, application) if access is Access.WRITE else postgres_reader(at, application)


def sqlite_engine(path: Path, access: Access) -> Engine:
    """A SQLite file's engine."""
    waits_s = WRITER_WAITS_S if access is Access.WRITE else READER_WAITS_S
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": waits_s, "check_same_thread": False}
    )

    def configure(dbapi_connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        if not isinstance(dbapi_connection, sqlite3.Connection):  # pragma: no cover - the URL above names SQLite
            raise TypeError("not a SQLite connection")
        dbapi_connection.isolation_level = None  # the driver must not open transactions of its own
        pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"]
        if access is Access.READ:
            pragmas.append("query_only=ON")
            entry.info[_READS] = True
        else:
            pragmas += [f"cache_size=-{WRITER_CACHE_KIB}", f"wal_autocheckpoint={CHECKPOINT_PAGES}"]
            pragmas.append("temp_store=MEMORY")  # what a savepoint keeps for the case that it is wanted back
            pragmas.append("secure_delete=ON")  # a person who is erased must not lie in free pages
        for pragma in pragmas:
            dbapi_connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute(access.value)  # past SQLAlchemy, which takes ten times as long for the same

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", begin)
    return engine


def sees_only_commits(connection: Connection) -> bool:
    """Whether what ``connection`` finds is committed for certain; said of readers of a file only."""
    return _READS in connection.info


_FATAL = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


def is_storage_failure(error: BaseException) -> bool:
    """Whether the database itself failed, rather than the statement: the whole batch is lost then, not one operation.

    SQLite may have rolled back the transaction already for some of these codes (see "Response To Errors Within A
    Transaction" in SQLite's documentation), so no operation of the batch may be called done.
    """
    original = getattr(error, "orig", error)
    if isinstance(original, PsycopgError):
        return is_postgres_failure(original)
    code = getattr(original, "sqlite_errorcode", None)
    return isinstance(code, int) and (code & 0xFF) in _FATAL
