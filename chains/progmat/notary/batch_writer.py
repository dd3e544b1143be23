"""One writer for many requests: commits what queued up while it committed the batch before.

An idle notary commits a lone request at once; a busy one finds a full queue after each commit. Requests that came
together stay together. Batches are committed in one thread and signed in another, so that the event loop keeps checking
requests meanwhile, and no commit waits for a signature or for the event loop: the writer takes its next batch itself.

How the last writing and the last signing ended is what the notary's standing says; one that does not end is a failure.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, TypeVar

import structlog

from chains.progmat.keys.errors import KeyServiceUnavailable
from chains.progmat.notary.decisions import Outcome
from chains.progmat.notary.errors import NotaryBusy, NotaryRefusal, NotaryStopping, UniquenessStoreFailed
from chains.progmat.notary.model import NO_POSITION, CommitRequest, Committed
from chains.progmat.notary.pace import Pace
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.notary.works import Works
from chains.progmat.transactions.signature import TransactionSignature, sign_batch
from primitives.errors import CrossDvpError
from primitives.signatures import Signer
from primitives.types import Hash32

SIGNED_TOGETHER = 16
"""Transactions under one signature: in larger groups partial trees cost more than the signatures they save."""

T = TypeVar("T")

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


@dataclass(frozen=True, slots=True)
class _Final:
    """A batch that is durable: the outcomes of all its requests in their order, and whose signature they get."""

    waiting: Sequence[_Waiting]
    outcomes: Sequence[Outcome]
    signer: Signer
    took_s: float


@dataclass(frozen=True, slots=True)
class _Failed:
    """A batch that is lost, or of unknown fate."""

    waiting: Sequence[_Waiting]
    error: Exception


class BatchWriter:
    """The queue in front of a ``UniquenessStore`` and the only caller of its ``commit_batch``.

    ``signer`` is asked for each batch: keys are rotated. ``on_journal`` is called in the event loop after a batch that
    grew the journal, ``on_standing`` when ``failure`` came or went. Batches are timed by ``monotonic_s``, the event
    loop's clock if none is given.
    """

    def __init__(
        self,
        store: UniquenessStore,
        signer: Callable[[], Signer],
        clock_s: Callable[[], int],
        on_journal: Callable[[], None],
        on_standing: Callable[[], None],
        *,
        max_batch: int,
        max_waiting: int,
        monotonic_s: Callable[[], float] | None = None,
    ) -> None:
        self._store = store
        self._signer = signer
        self._clock_s = clock_s
        self._on_journal = on_journal
        self._writings = Works(UniquenessStoreFailed, on_standing)
        self._signings = Works(partial(KeyServiceUnavailable, "the notary's key"), on_standing)
        self._max_batch = max_batch
        self._monotonic_s = monotonic_s
        self._max_waiting = max_waiting
        self._loop: asyncio.AbstractEventLoop
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="notary-writer")
        self._signing = ThreadPoolExecutor(1, thread_name_prefix="notary-signer")
        self._pace = Pace(max_batch)
        self._running = False
        self._at_work: set[asyncio.Future[Any]] = set()
        self._lock = Lock()  # over what follows: event loop and thread both change it
        self._queue: deque[_Waiting] = deque()
        self._requests_queued = 0
        self._is_run_to_come = False
        self._under_way_since_s: float | None = None

    @property
    def failure(self) -> CrossDvpError | None:
        """Why nothing is written, or signed, at present; None while the last of both succeeded, or there was none."""
        return self._writings.failure or self._signings.failure

    def begin_anew(self) -> None:
        """What failed before says nothing any more: another worker has written since."""
        for works in (self._writings, self._signings):
            works.note(None)

    def start(self) -> None:
        """Take requests from now on."""
        self._loop = asyncio.get_running_loop()
        self._running = True

    async def stop(self) -> None:
        """Commit what is queued, then refuse everything with NotaryStopping."""
        self._running = False
        self._have_it_run()
        while self._at_work:
            await asyncio.wait(tuple(self._at_work))
        self._writing.shutdown()
        self._signing.shutdown()

    async def commit(self, requests: Sequence[CommitRequest]) -> Sequence[Result]:
        """Queue checked requests and wait for their batch; results in their order.

        A result is the answer, the refusal of the request, or NotaryBusy for the requests that the queue has no room
        for. Raises NotaryStopping around a stop, and the store's error when the commit failed (the outcome is unknown
        then). Cancelling the caller undoes nothing.
        """
        if not self._running:
            raise NotaryStopping("not running")
        taken = requests[: max(0, self._max_waiting - self._requests_queued)]
        waiting = [self._queued(taken[at : at + self._max_batch]) for at in range(0, len(taken), self._max_batch)]
        refused = [self._busy()] * (len(requests) - len(taken)) if len(taken) < len(requests) else ()
        results = [result for part in await asyncio.gather(*waiting) for result in part]
        results += refused
        return results

    async def tick(self) -> None:
        """Append a tick to the journal if the clock has moved past its last entry."""
        if not self._running:
            return
        self._writings.begun()
        try:
            await self._loop.run_in_executor(self._writing, self._store.append_tick, self._clock_s())
        except CrossDvpError as error:
            self._writings.note(error)
            raise
        finally:
            self._writings.ended()
        self._writings.note(None)
        self._on_journal()

    def _queued(self, requests: Sequence[CommitRequest]) -> asyncio.Future[Sequence[Result]]:
        done: asyncio.Future[Sequence[Result]] = self._loop.create_future()
        with self._lock:
            self._queue.append(_Waiting(requests, done))
            self._requests_queued += len(requests)
        self._loop.call_soon(self._have_it_run)  # whoever is ready now joins this batch
        return done

    def _have_it_run(self) -> None:
        """Have the writer run once more, unless it will: behind the run under way stands one that has not begun."""
        with self._lock:
            if self._is_run_to_come or not self._queue:
                return
            self._is_run_to_come = True
        self._writings.begun()
        self._have_done(self._written, self._writing, self._run)

    def _have_done(
        self, ended: Callable[[asyncio.Future[T]], None], thread: Executor, work: Callable[..., T], *arguments: object
    ) -> None:
        doing = self._loop.run_in_executor(thread, work, *arguments)
        self._at_work.add(doing)
        doing.add_done_callback(ended)
        doing.add_done_callback(self._at_work.discard)  # after what follows from it is at work

    def _run(self) -> _Final | _Failed:
        """In the writer's thread: the batch that is queued by now."""
        with self._lock:
            self._is_run_to_come = False
            waiting = self._next_batch()
            started_s = self._under_way_since_s = self._now_s()
        try:
            signer = self._signer()  # the key is there before anything is committed
            requests = [request for each in waiting for request in each.requests]
            outcomes = self._store.commit_batch(requests, self._clock_s())
        except Exception as error:  # noqa: BLE001 - not swallowed: every waiter of the batch gets it
            return _Failed(waiting, error)
        finally:
            with self._lock:
                self._under_way_since_s = None
        return _Final(waiting, outcomes, signer, self._now_s() - started_s)

    def _next_batch(self) -> list[_Waiting]:
        """Under the lock."""
        batch = [self._queue.popleft()]
        size = len(batch[0].requests)
        while self._queue and size + len(self._queue[0].requests) <= self._max_batch:
            batch.append(self._queue.popleft())
            size += len(batch[-1].requests)
        self._requests_queued -= size
        return batch

    def _written(self, run: asyncio.Future[_Final | _Failed]) -> None:
        """In the event loop. Nothing is signed before it is durable."""
        batch = run.result()
        self._writings.ended()
        self._have_it_run()  # what was left because the batch was full
        if isinstance(batch, _Failed):
            _log.error("batch failed", requests=sum(map(_size_of, batch.waiting)), detail=str(batch.error))
            error = batch.error
            self._writings.note(_named(error))
            _tell(batch.waiting, error)
            return
        self._writings.note(None)
        self._pace.committed(batch.took_s)
        if any(isinstance(outcome, Committed) and outcome.position != NO_POSITION for outcome in batch.outcomes):
            self._on_journal()
        signed = partial(self._signed, batch.waiting)
        self._signings.begun()
        self._have_done(signed, self._signing, sign_outcomes, batch.signer, batch.outcomes)

    def _signed(self, waiting: Sequence[_Waiting], signing: asyncio.Future[list[Result]]) -> None:
        error = signing.exception()
        self._signings.ended()
        self._signings.note(None if error is None else _named(error))
        if error is not None:
            _log.error("batch not signed", requests=sum(map(_size_of, waiting)), detail=str(error))
        _tell(waiting, signing.result() if error is None else error)

    def _busy(self) -> NotaryBusy:
        with self._lock:
            since_s, waiting = self._under_way_since_s, self._requests_queued
        under_way_s = None if since_s is None else self._now_s() - since_s
        return NotaryBusy(waiting, self._pace.time_to_drain(waiting, under_way_s))

    def _now_s(self) -> float:
        return self._loop.time() if self._monotonic_s is None else self._monotonic_s()


def _named(error: BaseException) -> CrossDvpError:
    return error if isinstance(error, CrossDvpError) else UniquenessStoreFailed(repr(error))


def _size_of(waiting: _Waiting) -> int:
    return len(waiting.requests)


def _tell(batch: Sequence[_Waiting], results: Sequence[Result] | BaseException) -> None:
    """Everybody who waits, unless he has gone."""
    at = 0
    for waiting in batch:
        if not waiting.done.done():
            if isinstance(results, BaseException):
                waiting.done.set_exception(results)
            else:
                waiting.done.set_result(results[at : at + len(waiting.requests)])
        at += len(waiting.requests)


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
