"""The PostgreSQL server that tests and benchmarks bring along."""

from __future__ import annotations

import psycopg

from scripts.local_postgres import LocalPostgres


def test_each_database_is_fresh(postgres_server: LocalPostgres) -> None:
    for _ in range(2):
        with psycopg.connect(postgres_server.fresh_database()) as connection:
            connection.execute("CREATE TABLE only_here (number int)")
