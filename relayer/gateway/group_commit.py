"""Many callers' changes, one disk write: what is asked for while a transaction runs is the next one's work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from relayer.gateway.audit_riding import RidingEntries
from relayer.gateway.settlement_writes import Outcome, Work

MOST_TOGETHER = 256


class GroupCommit:
    """One per store and event loop. ``apply``: the store's, which judges each work on its own; runs in a thread."""

    def __init__(self, apply: Callable[[Sequence[Work]], list[Outcome | Exception]]) -> None:
        self._apply = apply
        self._queued: list[tuple[Work, asyncio.Future[Outcome]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def do(self, work: Work) -> Outcome:
        """The outcome, once it is on disk. Raises the work's refusal, or why the whole transaction failed.

        A caller who stops waiting does not take back what is queued: it may be done, as after a lost answer.
        """
        waiting: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queued.append((work, waiting))
        if work.audit is not None:
            work.audit.board()
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="group commit")
        return await waiting

    async def close(self) -> None:
        """Wait for what is being written: the store is closed next."""
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        await asyncio.sleep(0)  # whoever is about to ask in this turn of the loop goes along
        while self._queued:
            batch, self._queued = self._queued[:MOST_TOGETHER], self._queued[MOST_TOGETHER:]
            try:
                outcomes = await asyncio.to_thread(self._apply, [work for work, _ in batch])
            except BaseException as failure:  # told to everybody who waits, whatever it is
                for entries in _aboard(batch):
                    entries.leave()
                _tell(batch, [failure] * len(batch))
                if isinstance(failure, asyncio.CancelledError):
                    raise
            else:
                for entries in _aboard(batch):
                    entries.arrive()
                _tell(batch, outcomes)


def _aboard(batch: Sequence[tuple[Work, asyncio.Future[Outcome]]]) -> Iterator[RidingEntries]:
    return (work.audit for work, _ in batch if work.audit is not None)


def _tell(batch: Sequence[tuple[Work, asyncio.Future[Outcome]]], outcomes: Sequence[Outcome | BaseException]) -> None:
    for (_, waiting), outcome in zip(batch, outcomes, strict=True):
        if waiting.done():
            continue
        if isinstance(outcome, BaseException):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)
