"""The audit log of a running gateway: written in batches by one writer, read and verified in order.

An intent is on disk before its call is answered; its outcome follows and is not waited for. A process that is killed in
between leaves an intent without an outcome, and is shown as such: what became of it, the settlement itself tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from primitives.errors import CrossDvpError, UnavailableError
from relayer.database import Database
from relayer.gateway.audit_entries import AuditEntry, AuditHead, AuditRecord, require_head, verified
from relayer.gateway.audit_tables import AuditTable

MOST_QUEUED: Final = 10_000
MOST_IN_BATCH: Final = 1000
MOST_TEXT_CHARS: Final = 256
"""Of any text in an entry: method and reason are ours, the other texts a caller's, and bounded before."""

_log = structlog.get_logger(__name__)


class AuditOverloaded(UnavailableError):
    """More is waiting to be written to the audit log than is held in memory; nothing was done."""

    reason = "AUDIT_OVERLOADED"

    def __init__(self) -> None:
        super().__init__(f"{MOST_QUEUED} audit entries wait for the database: ask again in a moment")


class AuditClosed(UnavailableError):
    """The gateway is going down and writes no more entries; nothing was done."""

    reason = "AUDIT_CLOSED"

    def __init__(self) -> None:
        super().__init__("the gateway is going down: ask again, it comes back")


@dataclass(frozen=True)
class AuditedCall:
    """A call as the log tells it: its intent or refusal, and its outcome where there is one."""

    entry: AuditEntry
    outcome: AuditEntry | None


class AuditLog:
    """Reading and verifying a stored log."""

    def __init__(self, database: Database, table: AuditTable) -> None:
        self.database = database
        self.table = table

    def append(self, records: list[AuditRecord]) -> list[AuditEntry]:
        """Write records in one transaction."""
        with self.database.transaction() as connection:
            return self.table.append(connection, records)

    def head(self) -> AuditHead:
        """Where the log ends."""
        with self.database.transaction() as connection:
            return self.table.head(connection)

    def calls(self, platform: str | None, below: int, limit: int) -> list[AuditedCall]:
        """Calls, newest first: of one platform, or of all."""
        with self.database.transaction() as connection:
            entries = self.table.newest(connection, platform, below, limit)
            outcomes = self.table.outcomes(connection, [entry.height for entry in entries])
        return [AuditedCall(entry, outcomes.get(entry.height)) for entry in entries]

    def verify(self, anchors: Iterable[AuditHead] = ()) -> AuditHead:
        """The head of a whole log that is as it was written and was anchored. Raises ``AuditChainBroken``."""
        known = list(anchors)
        with self.database.transaction() as connection:
            expected = self.table.head(connection)
            found = verified(AuditHead(), self.table.read(connection), known)
        for anchor in sorted(known, key=lambda each: each.height):
            if anchor.height > found.height:
                require_head(anchor, found)
        require_head(expected, found)
        return found


@dataclass
class _Waiting:
    record: AuditRecord
    written: asyncio.Future[int]


class AuditWriter:
    """Writes what callers hand in: all that came while a batch was written is the next batch, one transaction each."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._queue: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._closing = False

    async def write(self, record: AuditRecord) -> int:
        """The height, once it is on disk. Raises ``AuditOverloaded``, ``AuditClosed``, ``StoreUnavailable``."""
        if self._closing:
            raise AuditClosed
        if len(self._queue) >= MOST_QUEUED:
            raise AuditOverloaded
        return await self._enter(record)

    def note(self, record: AuditRecord) -> None:
        """Write the record soon. An outcome is taken however full the queue is, and while closing: its intent was."""
        self._enter(record).add_done_callback(_look_at)

    def _enter(self, record: AuditRecord) -> asyncio.Future[int]:
        waiting = _Waiting(record, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._arrived.set()
        return waiting.written

    async def run(self, stopping: asyncio.Event) -> None:
        """Write until ``stopping``; from then on intents are refused, and ``close`` writes what is left."""
        stopped = asyncio.create_task(stopping.wait())
        stopped.add_done_callback(lambda _: self._arrived.set())
        try:
            while not stopping.is_set():
                await self._arrived.wait()
                self._arrived.clear()
                while self._queue:
                    await self._write_batch()
        finally:
            stopped.cancel()
            self._closing = True

    async def close(self) -> None:
        """Write what waits: the server has ended its calls by now."""
        self._closing = True
        while self._queue:
            await self._write_batch()

    async def _write_batch(self) -> None:
        batch, self._queue = self._queue[:MOST_IN_BATCH], self._queue[MOST_IN_BATCH:]
        if not batch:
            return
        try:
            entries = await asyncio.to_thread(self._log.append, [waiting.record for waiting in batch])
        except CrossDvpError as failure:
            for waiting in batch:
                if not waiting.written.done():
                    waiting.written.set_exception(failure)
            return
        for waiting, entry in zip(batch, entries, strict=True):
            if not waiting.written.done():
                waiting.written.set_result(entry.height)


def _look_at(written: asyncio.Future[int]) -> None:
    if not written.cancelled() and written.exception() is not None:
        _log.error("audit outcome not written", error=str(written.exception()))
