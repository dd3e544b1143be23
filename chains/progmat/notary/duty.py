"""Whether this worker is the notary's writer or stands by; renews the lease, takes over when it is free."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from chains.progmat.notary.errors import NotActive
from chains.progmat.notary.uniqueness import LeasedStore, LeaseElsewhere, LeaseHeld, UniquenessStore
from primitives.errors import CrossDvpError

RENEWALS_A_LEASE: Final = 4

_log = structlog.get_logger(__name__)


class Duty:
    """Asks for the lease every ``interval_s`` and tells who watches when the worker becomes writer or stands by.

    It is about *when* somebody answers, never about safety: the store refuses every batch of a worker without the
    lease, whatever is believed here. A database that does not answer changes nothing: the worker goes on failing.
    """

    def __init__(self, store: LeasedStore, interval_s: float) -> None:
        self._store = store
        self._interval_s = interval_s
        self._state: LeaseHeld | LeaseElsewhere = LeaseElsewhere("nobody yet", 0, 0)
        self._failure: CrossDvpError | None = None
        self._watchers: list[Callable[[], None]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="notary-lease")
        self._task: asyncio.Task[None] | None = None

    @property
    def is_active(self) -> bool:
        """Whether this worker was the writer when it last asked."""
        return isinstance(self._state, LeaseHeld)

    @property
    def failure(self) -> CrossDvpError | None:
        """Why the lease could not be asked for the last time; None if it could."""
        return self._failure

    @property
    def holder(self) -> str:
        """The worker that holds the lease; empty: this one."""
        return "" if isinstance(self._state, LeaseHeld) else self._state.holder

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call ``on_change`` in the event loop after a change of ``is_active`` or ``failure``, in order of watching."""
        self._watchers.append(on_change)

    def require_active(self) -> None:
        """Raises NotActive while this worker stands by."""
        if isinstance(self._state, LeaseElsewhere):
            raise self.not_active()

    def not_active(self) -> NotActive:
        """What is told while standing by: who is the writer, and when to come back."""
        state = self._state
        holder, left_ms = (state.holder, state.left_ms) if isinstance(state, LeaseElsewhere) else ("this worker", 0)
        return NotActive(holder, max(self._interval_s, left_ms / 1000))

    async def start(self) -> None:
        """Ask at once, then again and again."""
        await self.ask()
        self._task = asyncio.create_task(self._ask_again(), name="notary-lease")

    async def stop(self) -> None:
        """Give the lease back."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.release)
        except CrossDvpError as error:
            _log.warning("the lease runs out by itself", reason=error.reason, detail=str(error))
        self._thread.shutdown()

    async def ask(self) -> None:
        """Take or renew the lease now."""
        try:
            state = await asyncio.get_running_loop().run_in_executor(self._thread, self._store.hold)
        except CrossDvpError as error:
            _log.error("the lease cannot be asked for", reason=error.reason, detail=str(error))
            self._stand(self._state, error)
        else:
            self._stand(state, None)

    def _stand(self, state: LeaseHeld | LeaseElsewhere, failure: CrossDvpError | None) -> None:
        was_active, had_failed = self.is_active, self._failure is not None
        self._state, self._failure = state, failure
        if self.is_active != was_active:
            _log.warning("notary duty", active=self.is_active, epoch=state.epoch)
        elif had_failed == (failure is not None):
            return
        for on_change in self._watchers:
            on_change()

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            await self.ask()


def duty_of(store: UniquenessStore) -> Duty | None:
    """The duty of a worker whose store others may share; None for a store of its own."""
    return Duty(store, store.lease_s / RENEWALS_A_LEASE) if isinstance(store, LeasedStore) else None
