"""The table of what this node signed for others and what is not final here: functions over a connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select, update

from chains.progmat.flows.schema import pending
from chains.progmat.node.storage import Prepared, insert, unknown_transactions
from chains.progmat.stored_text import storable
from primitives.errors import CrossDvpError

MAX_ROWS_OF_AN_ASKER: Final = 4096
MAX_BYTES_OF_AN_ASKER: Final = 64 * 1024 * 1024
MAX_ERROR_CHARS: Final = 500


@dataclass(frozen=True, slots=True)
class PendingRow:
    """``signed_tx`` has the asker's signatures and ours. ``last_error`` is empty if the notary merely said: not yet."""

    tx_id: bytes
    asker: str
    signed_tx: bytes
    since_ms: int
    attempts: int = 0
    next_attempt_ms: int = 0
    last_error_reason: str = ""
    last_error: str = ""


_COLUMNS: Final = tuple(field.name for field in fields(PendingRow))
_ALL: Final = select(*(pending.c[name] for name in _COLUMNS))
_ALL_OF: Final = Prepared(_ALL.where(pending.c.tx_id.in_(bindparam("tx_ids", expanding=True))))
_DUE: Final = Prepared(
    _ALL.where(pending.c.next_attempt_ms <= bindparam("now_ms"))
    .order_by(pending.c.next_attempt_ms, pending.c.tx_id)
    .limit(bindparam("most"))
)
_ASKERS: Final = Prepared(select(pending.c.tx_id, pending.c.asker))
_KEEP: Final = Prepared(insert(pending).on_conflict_do_nothing(), columns=_COLUMNS)
_SIZE: Final = Prepared(
    select(func.count(), func.coalesce(func.sum(func.length(pending.c.signed_tx)), 0)).where(
        pending.c.asker == bindparam("of_asker")
    )
)
_FORGET: Final = Prepared(delete(pending).where(pending.c.tx_id == bindparam("of_tx")))


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written down, and ids of older ones that had to make room."""

    rows: tuple[PendingRow, ...]
    dropped: tuple[bytes, ...]


def keep(connection: Connection, rows: Sequence[PendingRow]) -> Kept:
    """Write down those that are not recorded here. An asker with too many loses its oldest.

    At most some hundreds at once.
    """
    unknown = set(unknown_transactions(connection, [row.tx_id for row in rows]))
    kept = tuple(row for row in rows if row.tx_id in unknown)
    for row in kept:
        _KEEP.change(connection, dict(zip(_COLUMNS, astuple(row), strict=True)))
    dropped = [tx_id for asker in sorted({row.asker for row in kept}) for tx_id in _drop(connection, asker)]
    return Kept(kept, tuple(dropped))


def _drop(connection: Connection, asker: str) -> list[bytes]:
    ((rows, size_bytes),) = _SIZE.rows(connection, {"of_asker": asker})
    if rows <= MAX_ROWS_OF_AN_ASKER and size_bytes <= MAX_BYTES_OF_AN_ASKER:
        return []
    by_age = select(pending.c.tx_id, func.length(pending.c.signed_tx)).where(pending.c.asker == asker)
    too_many: list[bytes] = []
    for tx_id, length in connection.execute(by_age.order_by(pending.c.since_ms, pending.c.tx_id)):
        if rows <= MAX_ROWS_OF_AN_ASKER and size_bytes <= MAX_BYTES_OF_AN_ASKER:
            break
        too_many.append(tx_id)
        rows, size_bytes = rows - 1, size_bytes - length
    forget(connection, too_many)
    return too_many


def forget(connection: Connection, tx_ids: Iterable[bytes]) -> None:
    """They are final here, or will never be."""
    for tx_id in tx_ids:
        _FORGET.change(connection, {"of_tx": tx_id})


def put_off(connection: Connection, row: PendingRow, next_attempt_ms: int, error: CrossDvpError | None) -> None:
    """Asked once more, without an end; ``error`` says why, if it is not that the notary has not committed it."""
    values = {
        "attempts": row.attempts + 1,
        "next_attempt_ms": next_attempt_ms,
        "last_error_reason": "" if error is None else error.reason,
        "last_error": "" if error is None else storable(str(error), MAX_ERROR_CHARS),
    }
    connection.execute(update(pending).where(pending.c.tx_id == row.tx_id).values(values))


def found(connection: Connection, tx_id: bytes) -> PendingRow | None:
    """One of them, or None."""
    row = connection.execute(_ALL.where(pending.c.tx_id == tx_id)).one_or_none()
    return None if row is None else PendingRow(*row)


def all_of(connection: Connection, tx_ids: Sequence[bytes]) -> tuple[PendingRow, ...]:
    """Those of at most some hundreds that are in the table."""
    return tuple(PendingRow(*row) for row in _ALL_OF.rows(connection, {"tx_ids": tx_ids}))


def due(connection: Connection, now_ms: int, limit: int) -> tuple[PendingRow, ...]:
    """Those about which the notary is to be asked now, those that have waited longest first."""
    return tuple(PendingRow(*row) for row in _DUE.rows(connection, {"now_ms": now_ms, "most": limit}))


def oldest(connection: Connection, limit: int) -> tuple[PendingRow, ...]:
    """As an operator lists them."""
    query = _ALL.order_by(pending.c.since_ms, pending.c.tx_id).limit(limit)
    return tuple(PendingRow(*row) for row in connection.execute(query))


def askers(connection: Connection) -> dict[bytes, str]:
    """All of them, with whose flow each is."""
    return dict(_ASKERS.rows(connection))
