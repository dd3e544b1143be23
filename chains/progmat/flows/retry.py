"""When a step that could not be done now is tried again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RetrySchedule:
    """Doubling waits up to a ceiling, for ever: a node that is down delays its transactions, it does not end them.

    The wait is a function of the number of failed attempts alone, so that the stored record says when the next attempt
    comes, and a restarted node keeps the schedule.
    """

    first_ms: int = 200
    ceiling_ms: int = 30_000

    def wait_ms(self, attempts: int) -> int:
        """Wait after the given number of failed attempts (1 or more), milliseconds."""
        doublings = min(max(attempts - 1, 0), 30)
        return min(self.first_ms << doublings, self.ceiling_ms)
