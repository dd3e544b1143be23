"""Where a batch in a file is committed: in the event loop, while the disk answers sooner than a thread would.

To hand a commit to another thread and hear of its end costs a busy node more than a good disk takes: two threads wait
for the interpreter's lock in turn. A disk that takes longer must not hold up the event loop at each batch; one
that hangs holds it up once.
"""

from __future__ import annotations

from typing import Final

REMEMBERED: Final = 16
"""Commits that the mean looks back on, about."""
QUICK_S: Final = 0.010
"""Up to here, on average, the loop waits for the disk itself: long enough for a flash disk that others write to."""


class CommitPace:
    """How long commits take at present, in whichever thread."""

    def __init__(self) -> None:
        self._mean_s = 0.0

    def note(self, took_s: float) -> None:
        """A commit took so long. A single one of ``REMEMBERED * QUICK_S`` seconds is enough to leave the loop."""
        self._mean_s += (took_s - self._mean_s) / REMEMBERED

    @property
    def is_quick(self) -> bool:
        """Whether the event loop may wait for the next one."""
        return self._mean_s < QUICK_S
