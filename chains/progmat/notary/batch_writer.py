"""One writer for many requests: commits what queued up while it committed the batch before.

An idle notary commits a lone request at once; a busy one finds a full queue after each commit, or waits a moment for it
to fill (``pace.linger_s``). Requests that came together stay together. Commit and signature run in one thread of their
own, so that the event loop keeps checking requests meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from chains.progmat.notary.decisions import Outcome
from chains.progmat.notary.errors import NotaryBusy, NotaryRefusal, NotaryStopping
from chains.progmat.notary.model import NO_POSITION, CommitRequest, Committed
from chains.progmat.notary.pace import FULL_ENOUGH, Pace
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.signature import TransactionSignature, sign_batch
from primitives.signatures import Signer
from primitives.types import Hash32

SIGNED_TOGETHER = 16
"""Transactions under one signature: in larger groups partial trees cost more than the signatures they save."""


_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A final transaction and the notary's signature over it."""

    committed: Committed
    signature: TransactionSignature


Result = Answer | NotaryRefusal | NotaryBusy


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Requests that came together, and whoever waits for all of their results."""

    requests: Sequence[CommitRequest]
    done: asyncio.Future[Sequence[Result]]


class BatchWriter:
    """The queue in front of a ``UniquenessStore`` and the only caller of its ``commit_batch``.

    ``signer`` is asked for each batch: keys are rotated. ``on_journal`` is called in the event loop after a batch that
    grew the journal. Batches are timed by
    ``monotonic_s``, the event loop's clock if none is given.
    """

    def __init__(
        self,
        store: UniquenessStore,
        signer: Callable[[], Signer],
        clock_s: Callable[[], int],
        on_journal: Callable[[], None],
        *,
        max_batch: int,
        max_waiting: int,
        monotonic_s: Callable[[], float] | None = None,
    ) -> None:
        self._store = store
        self._signer = signer
        self._clock_s = clock_s
        self._on_journal = on_journal
        self._max_batch = max_batch
        self._monotonic_s = monotonic_s
        self._max_waiting = max_waiting
        self._queue: deque[_Waiting] = deque()
        self._requests_queued = 0
        self._arrived = asyncio.Event()
        self._filled = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="notary-writer")
        self._task: asyncio.Task[None] | None = None
        self._pace = Pace(max_batch)
        self._under_way_since_s: float | None = None

    def start(self) -> None:
        """Begin to commit what is queued."""
        self._task = asyncio.create_task(self._write_batches(), name="notary-writer")

    async def stop(self) -> None:
        """Commit what is queued, then refuse everything with NotaryStopping."""
        task, self._task = self._task, None
        if task is not None:
            self._arrived.set()
            self._filled.set()
            await task
        self._thread.shutdown()

    async def commit(self, requests: Sequence[CommitRequest]) -> Sequence[Result]:
        """Queue checked requests and wait for their batch; results in their order.

        A result is the answer, the refusal of the request, or NotaryBusy for the requests that the queue has no room
        for. Raises NotaryStopping around a stop, and the store's error when the commit failed (the outcome is unknown
        then). Cancelling the caller undoes nothing.
        """
        if self._task is None:
            raise NotaryStopping("not running")
        taken = requests[: max(0, self._max_waiting - self._requests_queued)]
        waiting = [self._queued(taken[at : at + self._max_batch]) for at in range(0, len(taken), self._max_batch)]
        refused = [self._busy()] * (len(requests) - len(taken)) if len(taken) < len(requests) else ()
        results = [result for part in await asyncio.gather(*waiting) for result in part]
        results += refused
        return results

    def _queued(self, requests: Sequence[CommitRequest]) -> asyncio.Future[Sequence[Result]]:
        done: asyncio.Future[Sequence[Result]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(requests, done))
        self._requests_queued += len(requests)
        self._arrived.set()
        if self._requests_queued >= FULL_ENOUGH:
            self._filled.set()
        return done

    async def tick(self) -> None:
        """Append a tick to the journal if the clock has moved past its last entry."""
        if self._task is None:
            return
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.append_tick, self._clock_s())
        self._on_journal()

    async def _write_batches(self) -> None:
        """Until stopped, and nothing is queued any more."""
        while self._queue or self._task is not None:
            if not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            await self._linger()
            await self._write(self._next_batch())

    async def _linger(self) -> None:
        await asyncio.sleep(0)  # whoever is ready now joins this batch
        linger_s = self._pace.linger_s(self._requests_queued)
        if linger_s > 0:
            self._filled.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(linger_s):
                    await self._filled.wait()

    def _next_batch(self) -> list[_Waiting]:
        batch = [self._queue.popleft()]
        size = len(batch[0].requests)
        while self._queue and size + len(self._queue[0].requests) <= self._max_batch:
            batch.append(self._queue.popleft())
            size += len(batch[-1].requests)
        self._requests_queued -= size
        return batch

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        started_s = self._under_way_since_s = self._now_s()
        requests = [request for waiting in batch for request in waiting.requests]
        try:
            results = await asyncio.get_running_loop().run_in_executor(self._thread, self._commit_and_sign, requests)
        except Exception as error:  # noqa: BLE001 - not swallowed: every waiter of the batch gets it
            _log.error("batch failed", requests=len(requests), detail=str(error))
            for waiting in batch:
                if not waiting.done.done():
                    waiting.done.set_exception(error)
            return
        finally:
            self._under_way_since_s = None
        self._pace.committed(len(requests), started_s, self._now_s())
        at = 0
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_result(results[at : at + len(waiting.requests)])
            at += len(waiting.requests)
        if any(isinstance(r, Answer) and r.committed.position != NO_POSITION for r in results):
            self._on_journal()

    def _commit_and_sign(self, requests: Sequence[CommitRequest]) -> list[Result]:
        """In the writer's thread. Nothing is signed before it is durable; the key is there before anything is."""
        signer = self._signer()
        return sign_outcomes(signer, self._store.commit_batch(requests, self._clock_s()))

    def _busy(self) -> NotaryBusy:
        under_way = None if self._under_way_since_s is None else self._now_s() - self._under_way_since_s
        waiting = self._requests_queued
        return NotaryBusy(waiting, self._pace.time_to_drain(waiting, under_way))

    def _now_s(self) -> float:
        return self._monotonic_s() if self._monotonic_s is not None else asyncio.get_running_loop().time()


def sign_outcomes(signer: Signer, outcomes: Sequence[Outcome]) -> list[Result]:
    """A signature for each 16 that became final in this batch; one each, always the same, for what was final before."""
    fresh = [Hash32(outcome.tx_id) for outcome in outcomes if isinstance(outcome, Committed)]
    groups = (fresh[start : start + SIGNED_TOGETHER] for start in range(0, len(fresh), SIGNED_TOGETHER))
    signatures = iter([signature for group in groups for signature in sign_batch(signer, group)])
    results: list[Result] = []
    for outcome in outcomes:
        match outcome:
            case NotaryRefusal():
                results.append(outcome)
            case Committed():
                results.append(Answer(outcome, next(signatures)))
            case repeated:
                results.append(sign_again(signer, repeated.committed))
    return results


def sign_again(signer: Signer, committed: Committed) -> Answer:
    """The answer to a retry: a batch of one, so that it is the same every time."""
    (signature,) = sign_batch(signer, [Hash32(committed.tx_id)])
    return Answer(committed, signature)
