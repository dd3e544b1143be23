"""The database's head row: who owns it, how many commits it has seen, whether its records are in doubt."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from chains.progmat.node.storage.schema import audit, head, meta
from chains.progmat.node.storage.standing import Doubt, Head, Seen

_SEEN: Final = "seen_elsewhere"


def read_head(connection: Connection) -> Head | None:
    """The head, or None in a database that nobody has opened for writing yet."""
    row = connection.execute(select(head)).one_or_none()
    if row is None:
        return None
    return Head(row.database_id, row.incarnation, row.nonce, row.number, row.holder, Doubt(row.doubt), row.doubt_detail)


def write_head(connection: Connection, new: Head) -> None:
    """Replace the head row."""
    values = {
        "database_id": new.database_id,
        "incarnation": new.incarnation,
        "nonce": new.nonce,
        "number": new.number,
        "holder": new.holder,
        "doubt": new.doubt.value,
        "doubt_detail": new.doubt_detail,
    }
    if connection.execute(update(head).values(values)).rowcount == 0:
        connection.execute(insert(head).values(id=1, **values))


def set_doubt(connection: Connection, doubt: Doubt, detail: str) -> None:
    """Raise or settle the doubt; one that is there stays until it is settled or a graver one is raised."""
    change = update(head).values(doubt=doubt.value, doubt_detail=detail)
    if doubt is not Doubt.NONE:
        change = change.where(head.c.doubt.in_([lesser.value for lesser in Doubt if doubt.outweighs(lesser)]))
        rename_history(connection)
    connection.execute(change)


def rename_history(connection: Connection) -> None:
    """Have the next start draw another ``history_id``: the order in which things were recorded is another one now."""
    connection.execute(delete(meta).where(meta.c.name == "history_id"))


def begin_after(connection: Connection, seen: Seen) -> None:
    """Let the next start be later than what was seen, so that those who saw it believe that start."""
    least = seen_elsewhere(connection).joined(seen)
    connection.execute(delete(meta).where(meta.c.name == _SEEN))
    connection.execute(insert(meta).values(name=_SEEN, value=f"{least.incarnation} {least.number}"))


def seen_elsewhere(connection: Connection) -> Seen:
    """What ``begin_after`` was told."""
    found = connection.execute(select(meta.c.value).where(meta.c.name == _SEEN)).scalar_one_or_none()
    return Seen() if found is None else Seen(*map(int, found.split()))


def note_act(connection: Connection, *, at_s: int, operator: str, act: str, detail: str) -> None:
    """Write into the audit trail."""
    connection.execute(insert(audit).values(at_s=at_s, operator=operator, act=act, detail=detail))


_COUNT = "UPDATE storage_head SET number = {0} WHERE id = 1 AND nonce = {0} AND number = {0}"
_COUNT_BY_DRIVER = {"sqlite": _COUNT.format("?"), "postgresql": _COUNT.format("%s")}


def count_commit(driver: Any, dialect: str, nonce: str, number: int) -> bool:  # noqa: ANN401  # either driver's connection
    """In each batch: go from ``number - 1`` to ``number``, if the database is still that of start ``nonce``."""
    changed: int = driver.execute(_COUNT_BY_DRIVER[dialect], (number, nonce, number - 1)).rowcount
    return changed == 1
