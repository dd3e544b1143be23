"""What was handed to one of the notary's threads: how the last of it ended, and whether something does not end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from primitives.errors import CrossDvpError

OVERDUE_S: Final = 10.0
"""What has not ended by then is a failure. A batch takes tens of milliseconds."""


class Works:
    """Of one thread, which does one after another. ``late`` makes the failure of one that does not end."""

    def __init__(self, late: Callable[[str], CrossDvpError], on_standing: Callable[[], None]) -> None:
        self._late = late
        self._on_standing = on_standing
        self._under_way = 0
        self._overdue: asyncio.TimerHandle | None = None
        self._failure: CrossDvpError | None = None

    @property
    def failure(self) -> CrossDvpError | None:
        """Why the last one failed, or that one does not end; None while all is well."""
        return self._failure

    def begun(self) -> None:
        """One was handed over."""
        self._under_way += 1
        if self._overdue is None:
            self._plan()

    def ended(self) -> None:
        """One has ended: the next has its time from now."""
        self._under_way -= 1
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        if self._under_way:
            self._plan()

    def note(self, failure: CrossDvpError | None) -> None:
        """How one ended; whoever hears of the standing is told where that is news."""
        is_news = (failure is None) is not (self._failure is None)
        self._failure = failure
        if is_news:
            self._on_standing()

    def _plan(self) -> None:
        self._overdue = asyncio.get_running_loop().call_later(OVERDUE_S, self._say_overdue)

    def _say_overdue(self) -> None:
        self.note(self._late(f"no answer for {OVERDUE_S:.0f} s"))
