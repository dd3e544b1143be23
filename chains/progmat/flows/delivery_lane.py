"""What is owed to one peer, as far as it is in memory, and whether the peer is there: a breaker. No I/O.

::

    open  -- a delivery fails, and no other was answered since it began -->  away
    away  -- the pause is over -->  one delivery goes as a probe
    probe -- answered (even if refused) -->  open
    probe -- fails -->  away, for a longer pause

While the peer is away nothing but probes is sent, and what is owed stays in the database. One delivery that fails where
others are answered is its own problem: it waits alone and does not close the lane.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from chains.progmat.flows.retry import RetrySchedule

MAX_HELD: Final = 128
"""Deliveries to one peer that are under way at once, each with its body in memory."""
NEVER_MS: Final = 2**62


@dataclass
class Lane:
    """One peer's. Times in Unix ms."""

    peer: str
    retry: RetrySchedule
    held: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    """Under way, by effect id."""
    is_behind: bool = False
    """Something owed is not held: it has to be read again."""
    look_at_ms: int = NEVER_MS
    """When to look into the database: what was postponed is due, or it is time for a probe."""
    failures: int = 0
    """Since the peer was last heard of; 0: the lane is open."""
    away_since_ms: int = 0
    probe_at_ms: int = 0
    probe_id: int = 0
    """The effect that was sent last to see whether the peer is back."""
    answers: int = 0
    _poked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_away(self) -> bool:
        """Whether only probes are sent."""
        return self.failures > 0

    @property
    def room(self) -> int:
        """How many more deliveries may begin."""
        return MAX_HELD - len(self.held)

    def takes(self) -> bool:
        """Whether a new effect may begin at once. If not, it is left in the database, and the lane is behind."""
        if self.is_away or self.room <= 0:
            self.is_behind = True
            return False
        return True

    def answered(self) -> None:
        """The peer is there."""
        self.answers += 1
        if self.is_away:
            self.failures = 0
            self.look_now()

    def failed(self, effect_id: int, answers_before: int, attempts: int, now_ms: int) -> int:
        """A delivery failed; returns how long it waits, ms. ``answers_before``: ``answers`` when it began."""
        if self.answers > answers_before:
            return self.retry.wait_ms(attempts)
        if not self.is_away:
            self.away_since_ms = now_ms
        if effect_id == self.probe_id or not self.is_away:
            self.failures += 1
            self.probe_at_ms = now_ms + self.retry.wait_ms(self.failures)
            self.look_at_ms = self.probe_at_ms
            self._poked.set()
        self.is_behind = True
        return max(self.probe_at_ms - now_ms, self.retry.first_ms)

    def put_off(self, until_ms: int) -> None:
        """A delivery that is to be repeated then is written down, and no longer held."""
        self.is_behind = True
        if not self.is_away:
            self.look_by(until_ms)

    def look_by(self, at_ms: int) -> None:
        """Look then, if not sooner."""
        if at_ms < self.look_at_ms:
            self.look_at_ms = at_ms
            self._poked.set()

    def look_now(self) -> None:
        """Look at once."""
        self.look_by(0)

    async def poked(self) -> None:
        """Return when the time to look has been brought forward."""
        await self._poked.wait()
        self._poked.clear()
