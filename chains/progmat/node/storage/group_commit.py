"""Group commit: the operations of all flows share one database transaction, one sync and one wake-up.

While a batch is written, or the event loop has other things to do, the operations that arrive queue up and form the
next batch: nobody waits on a timer, and under load the batches grow. What nobody waits for, such as that a delivery was
answered, has no batch made for itself until its time is over.

Over a file the event loop begins the batch and runs it, since its statements take microseconds. A thread commits it,
and while the disk is quick (``commit_pace``) the loop stands still for that, so that it hears of the end at once: but
no longer than ``PATIENCE_S``, for a disk that hangs must not keep a node from answering. Over a server the whole batch
is the thread's.

A batch that does not end is told of as a failure, ``OVERDUE_S`` after it began, and until it ends: nothing is signed
meanwhile.

While the database stays away an empty batch is tried now and then, so that it is known to be back before anybody asks.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from math import inf
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection

from chains.progmat.node.storage.commit_pace import CommitPace
from chains.progmat.node.storage.errors import StorageClosed, StorageFailed, StorageOverloaded
from chains.progmat.node.storage.writer import Begun, DatabaseWriter, Operation, Outcome, Written

T = TypeVar("T")

_log = structlog.get_logger(__name__)

MAX_BATCH: Final = 256
MAX_WAITING: Final = 8192
PROBE_S: Final = 1.0
"""While the database is away: how long between two attempts that nobody asked for."""
PATIENCE_S: Final = 0.05
"""How long the event loop stands still for one commit: twice what copying the log into the file takes."""
OVERDUE_S: Final = 10.0
"""From here on a batch under way is a failure. A long one takes tens of milliseconds."""


class GroupCommit:
    """The queue in front of a ``DatabaseWriter``, which it alone uses. Of one event loop; call everything in it.

    ``statements_at_hand``: they take microseconds. ``on_failure`` hears after each batch how it failed, if it did.
    """

    def __init__(
        self,
        writer: DatabaseWriter,
        loop: asyncio.AbstractEventLoop,
        name: str,
        on_failure: Callable[[StorageFailed | None], None],
        *,
        statements_at_hand: bool,
    ) -> None:
        self._writer = writer
        self._loop = loop
        self._on_failure = on_failure
        self._statements_at_hand = statements_at_hand
        self._name = name
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"db-writer {name}")
        self._pace = CommitPace()
        self._queue: deque[Operation] = deque()
        self._next_s = inf  # when the next batch begins, on the loop's clock; 0.0: as soon as may be
        self._timer: asyncio.Handle | None = None
        self._is_writing = False
        self._overdue: asyncio.TimerHandle | None = None  # of the batch that a thread has
        self._failed = False
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self.batches = 0
        self.operations = 0

    def submit(
        self,
        operation: Callable[[Connection], T],
        within_s: float = 0.0,
        heard: Callable[[asyncio.Future[T]], None] | None = None,
    ) -> asyncio.Future[T]:
        """See ``NodeDatabase.submit``."""
        if self._closing:
            raise StorageClosed
        if len(self._queue) >= MAX_WAITING:
            raise StorageOverloaded(len(self._queue))
        waiter: asyncio.Future[T] = self._loop.create_future()
        due_s = self._loop.time() + within_s if within_s else 0.0
        self._queue.append(Operation(operation, waiter, due_s, heard))
        if due_s < self._next_s:
            self._plan(due_s)
        return waiter

    async def close(self) -> None:
        """Write what is queued, then give up the database; idempotent."""
        self._closing = True
        self._plan(0.0 if self._queue else inf)
        await self._idle.wait()
        await self._loop.run_in_executor(None, self._writer.close)
        self._thread.shutdown(wait=False)

    def _plan(self, next_s: float) -> None:
        """Begin the next batch then; where one is under way it is planned when that has ended."""
        self._next_s = next_s
        if self._is_writing:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if next_s == inf:
            self._idle.set()
            return
        self._idle.clear()
        self._timer = self._loop.call_at(next_s, self._begin) if next_s else self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        """Everything that has arrived, at most ``MAX_BATCH``; nothing, to probe a failed database."""
        self._timer = None
        self._is_writing = True
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]
        if self._statements_at_hand:
            self._in_thread(self._commit, self._writer.begin(batch), PATIENCE_S if self._pace.is_quick else 0.0)
        else:
            self._in_thread(self._write, batch, 0.0)

    def _write(self, batch: list[Operation]) -> tuple[Written, float]:
        return self._commit(self._writer.begin(batch))

    def _commit(self, begun: Begun) -> tuple[Written, float]:
        """With the seconds it took."""
        begun_s = time.monotonic()
        written = self._writer.commit(begun)
        return written, time.monotonic() - begun_s

    def _in_thread(self, call: Callable[[Any], tuple[Written, float]], argument: object, patience_s: float) -> None:
        """So long the loop stands still for it; what has not ended by then is heard of while the loop goes on."""
        ended = self._thread.submit(call, argument)
        if patience_s:
            try:
                written, took_s = ended.result(patience_s)
            except TimeoutError:
                pass
            else:
                self._ended(written, took_s)
                return
        self._overdue = self._loop.call_later(OVERDUE_S, self._say_overdue)
        ended.add_done_callback(self._heard)

    def _say_overdue(self) -> None:
        _log.error("a batch does not end", database=self._name, after_s=OVERDUE_S, waiting=len(self._queue))
        self._on_failure(StorageFailed(f"a batch has been under way for {OVERDUE_S:.0f} s: the disk or server hangs"))

    def _heard(self, ended: Future[tuple[Written, float]]) -> None:
        """In the thread."""
        self._loop.call_soon_threadsafe(partial(self._ended, *ended.result()))

    def _ended(self, written: Written, took_s: float) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        self.batches += 1
        self.operations += len(written.outcomes)
        self._note_pace(took_s)
        self._is_writing = False
        self._failed = written.failure is not None
        self._on_failure(written.failure)
        wake(written.outcomes)  # first: what they submit at once goes along with the next batch
        self._plan(self._when_next())

    def _note_pace(self, took_s: float) -> None:
        was_quick = self._pace.is_quick
        self._pace.note(took_s)
        if self._pace.is_quick is was_quick or not self._statements_at_hand:
            return
        tell = _log.info if self._pace.is_quick else _log.warning
        disk = "quick again" if self._pace.is_quick else "slow"
        tell(f"the database's disk is {disk}", database=self._name, last_commit_ms=round(took_s * 1000))

    def _when_next(self) -> float:
        if self._queue:
            return 0.0 if self._closing else min(operation.due_s for operation in self._queue)
        return self._loop.time() + PROBE_S if self._failed and not self._closing else inf


def wake(outcomes: Sequence[Outcome]) -> None:
    """Tell each waiter what became of its operation, unless it has gone; and first whoever hears of it anyway."""
    for operation, result, error in outcomes:
        waiter = operation.waiter
        if operation.heard is not None:
            waiter = _to_be_heard(operation.heard, waiter)
        elif waiter.cancelled():
            continue
        if error is None:
            waiter.set_result(result)
        else:
            waiter.set_exception(error)


def _to_be_heard(heard: Callable[[asyncio.Future[Any]], None], waiter: asyncio.Future[Any]) -> asyncio.Future[Any]:
    """What is to be given the end: ``heard`` is called with it in the loop's next turn, before who waits for it."""
    loop = waiter.get_loop()
    ended = loop.create_future() if waiter.cancelled() else waiter
    loop.call_soon(_tell, heard, ended)
    return ended


def _tell(heard: Callable[[asyncio.Future[Any]], None], ended: asyncio.Future[Any]) -> None:
    ended.exception()  # seen, whatever ``heard`` looks at
    heard(ended)
