"""All rows of one database into another, at the same revision, whichever of the two kinds each is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from sqlalchemy import Boolean, Connection, MetaData, Table, func, insert, select, text

from chains.progmat.node.storage.migrations.running import upgrade
from chains.progmat.node.storage.schema import stored_revision, version

CHUNK: Final = 500


def copy_rows(source: Connection, target: Connection, told: Callable[[str, int], None]) -> None:
    """Fill ``target``, which has no tables; ``told`` is called with each table and its number of rows.

    One transaction on either side, the caller's: ``source`` is a snapshot, ``target`` gets everything or nothing.
    """
    upgrade(target, stored_revision(source))
    tables = MetaData()
    tables.reflect(target)
    for table in tables.sorted_tables:
        if table.name == version.name:
            continue
        count = 0
        for rows in _chunks(source, table):
            target.execute(insert(table), rows)
            count += len(rows)
        _continue_counting(target, table)
        told(table.name, count)


def _chunks(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    names = [column.name for column in table.columns]
    flags = {column.name for column in table.columns if isinstance(column.type, Boolean)}
    columns = ", ".join(f'"{name}"' for name in names)
    query = text(f'SELECT {columns} FROM "{table.name}"')  # noqa: S608  # names of our own tables
    found = source.execution_options(stream_results=True, yield_per=CHUNK).execute(query)
    for part in found.partitions(CHUNK):
        yield [
            {name: bool(value) if name in flags else value for name, value in zip(names, row, strict=True)}
            for row in part
        ]


def _continue_counting(target: Connection, table: Table) -> None:
    """PostgreSQL's counters do not see keys that were given; the next own one must come after them."""
    key = table.autoincrement_column
    if target.dialect.name != "postgresql" or key is None:
        return
    last = target.execute(select(func.max(key))).scalar()
    if last is not None:
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', key.name)
        target.execute(select(func.setval(sequence, last)))
