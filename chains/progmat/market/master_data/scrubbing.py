"""Taking erased values out of the database's files, where rows that are gone still lie.

SQLite: every connection of a node that writes overwrites what it deletes (``secure_delete``); what is left are older
images of pages in the write-ahead log, which a complete checkpoint empties. While somebody reads, the log stays: the
scrub says so and is repeated. PostgreSQL: the tables are rewritten (``VACUUM FULL``), so dead rows go; its own log is
recycled by the server, and archived logs and backups are the operator's to let expire.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chains.progmat.market.bank.tables import expected, lines
from chains.progmat.market.master_data.tables import master_data_metadata
from chains.progmat.market.people.tables import approvals, audit_notes
from chains.progmat.market.trades.tables import desk, methods
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.engine import Access, engine_for

TRIES: Final = 20
TRY_S: Final = 0.05
"""How long one try may keep the node from writing, whose event loop waits meanwhile; as long is between two tries."""
_log = structlog.get_logger(__name__)
_ELSEWHERE: Final = (approvals, audit_notes, methods, desk, lines, expected)
_TABLES: Final = (*sorted(master_data_metadata.tables), *(table.name for table in _ELSEWHERE))


class Scrubbed(Enum):
    """What a scrub has reached."""

    DONE = "DONE"
    """No page of the files holds what was erased before."""
    BUSY = "BUSY"
    """Somebody was reading: the write-ahead log still holds old pages. Repeat it."""


async def scrub(database: NodeDatabase) -> Scrubbed:
    """Scrub a running node's database. What the database refuses now is told as BUSY, and logged."""
    try:
        return await asyncio.to_thread(_scrub, database.at)
    except (sqlite3.Error, DBAPIError) as failure:
        _log.warning("scrub refused", database=str(database.at), error=type(failure).__name__)
        return Scrubbed.BUSY


def _scrub(at: DatabaseLocation) -> Scrubbed:
    if isinstance(at, Path):
        return _checkpoint(at)
    engine = engine_for(at, Access.WRITE, "crossdvp scrub").execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for table in _TABLES:
            connection.execute(text(f"VACUUM (FULL) {table}"))
    return Scrubbed.DONE


def _checkpoint(path: Path) -> Scrubbed:
    with closing(sqlite3.connect(path, timeout=TRY_S)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # most of the work, and it locks nobody out
        for number in range(TRIES):
            if number:
                time.sleep(TRY_S)
            is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not is_busy:
                return Scrubbed.DONE
    return Scrubbed.BUSY
