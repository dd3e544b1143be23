"""Soft locks: a running flow's hold on states, so that another flow of this node does not build on them meanwhile.

They expire by themselves: an expired lock holds nothing, and its state may be taken by anybody. Who spends a state is
finally decided by the notary; soft locks only keep a node from competing with itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, or_, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.errors import StateConsumed, StateSoftLocked
from chains.progmat.vault.schema import consumptions, soft_locks, states


def lock_states(
    connection: Connection, refs: Sequence[StateRef], *, lock_owner: str, now_s: int, expires_s: int
) -> None:
    """Hold ``refs`` for ``lock_owner`` until ``expires_s`` (exclusive), or renew the hold: all of them or none.

    An expired lock of somebody else is taken over. Raises ``StateConsumed``, ``StateSoftLocked``.
    """
    if expires_s <= now_s:
        raise ValueError(f"a soft lock must end after it begins: now {now_s}, expires {expires_s}")
    if not refs:
        return
    keys = [(ref.tx_id, ref.index) for ref in refs]
    _check_unconsumed(connection, refs, keys)
    lock = soft_locks.c
    query = select(lock.tx_id, lock.output_index, lock.lock_owner, lock.expires_s).where(
        tuple_(lock.tx_id, lock.output_index).in_(keys), lock.lock_owner != lock_owner, lock.expires_s > now_s
    )
    held = connection.execute(query).first()
    if held is not None:
        raise StateSoftLocked(StateRef(held.tx_id, held.output_index), held.lock_owner, float(held.expires_s - now_s))
    upsert = insert(soft_locks)
    upsert = upsert.on_conflict_do_update(
        index_elements=[lock.tx_id, lock.output_index],
        set_={"lock_owner": upsert.excluded.lock_owner, "expires_s": upsert.excluded.expires_s},
        where=or_(lock.lock_owner == upsert.excluded.lock_owner, lock.expires_s <= now_s),
    )
    hold = {"lock_owner": lock_owner, "expires_s": expires_s}
    connection.execute(upsert, [{"tx_id": ref.tx_id, "output_index": ref.index} | hold for ref in refs])


def renew_soft_locks(connection: Connection, *, lock_owner: str, expires_s: int) -> int:
    """Extend all locks that ``lock_owner`` still has, expired or not; returns how many.

    A flow whose number is smaller than what it locked has lost some to another flow and must select again.
    """
    of_owner = soft_locks.c.lock_owner == lock_owner
    return connection.execute(update(soft_locks).where(of_owner).values(expires_s=expires_s)).rowcount


def release_soft_locks(connection: Connection, *, lock_owner: str) -> int:
    """Give up all locks of ``lock_owner``; returns how many there were."""
    return connection.execute(delete(soft_locks).where(soft_locks.c.lock_owner == lock_owner)).rowcount


def soft_locked_refs(connection: Connection, *, lock_owner: str, now_s: int) -> tuple[StateRef, ...]:
    """States that ``lock_owner`` holds now."""
    lock = soft_locks.c
    query = select(lock.tx_id, lock.output_index).where(lock.lock_owner == lock_owner, lock.expires_s > now_s)
    return tuple(StateRef(row.tx_id, row.output_index) for row in connection.execute(query.order_by(*lock)))


def _check_unconsumed(connection: Connection, refs: Sequence[StateRef], keys: Sequence[tuple[bytes, int]]) -> None:
    state, spent = states.c, consumptions.c
    query = (
        select(state.tx_id, state.output_index)
        .outerjoin(consumptions, and_(state.tx_id == spent.tx_id, state.output_index == spent.output_index))
        .where(tuple_(state.tx_id, state.output_index).in_(keys), spent.consumed_by.is_(None))
    )
    unconsumed = {StateRef(row.tx_id, row.output_index) for row in connection.execute(query)}
    for ref in refs:
        if ref not in unconsumed:
            raise StateConsumed(ref)
