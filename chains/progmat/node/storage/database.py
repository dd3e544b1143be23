"""Group commit: the operations of all flows share one database transaction, one sync and one wake-up.

While a batch is being written by the one writer thread, the operations that arrive meanwhile queue up and form the
next batch: nobody waits on a timer, and under load the batches grow. What nobody waits for, such as that a delivery was
answered, has no batch made for itself until its time is over. An operation that fails is undone alone.

A batch that fails is lost as a whole, or its fate is unknown; the writer then starts on a new connection, and while the
database stays away it tries an empty batch now and then, so that it is known to be back before anybody asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from chains.progmat.node.database_location import DatabaseLocation, short_name
from chains.progmat.node.storage.at_hand import ReaderAtHand
from chains.progmat.node.storage.engine import Access, engine_for, is_storage_failure
from chains.progmat.node.storage.errors import (
    RecordsInDoubt,
    StorageClosed,
    StorageFailed,
    StorageOverloaded,
)
from chains.progmat.node.storage.head import begin_after, note_act, set_doubt
from chains.progmat.node.storage.ownership import Ownership
from chains.progmat.node.storage.standing import Doubt, Head, Seen
from chains.progmat.node.storage.undoing import Batches

T = TypeVar("T")

MAX_BATCH = 256
MAX_WAITING = 8192
READERS = 2
PROBE_S: Final = 1.0
"""While the database is away: how long between two attempts that nobody asked for."""


@dataclass(frozen=True, slots=True)
class _Operation:
    run: Callable[[Connection], Any]
    waiter: asyncio.Future[Any]
    due_s: float
    """On the monotonic clock: until then another operation's batch may take it along."""


_Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]


class NodeDatabase:
    """A node's database: one writer with group commit, readers on their own connections.

    Bound to the event loop it was opened in. Nobody else writes the database while it is open.
    """

    _at_hand: ReaderAtHand | None = None
    """For look-ups, and the sign that statements take microseconds: only where the database is a file."""
    doubt_arose_here: bool = False
    """Whether the doubt is younger than this start: what a start does about one is then still to be done."""

    def __init__(self, at: DatabaseLocation, loop: asyncio.AbstractEventLoop, ownership: Ownership) -> None:
        name = short_name(at)
        application = f"crossdvp {os.getpid()}@{socket.gethostname()}"[:63]
        self.at = at
        self._loop = loop
        self._ownership = ownership
        self._writing = engine_for(at, Access.WRITE, application)
        self._reading = engine_for(at, Access.READ, application)
        self._queue: deque[_Operation] = deque()
        self._arrived = threading.Condition()
        self._due_s = inf  # of what is queued the first
        self._closing = False
        self._connection: Connection | None = None
        self._failure: StorageFailed | None = None
        self._watchers: list[Callable[[], None]] = []
        self._doubt: tuple[Doubt, str] = (Doubt.NONE, "")
        self._seen = Seen()  # what the next start will be later than
        self._reader = threading.local()
        self._read_connections: list[Connection] = []
        if self._reading.dialect.name == "sqlite":
            self._at_hand = ReaderAtHand(self._reading)
        self._writer = threading.Thread(target=self._write_batches, name=f"db-writer {name}", daemon=True)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix=f"db-reader {name}")
        self._batches = Batches()
        self.batches = 0
        self.operations = 0

    @classmethod
    async def open(
        cls,
        at: DatabaseLocation,
        node_name: str,
        schemas: Sequence[MetaData],
        now_s: Callable[[], int] = lambda: int(time.time()),
    ) -> NodeDatabase:
        """Open or create the database, with this package's tables and those of ``schemas``, as its only writer.

        Raises ``DatabaseInUse``, ``SchemaOutdated``, ``UnknownSchemaVersion``, ``DatabaseOfAnotherNode``,
        ``StorageFailed``. Records in doubt are no error here: see ``require_current``.
        """
        ownership = Ownership(at, node_name, schemas)
        database = cls(at, asyncio.get_running_loop(), ownership)
        try:
            database._connection = await asyncio.to_thread(ownership.take, database._writing, now_s)
        except (DBAPIError, OSError) as error:
            raise StorageFailed(_detail(error)) from error
        database._doubt = (ownership.head.doubt, ownership.head.doubt_detail)
        database._writer.start()
        return database

    # ---- what may be relied on ----

    @property
    def head(self) -> Head:
        """How far the database has come: as of the last batch."""
        doubt, detail = self._doubt
        return replace(self._ownership.head, doubt=doubt, doubt_detail=detail)

    @property
    def doubt(self) -> Doubt:
        """Why the records may not be current; ``Doubt.NONE`` while they are."""
        return self._doubt[0]

    @property
    def failure(self) -> StorageFailed | None:
        """Why nothing can be written now; None while it can."""
        return self._failure

    def watch(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called in the event loop soon after ``failure`` or the doubt about the records changed."""
        self._watchers.append(changed)

    def require_current(self) -> None:
        """Call it before each signature. Raises ``RecordsInDoubt``, or the failure of the last batch."""
        doubt, detail = self._doubt
        if doubt is not Doubt.NONE:
            raise RecordsInDoubt(doubt.value, detail)
        if self._failure is not None:
            raise self._failure

    async def raise_doubt(self, doubt: Doubt, detail: str, now_s: int, seen: Seen) -> None:
        """Somebody has ``seen`` that the records may be old: in force at once, then durable. A graver doubt stays.

        The next start is later than what was seen, so that those who saw it believe that start. Safe to repeat, also
        after a failure.
        """
        if doubt.outweighs(self._doubt[0]):
            self._doubt = (doubt, detail)
            self.doubt_arose_here = True
            self._tell()
        if self._seen.joined(seen) == self._seen:
            return

        def store(connection: Connection) -> None:
            set_doubt(connection, doubt, detail)
            begin_after(connection, seen)
            note_act(connection, at_s=now_s, operator="", act=f"doubt {doubt.value}", detail=detail)

        await self.submit(store)
        self._seen = self._seen.joined(seen)

    async def settle_doubt(self, operator: str, why: str, now_s: int) -> None:
        """The records are complete again, says ``operator``: durable first, then in force."""

        def store(connection: Connection) -> None:
            set_doubt(connection, Doubt.NONE, "")
            note_act(connection, at_s=now_s, operator=operator, act="reconciled", detail=why)

        await self.submit(store)
        self._doubt = (Doubt.NONE, "")
        self._tell()

    # ---- reading and writing ----

    def submit(self, operation: Callable[[Connection], T], within_s: float = 0.0) -> Awaitable[T]:
        """Run ``operation`` in the next batch; the result arrives after it is on disk.

        No batch is made for it alone before ``within_s`` seconds have passed: it goes along with the first of others.
        An exception undoes this operation alone and is raised to this waiter. It may run twice: then all that the first
        run wrote is undone. A cancelled waiter does not undo its operation. Raises ``StorageFailed`` (the batch is lost
        or its fate is unknown: sign nothing), ``StorageOverloaded``, ``StorageClosed``.
        """
        waiter: asyncio.Future[T] = self._loop.create_future()
        with self._arrived:
            if self._closing:
                raise StorageClosed
            if len(self._queue) >= MAX_WAITING:
                raise StorageOverloaded(len(self._queue))
            due_s = time.monotonic() + within_s if within_s else 0.0
            self._queue.append(_Operation(operation, waiter, due_s))
            if due_s < self._due_s:
                self._due_s = due_s
                self._arrived.notify()
        return waiter

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run ``query`` on a read-only snapshot that contains everything acknowledged before this call."""
        if self._closing:
            raise StorageClosed
        return await self._loop.run_in_executor(self._readers, self._run_query, query)

    async def look_up(self, query: Callable[[Connection], T]) -> T:
        """As ``read``, for a few rows by their keys: where the database is a file, done at once, in this thread.

        There each statement sees the newest committed rows, so two may see different ones.
        """
        if self._at_hand is None:
            return await self.read(query)
        if self._closing:
            raise StorageClosed
        return self._at_hand.run(query)

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
        if self._at_hand is not None:
            self._at_hand.close()

    def _run_query(self, query: Callable[[Connection], T]) -> T:
        kept: Connection | None = getattr(self._reader, "connection", None)
        try:
            try:
                return self._query_on(kept or self._reader_connection(), query)
            except Exception as error:
                if kept is None or not is_storage_failure(error):
                    raise
                self._forget_reader()  # it may have died while it lay idle: that says nothing about the database now
                return self._query_on(self._reader_connection(), query)
        except Exception as error:  # Core's or, from a prepared statement, the driver's own
            if not is_storage_failure(error):
                raise
            self._forget_reader()
            raise StorageFailed(_detail(error)) from error

    @staticmethod
    def _query_on(connection: Connection, query: Callable[[Connection], T]) -> T:
        with connection.begin():
            return query(connection)

    def _reader_connection(self) -> Connection:
        connection: Connection = self._reading.connect()
        self._reader.connection = connection
        self._read_connections.append(connection)
        return connection

    def _forget_reader(self) -> None:
        connection: Connection | None = getattr(self._reader, "connection", None)
        self._reader.connection = None
        if connection is not None:
            self._read_connections.remove(connection)
            _discard(connection)

    def _write_batches(self) -> None:
        while (batch := self._next_batch()) is not None:
            outcomes = self._write(batch)
            self.batches += 1
            self.operations += len(batch)
            self._loop.call_soon_threadsafe(_wake, outcomes)
        with contextlib.suppress(OSError):  # the witness is less exact then, never wrong
            self._ownership.close(self._connection)
        self._drop_connection()

    def _next_batch(self) -> list[_Operation] | None:
        """What has arrived, at most ``MAX_BATCH``; an empty batch to probe a failed database; None at the end."""
        with self._arrived:
            while not self._closing and (wait_s := self._due_s - time.monotonic()) > 0:
                probe_s = PROBE_S if self._failure is not None else inf
                timeout_s = min(wait_s, probe_s)
                if not self._arrived.wait(None if timeout_s == inf else timeout_s) and not self._queue:
                    return []
            if not self._queue:
                return None
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]
            self._due_s = min((operation.due_s for operation in self._queue), default=inf)
            return batch

    def _write(self, batch: list[_Operation]) -> list[_Outcome]:
        try:
            connection = self._writer_connection()
            with connection.begin():
                outcomes = self._operate(connection, batch)
                self._ownership.count(connection)
            self._ownership.committed()
        except BaseException as error:  # noqa: BLE001 - whatever ends the batch must reach every waiter; none may hang
            self._drop_connection()  # its state is unknown: the next batch starts on a new one
            failure = error if isinstance(error, StorageFailed) else StorageFailed(_detail(error))
            failure.__cause__ = None if failure is error else error
            self._set_failure(failure)
            return [(operation.waiter, None, failure) for operation in batch]
        self._set_failure(None)
        return outcomes

    def _writer_connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._writing.connect()
            self._ownership.resume(self._connection)
        return self._connection

    def _operate(self, connection: Connection, batch: list[_Operation]) -> list[_Outcome]:
        """The batch's operations. Where a statement takes microseconds they run in the event loop's thread.

        They are mostly Python, and each statement gives up the interpreter's lock for a moment: two threads that take
        it from each other at every statement cost more than one. The writer waits meanwhile; beginning and committing,
        which wait for the disk, stay here.
        """
        run = partial(self._run_each, connection, batch)
        if self._at_hand is None:
            return run()
        outcomes: Future[list[_Outcome]] = Future()
        self._loop.call_soon_threadsafe(_run_for, outcomes, run)
        return outcomes.result()

    def _run_each(self, connection: Connection, batch: list[_Operation]) -> list[_Outcome]:
        results = self._batches.run(connection, [operation.run for operation in batch])
        return [(operation.waiter, *result) for operation, result in zip(batch, results, strict=True)]

    def _drop_connection(self) -> None:
        if self._connection is not None:
            _discard(self._connection)
            self._connection = None

    def _set_failure(self, failure: StorageFailed | None) -> None:
        had, self._failure = self._failure, failure
        if (had is None) != (failure is None):
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        for changed in self._watchers:
            self._loop.call_soon(changed)  # what one of them raises is its own trouble


def _discard(connection: Connection) -> None:
    """Close without asking the database anything: it may not answer."""
    with contextlib.suppress(DBAPIError):
        connection.invalidate()
    with contextlib.suppress(DBAPIError):
        connection.close()


def _run_for(outcomes: Future[list[_Outcome]], run: Callable[[], list[_Outcome]]) -> None:
    try:
        outcomes.set_result(run())
    except BaseException as error:  # noqa: BLE001 - it ends the batch, in the thread that waits for it
        outcomes.set_exception(error)


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
