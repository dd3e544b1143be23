"""Holding leases while a process lives: taken together, renewed at 1/3 of their term, given back at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import sqlalchemy as sa
import structlog

from primitives.errors import UnavailableError
from relayer.database import Database
from relayer.leases import Fence, LeaseLost, LeaseTable

_log = structlog.get_logger(__name__)

RENEWALS_A_TERM: Final = 3
LEAST_PAUSE_S: Final = 0.05


class Lease(Protocol):
    """What whoever works under a lease needs to know."""

    @property
    def is_held(self) -> bool:
        """Whether this instance is the one to work now, as far as it knows without asking."""

    @property
    def waits_for(self) -> str:
        """What a standby waits for, in words; empty while the lease is held."""

    def require(self, connection: sa.Connection) -> None:
        """In the transaction of a write: raises ``LeaseLost`` unless the lease is still held."""


class AlwaysHeld:
    """Implements ``Lease`` where nobody else can be: one process over a database in memory."""

    is_held = True
    waits_for = ""

    def require(self, connection: sa.Connection) -> None:
        """See Lease."""


@dataclass(frozen=True)
class LeaseTerms:
    """``holder``: this instance's name, which no other instance has; ``ttl_s``: how long it may be silent."""

    holder: str
    ttl_s: float


class _HeldByAnother(LeaseLost):
    """A lease is not to be had now."""

    def __init__(self, name: str, holder: str, expires_s: float) -> None:
        self.expires_s = expires_s
        until = datetime.fromtimestamp(expires_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        super().__init__(f"standby, lease {name} held by {holder} until {until} unless renewed")


class LeaseKeeper:
    """Implements ``Lease`` for several leases at once: all of them are held, or none.

    They are taken in the order of their names, so that instances that want the same ones never wait for each other.
    ``now_s`` is the clock in Unix seconds; over PostgreSQL the database's decides, and this one only says when to ask.
    """

    def __init__(
        self,
        database: Database,
        table: LeaseTable,
        names: Sequence[str],
        terms: LeaseTerms,
        now_s: Callable[[], float],
    ) -> None:
        self._database = database
        self._table = table
        self._names = sorted(set(names))
        self._terms = terms
        self._now_s = now_s
        self._fences: tuple[Fence, ...] = ()
        self._held_until_s = 0.0
        self._was_held = False
        self._waits_for = "standby, not asked for its lease yet"

    @property
    def is_held(self) -> bool:
        """See Lease."""
        return bool(self._fences) and self._now_s() < self._held_until_s

    @property
    def waits_for(self) -> str:
        """See Lease."""
        return "" if self.is_held else self._waits_for

    def require(self, connection: sa.Connection) -> None:
        """See Lease; of all leases."""
        fences, now_s = self._fences, self._now_s()
        if not fences:
            raise LeaseLost(self._waits_for)
        try:
            for fence in fences:
                self._table.require(connection, fence, now_s)
        except LeaseLost as lost:
            self._drop(fences, lost)
            raise

    async def step(self) -> float:
        """Take the leases, or renew them; returns after how many seconds to do so again. Raises nothing of ours."""
        pause_s = self._terms.ttl_s / RENEWALS_A_TERM
        asked_s, fences = self._now_s(), self._fences
        try:
            held = await asyncio.to_thread(self._database.retried, self._renew if fences else self._take)
        except _HeldByAnother as other:
            self._waits_for = str(other)
            return max(LEAST_PAUSE_S, min(pause_s, other.expires_s - self._now_s()))
        except LeaseLost as lost:
            self._drop(fences, lost)
            return LEAST_PAUSE_S
        except UnavailableError as away:  # whoever had the leases keeps them to their end
            self._waits_for = f"standby, {away.reason}: {away}"
            return pause_s
        self._held_until_s = asked_s + self._terms.ttl_s
        if not fences:
            self._fences, self._was_held = held, True
            _log.info("leases taken", names=self._names, holder=self._terms.holder, tokens=[f.token for f in held])
        return pause_s

    async def run(self, stopping: asyncio.Event) -> None:
        """Until ``stopping``; ``release`` gives them back, once nothing is written under them any more."""
        while not stopping.is_set():
            pause_s = await self.step()
            try:
                await asyncio.wait_for(stopping.wait(), timeout=pause_s)
            except TimeoutError:
                continue

    async def release(self) -> None:
        """Give the leases back; whoever waits need not wait for their end."""
        fences, self._fences = self._fences, ()
        self._waits_for = "standby, given back"
        try:
            await asyncio.to_thread(self._database.retried, lambda connection: self._give_back(connection, fences))
        except UnavailableError as away:
            _log.warning("leases end by themselves", reason=away.reason, error=str(away))

    def _take(self, connection: sa.Connection) -> tuple[Fence, ...]:
        holder, ttl_s = self._terms.holder, self._terms.ttl_s
        taken = []
        for name in self._names:
            # What this instance's name holds before this process ever did, is from before a restart.
            restarted = not self._was_held
            fence = self._table.acquire(connection, name, holder, self._now_s(), ttl_s, restarted=restarted)
            if fence is None:
                row = self._table.read(connection, name)
                raise _HeldByAnother(name, row.holder if row else "", row.expires_s if row else 0.0)
            taken.append(fence)
        return tuple(taken)

    def _renew(self, connection: sa.Connection) -> tuple[Fence, ...]:
        for fence in self._fences:
            self._table.renew(connection, fence, self._now_s(), self._terms.ttl_s)
        return self._fences

    def _give_back(self, connection: sa.Connection, fences: Sequence[Fence]) -> None:
        for fence in fences:
            self._table.release(connection, fence)

    def _drop(self, fences: tuple[Fence, ...], lost: LeaseLost) -> None:
        if self._fences is fences and fences:
            self._fences = ()
            self._waits_for = f"standby, {lost}"
            _log.warning("lease lost", error=str(lost))
