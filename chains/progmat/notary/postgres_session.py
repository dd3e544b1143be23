"""One connection to the notary's PostgreSQL: opened when needed, renewed after a failure, every failure named.

**Nothing cancels a commit.** PostgreSQL answers a cancelled commit that waits for its synchronous standby with success
and a warning, although no standby has it. So no statement time-out is set, no cancel is ever sent, and a commit that
succeeded with a warning counts as unknown. A dead network ends a connection by TCP's own means, which is unknown too.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import psycopg
import structlog
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict

from chains.progmat.notary.errors import (
    UniquenessStoreError,
    UniquenessStoreFailed,
    UniquenessStoreFull,
    UniquenessStoreLost,
)
from chains.progmat.notary.postgres_rows import Connection, Cursor

MAX_ATTEMPTS: Final = 16
"""Of one database transaction whose serialization fails; the fence makes even one failure rare."""

_IDLE_IN_TRANSACTION_MS: Final = 10_000
"""The server ends a session that stands still inside a batch: a stopped process must not lock the standby out."""

_LOCK_TIMEOUT_MS: Final = 5_000
"""How long a batch or a take-over waits for the lease's row; ends before anything is committed."""

_SESSION_ENDED: Final = frozenset({"25P03", "57P01", "57P02", "57P03", "57P05"})
"""SQLSTATEs with which the server ends a session: idle in transaction, shutdown, crash, starting up, idle."""

_BEGIN: Final = {
    psycopg.IsolationLevel.SERIALIZABLE: "BEGIN ISOLATION LEVEL SERIALIZABLE",
    psycopg.IsolationLevel.REPEATABLE_READ: "BEGIN ISOLATION LEVEL REPEATABLE READ",
    psycopg.IsolationLevel.READ_COMMITTED: "BEGIN ISOLATION LEVEL READ COMMITTED",
}

_PARAMETERS: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "application_name": "crossdvp-notary",
}

S = TypeVar("S")
T = TypeVar("T")
_Ended = tuple[T, Cursor]
"""What came out, and the answer to the COMMIT."""

_log = structlog.get_logger(__name__)


class PostgresSession:
    """Runs work in database transactions, one after another; safe from several threads."""

    def __init__(self, url: str, isolation: psycopg.IsolationLevel) -> None:
        self._begin = _BEGIN[isolation]
        self._settings = _PARAMETERS | {key: str(value) for key, value in conninfo_to_dict(url).items()}
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._warnings: list[str] = []

    def run(self, work: Callable[[Connection], T]) -> T:
        """The result of ``work``, committed; a serialization failure (40001) or deadlock is run again from the start.

        ``work`` may run several times and must not have effects of its own. What it raises rolls everything back.
        Raises UniquenessStoreFailed, or a kind of it, when the outcome is unknown; UniquenessStoreError for a database
        that is not ours.
        """

        def whole(connection: Connection) -> _Ended[T]:
            connection.execute(self._begin)
            result = work(connection)
            self._warnings.clear()
            return result, connection.execute("COMMIT")

        return self._run_again(whole)

    def run_in_two(self, ask: Callable[[Connection], S], act: Callable[[Connection, S], T]) -> T:
        """As ``run``, in two journeys to the server however many the statements: what is asked, what follows from it.

        ``ask`` executes without fetching; ``act`` is given what it returned, fetches, and executes without fetching.
        In between the server knows that it is our turn, or it would not end a session that stands still there.
        """

        def whole(connection: Connection) -> _Ended[T]:
            with connection.pipeline() as pipeline:
                connection.execute(self._begin)
                asked = ask(connection)
                pipeline.sync()  # not the end of a pipeline: psycopg's is followed by a flush, which stops that clock
                result = act(connection, asked)
                self._warnings.clear()
                end = connection.execute("COMMIT")
            return result, end

        return self._run_again(whole)

    def close(self) -> None:
        """Release the connection."""
        with self._lock:
            self._drop()

    def _run_again(self, whole: Callable[[Connection], _Ended[T]]) -> T:
        with self._lock, _named_failures():
            for _ in range(MAX_ATTEMPTS):
                connection = self._opened()
                try:
                    return self._once(connection, whole)
                except (pg.SerializationFailure, pg.DeadlockDetected) as error:
                    _log.info("notary batch is run again", sqlstate=error.sqlstate)
        raise UniquenessStoreFailed(f"other writers won {MAX_ATTEMPTS} times in a row")

    def _once(self, connection: Connection, whole: Callable[[Connection], _Ended[T]]) -> T:
        try:
            result, end = whole(connection)
        except (pg.SerializationFailure, pg.DeadlockDetected):
            self._rolled_back(connection)
            raise
        except psycopg.Error:
            self._drop()  # whatever it was, the next batch begins on a fresh connection
            raise
        except BaseException:
            self._rolled_back(connection)
            raise
        if self._warnings or end.statusmessage != "COMMIT":
            said = "; ".join(self._warnings) or end.statusmessage
            raise UniquenessStoreFailed(f"the commit is not confirmed: {said}")
        return result

    def _opened(self) -> Connection:
        if self._connection is None or self._connection.closed:
            # Nothing is prepared: a plan made on an empty table would be kept when the table is large.
            settings: dict[str, Any] = {**self._settings, "autocommit": True}  # BEGIN and COMMIT are sent by _once
            connection = psycopg.connect(**settings, prepare_threshold=None)
            connection.add_notice_handler(self._noticed)
            self._connection = connection
            _set_timeouts(connection)
        return self._connection

    def _noticed(self, notice: pg.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warnings.append(notice.message_primary or "a warning without words")

    def _rolled_back(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()


def _set_timeouts(connection: Connection) -> None:
    connection.execute("SET statement_timeout = 0")
    connection.execute(f"SET lock_timeout = {_LOCK_TIMEOUT_MS}")
    connection.execute(f"SET idle_in_transaction_session_timeout = {_IDLE_IN_TRANSACTION_MS}")


@contextlib.contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise _named(error) from error


def _named(error: psycopg.Error) -> UniquenessStoreFailed | UniquenessStoreError:
    """PostgreSQL's exceptions as ours. Their texts name host, user and database, never a password."""
    text = " ".join(str(error).split())
    if isinstance(error, psycopg.IntegrityError):
        return UniquenessStoreError(f"the notary's database contradicts itself: {text}; stop and inspect it")
    if isinstance(error, psycopg.ProgrammingError | psycopg.DataError):
        return UniquenessStoreError(f"this database cannot be the notary's: {text}")
    if isinstance(error, pg.DiskFull):
        return UniquenessStoreFull(text)
    return UniquenessStoreLost(text) if _ends_the_session(error) else UniquenessStoreFailed(text)


def _ends_the_session(error: psycopg.Error) -> bool:
    if error.sqlstate is None:  # told by the client library: no server there, or no connection any more
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate[:2] == "08" or error.sqlstate in _SESSION_ENDED
