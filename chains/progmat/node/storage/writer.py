"""One batch of operations as one database transaction: begun, run and counted; then committed, in whichever thread.

Nothing here raises. A batch that fails is lost as a whole, or its fate is unknown: all its waiters are told, and the
next batch starts on a new connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import RootTransaction
from sqlalchemy.exc import DBAPIError

from chains.progmat.node.storage.errors import StorageFailed
from chains.progmat.node.storage.ownership import Ownership
from chains.progmat.node.storage.undoing import Batches


class Operation(NamedTuple):
    """What is to be run, and who waits for it."""

    run: Callable[[Connection], Any]
    waiter: asyncio.Future[Any]
    due_s: float
    """On the event loop's clock: until then another operation's batch may take it along."""
    heard: Callable[[asyncio.Future[Any]], None] | None = None
    """Is told of the end, before the waiter is and also where the waiter has gone."""


Outcome = tuple[Operation, Any, BaseException | None]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch: an outcome for each operation, and the failure that ended it as a whole."""

    outcomes: Sequence[Outcome]
    failure: StorageFailed | None = None

    @classmethod
    def lost(cls, batch: Sequence[Operation], failure: StorageFailed) -> Written:
        """Nobody's operation is done, or nobody knows."""
        return cls([(operation, None, failure) for operation in batch], failure)


@dataclass(frozen=True, slots=True)
class Begun:
    """A batch that has run and waits to be committed; nothing is left to commit of one that has failed."""

    batch: Sequence[Operation]
    written: Written
    transaction: RootTransaction | None = None


class DatabaseWriter:
    """The one writing connection of a node's database; used by one thread at a time."""

    def __init__(self, engine: Engine, ownership: Ownership) -> None:
        self._engine = engine
        self._ownership = ownership
        self._batches = Batches()
        self._connection: Connection | None = None

    def start(self, connection: Connection) -> None:
        """Write on the connection that owns the database."""
        self._connection = connection

    def begin(self, batch: Sequence[Operation]) -> Begun:
        """Run the operations in a new database transaction and leave it open."""
        try:
            connection = self._connected()
            transaction = connection.begin()
            results = self._batches.run(connection, [operation.run for operation in batch])
            self._ownership.count(connection)
        except BaseException as error:  # noqa: BLE001 - whatever ends the batch must reach every waiter; none may hang
            return Begun(batch, self._lost(batch, error))
        outcomes = [(operation, *result) for operation, result in zip(batch, results, strict=True)]
        return Begun(batch, Written(outcomes), transaction)

    def commit(self, begun: Begun) -> Written:
        """Commit what ``begin`` left open; on disk when this returns without a failure."""
        if begun.transaction is None:
            return begun.written
        try:
            begun.transaction.commit()
            self._ownership.committed()
        except BaseException as error:  # noqa: BLE001 - as above
            return self._lost(begun.batch, error)
        return begun.written

    def close(self) -> None:
        """Give up the database and the connection."""
        with contextlib.suppress(OSError):  # the witness is less exact then, never wrong
            self._ownership.close(self._connection)
        self._drop_connection()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._ownership.resume(self._connection)
        return self._connection

    def _lost(self, batch: Sequence[Operation], error: BaseException) -> Written:
        self._drop_connection()  # its state is unknown: the next batch starts on a new one
        failure = error if isinstance(error, StorageFailed) else StorageFailed(detail_of(error))
        failure.__cause__ = None if failure is error else error
        return Written.lost(batch, failure)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            discard(self._connection)
            self._connection = None


def discard(connection: Connection) -> None:
    """Close without asking the database anything: it may not answer."""
    with contextlib.suppress(DBAPIError):
        connection.invalidate()
    with contextlib.suppress(DBAPIError):
        connection.close()


def detail_of(error: BaseException) -> str:
    """What the driver said, without SQLAlchemy's words around it."""
    return str(getattr(error, "orig", error)) or type(error).__name__
