"""The database of a relayer or gateway process: SQLite for one instance, PostgreSQL for several.

Durable, one schema version, errors by the project's names. Tables are written once for both: with the column types and
``upsert`` of this module, and nothing that only one of the two knows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from primitives.errors import UnavailableError

Int64: Final = sa.BigInteger()
"""Heights, times, counts: PostgreSQL's plain integer has 32 bits."""
RowId: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A primary key that the database counts up itself."""
HEALTH_CURSOR: Final = "/health"
"""The name, no chain's, under which a store proves that it can be written."""
Location = Path | str | None
"""A SQLite file, a ``postgresql://`` URL, or None: in memory, for tests."""


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
    """SQLite with WAL, an fsync at every commit and foreign keys, or PostgreSQL, as ``location`` says."""

    def __init__(self, location: Location, metadata: sa.MetaData, schema_version: int) -> None:
        self._engine = _engine(location)
        self.shown = self._engine.url.render_as_string(hide_password=True)
        self.is_shared = self._engine.dialect.name == "postgresql"
        # SQLite has one writer; threads of this process queue here instead of failing on each other's locks.
        self._turn: AbstractContextManager[Any] = nullcontext() if self.is_shared else threading.Lock()
        versions = _versions_table(metadata)
        with self.transaction() as connection:
            if self.is_shared:  # two instances that start together must not both make the tables
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
            versions.create(connection, checkfirst=True)
            found = connection.execute(sa.select(versions.c.version)).scalar()
            if found not in {None, schema_version}:
                raise SchemaUnknown(self.shown, schema_version, int(found))
            metadata.create_all(connection)
            if found is None:
                connection.execute(sa.insert(versions).values(version=schema_version))

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One database transaction: committed whole at the end, rolled back whole on any error."""
        try:
            with self._turn, self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as failure:
            # The driver's own words; SQLAlchemy's would add the statement and its values.
            why = getattr(failure, "orig", None) or type(failure).__name__
            raise StoreUnavailable(
                f"database {self.shown}: {why}; check that it can be reached and written"
            ) from failure

    @property
    def engine(self) -> sa.Engine:
        """For whoever times it; it is used through ``transaction``."""
        return self._engine

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        self._engine.dispose()


_SCHEMA_LOCK: Final = 0x63_72_6F_73_73  # a number of ours among the database's advisory locks


def is_url(location: object) -> bool:
    """Whether a location is PostgreSQL's."""
    return isinstance(location, str) and location.startswith("postgresql:")


def _versions_table(metadata: sa.MetaData) -> sa.Table:
    known = metadata.tables.get("schema_version")
    return (
        sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, nullable=False))
        if known is None
        else known
    )


def _engine(location: Location) -> sa.Engine:
    if location is None:
        return _configured(
            sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
        )
    if is_url(location):
        url = sa.make_url(str(location)).set(drivername="postgresql+psycopg")
        return sa.create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8)
    return _configured(sa.create_engine(f"sqlite:///{location}"))


def _configured(engine: sa.Engine) -> sa.Engine:
    sa.event.listen(engine, "connect", _configure)
    return engine


def upsert(
    connection: sa.Connection, table: sa.Table, values: Mapping[str, Any], keys: Sequence[str], *, replace: bool = True
) -> None:
    """Insert a row; where one with these ``keys`` (a primary key or unique constraint) stands, replace its values.

    ``replace`` False leaves what stands as it is.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**values)
    changed = {name: value for name, value in values.items() if name not in keys}
    if replace and changed:
        connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=changed))
    else:
        connection.execute(statement.on_conflict_do_nothing(index_elements=list(keys)))


class Cursors:
    """A store's table of cursors: where reading of a named stream continues.

    Moved in the transaction that keeps what was read, so that a process killed at any line reads again or goes on.
    """

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "cursors",
            metadata,
            sa.Column("name", sa.String, primary_key=True),
            sa.Column("cursor", Int64, nullable=False),
        )

    def read(self, connection: sa.Connection, name: str) -> int:
        """The cursor of a stream; 0 at first."""
        found = connection.execute(sa.select(self._table.c.cursor).where(self._table.c.name == name)).scalar()
        return int(found or 0)

    def move(self, connection: sa.Connection, name: str, cursor: int) -> None:
        """Set the cursor of a stream."""
        upsert(connection, self._table, {"name": name, "cursor": cursor}, ["name"])


def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401  # a driver's connection
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 5000")
