"""Which version a database's tables have, and making them where there are none.

The version is the number of the newest migration (``relayer.migrations``), kept where Alembic keeps it.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from chains.new_tables import create_tables
from relayer.store_errors import SchemaOutdated, SchemaUnknown

_VERSIONS: Final = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))
BEFORE_MIGRATIONS: Final = 0
"""The version of a database that was made before there were migrations."""


def prepare_schema(connection: sa.Connection, metadata: sa.MetaData, version: int, shown: str, program: str) -> None:
    """Make all tables in a database that has none. Raises ``SchemaOutdated`` and ``SchemaUnknown`` otherwise."""
    found = schema_version(connection)
    if found is None:
        create_tables(connection, (metadata, _VERSIONS.metadata))
        connection.execute(sa.insert(_VERSIONS).values(version_num=revision_of(version)))
    else:
        require_version(found, version, shown, program)


def require_version(found: int, version: int, shown: str, program: str) -> None:
    """Refuse tables of another version."""
    if BEFORE_MIGRATIONS < found < version:
        raise SchemaOutdated(shown, version, found, program)
    if found != version:
        raise SchemaUnknown(shown, version, found)


def schema_version(connection: sa.Connection) -> int | None:
    """The version of the tables; None in a database without any."""
    tables = sa.inspect(connection).get_table_names()
    if _VERSIONS.name in tables:
        found = connection.execute(sa.select(_VERSIONS.c.version_num)).scalar()
        if found is not None and found.isdecimal():
            return int(found)
    return BEFORE_MIGRATIONS if tables else None


def revision_of(version: int) -> str:
    """A version as migrations are numbered."""
    return f"{version:04d}"
