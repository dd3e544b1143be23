"""Bringing the database of a relayer or gateway to this program's version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from chains.migration_folder import MigrationFolder
from relayer.database import Location, bare_connection
from relayer.schema import BEFORE_MIGRATIONS, schema_version
from relayer.store_errors import SchemaUnknown, StoreUnavailable

_HERE: Final = Path(__file__).parent
PROGRAMS: Final = ("relayer", "gateway")


@dataclass(frozen=True)
class Migrated:
    """From which version to which; the same when there was nothing to do."""

    before: int
    after: int


def folder_of(program: str) -> MigrationFolder:
    """The steps of a program's tables."""
    return MigrationFolder(_HERE, _HERE / program / "versions")


def migrate(location: Location, program: str) -> Migrated:
    """All missing steps in one transaction: whatever fails, nothing was changed.

    Raises ``SchemaUnknown`` for tables that this program's steps do not begin from, ``StoreUnavailable`` for a
    database without any, or one that cannot be written.
    """
    folder = folder_of(program)
    revisions = [int(revision) for revision in folder.revisions()]
    with bare_connection(location) as connection:
        shown = connection.engine.url.render_as_string(hide_password=True)
        before = schema_version(connection)
        if before is None:
            raise StoreUnavailable(f"database {shown} has no tables: start the {program}, which makes them")
        if before == BEFORE_MIGRATIONS or before not in revisions:
            raise SchemaUnknown(shown, revisions[-1], before)
        folder.upgrade(connection)
        _check_references(connection, shown)
    return Migrated(before, revisions[-1])


def _check_references(connection: sa.Connection, shown: str) -> None:
    """SQLite does not look at references while tables are made anew."""
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if dangling is not None:
            raise StoreUnavailable(f"database {shown}: a row of {dangling[0]} refers to none in {dangling[2]}")
