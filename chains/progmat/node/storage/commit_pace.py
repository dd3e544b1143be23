"""Whether the event loop stands still while a batch in a file is committed: where the disk answers soon, it does.

To hear of a commit's end in a later turn costs a busy node more than a good disk takes. A disk that takes longer must
not hold up the event loop at each batch; how long one that hangs may do so is ``group_commit``'s to say.
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
