"""A test's own questions to a PostgreSQL server, beside the store under test."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from chains.progmat.notary import postgres_rows as rows
from chains.progmat.notary.postgres_store import PostgresUniquenessStore


def asked_of(url: str, query: LiteralString) -> Any:  # noqa: ANN401 # whatever the column holds
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return None if row is None else row[0]


def until(url: str, query: LiteralString) -> Any:  # noqa: ANN401 # as above
    """What a query answers once it answers something."""
    for _ in range(100_000):
        if (found := asked_of(url, query)) is not None:
            return found
    raise AssertionError(f"nothing was ever found by {query}")


def execute(url: str, *statements: LiteralString) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def asked_in_session(store: PostgresUniquenessStore, query: LiteralString) -> object:
    def work(connection: rows.Connection) -> object:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]

    return store._writer.run(work)
