"""The audit log of a running gateway: written in batches by one writer, read and verified in order.

Here go the entries of calls that are not one change of settlements, which carry theirs (``audit_riding``), and of
calls that came to no change. An intent is on disk before its call is answered; its outcome follows and is not waited
for. A process that is killed in between leaves an intent without an outcome, and is shown as such.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from chains.audit_chain import AuditHead, require_anchors, require_head
from primitives.errors import CrossDvpError, UnavailableError
from relayer.database import Database
from relayer.gateway.audit_entries import CHAIN, AuditEntry, AuditRecord
from relayer.gateway.audit_tables import AuditTable
from relayer.gateway.crash_points import Crash, GatewayCrashPoint, unharmed

MOST_QUEUED: Final = 10_000
MOST_IN_BATCH: Final = 1000

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
            found = CHAIN.verified(AuditHead(), self.table.read(connection), known)
        require_anchors(known, found)
        require_head(expected, found)
        return found


@dataclass
class _Waiting:
    records: Sequence[AuditRecord]
    written: asyncio.Future[int]
    """The height of the first."""


class AuditWriter:
    """Writes what callers hand in: all that came while a batch was written is the next batch, one transaction each."""

    def __init__(self, log: AuditLog, crash: Crash = unharmed) -> None:
        self._log = log
        self._crash = crash
        self._queue: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._closing = False
        self._admitted = 0

    async def write(self, record: AuditRecord) -> int:
        """The height, once it is on disk. Raises ``AuditOverloaded``, ``AuditClosed``, ``StoreUnavailable``."""
        self._require_room()
        return await self._enter([record])

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Around a call whose entries ride with its change, as they count too. Raises as ``write``, before anything."""
        self._require_room()
        self._admitted += 1
        try:
            yield
        finally:
            self._admitted -= 1

    async def write_all(self, records: Sequence[AuditRecord]) -> None:
        """Records of a call that was admitted, one behind the other; returns once they are on disk.

        Raises ``StoreUnavailable``.
        """
        await self._enter(records)

    def note(self, *records: AuditRecord) -> None:
        """Write records soon. An outcome is taken however full the queue is, and while closing: its intent was."""
        self._enter(records).add_done_callback(_look_at)

    def _require_room(self) -> None:
        if self._closing:
            raise AuditClosed
        if len(self._queue) + self._admitted >= MOST_QUEUED:
            raise AuditOverloaded

    def _enter(self, records: Sequence[AuditRecord]) -> asyncio.Future[int]:
        waiting = _Waiting(records, asyncio.get_running_loop().create_future())
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
            records = [record for waiting in batch for record in waiting.records]
            self._crash(GatewayCrashPoint.BEFORE_AUDIT_ENTRIES)
            entries = iter(await asyncio.to_thread(self._log.append, records))
            self._crash(GatewayCrashPoint.AFTER_AUDIT_ENTRIES)
        except CrossDvpError as failure:
            for waiting in batch:
                if not waiting.written.done():
                    waiting.written.set_exception(failure)
            return
        for waiting in batch:
            first, *_ = [next(entries) for _ in waiting.records]
            if not waiting.written.done():
                waiting.written.set_result(first.height)


def _look_at(written: asyncio.Future[int]) -> None:
    if not written.cancelled() and written.exception() is not None:
        _log.error("audit outcome not written", error=str(written.exception()))
