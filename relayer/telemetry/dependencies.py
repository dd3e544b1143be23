"""What a process depends on, looked at again and again: health that fails when one of them is broken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import structlog

from primitives.errors import CrossDvpError
from relayer.telemetry import names
from relayer.telemetry.metrics import Metrics
from relayer.telemetry.redaction import redacted

_log = structlog.get_logger(__name__)

MOST_DETAIL_CHARS: Final = 400
IMPATIENT_S: Final = 1.0
"""Pause between two looks while something is down: whoever waits for it to be well need not wait long."""


class DependencyKind(Enum):
    """What sort of thing a dependency is."""

    DATABASE = "database"
    CHAIN = "chain"
    PEER = "peer"
    LEASE = "lease"
    CLOCK = "clock"
    JOB = "job"


@dataclass(frozen=True)
class Dependency:
    """One thing without which the process cannot do its work. ``check`` raises an error of ours if it is not well."""

    name: str
    kind: DependencyKind
    check: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class DependencyStatus:
    """How a dependency was found; ``since_s``: Unix seconds of the latest change, 0 before the first look."""

    name: str
    kind: DependencyKind
    is_up: bool
    detail: str
    since_s: float


class DependencyBoard:
    """Looks at all dependencies side by side; ``now_s`` is the wall clock, ``timer_s`` one that never goes back."""

    def __init__(
        self,
        dependencies: Sequence[Dependency],
        metrics: Metrics,
        timeout_s: float,
        now_s: Callable[[], float],
        timer_s: Callable[[], float],
    ) -> None:
        self._dependencies = list(dependencies)
        self._metrics = metrics
        self._timeout_s = timeout_s
        self._now_s = now_s
        self._timer_s = timer_s
        self._statuses: dict[str, DependencyStatus] = {}

    def add(self, dependency: Dependency) -> None:
        """Look at this one, too, unless one of its name is there; not ready until it was looked at."""
        if all(known.name != dependency.name for known in self._dependencies):
            self._dependencies.append(dependency)

    @property
    def statuses(self) -> tuple[DependencyStatus, ...]:
        """All, in the order in which they were named."""
        return tuple(self._statuses.get(each.name) or _unseen(each) for each in self._dependencies)

    @property
    def is_ready(self) -> bool:
        """Every dependency passed its latest check."""
        return all(status.is_up for status in self.statuses)

    async def run(self, stopping: asyncio.Event, interval_s: float) -> None:
        """Look until ``stopping``."""
        while not stopping.is_set():
            await self.look()
            try:
                await asyncio.wait_for(stopping.wait(), interval_s if self.is_ready else min(interval_s, IMPATIENT_S))
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Check everything once; raises nothing."""
        await asyncio.gather(*(self._check(each) for each in self._dependencies))

    async def _check(self, dependency: Dependency) -> None:
        begun_s, detail = self._timer_s(), ""
        try:
            async with asyncio.timeout(self._timeout_s):
                await dependency.check()
        except TimeoutError:
            detail = f"no answer within {self._timeout_s:g} s"
        except CrossDvpError as failure:
            detail = f"{failure.reason}: {failure}"
        except Exception as defect:  # noqa: BLE001  # a check that is broken must not end the others'
            _log.error("dependency check failed", dependency=dependency.name, exc_info=defect)
            detail = f"defect in its check: {type(defect).__name__}"
        self._metrics.show(names.DEPENDENCY_SECONDS, dependency.name, value=self._timer_s() - begun_s)
        self._metrics.show(names.DEPENDENCY_UP, dependency.name, dependency.kind.value, value=float(not detail))
        self._note(dependency, redacted(detail, MOST_DETAIL_CHARS))
        self._metrics.show(names.READY, value=float(self.is_ready))

    def _note(self, dependency: Dependency, detail: str) -> None:
        before = self._statuses.get(dependency.name)
        is_up = not detail
        changed = before is None or before.is_up is not is_up
        since_s = self._now_s() if before is None or changed else before.since_s
        self._statuses[dependency.name] = DependencyStatus(dependency.name, dependency.kind, is_up, detail, since_s)
        if before is None:
            if not is_up:  # at the start that is how things are: nothing went wrong yet
                _log.info(
                    "dependency is not up yet", dependency=dependency.name, kind=dependency.kind.value, detail=detail
                )
        elif changed and not is_up:
            _log.warning("dependency is down", dependency=dependency.name, kind=dependency.kind.value, detail=detail)
        elif changed:
            down_s = round(since_s - before.since_s, 3)
            _log.info("dependency is up", dependency=dependency.name, kind=dependency.kind.value, down_s=down_s)


def _unseen(dependency: Dependency) -> DependencyStatus:
    return DependencyStatus(dependency.name, dependency.kind, is_up=False, detail="not looked at yet", since_s=0.0)
