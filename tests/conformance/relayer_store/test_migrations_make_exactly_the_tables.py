"""Relayer and gateway: a new database and one that went through every migration are the same, in both databases."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ibc.packet import Packet
from relayer.core.chain import EventKind, EventPage, PacketEvent
from relayer.database import Database, Location, bare_connection
from relayer.gateway.store import GatewayStore
from relayer.migrations.running import Migrated, folder_of, migrate
from relayer.schema import schema_version
from relayer.store import PacketKey, RelayerStore
from relayer.store_errors import SchemaOutdated, SchemaUnknown, StoreUnavailable
from relayer.store_tables import SCHEMA_VERSION
from tests.fakes.instant_chain import payload

_POSTGRES_SHAPES = (
    """SELECT table_name, column_name, data_type, is_nullable, column_default, ordinal_position
    FROM information_schema.columns WHERE table_schema = current_schema()""",
    "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace""",
)
_CONSTRAINT = re.compile("PRIMARY KEY|UNIQUE|FOREIGN KEY|CONSTRAINT|CHECK")
STORES: dict[str, Callable[[Location], RelayerStore | GatewayStore]] = {
    "relayer": RelayerStore,
    "gateway": GatewayStore,
}


@pytest.fixture(params=list(STORES))
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def shape(connection: sa.Connection) -> set[tuple[Any, ...]]:
    """Everything the database itself knows of its tables, in its own words."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(sa.text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'"))
        return {(row.type, row.name, *_parts(row.sql or "")) for row in rows}
    found = {tuple(row) for query in _POSTGRES_SHAPES for row in connection.execute(sa.text(query))}
    return {row for row in found if "alembic" not in " ".join(map(str, row))}


def _parts(definition: str) -> tuple[str, ...]:
    """Columns in their order, then constraints, whose order means nothing."""
    head, *parts = re.split(r", (?![^()]*\))", " ".join(definition.rstrip(" )").split()))
    columns = [part for part in parts if not _CONSTRAINT.match(part)]
    return head, *columns, *sorted(part.rstrip(" )") for part in parts if _CONSTRAINT.match(part))


@pytest.fixture
def another_location(shared_location: Location, request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if isinstance(shared_location, Path):
        return tmp_path / "another.sqlite3"
    return str(request.getfixturevalue("postgres_server").fresh_database())


def test_a_new_database_and_a_migrated_one_are_the_same(
    program: str, shared_location: Location, another_location: Location
) -> None:
    store = STORES[program](shared_location)
    with store.database.reading() as connection:
        made_at_once = shape(connection)
    with bare_connection(another_location) as connection:
        folder_of(program).upgrade(connection)
        migrated = shape(connection)
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, store.database.metadata)
    store.close()
    assert len(migrated) > len(store.database.metadata.tables)
    assert made_at_once == migrated, f"run scripts/gen_migration.py {program} NAME"
    assert differences == []
    STORES[program](another_location).close()


def test_the_newest_step_has_the_number_of_the_tables_version(program: str) -> None:
    newest = folder_of(program).revisions()[-1]
    assert int(newest) == STORES[program](None).database.schema_version, f"run scripts/gen_migration.py {program} NAME"


def stamp(location: Location, version: str) -> None:
    with bare_connection(location) as connection:
        table = sa.table("alembic_version", sa.column("version_num"))
        connection.execute(sa.update(table).values(version_num=version))


def test_tables_of_an_earlier_version_are_refused_with_what_to_run(program: str, shared_location: Location) -> None:
    STORES[program](shared_location).close()
    stamp(shared_location, "0001")
    with pytest.raises(SchemaOutdated, match=f"back the database up and run `crossdvp {program} db migrate --config"):
        STORES[program](shared_location)


def test_tables_of_a_later_version_are_refused_and_not_migrated(program: str, shared_location: Location) -> None:
    STORES[program](shared_location).close()
    stamp(shared_location, "0099")
    with pytest.raises(SchemaUnknown, match="schema 99, this program knows"):
        STORES[program](shared_location)
    with pytest.raises(SchemaUnknown):
        migrate(shared_location, program)
    with bare_connection(shared_location) as connection:
        assert schema_version(connection) == 99


def test_migrating_what_is_of_this_version_changes_nothing(program: str, shared_location: Location) -> None:
    STORES[program](shared_location).close()
    done = migrate(shared_location, program)
    assert done.before == done.after == STORES[program](None).database.schema_version
    STORES[program](shared_location).close()


def test_there_is_nothing_to_migrate_in_an_empty_database(shared_location: Location) -> None:
    with pytest.raises(StoreUnavailable, match="has no tables: start the relayer"):
        migrate(shared_location, "relayer")


def test_tables_from_before_there_were_migrations_are_refused(shared_location: Location) -> None:
    with bare_connection(shared_location) as connection:
        connection.exec_driver_sql("CREATE TABLE schema_version (version INTEGER NOT NULL)")
    for refused in (lambda: RelayerStore(shared_location), lambda: migrate(shared_location, "relayer")):
        with pytest.raises(SchemaUnknown, match="schema 0"):
            refused()


def test_a_step_that_fails_leaves_the_tables_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_location: Location
) -> None:
    """A step that makes a table and then fails, after the one that is there."""
    RelayerStore(shared_location).close()
    folder = folder_of("relayer")
    (tmp_path / "versions").mkdir()
    for step in folder.versions.glob("0*.py"):
        (tmp_path / "versions" / step.name).write_text(step.read_text())
    head = folder.revisions()[-1]
    (tmp_path / "versions" / "0098_bad.py").write_text(
        f'from alembic import op\nimport sqlalchemy as sa\nrevision = "0098"\ndown_revision = "{head}"\n'
        'def upgrade():\n    op.create_table("t", sa.Column("a", sa.Integer))\n    op.drop_table("none such")\n'
    )
    changed = type(folder)(folder.scripts, tmp_path / "versions")
    monkeypatch.setattr("relayer.migrations.running.folder_of", lambda _program: changed)
    with pytest.raises(StoreUnavailable):
        migrate(shared_location, "relayer")
    monkeypatch.undo()
    RelayerStore(shared_location).close()
    with bare_connection(shared_location) as connection:
        assert "t" not in sa.inspect(connection).get_table_names()


def test_one_that_adds_a_column_keeps_the_rows(tmp_path: Path, shared_location: Location) -> None:
    """As the next version will: a table with rows that others refer to is changed in both databases."""
    store = RelayerStore(shared_location)
    packet = Packet(1, "client-one", "client-two", 1_700_000_600, (payload(b"x"),))
    page = EventPage((PacketEvent(EventKind.SENT, packet, 5, "tx-1"),), 7)
    store.of_path("path").record_page("one", "two", page, 1_700_000_000.0)
    store.close()
    folder = folder_of("relayer")
    (tmp_path / "versions").mkdir()
    for step in folder.versions.glob("0*.py"):
        (tmp_path / "versions" / step.name).write_text(step.read_text())
    (tmp_path / "versions" / "0098_more.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        f'revision = "0098"\ndown_revision = "{folder.revisions()[-1]}"\n'
        "def upgrade():\n"
        '    with op.batch_alter_table("packets") as table:\n'
        '        table.alter_column("last_error", type_=sa.Text())\n'  # SQLite makes the table anew for that
        '        table.add_column(sa.Column("note", sa.String(), nullable=False, server_default=""))\n'
    )
    with bare_connection(shared_location) as connection:
        type(folder)(folder.scripts, tmp_path / "versions").upgrade(connection)
        assert schema_version(connection) == 98
        assert "note" in {column["name"] for column in sa.inspect(connection).get_columns("packets")}
        for table in ("packets", "steps", "cursors"):
            assert connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one() == 1


def test_what_was_archived_before_trade_ids_were_kept_says_so(shared_location: Location) -> None:
    """Only a digest is kept of such a packet, so its trade id cannot be filled in."""
    with bare_connection(shared_location) as connection:
        folder_of("relayer").upgrade(connection, "0004")
        row: dict[str, object] = {"path": "p", "source_chain": "one", "source_client": "client-one", "sequence": "9"}
        row |= {"destination_client": "client-two", "digest": b"d" * 32, "state": "acknowledged", "events": "[]"}
        row |= {"timeout_s": 7, "attempts": 1, "ended_s": 8.0, "archived_s": 9.0}
        connection.execute(sa.insert(sa.table("archived_packets", *map(sa.column, row))).values(row))
    assert migrate(shared_location, "relayer") == Migrated(4, SCHEMA_VERSION)
    store = RelayerStore(shared_location)
    kept = store.archived(PacketKey("one", "client-one", 9))
    assert kept is not None
    assert (kept.digest, kept.trade_id) == (b"d" * 32, None)
    assert store.archived_of_trade("", 10) == []
    store.close()


def test_a_database_is_opened_by_two_that_start_together(postgres_url: str) -> None:
    """Neither of them may find half of the other's tables."""

    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(RelayerStore(postgres_url).database)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(opened) == 4
    for database in opened:
        database.close()
