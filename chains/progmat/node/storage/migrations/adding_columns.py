"""A column that may not be empty, added to a table with rows, so that the table is as if it had been made with it.

SQLite appends a new column behind the constraints and keeps its default for ever; there the table is made anew from
the database's own words for it, and its indexes with it. No other table may refer to it.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Text

_FIRST_CONSTRAINT = re.compile(r"(?=\s(?:PRIMARY KEY|CONSTRAINT|CHECK|FOREIGN KEY)\b)")


def add_text(table: str, column: str, value: str) -> None:
    """Add a text column as the last one, ``value`` in every row."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _made_anew(connection, table, column, "VARCHAR", value)
        return
    op.add_column(table, sa.Column(column, Text, nullable=False, server_default=""))
    rows = sa.table(table, sa.column(column, sa.Text))
    connection.execute(sa.update(rows).values({column: value}))
    op.alter_column(table, column, server_default=None)


def add_flag(table: str, column: str) -> None:
    """Add a truth value as the last column, false in every row."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _made_anew(connection, table, column, "BOOLEAN", value=False)
        return
    op.add_column(table, sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column(table, column, server_default=None)


def _made_anew(connection: sa.Connection, table: str, column: str, kind: str, value: str | bool) -> None:  # noqa: FBT001 # what every row gets
    words = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type = :type AND sql IS NOT NULL")
    definition = connection.execute(words, {"table": table, "type": "table"}).scalar_one()
    indexes = connection.execute(words, {"table": table, "type": "index"}).scalars().all()
    before, after = _FIRST_CONSTRAINT.split(definition, maxsplit=1)
    connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO {table}_before"))
    connection.exec_driver_sql(f"{before} {column} {kind} NOT NULL,{after}")
    connection.execute(sa.text(f"INSERT INTO {table} SELECT *, :value FROM {table}_before"), {"value": value})  # noqa: S608 - names of our own
    connection.execute(sa.text(f"DROP TABLE {table}_before"))
    for index in indexes:
        connection.exec_driver_sql(index)
