"""The database's head row: who owns it, how many commits it has seen, whether its records are in doubt."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from chains.progmat.node.storage.schema import audit, head, meta
from chains.progmat.node.storage.standing import Doubt, Head


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
    """Raise or settle the doubt; the first one stays until it is settled."""
    change = update(head).values(doubt=doubt.value, doubt_detail=detail)
    if doubt is not Doubt.NONE:
        change = change.where(head.c.doubt == Doubt.NONE.value)
        rename_history(connection)
    connection.execute(change)


def rename_history(connection: Connection) -> None:
    """Have the next start draw another ``history_id``: the order in which things were recorded is another one now."""
    connection.execute(delete(meta).where(meta.c.name == "history_id"))


def begin_after(connection: Connection, incarnation: int) -> None:
    """Let the next start be later than ``incarnation``."""
    connection.execute(update(head).where(head.c.incarnation < incarnation).values(incarnation=incarnation))


def note_act(connection: Connection, *, at_s: int, operator: str, act: str, detail: str) -> None:
    """Write into the audit trail."""
    connection.execute(insert(audit).values(at_s=at_s, operator=operator, act=act, detail=detail))


_COUNT = "UPDATE storage_head SET number = {0} WHERE id = 1 AND nonce = {0} AND number = {0}"
_COUNT_BY_DRIVER = {"sqlite": _COUNT.format("?"), "postgresql": _COUNT.format("%s")}


def count_commit(driver: Any, dialect: str, nonce: str, number: int) -> bool:  # noqa: ANN401  # either driver's connection
    """In each batch: go from ``number - 1`` to ``number``, if the database is still that of start ``nonce``."""
    changed: int = driver.execute(_COUNT_BY_DRIVER[dialect], (number, nonce, number - 1)).rowcount
    return changed == 1
