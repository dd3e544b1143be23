"""Operations that share a database transaction, each undone alone if it fails.

A savepoint costs more than a statement (SQLite copies each page that is changed in it to a file, for the case that it
is wanted back), and hardly any operation fails. So a batch runs *together* first, without. If anything in it fails, all
of it is undone and run again, *one by one*, each operation and each ``part`` in a savepoint of its own. Operations can
be repeated anyhow: a commit of unknown fate asks for the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from chains.progmat.node.storage.engine import Access, is_storage_failure

T = TypeVar("T")

Operation = Callable[[Connection], Any]
Result = tuple[Any, Exception | None]

WARY_BATCHES: Final = 16
"""Batches that run one by one after something failed: where it does, it often does again soon."""

_together: set[Connection] = set()
"""Connections with a batch under way that is undone as a whole."""


class _PartFailed(BaseException):
    """Something failed that only an undoing of the whole batch undoes; passes whoever would go on after an error."""


class Batches:
    """Runs the batches of one writer, each in the database transaction that was begun for it alone."""

    def __init__(self) -> None:
        self._wary = 0

    def run(self, connection: Connection, operations: Sequence[Operation]) -> list[Result]:
        """Each operation's result or error, in order; what a failed one wrote is undone. Raises storage failures."""
        if self._wary == 0:
            try:
                return _run_together(connection, operations)
            except (Exception, _PartFailed) as error:
                if is_storage_failure(error):
                    raise
                _begin_again(connection)
                self._wary = WARY_BATCHES
        self._wary = max(0, self._wary - 1)
        return [_run_alone(connection, operation) for operation in operations]


def undone_alone(connection: Connection, part: Callable[[Connection], T]) -> T:
    """Run a part of an operation; whatever it raises undoes what it wrote, and nothing else, and is raised."""
    if connection not in _together:
        return _in_savepoint(connection, "part", part)
    try:
        return part(connection)
    except Exception as error:
        if is_storage_failure(error):
            raise
        raise _PartFailed from error


def _run_together(connection: Connection, operations: Sequence[Operation]) -> list[Result]:
    _together.add(connection)
    try:
        if connection.dialect.name == "sqlite":
            return [(operation(connection), None) for operation in operations]
        return _in_savepoint(connection, "batch", lambda _: [(operation(connection), None) for operation in operations])
    finally:
        _together.discard(connection)


def _begin_again(connection: Connection) -> None:
    """Behind SQLAlchemy's back: for it, it is one transaction still. PostgreSQL's savepoint has undone it already."""
    if connection.dialect.name == "sqlite":
        driver = _driver(connection)
        driver.execute("ROLLBACK")
        driver.execute(Access.WRITE.value)


def _run_alone(connection: Connection, operation: Operation) -> Result:
    try:
        return _in_savepoint(connection, "operation", operation), None
    except Exception as error:
        if is_storage_failure(error):
            raise
        return None, error


def _in_savepoint(connection: Connection, name: str, run: Callable[[Connection], T]) -> T:
    """Past SQLAlchemy, which takes ten times as long for the same."""
    driver = _driver(connection)
    driver.execute(f"SAVEPOINT {name}")
    try:
        result = run(connection)
        driver.execute(f"RELEASE {name}")  # PostgreSQL refuses it where ``run`` swallowed an error
    except (Exception, _PartFailed) as error:
        if not is_storage_failure(error):
            driver.execute(f"ROLLBACK TO {name}")
            driver.execute(f"RELEASE {name}")
        raise
    return result


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - sqlite3.Connection or psycopg.Connection
    return connection.connection.dbapi_connection
