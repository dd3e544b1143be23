"""The writer's lease: one row that says who may commit, checked and locked inside every batch's database transaction.

The *epoch* is the fence. It grows with every change of holder; a worker commits under the epoch it was given and under
no other, so a worker that was stopped, cut off or slow can commit nothing once another has taken over. The row is
locked by each batch, so that batches of two workers never interleave. *Expiry* is only about when a standby may take
over: it is compared with the workers' clocks, and clocks that differ move that moment, never what is committed.
"""

from __future__ import annotations

from chains.progmat.notary.errors import WriterLeaseLost
from chains.progmat.notary.postgres_rows import Connection, Cursor
from chains.progmat.notary.uniqueness import LeaseElsewhere, LeaseHeld

NOBODY = 0
"""The epoch before the first one."""

_TAKE = """
UPDATE notary_writer SET epoch = epoch + 1, holder = %s, expires_ms = %s
WHERE singleton = 1 AND epoch = %s AND expires_ms <= %s RETURNING epoch
"""
_KEEP = """
UPDATE notary_writer SET expires_ms = GREATEST(expires_ms, %s) WHERE singleton = 1 AND epoch = %s RETURNING epoch
"""


def hold(
    connection: Connection, held_epoch: int, holder: str, now_ms: int, lease_ms: int
) -> LeaseHeld | LeaseElsewhere:
    """Renew the lease if it is ours (``held_epoch``), take it if it is over."""
    row = connection.execute("SELECT epoch, holder, expires_ms FROM notary_writer WHERE singleton = 1").fetchone()
    if row is None:
        raise WriterLeaseLost(held_epoch, NOBODY, "nobody: the lease's row is gone")
    epoch, other, expires_ms = row
    if epoch == held_epoch != NOBODY:
        check(connection, lock(connection, held_epoch, now_ms + lease_ms), held_epoch)
        return LeaseHeld(epoch)
    if expires_ms <= now_ms:
        taken = connection.execute(_TAKE, (holder, now_ms + lease_ms, epoch, now_ms)).fetchone()
        if taken is not None:
            return LeaseHeld(taken[0])
    return LeaseElsewhere(other, epoch, max(0, expires_ms - now_ms))


def lock(connection: Connection, held_epoch: int, expires_ms: int) -> Cursor:
    """Lock and renew the lease, for a batch or by itself; ``check`` reads the answer before anything is written."""
    return connection.execute(_KEEP, (expires_ms, held_epoch))


def check(connection: Connection, locked: Cursor, held_epoch: int) -> None:
    """Raises WriterLeaseLost when the epoch is another's."""
    if locked.fetchone() is None:
        row = connection.execute("SELECT epoch, holder FROM notary_writer WHERE singleton = 1").fetchone()
        raise WriterLeaseLost(held_epoch, *(row or (NOBODY, "nobody")))


def give_up(connection: Connection, held_epoch: int) -> None:
    """The standby need not wait."""
    connection.execute("UPDATE notary_writer SET expires_ms = 0 WHERE singleton = 1 AND epoch = %s", (held_epoch,))
