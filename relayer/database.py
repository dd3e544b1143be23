"""One SQLite database of a relayer or gateway process: durable, one schema version, errors by the project's names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as insert_or_update

from primitives.errors import UnavailableError


class StoreUnavailable(UnavailableError):
    """The database cannot be read or written: nothing was changed. Check the disk, the path and who else holds it."""

    reason = "STORE_UNAVAILABLE"


class SchemaUnknown(UnavailableError):
    """The database was written by another version of this program; it is left untouched."""

    reason = "STORE_SCHEMA_UNKNOWN"

    def __init__(self, path: str, expected: int, found: int) -> None:
        self.path, self.expected, self.found = path, expected, found
        super().__init__(f"{path} has schema {found}, this program knows {expected}: start the version that wrote it")


class Database:
    """WAL, fsync at every commit, foreign keys on. ``path`` None keeps everything in memory (tests)."""

    def __init__(self, path: Path | None, metadata: sa.MetaData, schema_version: int) -> None:
        self._path = path
        in_memory: dict[str, Any] = {"poolclass": sa.StaticPool, "connect_args": {"check_same_thread": False}}
        # SQLite has one writer; threads of this process queue here instead of failing on each other's locks.
        self._turn = threading.Lock()
        self._engine = sa.create_engine(f"sqlite:///{path}" if path else "sqlite://", **({} if path else in_memory))
        sa.event.listen(self._engine, "connect", _configure)
        with self.transaction() as connection:
            found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
            if found not in {0, schema_version}:
                raise SchemaUnknown(str(path), schema_version, found)
            metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {schema_version}")

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One database transaction: committed whole at the end, rolled back whole on any error."""
        try:
            with self._turn, self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as failure:
            # The driver's own words; SQLAlchemy's would add the statement and its values.
            why = getattr(failure, "orig", None) or type(failure).__name__
            raise StoreUnavailable(f"database {self._path}: {why}; check the path and the disk") from failure

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        self._engine.dispose()


class Cursors:
    """A store's table of cursors: where reading of a named stream continues.

    Moved in the transaction that keeps what was read, so that a process killed at any line reads again or goes on.
    """

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "cursors",
            metadata,
            sa.Column("name", sa.String, primary_key=True),
            sa.Column("cursor", sa.Integer, nullable=False),
        )

    def read(self, connection: sa.Connection, name: str) -> int:
        """The cursor of a stream; 0 at first."""
        found = connection.execute(sa.select(self._table.c.cursor).where(self._table.c.name == name)).scalar()
        return int(found or 0)

    def move(self, connection: sa.Connection, name: str, cursor: int) -> None:
        """Set the cursor of a stream."""
        statement = insert_or_update(self._table).values(name=name, cursor=cursor)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"cursor": cursor}))


def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401  # a driver's connection
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 5000")
