"""The relayer's loop: rounds over its path for ever; patient when a chain is away, stopped by a contradiction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.lifecycle import PathBroken
from relayer.core.plan import retry_delay_s
from relayer.path import Path

_log = structlog.get_logger(__name__)


class RelayerLoop:
    """Runs one path. ``last_error`` is what it waits out or, when ``halted``, why it stopped (empty when well)."""

    def __init__(self, path: Path, poll_interval_s: float, stopping: asyncio.Event) -> None:
        self._path = path
        self._poll_interval_s = poll_interval_s
        self._stopping = stopping
        self.last_error = ""
        self.halted = False

    async def run(self) -> None:
        """Until ``stopping`` is set. Returns early, halted, when the chains contradict each other."""
        failures = 0
        while not self._stopping.is_set():
            try:
                busy = await self._path.round()
                failures, self.last_error = 0, ""
                pause_s = 0.0 if busy else self._poll_interval_s
            except UnavailableError as failure:
                self.last_error = f"{failure.reason}: {failure}"
                pause_s = retry_delay_s(failures, first_s=self._poll_interval_s, most_s=5.0)
                failures += 1
                _log.warning("chain unavailable", error=self.last_error, retry_in_s=round(pause_s, 2))
            except PathBroken as failure:
                self.last_error = f"{failure.reason}: {failure}"
                self.halted = True
                _log.error("path halted", error=self.last_error)  # the reason says it; a trace would not help
                return
            except CrossDvpError as failure:
                # A nonsensical answer or a refused round: shown, and tried again, slowly; it may be one bad node.
                self.last_error = f"{failure.reason}: {failure}"
                pause_s = retry_delay_s(failures, first_s=1.0, most_s=30.0)
                failures += 1
                _log.error("round refused", error=self.last_error, retry_in_s=pause_s)  # as above
            await self._pause(pause_s)

    async def _pause(self, pause_s: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), timeout=pause_s or 0.001)
        except TimeoutError:
            return


def never(_point: object) -> None:
    """The crash hook of every real process: does nothing."""


def crash_hook(kill_at: str, kill: Callable[[], None]) -> Callable[[object], None]:
    """A crash hook for kill tests: calls ``kill`` when the named point is reached."""

    def reached(point: object) -> None:
        if getattr(point, "value", None) == kill_at:
            kill()

    return reached
