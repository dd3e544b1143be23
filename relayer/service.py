"""The relayer's loop: rounds over its path, under its lease; patient with chains, stopped by contradictions."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import structlog

from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.lifecycle import PathBroken
from relayer.core.plan import retry_delay_s
from relayer.lease_keeper import AlwaysHeld, Lease
from relayer.leases import LeaseLost
from relayer.path import Path

_log = structlog.get_logger(__name__)

ARCHIVE_BATCH: Final = 200
ARCHIVE_PAUSE_S: Final = 60.0
"""Between two looks for packets to archive, when the last one found all of them."""


class LoopState(Enum):
    """What a path's loop is doing."""

    STARTING = "starting"
    RELAYING = "relaying"
    WAITING = "waiting"  # for what ``last_error`` says
    STANDBY = "standby"
    HALTED = "halted"


@dataclass(frozen=True)
class Archiving:
    """Packets that ended longer ago than ``after_s``, by the clock ``now_s``, leave the relayer's way."""

    after_s: float
    now_s: Callable[[], float]


class RelayerLoop:
    """Runs one path. ``last_error`` is what it waits out or, when ``halted``, why it stopped (empty when well).

    Without its lease it stands by, and ``standby`` says for what (empty when it works).
    """

    def __init__(
        self,
        path: Path,
        poll_interval_s: float,
        stopping: asyncio.Event,
        *,
        lease: Lease | None = None,
        archiving: Archiving | None = None,
        not_watched: tuple[str, ...] = (),
    ) -> None:
        """``not_watched``: what no watch of this path's proof architecture looks at, in words."""
        self.path = path
        self._poll_interval_s = poll_interval_s
        self._stopping = stopping
        self._lease = lease or AlwaysHeld()
        self._archiving = archiving
        self._archive_again_s = 0.0
        self._failures = 0
        self._told = ""
        self.last_error = ""
        self.halted = False
        self.advice = ""
        self.not_watched = not_watched

    @property
    def state(self) -> LoopState:
        """What the loop is doing now."""
        if self.halted:
            return LoopState.HALTED
        if self.standby:
            return LoopState.STANDBY
        if self.last_error:
            return LoopState.WAITING
        return LoopState.STARTING if self.path.view is None else LoopState.RELAYING

    @property
    def standby(self) -> str:
        """What this instance waits for before it may work, in words."""
        return self._lease.waits_for

    def works_here(self) -> bool:
        """Whether this instance relays the path, as far as it knows without asking."""
        return self._lease.is_held

    @property
    def is_well(self) -> bool:
        """Whether the path is relayed, or another instance's to relay."""
        return not self.halted and not self.last_error and (bool(self.standby) or self.path.view is not None)

    async def run(self) -> None:
        """Until ``stopping`` is set. Returns early, halted, when the chains contradict each other."""
        while not self._stopping.is_set() and not self.halted:
            if self._lease.is_held:
                await self._pause(await self._round())
            else:
                self.last_error, self._failures = "", 0
                await self._pause(self._poll_interval_s)

    async def _round(self) -> float:
        """One round; returns the pause after it, in seconds."""
        try:
            busy = await self.path.round()
            busy += await self._archive()
        except LeaseLost as overtaken:
            _log.warning("overtaken", path=self.path.name, reason=overtaken.reason, error=str(overtaken))
            return self._poll_interval_s
        except UnavailableError as failure:
            return self._waited_out(failure, first_s=self._poll_interval_s, most_s=5.0)
        except PathBroken as failure:
            self.last_error = f"{failure.reason}: {failure}"
            self.halted, self.advice = True, failure.advice
            # the reason says it; a trace would not help
            _log.error("path halted", path=self.path.name, error=self.last_error, advice=self.advice)
            return 0.0
        except CrossDvpError as failure:
            # A nonsensical answer or a refused round: shown, and tried again, slowly; it may be one bad node.
            return self._waited_out(failure, first_s=1.0, most_s=30.0)
        self._failures, self.last_error, self._told = 0, "", ""
        return 0.0 if busy else self._poll_interval_s

    def _waited_out(self, failure: CrossDvpError, *, first_s: float, most_s: float) -> float:
        self.last_error = f"{failure.reason}: {failure}"
        pause_s = retry_delay_s(self._failures, first_s=first_s, most_s=most_s)
        self._failures += 1
        if self.last_error != self._told:  # once, and not at every attempt: the status shows that it lasts
            self._told = self.last_error
            is_away = isinstance(failure, UnavailableError)
            tell, what = (_log.warning, "chain unavailable") if is_away else (_log.error, "round refused")
            tell(what, path=self.path.name, error=self.last_error, retry_in_s=round(pause_s, 2))
        return pause_s

    async def _archive(self) -> int:
        """A batch of what ended long ago; more of it at once while there is more."""
        archiving = self._archiving
        if archiving is None or (now_s := archiving.now_s()) < self._archive_again_s:
            return 0
        moved = await asyncio.to_thread(self.path.archive, now_s - archiving.after_s, ARCHIVE_BATCH)
        if moved < ARCHIVE_BATCH:
            self._archive_again_s = now_s + ARCHIVE_PAUSE_S
        if moved:
            _log.info("archived", path=self.path.name, packets=moved)
        return moved

    async def _pause(self, pause_s: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), timeout=pause_s or 0.001)
        except TimeoutError:
            return


def never(_point: object) -> None:
    """The crash hook of every real process: does nothing."""


def kill_this_process() -> None:
    """As ``kill -9``: nothing is flushed, nothing is closed."""
    os.kill(os.getpid(), signal.SIGKILL)


def crash_hook(kill_at: str, kill: Callable[[], None]) -> Callable[[object], None]:
    """A crash hook for kill tests: calls ``kill`` when the named point is reached."""

    def reached(point: object) -> None:
        if getattr(point, "value", None) == kill_at:
            kill()

    return reached
