"""A node's database, and copies of it that are put back later."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, select

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.database_tables import ROLE_TABLES
from chains.progmat.node.storage import NodeDatabase, enqueue_effect, history_id
from chains.progmat.node.storage.backup import Subject
from chains.progmat.node.storage.schema import audit, outbox

BOB = Subject("bob", "ledger-1", b"\x11" * 32)


def quiet(_what: str, _rows: int) -> None:
    pass


async def opened(at: DatabaseLocation) -> NodeDatabase:
    return await NodeDatabase.open(at, "bob", ROLE_TABLES)


def owe(key: str) -> Callable[[Connection], object]:
    return lambda c: enqueue_effect(c, effect_key=key, peer="p", method="a.b", body=b"x", now_s=1)


def named(name: str) -> Callable[[Connection], str]:
    return lambda connection: history_id(connection, name)


def owed(connection: Connection) -> set[str]:
    return set(connection.execute(select(outbox.c.effect_key)).scalars())


def acts(connection: Connection) -> list[tuple[str, str]]:
    return [(row.operator, row.act) for row in connection.execute(select(audit).order_by(audit.c.id))]


def copied(path: Path, to: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        target = to.with_name(to.name + suffix)
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)
