"""Group commit: the operations of all flows share one database transaction, one sync and one wake-up.

While a batch is being written by the one writer thread, the operations that arrive meanwhile queue up and form the
next batch: nobody waits on a timer, and under load the batches grow. Every operation runs in its own savepoint.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from chains.progmat.node.storage.engine import Access, is_storage_failure, sqlite_engine
from chains.progmat.node.storage.errors import StorageClosed, StorageFailed, StorageOverloaded
from chains.progmat.node.storage.schema import prepare_schema

T = TypeVar("T")

MAX_BATCH = 256
MAX_WAITING = 8192
READERS = 2


@dataclass(frozen=True, slots=True)
class _Operation:
    run: Callable[[Connection], Any]
    waiter: asyncio.Future[Any]


_Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]


class NodeDatabase:
    """A node's database: one writer with group commit, readers on their own connections.

    Bound to the event loop it was opened in.
    """

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._loop = loop
        self._writing = sqlite_engine(path, Access.WRITE)
        self._reading = sqlite_engine(path, Access.READ)
        self._queue: deque[_Operation] = deque()
        self._arrived = threading.Condition()
        self._closing = False
        self._connection: Connection | None = None
        self._reader = threading.local()
        self._read_connections: list[Connection] = []
        self._writer = threading.Thread(target=self._write_batches, name=f"db-writer {path.name}", daemon=True)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix=f"db-reader {path.name}")
        self.batches = 0
        self.operations = 0

    @classmethod
    async def open(cls, path: Path, node_name: str, schemas: Sequence[MetaData]) -> NodeDatabase:
        """Open or create the file, with this package's tables and those of ``schemas``.

        Raises ``UnknownSchemaVersion``, ``DatabaseOfAnotherNode``, ``StorageFailed``.
        """
        database = cls(path, asyncio.get_running_loop())
        try:
            await asyncio.to_thread(prepare_schema, database._writing, path, node_name, tuple(schemas))
        except DBAPIError as error:
            raise StorageFailed(_detail(error)) from error
        database._writer.start()
        return database

    def submit(self, operation: Callable[[Connection], T]) -> Awaitable[T]:
        """Run ``operation`` in the next batch; the result arrives after it is on disk.

        It runs in the writer thread inside its own savepoint: an exception undoes this operation alone and is raised to
        this waiter. A cancelled waiter does not undo its operation. Raises ``StorageFailed`` (the batch is lost or its
        fate is unknown: sign nothing), ``StorageOverloaded``, ``StorageClosed``.
        """
        waiter: asyncio.Future[T] = self._loop.create_future()
        with self._arrived:
            if self._closing:
                raise StorageClosed
            if len(self._queue) >= MAX_WAITING:
                raise StorageOverloaded(len(self._queue))
            self._queue.append(_Operation(operation, waiter))
            if len(self._queue) == 1:
                self._arrived.notify()
        return waiter

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run ``query`` on a read-only snapshot that contains everything acknowledged before this call."""
        if self._closing:
            raise StorageClosed
        return await self._loop.run_in_executor(self._readers, self._run_query, query)

    async def close(self) -> None:
        """Write what is queued, then close; idempotent."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._read_connections:
            connection.close()
        self._read_connections.clear()

    def _run_query(self, query: Callable[[Connection], T]) -> T:
        connection: Connection | None = getattr(self._reader, "connection", None)
        try:
            if connection is None:
                connection = self._reader.connection = self._reading.connect()
                self._read_connections.append(connection)
            with connection.begin():
                return query(connection)
        except Exception as error:  # Core's or, from a prepared statement, the driver's own
            if not is_storage_failure(error):
                raise
            raise StorageFailed(_detail(error)) from error

    def _write_batches(self) -> None:
        while batch := self._next_batch():
            outcomes = self._write(batch)
            self.batches += 1
            self.operations += len(batch)
            self._loop.call_soon_threadsafe(_wake, outcomes)
        self._drop_connection()

    def _next_batch(self) -> list[_Operation]:
        with self._arrived:
            while not self._queue and not self._closing:
                self._arrived.wait()
            return [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]

    def _write(self, batch: list[_Operation]) -> list[_Outcome]:
        try:
            if self._connection is None:
                self._connection = self._writing.connect()
            with self._connection.begin():
                return [_run_in_savepoint(self._connection, operation) for operation in batch]
        except BaseException as error:  # noqa: BLE001 - whatever ends the batch must reach every waiter; none may hang
            self._drop_connection()  # its state is unknown: the next batch starts on a new one
            failure = StorageFailed(_detail(error))
            failure.__cause__ = error
            return [(operation.waiter, None, failure) for operation in batch]

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _run_in_savepoint(connection: Connection, operation: _Operation) -> _Outcome:
    driver = connection.connection.driver_connection
    if driver is None:  # pragma: no cover - the connection was opened by the caller
        raise TypeError("no driver connection")
    driver.execute("SAVEPOINT operation")  # past SQLAlchemy, which takes ten times as long for the same
    try:
        result = operation.run(connection)
    except Exception as error:
        if is_storage_failure(error):
            raise
        driver.execute("ROLLBACK TO operation")
        driver.execute("RELEASE operation")
        return operation.waiter, None, error
    driver.execute("RELEASE operation")
    return operation.waiter, result, None


def _wake(outcomes: list[_Outcome]) -> None:
    for waiter, result, error in outcomes:
        if waiter.cancelled():
            continue
        if error is None:
            waiter.set_result(result)
        else:
            waiter.set_exception(error)


def _detail(error: BaseException) -> str:
    return str(getattr(error, "orig", error)) or type(error).__name__
