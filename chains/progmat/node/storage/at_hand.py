"""Look-ups without a thread: SQLite finds a few rows by their keys sooner than another thread would wake up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from chains.progmat.node.storage.engine import is_storage_failure
from chains.progmat.node.storage.errors import StorageFailed

T = TypeVar("T")


class ReaderAtHand:
    """One read-only connection for the thread that owns it. Each statement sees the newest committed snapshot.

    SQLAlchemy is told of one database transaction that never ends; there is none, so that the log of writes can always
    be cut, and none has to be begun and ended for the one statement that a look-up mostly is.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def run(self, query: Callable[[Connection], T]) -> T:
        """Run ``query``; raises ``StorageFailed``, and what the query raises."""
        try:
            return query(self._connection or self._connected())
        except Exception as error:
            if not is_storage_failure(error):
                raise
            self.close()
            raise StorageFailed(str(getattr(error, "orig", error))) from error

    def close(self) -> None:
        """Close the connection; the next ``run`` opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> Connection:
        connection = self._engine.connect()
        connection.begin()
        driver: Any = connection.connection.driver_connection
        driver.execute("COMMIT")
        self._connection = connection
        return connection
