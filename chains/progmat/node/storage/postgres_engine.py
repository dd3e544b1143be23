"""PostgreSQL as the node wants it: SERIALIZABLE, durable, and nothing that could end a COMMIT early.

Traps this answers (measured, see the project's notes on replicated stores): a COMMIT that is cancelled while it waits
for a standby reports *success* with a warning, so no time limit is ever set on the writer and such a warning counts as
"fate unknown"; a plan prepared while a table was empty is kept after it has grown, so plans are made for each call.
"""

from __future__ import annotations

from typing import Any, Final

from psycopg import Connection as PsycopgConnection
from psycopg import InterfaceError, OperationalError
from psycopg.errors import Diagnostic
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from chains.progmat.node.database_location import PostgresDatabase

CONNECT_TIMEOUT_S: Final = 10
_CONNECT_DEFAULTS: Final = {
    "connect_timeout": str(CONNECT_TIMEOUT_S),
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # ms: how a COMMIT on a dead line ends at last, as "fate unknown"
}
_SETTINGS: Final = (
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
    "SET plan_cache_mode = force_custom_plan",
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
)


def postgres_writer(at: PostgresDatabase, application: str) -> Engine:
    """An engine without pool for the one writer."""
    return _engine(at, application, "SERIALIZABLE", ())


def postgres_reader(at: PostgresDatabase, application: str) -> Engine:
    """An engine without pool whose transactions are read-only snapshots.

    REPEATABLE READ is one snapshot; with a single writer it is also a serial one, and it takes no predicate locks.
    """
    return _engine(at, application, "REPEATABLE READ", ("SET default_transaction_read_only = on",))


def _engine(at: PostgresDatabase, application: str, isolation: Any, more: tuple[str, ...]) -> Engine:  # noqa: ANN401  # SQLAlchemy's literal type
    given = {**_CONNECT_DEFAULTS, "application_name": application}
    for name in at.url.query:
        given.pop(name, None)  # the operator's own choice
    engine = create_engine(at.url, poolclass=NullPool, isolation_level=isolation, connect_args=given)

    def configure(dbapi_connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401  # psycopg's, by the URL
        dbapi_connection.autocommit = True
        for setting in (*_SETTINGS, *more):
            dbapi_connection.execute(setting)
        dbapi_connection.autocommit = False

    event.listen(engine, "connect", configure)
    return engine


class CommitWarnings:
    """Warnings the server sends to one connection; any of them during COMMIT means that its fate is unknown."""

    def __init__(self, connection: PsycopgConnection[Any]) -> None:
        self._seen: list[str] = []
        connection.add_notice_handler(self._note)

    def _note(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            self._seen.append(diagnostic.message_primary or "a warning without words")

    def taken(self) -> list[str]:
        """What was seen since the last call."""
        seen, self._seen = self._seen, []
        return seen


_STORAGE_CLASSES: Final = frozenset({"08", "40", "53", "55", "57", "58", "F0", "XX"})
"""SQLSTATE classes: connection, serialisation, resources, in use, operator, system, files, bugs."""
_STORAGE_STATES: Final = frozenset({"25006", "25P03", "25P04"})
"""Read-only server, and its time limits on transactions. Others of class 25 are an operation's own mistake."""


def is_postgres_failure(error: BaseException) -> bool:
    """Whether psycopg's error is the database's own failure: see ``engine.is_storage_failure``.

    Without SQLSTATE it comes from the client library: the line is cut, or never was there.
    """
    state = getattr(error, "sqlstate", None)
    if state is None:
        return isinstance(error, OperationalError | InterfaceError)
    return state[:2] in _STORAGE_CLASSES or state in _STORAGE_STATES
