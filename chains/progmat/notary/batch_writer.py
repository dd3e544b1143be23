"""One writer for many requests: commits what queued up while it committed the batch before.

No timer decides a batch's size. An idle notary commits a lone request at once; a busy one finds a full queue after each
commit. Commit and signature run in one thread of their own, so that the event loop keeps checking requests meanwhile.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from chains.progmat.notary.decisions import Outcome
from chains.progmat.notary.errors import NotaryBusy, NotaryRefusal, NotaryStopping
from chains.progmat.notary.model import NO_POSITION, CommitRequest, Committed
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.signature import TransactionSignature, sign_batch
from primitives.signatures import Signer
from primitives.types import Hash32

MIN_RETRY_AFTER_S = 0.05
SIGNED_TOGETHER = 16
"""Transactions under one signature: in larger groups partial trees cost more than the signatures they save."""


_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A final transaction and the notary's signature over it."""

    committed: Committed
    signature: TransactionSignature


Result = Answer | NotaryRefusal
_Waiter = tuple[CommitRequest, "asyncio.Future[Result]"]


class BatchWriter:
    """The queue in front of a ``UniquenessStore`` and the only caller of its ``commit_batch``.

    ``on_journal`` is called in the event loop after a batch that grew the journal.
    """

    def __init__(
        self,
        store: UniquenessStore,
        signer: Signer,
        clock_s: Callable[[], int],
        on_journal: Callable[[], None],
        *,
        max_batch: int,
        max_waiting: int,
    ) -> None:
        self._store = store
        self._signer = signer
        self._clock_s = clock_s
        self._on_journal = on_journal
        self._max_batch = max_batch
        self._queue: asyncio.Queue[_Waiter | None] = asyncio.Queue(max_waiting)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="notary-writer")
        self._task: asyncio.Task[None] | None = None
        self._last_batch_s = MIN_RETRY_AFTER_S

    def start(self) -> None:
        """Begin to commit what is queued."""
        self._task = asyncio.create_task(self._write_batches(), name="notary-writer")

    async def stop(self) -> None:
        """Commit what is queued, then refuse everything with NotaryStopping."""
        task, self._task = self._task, None
        if task is not None:
            await self._queue.put(None)
            await task
        self._thread.shutdown()

    async def commit(self, request: CommitRequest) -> Answer:
        """Queue a checked request and wait for its batch.

        Raises NotaryBusy when the queue is full and NotaryStopping around a stop; the store's error when the commit
        failed (the outcome is unknown then); the refusal of the request itself. Cancelling the caller undoes nothing.
        """
        if self._task is None:
            raise NotaryStopping("not running")
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((request, done))
        except asyncio.QueueFull as error:
            raise NotaryBusy(self._queue.qsize(), self._time_to_drain_s()) from error
        result = await done
        if isinstance(result, NotaryRefusal):
            raise result
        return result

    async def tick(self) -> None:
        """Append a tick to the journal if the clock has moved past its last entry."""
        if self._task is None:
            return
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.append_tick, self._clock_s())
        self._on_journal()

    async def _write_batches(self) -> None:
        stopping = False
        while not stopping:
            waiters = [await self._queue.get()]
            await asyncio.sleep(0)  # whoever is ready now joins this batch
            while len(waiters) < self._max_batch and not self._queue.empty():
                waiters.append(self._queue.get_nowait())
            stopping = None in waiters
            batch = [waiter for waiter in waiters if waiter is not None]
            if batch:
                await self._write(batch)
        self._refuse_the_rest()

    async def _write(self, batch: Sequence[_Waiter]) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        requests = [request for request, _ in batch]
        try:
            results = await loop.run_in_executor(self._thread, self._commit_and_sign, requests)
        except Exception as error:  # noqa: BLE001 - not swallowed: every waiter of the batch gets it
            _log.error("batch failed", requests=len(batch), detail=str(error))
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        self._last_batch_s = loop.time() - started
        for (_, done), result in zip(batch, results, strict=True):
            if not done.done():
                done.set_result(result)
        if any(isinstance(r, Answer) and r.committed.position != NO_POSITION for r in results):
            self._on_journal()

    def _commit_and_sign(self, requests: Sequence[CommitRequest]) -> list[Result]:
        """In the writer's thread. Nothing is signed before it is durable."""
        outcomes = self._store.commit_batch(requests, self._clock_s())
        return sign_outcomes(self._signer, outcomes)

    def _refuse_the_rest(self) -> None:
        while not self._queue.empty():
            waiter = self._queue.get_nowait()
            if waiter is not None and not waiter[1].done():
                waiter[1].set_exception(NotaryStopping("it stops"))

    def _time_to_drain_s(self) -> float:
        batches = math.ceil(self._queue.qsize() / self._max_batch)
        return max(MIN_RETRY_AFTER_S, batches * self._last_batch_s)


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
