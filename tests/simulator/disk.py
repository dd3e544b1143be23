"""A node's database on a disk that outlives the node: SQLite in memory, written inline, with faults on demand.

``SimulatedDatabase`` keeps the promises of ``NodeDatabase`` (and passes its tests) without threads: a batch is
committed at one moment and acknowledged at a later one, and whatever dies in between finds out at its next start.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine, MetaData, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage import group_commit as shipped
from chains.progmat.node.storage.engine import is_storage_failure
from chains.progmat.node.storage.errors import StorageClosed, StorageFailed, StorageOverloaded
from chains.progmat.node.storage.schema import prepare_schema
from chains.progmat.node.storage.standing import Doubt, Seen
from chains.progmat.node.storage.undoing import Batches
from chains.progmat.node.storage.writer import Operation, Outcome

T = TypeVar("T")


class CommitFate(Enum):
    """What happens to one batch."""

    KEPT = "kept"
    LOST = "lost"
    """Rolled back; the waiters are told that the storage failed."""
    UNTOLD = "untold"
    """Committed; the waiters are told that the storage failed."""
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"


class DiskEvents(Protocol):
    """What a disk asks and tells the machine it is in."""

    def fate(self) -> CommitFate:
        """Of the batch that is about to be committed."""
        ...

    def committed(self, operations: int) -> None:
        """A batch is on disk; nobody knows yet."""
        ...

    def crash(self) -> None:
        """The machine's process dies here and now."""
        ...


class _KeptConnection(sqlite3.Connection):
    """SQLAlchemy closes what it no longer uses; a disk does not end with its reader."""

    def close(self) -> None:
        """Nothing."""

    def destroy(self) -> None:
        """The end of the database."""
        super().close()


_opening: list[_KeptConnection] = []


def _shared_engine() -> Engine:
    """One engine for all disks: SQLAlchemy compiles each statement once a process, not once a node."""
    return create_engine("sqlite://", poolclass=NullPool, pool_reset_on_return=None, creator=lambda: _opening[-1])


_ENGINE = _shared_engine()


class Disk:
    """One database, from the first start of its node to the end of the schedule; ``image`` is copied."""

    def __init__(self, image: Disk | None = None) -> None:
        self.raw = sqlite3.connect(":memory:", isolation_level=None, factory=_KeptConnection)
        self.is_prepared: bool = image is not None and image.is_prepared
        if image is not None:
            image.raw.backup(self.raw)
        for pragma in ("foreign_keys=ON", "trusted_schema=OFF"):
            self.raw.execute(f"PRAGMA {pragma}")

    def connect(self) -> Connection:
        """A connection; one is used at a time."""
        _opening.append(self.raw)
        try:
            return _ENGINE.connect()
        finally:
            _opening.pop()

    def prepare(self, at: DatabaseLocation, node_name: str, schemas: Sequence[MetaData]) -> None:
        """As for a file; a copy was prepared with its image."""
        if self.is_prepared:
            return
        _opening.append(self.raw)
        try:
            with _ENGINE.connect() as connection, connection.begin():
                prepare_schema(connection, str(at), node_name, schemas)
        finally:
            _opening.pop()
        self.is_prepared = True

    def destroy(self) -> None:
        """Its memory is free."""
        self.raw.destroy()


class SimulatedDatabase(NodeDatabase):
    """``NodeDatabase`` over a disk. Runs on any event loop; never a thread."""

    batches = 0
    operations = 0

    def __init__(self, disk: Disk, events: DiskEvents, duration_s: Callable[[], float]) -> None:  # its base opens files
        self._disk = disk
        self._events = events
        self._duration_s = duration_s
        self._loop = asyncio.get_running_loop()
        self._opened = disk.connect()
        self._arrivals: deque[Operation] = deque()
        self._is_busy = False
        self._closing = False
        self._failure = None  # what fails, fails one batch
        self._doubt = (Doubt.NONE, "")
        self._seen = Seen()
        self._watchers = []
        self._idle = asyncio.Event()
        self._batches = Batches()
        self._idle.set()

    def submit(
        self,
        operation: Callable[[Connection], T],
        within_s: float = 0.0,  # noqa: ARG002 # each write takes its time here
        heard: Callable[[asyncio.Future[T]], None] | None = None,
    ) -> asyncio.Future[T]:
        """See ``NodeDatabase.submit``."""
        if self._closing:
            raise StorageClosed
        if len(self._arrivals) >= shipped.MAX_WAITING:
            raise StorageOverloaded(len(self._arrivals))
        waiter: asyncio.Future[T] = self._loop.create_future()
        self._arrivals.append(Operation(operation, waiter, 0.0, heard))
        self._begin_batch()
        return waiter

    async def read(self, query: Callable[[Connection], T]) -> T:
        """See ``NodeDatabase.read``."""
        if self._closing:
            raise StorageClosed
        answer: asyncio.Future[T] = self._loop.create_future()
        self._loop.call_later(self._duration_s(), self._read_now, query, answer)
        return await answer

    async def look_up(self, query: Callable[[Connection], T]) -> T:
        """See ``NodeDatabase.look_up``: at once, as over a file."""
        if self._closing:
            raise StorageClosed
        return self._query(query)

    async def close(self) -> None:
        """See ``NodeDatabase.close``."""
        self._closing = True
        await self._idle.wait()

    def _begin_batch(self) -> None:
        if not self._is_busy and self._arrivals:
            self._is_busy = True
            self._idle.clear()
            self._loop.call_later(self._duration_s(), self._write_now)

    def _write_now(self) -> None:
        batch = [self._arrivals.popleft() for _ in range(min(len(self._arrivals), shipped.MAX_BATCH))]
        fate = self._events.fate()
        if fate is CommitFate.CRASH_BEFORE:
            self._events.crash()
            return
        outcomes = self._write_batch(batch, fate)
        self.batches += 1
        self.operations += len(batch)
        if fate is CommitFate.CRASH_AFTER:
            self._events.crash()
            return
        self._loop.call_later(self._duration_s(), self._acknowledge, outcomes)

    def _acknowledge(self, outcomes: list[Outcome]) -> None:
        shipped.wake(outcomes)
        self._is_busy = False
        if self._arrivals:
            self._begin_batch()
        else:
            self._idle.set()

    def _write_batch(self, batch: list[Operation], fate: CommitFate) -> list[Outcome]:
        try:
            self._disk.raw.execute("BEGIN")  # past SQLAlchemy, for speed
            results = self._batches.run(self._opened, [operation.run for operation in batch])
            outcomes: list[Outcome] = [(operation, *result) for operation, result in zip(batch, results, strict=True)]
            if fate is CommitFate.LOST:
                raise StorageFailed("simulated: the disk is full")  # noqa: TRY301 - rolls back as a real one does
            self._disk.raw.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever ends the batch reaches every waiter
            self._end()
            self._disk.raw.execute("PRAGMA max_page_count = 1073741823")  # what a new connection would have
            failure = StorageFailed(str(getattr(error, "orig", error)) or type(error).__name__)
            failure.__cause__ = error
            return [(operation, None, failure) for operation in batch]
        self._end()
        self._events.committed(len(batch))
        if fate is CommitFate.UNTOLD:
            unknown = StorageFailed("simulated: the connection broke at the commit")
            return [(operation, None, unknown) for operation in batch]
        return outcomes

    def _read_now(self, query: Callable[[Connection], T], answer: asyncio.Future[T]) -> None:
        if answer.done():
            return
        try:
            result = self._query(query)
        except Exception as error:  # noqa: BLE001 - the asker gets it
            answer.set_exception(error)
        else:
            answer.set_result(result)

    def _query(self, query: Callable[[Connection], T]) -> T:
        # not by PRAGMA query_only, after which SQLite compiles every statement again
        changes = self._disk.raw.total_changes
        try:
            result = query(self._opened)
        except DBAPIError as error:
            if not is_storage_failure(error):
                raise
            raise StorageFailed(str(error.orig)) from error
        finally:
            self._end()
        if self._disk.raw.total_changes != changes:
            raise StorageFailed("attempt to write a readonly database")
        return result

    def _end(self) -> None:
        """No transaction is open, neither SQLite's nor the one SQLAlchemy believes in."""
        self._disk.raw.rollback()
        if self._opened.in_transaction():
            self._opened.rollback()
