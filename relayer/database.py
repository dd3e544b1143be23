"""The database of a relayer or gateway process: SQLite for one instance, PostgreSQL for several.

Durable, one schema version, errors by the project's names. Tables are written once for both: with the column types and
``upsert`` of this module, and nothing that only one of the two knows.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from relayer.schema import prepare_schema
from relayer.store_errors import StoreConflict, StoreUnavailable

Int64: Final = sa.BigInteger()
"""Heights, times, counts: PostgreSQL's plain integer has 32 bits."""
RowId: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A primary key that the database counts up itself."""
HEALTH_CURSOR: Final = "/health"
"""The name, no chain's, under which a store proves that it can be written."""
Location = Path | str | None
"""A SQLite file, a ``postgresql://`` URL, or None: in memory, for tests."""


_Result = TypeVar("_Result")
_Args = ParamSpec("_Args")
MOST_ATTEMPTS: Final = 5
_CONFLICTS: Final = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's serialization failure, deadlock, and a lock that was not to be had in time."""
_LIMITS: Final = (
    "-c statement_timeout=30000 -c lock_timeout=10000 "
    # an instance that stands still in the middle of a transaction must not hold its lease's row for ever
    "-c idle_in_transaction_session_timeout=10000"
)


class _Kind(Enum):
    READ = "read"
    WRITE = "write"


class Database:
    """SQLite with WAL, an fsync at every commit and foreign keys, or PostgreSQL, as ``location`` says."""

    def __init__(
        self, location: Location, metadata: sa.MetaData, schema_version: int, program: str = "relayer"
    ) -> None:
        """Open the tables of ``program``; a database without any gets them.

        Raises ``SchemaOutdated`` and ``SchemaUnknown`` for tables of another version, ``StoreUnavailable``.
        """
        self.metadata, self.schema_version = metadata, schema_version
        self._engine = _engine(location)
        self.shown = self._engine.url.render_as_string(hide_password=True)
        self.is_shared = self._engine.dialect.name == "postgresql"
        # SQLite has one writer; threads of this process queue here instead of failing on each other's locks.
        self._turn: AbstractContextManager[Any] = nullcontext() if self.is_shared else threading.Lock()
        self._reads_beside = self.is_shared or location is not None
        try:
            with self.transaction() as connection:
                if self.is_shared:  # two instances that start together must not both make the tables
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
                prepare_schema(connection, metadata, schema_version, self.shown, program)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One database transaction: committed whole at the end, rolled back whole on any error."""
        with self._turn, self._begun(_Kind.WRITE) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One that only reads, and waits for no writer where the database can do so: for answers to people."""
        with nullcontext() if self._reads_beside else self._turn, self._begun(_Kind.READ) as connection:
            yield connection

    async def asked(self, read: Callable[_Args, _Result], *args: _Args.args, **named: _Args.kwargs) -> _Result:
        """A short read for a coroutine: of a file at once, which costs less than a thread; a server is waited for."""
        if self.is_shared:
            return await asyncio.to_thread(read, *args, **named)
        return read(*args, **named)

    def retried(self, work: Callable[[sa.Connection], _Result]) -> _Result:
        """``work`` in one transaction, again from the start when another got into its way; its effects happen once."""
        for _ in range(MOST_ATTEMPTS - 1):
            try:
                with self.transaction() as connection:
                    return work(connection)
            except StoreConflict:
                continue
        with self.transaction() as connection:
            return work(connection)

    @contextmanager
    def _begun(self, kind: _Kind) -> Iterator[sa.Connection]:
        with (
            _named_errors(self.shown),
            self._engine.connect().execution_options(crossdvp_kind=kind) as connection,
            connection.begin(),
        ):
            yield connection

    @property
    def engine(self) -> sa.Engine:
        """For whoever times it; it is used through ``transaction``."""
        return self._engine

    def close(self) -> None:
        """Close all connections, after the transaction under way; safe to call twice."""
        with self._turn:  # a thread in the middle of a statement would not survive losing its connection
            self._engine.dispose()


@contextmanager
def _named_errors(shown: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as failure:
        # The driver's own words; SQLAlchemy's would add the statement and its values.
        driver = getattr(failure, "orig", None)
        why = driver or type(failure).__name__
        if getattr(driver, "sqlstate", None) in _CONFLICTS or "database is locked" in str(why):
            raise StoreConflict(f"database {shown}: {why}; nothing was changed, try again") from failure
        raise StoreUnavailable(f"database {shown}: {why}; check that it can be reached and written") from failure


@contextmanager
def bare_connection(location: Location) -> Iterator[sa.Connection]:
    """One transaction over tables of any version, for those who change them. SQLite does not check references then.

    Raises ``StoreUnavailable``.
    """
    engine = _engine(location)
    try:
        with _named_errors(engine.url.render_as_string(hide_password=True)), engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.connection.execute("PRAGMA foreign_keys = OFF")
            with connection.begin():
                if engine.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
                yield connection
    finally:
        engine.dispose()


_SCHEMA_LOCK: Final = 0x63_72_6F_73_73  # a number of ours among the database's advisory locks


def is_url(location: object) -> bool:
    """Whether a location is PostgreSQL's."""
    return isinstance(location, str) and location.startswith("postgresql:")


def _engine(location: Location) -> sa.Engine:
    if location is None:
        return _configured(
            sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
        )
    if is_url(location):
        url = sa.make_url(str(location)).set(drivername="postgresql+psycopg")
        limits = {"connect_timeout": 5, "options": _LIMITS, "keepalives_idle": 5, "tcp_user_timeout": 10_000}
        return sa.create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8, connect_args=limits)
    return _configured(sa.create_engine(f"sqlite:///{location}"))


def _configured(engine: sa.Engine) -> sa.Engine:
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", _begin)
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


def shared_clock_s(connection: sa.Connection, now_s: float) -> float:
    """The clock that instances share: PostgreSQL's own; of SQLite, which one machine uses, the caller's ``now_s``."""
    if connection.dialect.name != "postgresql":
        return now_s
    return float(connection.execute(sa.select(sa.extract("epoch", sa.func.clock_timestamp()))).scalar_one())


def _begin(connection: sa.Connection) -> None:
    """A writer has SQLite's lock from its first statement: what it read is still so when it writes."""
    reads = connection.get_execution_options().get("crossdvp_kind") is _Kind.READ
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401  # a driver's connection
    connection.isolation_level = None  # the driver would begin at the first change, and not before what it rests on
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 5000")
