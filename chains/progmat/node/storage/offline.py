"""What an operator does to a database while no node runs on it: migrate it, settle a doubt."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.errors import NoDatabase, StorageFailed, UnknownSchemaVersion
from chains.progmat.node.storage.head import note_act, read_head, write_head
from chains.progmat.node.storage.locks import lock_file, lock_server, unlock_server
from chains.progmat.node.storage.migrations.revisions import head_revision, known_revisions
from chains.progmat.node.storage.migrations.running import upgrade
from chains.progmat.node.storage.schema import check_revision, stored_revision
from chains.progmat.node.storage.standing import Doubt, Head


@dataclass(frozen=True, slots=True)
class Migrated:
    """Revisions of the tables before and after."""

    before: str
    after: str


@contextlib.contextmanager
def held(at: DatabaseLocation) -> Iterator[Connection]:
    """The database on one connection, locked against every node; raises ``DatabaseInUse``, ``StorageFailed``."""
    lock = None
    try:
        if isinstance(at, Path):
            lock = lock_file(at)
        with engine_for(at, Access.WRITE).connect() as connection:
            if not isinstance(at, Path):
                lock_server(connection, str(at))
            yield connection
            if not isinstance(at, Path):
                unlock_server(connection)
    except (DBAPIError, OSError) as error:
        raise StorageFailed(str(getattr(error, "orig", error))) from error
    finally:
        if lock is not None:
            os.close(lock)


def require_database(at: DatabaseLocation) -> None:
    """A file must be there; a server answers for itself. Raises ``NoDatabase``."""
    if isinstance(at, Path) and not at.exists():
        raise NoDatabase(str(at))


def require_tables(connection: Connection, at: DatabaseLocation) -> None:
    """Some node has been here; raises ``NoDatabase``."""
    if not inspect(connection).get_table_names():
        raise NoDatabase(str(at))


def migrate(at: DatabaseLocation) -> Migrated:
    """Bring the tables to this program's revision: all steps or none.

    Raises ``NoDatabase``, ``DatabaseInUse``, ``UnknownSchemaVersion``, ``StorageFailed``.
    """
    require_database(at)
    with held(at) as connection:
        if isinstance(at, Path):  # tables that others refer to are replaced; checked below instead
            connection.connection.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            require_tables(connection, at)
            before = stored_revision(connection)
            if before not in known_revisions():
                raise UnknownSchemaVersion(str(at), before, head_revision())
            upgrade(connection)
            if isinstance(at, Path) and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise StorageFailed("rows refer to rows that are not there: nothing was changed, restore a backup")
            return Migrated(before, stored_revision(connection))


def head_of(at: DatabaseLocation) -> Head:
    """The head as it stands, also of a running node's database; raises ``NoDatabase``, ``StorageFailed``."""
    require_database(at)
    try:
        with engine_for(at, Access.READ).connect() as connection, connection.begin():
            require_tables(connection, at)
            check_revision(str(at), stored_revision(connection))
            found = read_head(connection)
    except DBAPIError as error:
        raise StorageFailed(str(error.orig)) from error
    if found is None:
        raise NoDatabase(str(at))
    return found


def confirm(at: DatabaseLocation, *, operator: str, now_s: int) -> Head:
    """Settle the doubt on an operator's word; returns the head as it was before. Nothing to settle changes nothing.

    Raises ``NoDatabase``, ``DatabaseInUse``, ``StorageFailed``.
    """
    require_database(at)
    with held(at) as connection, connection.begin():
        require_tables(connection, at)
        check_revision(str(at), stored_revision(connection))
        found = read_head(connection)
        if found is None:
            raise NoDatabase(str(at))
        if found.doubt is not Doubt.NONE:
            write_head(connection, replace(found, doubt=Doubt.NONE, doubt_detail=""))
            why = f"{found.doubt.value}: {found.doubt_detail}"
            note_act(connection, at_s=now_s, operator=operator, act="reconciled", detail=why)
        return found
