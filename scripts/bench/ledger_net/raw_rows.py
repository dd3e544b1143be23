"""The raw store: the same rows into the same tables, by SQLite alone."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

PAIRS_A_COMMIT = 64
MOST_COMMITS = 64


def raw_rate(databases: list[Path], pairs: int, scratch: Path) -> float:
    """Pairs a second at which the rows that ``pairs`` pairs left in ``databases`` can be written, group by group.

    WAL, ``synchronous=FULL``, one commit a database and group; at most 64 groups are written.
    """
    commits = max(1, min(MOST_COMMITS, pairs // PAIRS_A_COMMIT))
    spent_s = sum(
        _write_again(path, scratch / f"raw-{number}.sqlite3", pairs, commits) for number, path in enumerate(databases)
    )
    return commits * PAIRS_A_COMMIT / spent_s


def _write_again(path: Path, copy: Path, pairs: int, commits: int) -> float:
    source = sqlite3.connect(path)
    target = sqlite3.connect(copy, isolation_level=None)
    target.execute("PRAGMA journal_mode = WAL")
    target.execute("PRAGMA synchronous = FULL")
    layout = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    tables = []
    for kind, name, sql in source.execute(layout + " ORDER BY type DESC").fetchall():
        target.execute(sql)
        if kind == "table":
            tables.append(name)
    inserts: list[tuple[str, list[list[tuple[object, ...]]]]] = []
    for table in tables:
        (count,) = source.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a name from the schema
        share = round(count / pairs * PAIRS_A_COMMIT)
        if share == 0:
            continue  # not written by pairs
        order = "ORDER BY rowid" if _has_rowid(source, table) else ""
        rows = source.execute(f"SELECT * FROM {table} {order} LIMIT ?", (share * commits,)).fetchall()  # noqa: S608 - as above
        marks = ",".join("?" * len(rows[0]))
        groups = [rows[at : at + share] for at in range(0, len(rows), share)]
        inserts.append((f"INSERT INTO {table} VALUES ({marks})", groups))  # noqa: S608 - as above
    started_s = time.perf_counter()
    for number in range(commits):
        target.execute("BEGIN IMMEDIATE")
        for sql, groups in inserts:
            if number < len(groups):
                target.executemany(sql, groups[number])
        target.execute("COMMIT")
    spent_s = time.perf_counter() - started_s
    source.close()
    target.close()
    return spent_s


def _has_rowid(source: sqlite3.Connection, table: str) -> bool:
    (sql,) = source.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return "WITHOUT ROWID" not in sql
