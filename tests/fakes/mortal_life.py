"""Death at a named line: an exception that no handler of the product catches, and from then on every line raises it."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.gateway.crash_points import GatewayCrashPoint


class Killed(BaseException):
    """Stands for SIGKILL."""


@dataclass
class Life:
    """One process's; it ends when the process comes to ``kill_at`` for the ``nth`` time."""

    kill_at: GatewayCrashPoint | None = None
    nth: int = 1
    is_over: bool = False

    def reach(self, point: GatewayCrashPoint) -> None:
        """The hook of a process that may die: what a dead one had under way does nothing more."""
        if point is self.kill_at:
            self.nth -= 1
            self.is_over = self.is_over or self.nth == 0
        if self.is_over:
            raise Killed
