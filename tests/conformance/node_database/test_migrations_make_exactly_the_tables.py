"""A new database and one that went through every migration are the same: nobody can forget a migration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Connection, Integer, MetaData, String, Table, text
from sqlalchemy.dialects import postgresql

from chains.progmat.node.database_location import DatabaseLocation, postgres_database
from chains.progmat.node.database_tables import NODE_TABLES, ROLE_TABLES
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.migrations.running import upgrade
from chains.progmat.node.storage.schema import prepare_schema

ALL_TABLES = [table for metadata in NODE_TABLES for table in metadata.tables.values()]

_POSTGRES_SHAPES = (
    """SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name, ordinal_position
    FROM information_schema.columns WHERE table_schema = current_schema()""",
    "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace""",
)


def shape(connection: Connection) -> set[tuple[Any, ...]]:
    """Everything the database itself knows of its tables, in its own words."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'"))
        return {(row.type, row.name, " ".join((row.sql or "").split())) for row in rows}
    found = {tuple(row) for query in _POSTGRES_SHAPES for row in connection.execute(text(query))}
    return {row for row in found if "alembic" not in " ".join(map(str, row))}


@pytest.fixture
def another_database_at(
    database_at: DatabaseLocation, request: pytest.FixtureRequest, tmp_path: Path
) -> DatabaseLocation:
    if isinstance(database_at, Path):
        return tmp_path / "another.sqlite3"
    return postgres_database(request.getfixturevalue("postgres_server").fresh_database(), tmp_path)


def test_a_new_database_and_a_migrated_one_are_the_same(
    database_at: DatabaseLocation, another_database_at: DatabaseLocation
) -> None:
    with engine_for(database_at, Access.WRITE).connect() as connection, connection.begin():
        prepare_schema(connection, "new", "bob", ROLE_TABLES)
        made_at_once = shape(connection)
    with engine_for(another_database_at, Access.WRITE).connect() as connection, connection.begin():
        upgrade(connection)
        migrated = shape(connection)
    assert len(migrated) > len(ALL_TABLES)
    assert made_at_once == migrated, "run scripts/gen_migration.py node NAME"


def test_alembic_finds_no_difference_after_all_migrations(database_at: DatabaseLocation) -> None:
    with engine_for(database_at, Access.WRITE).connect() as connection, connection.begin():
        upgrade(connection)
        context = MigrationContext.configure(connection)
        together = MetaData()
        for table in ALL_TABLES:
            table.to_metadata(together)
        assert compare_metadata(context, together) == [], "run scripts/gen_migration.py node NAME"


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_columns_mean_the_same_in_both_databases(table: Table) -> None:
    """PostgreSQL's INTEGER has 32 bits and its text the locale's order: Int64 and Text of ``column_types`` have not."""
    for column in table.columns:
        kind = column.type.dialect_impl(postgresql.dialect())  # type: ignore[no-untyped-call] # SQLAlchemy's own
        if isinstance(kind, Integer):
            assert isinstance(kind, BigInteger), f"{table.name}.{column.name}: use column_types.Int64"
        if isinstance(kind, String):
            assert kind.collation == "C", f"{table.name}.{column.name}: use column_types.Text"
