"""A node's database: writing by group commit, reading, and whether its records may be relied on."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError

from chains.progmat.node.database_location import DatabaseLocation, short_name
from chains.progmat.node.storage.at_hand import ReaderAtHand
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.errors import RecordsInDoubt, StorageClosed, StorageFailed
from chains.progmat.node.storage.group_commit import GroupCommit
from chains.progmat.node.storage.head import begin_after, note_act, set_doubt
from chains.progmat.node.storage.ownership import Ownership
from chains.progmat.node.storage.readers import Readers
from chains.progmat.node.storage.standing import Doubt, Head, Seen
from chains.progmat.node.storage.writer import DatabaseWriter, detail_of

T = TypeVar("T")


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
        reading = engine_for(at, Access.READ, application)
        if reading.dialect.name == "sqlite":
            self._at_hand = ReaderAtHand(reading)
        self._closing = False
        self._failure: StorageFailed | None = None
        self._watchers: list[Callable[[], None]] = []
        self._doubt: tuple[Doubt, str] = (Doubt.NONE, "")
        self._seen = Seen()  # what the next start will be later than
        self._readers = Readers(reading, loop, name)
        self._writer = DatabaseWriter(self._writing, ownership)
        self._commits = GroupCommit(
            self._writer, loop, name, self._set_failure, statements_at_hand=self._at_hand is not None
        )

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
            database._writer.start(await asyncio.to_thread(ownership.take, database._writing, now_s))
        except (DBAPIError, OSError) as error:
            raise StorageFailed(detail_of(error)) from error
        database._doubt = (ownership.head.doubt, ownership.head.doubt_detail)
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

    def submit(
        self,
        operation: Callable[[Connection], T],
        within_s: float = 0.0,
        heard: Callable[[asyncio.Future[T]], None] | None = None,
    ) -> Awaitable[T]:
        """Run ``operation`` in the next batch; the result arrives after it is on disk.

        No batch is made for it alone before ``within_s`` seconds have passed: it goes along with the first of others.
        An exception undoes this operation alone and is raised to this waiter. It may run twice: then all that the first
        run wrote is undone. A cancelled waiter does not undo its operation: what must be done about its end is done by
        ``heard``, which is called with it before the waiter is woken, and also where the waiter has gone. Raises
        ``StorageFailed`` (the batch is lost or its fate is unknown: sign nothing), ``StorageOverloaded``,
        ``StorageClosed``.
        """
        return self._commits.submit(operation, within_s, heard)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run ``query`` on a read-only snapshot that contains everything acknowledged before this call."""
        if self._closing:
            raise StorageClosed
        return await self._readers.read(query)

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
        self._closing = True
        await self._commits.close()
        await self._readers.close()
        if self._at_hand is not None:
            self._at_hand.close()

    @property
    def batches(self) -> int:
        """Batches written so far; failed ones are counted."""
        return self._commits.batches

    @property
    def operations(self) -> int:
        """Operations that were in them."""
        return self._commits.operations

    def _set_failure(self, failure: StorageFailed | None) -> None:
        had, self._failure = self._failure, failure
        if (had is None) != (failure is None):
            self._tell()

    def _tell(self) -> None:
        for changed in self._watchers:
            self._loop.call_soon(changed)  # what one of them raises is its own trouble
