"""Soft locks: a running flow's hold on states, so that another flow of this node does not build on them meanwhile.

They expire by themselves: an expired lock holds nothing, and its state may be taken by anybody. Who spends a state is
finally decided by the notary; soft locks only keep a node from competing with itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import Insert

from chains.progmat.node.storage import Prepared, insert
from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.by_refs import ByRefs, Key
from chains.progmat.vault.errors import StateConsumed, StateSoftLocked
from chains.progmat.vault.schema import consumptions, soft_locks, states

_lock, _state, _spent = soft_locks.c, states.c, consumptions.c

_HELD_BY_OTHERS = ByRefs(
    lambda these: select(_lock.tx_id, _lock.output_index, _lock.lock_owner, _lock.expires_s).where(
        these(soft_locks),
        _lock.lock_owner != bindparam("owner"),
        _lock.expires_s > bindparam("now_s"),
    )
)
_UNCONSUMED = ByRefs(
    lambda these: (
        select(_state.tx_id, _state.output_index)
        .outerjoin(consumptions, and_(_state.tx_id == _spent.tx_id, _state.output_index == _spent.output_index))
        .where(these(states), _spent.consumed_by.is_(None))
    )
)


def _upsert() -> Insert:
    statement = insert(soft_locks)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[_lock.tx_id, _lock.output_index],
        set_={"lock_owner": new.lock_owner, "expires_s": new.expires_s},
        where=or_(_lock.lock_owner == new.lock_owner, _lock.expires_s <= bindparam("now_s")),
    )


_HOLD = Prepared(_upsert(), columns=soft_locks.c.keys())
_RENEW = Prepared(
    update(soft_locks).where(_lock.lock_owner == bindparam("of_owner")).values(expires_s=bindparam("until_s"))
)
_RELEASE = Prepared(delete(soft_locks).where(_lock.lock_owner == bindparam("of_owner")))


def lock_states(
    connection: Connection, refs: Sequence[StateRef], *, lock_owner: str, now_s: int, expires_s: int
) -> None:
    """Hold ``refs`` for ``lock_owner`` until ``expires_s`` (exclusive), or renew the hold: all of them or none.

    An expired lock of somebody else is taken over. Raises ``StateConsumed``, ``StateSoftLocked``.
    """
    _check_span(now_s, expires_s)
    if not refs:
        return
    keys = [(ref.tx_id, ref.index) for ref in refs]
    _check_unconsumed(connection, refs, keys)
    held = _HELD_BY_OTHERS.first(connection, keys, {"owner": lock_owner, "now_s": now_s})
    if held is not None:
        tx_id, index, holder, until_s = held
        raise StateSoftLocked(StateRef(tx_id, index), holder, float(until_s - now_s))
    hold_free(connection, refs, lock_owner=lock_owner, now_s=now_s, expires_s=expires_s)


def hold_free(connection: Connection, refs: Sequence[StateRef], *, lock_owner: str, now_s: int, expires_s: int) -> None:
    """As ``lock_states``, of states just found unconsumed and not held by others, in the same database transaction."""
    _check_span(now_s, expires_s)
    hold = {"lock_owner": lock_owner, "expires_s": expires_s, "now_s": now_s}
    _HOLD.change_all(connection, [{"tx_id": ref.tx_id, "output_index": ref.index} | hold for ref in refs])


def held_by_others(
    connection: Connection, refs: Sequence[StateRef], *, lock_owner: str, now_s: int
) -> frozenset[StateRef]:
    """Those of ``refs`` that are held at ``now_s``, and not for ``lock_owner``."""
    keys = [(ref.tx_id, ref.index) for ref in refs]
    rows = _HELD_BY_OTHERS.rows(connection, keys, {"owner": lock_owner, "now_s": now_s}) if keys else ()
    return frozenset(StateRef(tx_id, index) for tx_id, index, _, _ in rows)


def renew_soft_locks(connection: Connection, *, lock_owner: str, expires_s: int) -> int:
    """Extend all locks that ``lock_owner`` still has, expired or not; returns how many.

    A flow whose number is smaller than what it locked has lost some to another flow and must select again.
    """
    return _RENEW.change(connection, {"of_owner": lock_owner, "until_s": expires_s})


def release_soft_locks(connection: Connection, *, lock_owner: str) -> int:
    """Give up all locks of ``lock_owner``; returns how many there were."""
    return _RELEASE.change(connection, {"of_owner": lock_owner})


def _check_span(now_s: int, expires_s: int) -> None:
    if expires_s <= now_s:
        raise ValueError(f"a soft lock must end after it begins: now {now_s}, expires {expires_s}")


def _check_unconsumed(connection: Connection, refs: Sequence[StateRef], keys: Sequence[Key]) -> None:
    unconsumed = {StateRef(tx_id, index) for tx_id, index in _UNCONSUMED.rows(connection, keys)}
    for ref in refs:
        if ref not in unconsumed:
            raise StateConsumed(ref)
