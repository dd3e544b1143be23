"""Leases: which instance does a piece of work now, and the number by which its late writes are known.

Every taking raises the lease's token. Whatever an instance writes under a lease is written together with ``require``,
which locks the lease's row until the transaction ends: a holder that was overtaken while it stood still, writes
nothing any more. PostgreSQL's clock decides about expiry, so that instances need not agree on the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import sqlalchemy as sa

from primitives.errors import UnavailableError
from relayer.database import Int64, shared_clock_s, upsert

MARGIN_SHARE: Final = 10
"""A holder stops writing 1/10 of the term before others may take its lease."""


class LeaseLost(UnavailableError):
    """Another instance took the lease, or it expired: nothing was written."""

    reason = "LEASE_LOST"


class LeaseClock(Enum):
    """Whose clock decides: the database's where it has one that all instances share, or the caller's, in tests."""

    DATABASE = "database"
    CALLER = "caller"


@dataclass(frozen=True)
class Fence:
    """A lease as it was taken: its name, who took it, and the number that no other taking of it has."""

    name: str
    holder: str
    token: int


@dataclass(frozen=True)
class LeaseRow:
    """A lease as stored; an empty holder gave it back. ``expires_s`` in Unix seconds of the deciding clock."""

    name: str
    holder: str
    token: int
    expires_s: float


class LeaseTable:
    """The table of leases in a store's metadata; all methods work in the caller's transaction."""

    def __init__(self, metadata: sa.MetaData, clock: LeaseClock = LeaseClock.DATABASE) -> None:
        self._clock = clock
        known = metadata.tables.get("leases")
        self._table = (
            known
            if known is not None
            else sa.Table(
                "leases",
                metadata,
                sa.Column("name", sa.String, primary_key=True),
                sa.Column("holder", sa.String, nullable=False),
                sa.Column("token", Int64, nullable=False),
                sa.Column("expires_s", sa.Double, nullable=False),
                sa.Column("ttl_s", sa.Double, nullable=False),
            )
        )

    def acquire(
        self, connection: sa.Connection, name: str, holder: str, now_s: float, ttl_s: float, *, restarted: bool = False
    ) -> Fence | None:
        """Take a lease that nobody holds; None while somebody does.

        ``restarted``: what the same holder has is its own from before it died, and taken at once.
        """
        nobody = {"name": name, "holder": "", "token": 0, "expires_s": 0.0, "ttl_s": 0.0}
        upsert(connection, self._table, nobody, ["name"], replace=False)
        row, clock = self._locked(connection, name, now_s)
        is_own = restarted and row.holder == holder
        if row.holder and not is_own and clock < row.expires_s:
            return None
        fence = Fence(name, holder, row.token + 1)
        self._write(connection, name, holder=holder, token=fence.token, expires_s=clock + ttl_s, ttl_s=ttl_s)
        return fence

    def renew(self, connection: sa.Connection, fence: Fence, now_s: float, ttl_s: float) -> None:
        """Hold a lease for another term. Raises ``LeaseLost`` if it was taken, or ended before."""
        _, clock = self._required(connection, fence, now_s, for_update=True)
        self._write(connection, fence.name, expires_s=clock + ttl_s, ttl_s=ttl_s)

    def release(self, connection: sa.Connection, fence: Fence) -> None:
        """Give a lease back, so that nobody has to wait; nothing if somebody else has it by now."""
        ours = sa.and_(self._table.c.name == fence.name, self._table.c.token == fence.token)
        connection.execute(sa.update(self._table).where(ours).values(holder="", expires_s=0.0))

    def require(self, connection: sa.Connection, fence: Fence, now_s: float) -> None:
        """Refuse to go on unless the lease is still this one; nobody takes it until the transaction ends.

        Raises ``LeaseLost``.
        """
        self._required(connection, fence, now_s, for_update=False)

    def read(self, connection: sa.Connection, name: str) -> LeaseRow | None:
        """A lease as it stands; None if it was never taken."""
        row = connection.execute(sa.select(self._table).where(self._table.c.name == name)).first()
        return None if row is None else LeaseRow(row.name, row.holder, row.token, row.expires_s)

    def rows(self, connection: sa.Connection) -> tuple[LeaseRow, ...]:
        """All leases that were ever taken, by name."""
        found = connection.execute(sa.select(self._table).order_by(self._table.c.name))
        return tuple(LeaseRow(row.name, row.holder, row.token, row.expires_s) for row in found)

    def _required(
        self, connection: sa.Connection, fence: Fence, now_s: float, *, for_update: bool
    ) -> tuple[Any, float]:
        row, clock = self._locked(connection, fence.name, now_s, for_update=for_update)
        if (row.holder, row.token) != (fence.holder, fence.token):
            holder = row.holder or "nobody"
            raise LeaseLost(f"lease {fence.name}: held by {holder} (token {row.token}), no longer by {fence.holder}")
        if clock >= row.expires_s - row.ttl_s / MARGIN_SHARE:
            raise LeaseLost(f"lease {fence.name}: {fence.holder} did not renew it in time")
        return row, clock

    def _locked(
        self, connection: sa.Connection, name: str, now_s: float, *, for_update: bool = True
    ) -> tuple[Any, float]:
        """The row, locked until the transaction ends, and the deciding clock; writers of one instance share it."""
        query = sa.select(self._table).where(self._table.c.name == name).with_for_update(read=not for_update)
        row = connection.execute(query).first()
        if row is None:
            raise LeaseLost(f"lease {name}: there is none in this database; was it restored?")
        if self._clock is LeaseClock.CALLER:
            return row, now_s
        return row, shared_clock_s(connection, now_s)  # asked once the lock is there: waiting for it takes time

    def _write(self, connection: sa.Connection, name: str, **values: object) -> None:
        connection.execute(sa.update(self._table).where(self._table.c.name == name).values(**values))
