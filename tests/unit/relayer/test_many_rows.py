"""Rows that go to the driver as they are come back as SQLAlchemy alone would have stored them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relayer.database import Database, Int64, Location, RowId
from relayer.many_rows import ManyRows, Row, insert_of

TABLE = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("id", RowId, primary_key=True),
    sa.Column("count", Int64, nullable=False),
    sa.Column("words", sa.String, nullable=False),
    sa.Column("blob", sa.LargeBinary),
    sa.Column("is_held", sa.Boolean, nullable=False),
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "count": st.integers(-(2**63), 2**63 - 1),
            "words": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10),
            "blob": st.none() | st.binary(max_size=10),
            "is_held": st.booleans(),
        }
    ),
    max_size=6,
)
INSERT = insert_of(TABLE)
UPDATE = ManyRows(sa.update(TABLE).where(TABLE.c.id == sa.bindparam("row")).values(blob=sa.bindparam("new_blob")))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_file = request.param == "sqlite"
    location: Location = tmp_path / "rows.sqlite3" if is_file else str(request.getfixturevalue("postgres_url"))
    found = Database(location, TABLE.metadata, 1)
    yield found
    found.close()


@given(rows=ROWS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_they_are_what_sqlalchemy_stores(database: Database, rows: list[Row]) -> None:
    columns = [column for column in TABLE.c if column.name != "id"]
    with database.transaction() as connection:
        connection.execute(sa.delete(TABLE))
        INSERT.write(connection, rows)
        found = [tuple(row) for row in connection.execute(sa.select(*columns).order_by(TABLE.c.id))]
        connection.execute(sa.delete(TABLE))
        if rows:
            connection.execute(sa.insert(TABLE), rows)
        expected = [tuple(row) for row in connection.execute(sa.select(*columns).order_by(TABLE.c.id))]
    assert found == expected
    assert [type(value) for row in found for value in row] == [type(value) for row in expected for value in row]


def test_an_update_changes_its_own_row_only(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(sa.delete(TABLE))
        INSERT.write(connection, [{"count": n, "words": "", "blob": None, "is_held": False} for n in range(3)])
        ids = list(connection.execute(sa.select(TABLE.c.id).order_by(TABLE.c.count)).scalars())
        UPDATE.write(connection, [{"row": ids[1], "new_blob": b"1"}, {"row": ids[2], "new_blob": b"2"}])
        assert list(connection.execute(sa.select(TABLE.c.blob).order_by(TABLE.c.count)).scalars()) == [None, b"1", b"2"]


def test_a_column_that_needs_converting_is_refused() -> None:
    with pytest.raises(TypeError):
        insert_of(sa.Table("others", sa.MetaData(), sa.Column("at", sa.DateTime)))


def test_a_default_that_would_have_to_be_filled_in_is_refused_unless_the_column_is_named(database: Database) -> None:
    table = sa.Table("defaults", sa.MetaData(), sa.Column("n", sa.Integer, default=3), sa.Column("at_s", sa.Double))
    with pytest.raises(TypeError):
        ManyRows(sa.insert(table), ["at_s"])
    with database.transaction() as connection:
        connection.execute(sa.schema.CreateTable(table))
        insert_of(table).write(connection, [{"n": 4, "at_s": 1.5}])
        assert connection.execute(sa.select(table)).one() == (4, 1.5)
        connection.execute(sa.schema.DropTable(table))
