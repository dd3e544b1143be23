"""The notary's store in a database that has grown, is another's, or lets the notary do little."""

from __future__ import annotations

import pytest

from chains.progmat.notary.errors import UniquenessStoreError
from chains.progmat.notary.model import CommitRequest, Committed
from chains.progmat.notary.postgres_store import LeaseTerms, PostgresUniquenessStore
from tests.fakes.commit_requests import NOW_S, request, state
from tests.fakes.postgres_asking import asked_in_session, asked_of, execute
from tests.fakes.uniqueness_stores import LeaseClock, postgres_writer

# ---- plans ----


def test_a_plan_made_on_an_empty_table_does_not_stay(postgres_url: str) -> None:
    store = postgres_writer(postgres_url)
    execute(postgres_url, "ALTER TABLE notary_consumed SET (autovacuum_enabled = false)")  # it would make new plans
    for number in range(12):  # more often than libraries and servers need to settle on a plan
        store.commit_batch(batch_of(number), NOW_S)
    fill = "INSERT INTO notary_consumed SELECT sha256(n::text::bytea), 'x' FROM generate_series(1, 200000) n"
    execute(postgres_url, fill)
    before = sequential_reads(postgres_url, store)
    for number in range(12, 18):
        store.commit_batch(batch_of(number), NOW_S)
    assert sequential_reads(postgres_url, store) - before < 200_000, "the large table was read from end to end"
    store.close()


def batch_of(number: int) -> list[CommitRequest]:
    return [request(f"{number} {n}", inputs=(state(f"{number} {n}"),)) for n in range(64)]


def sequential_reads(url: str, store: PostgresUniquenessStore) -> int:
    """Rows of the table of spent states that were read without its index, the writer's session included."""
    asked_in_session(store, "SELECT pg_stat_force_next_flush()")
    return int(asked_of(url, "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'notary_consumed'"))


# ---- whose database ----


def test_a_database_of_another_ledger_is_not_opened(postgres_url: str) -> None:
    postgres_writer(postgres_url).close()
    with pytest.raises(UniquenessStoreError, match="another-ledger"):
        PostgresUniquenessStore(postgres_url, "another-ledger", LeaseTerms("x"), LeaseClock())


def test_a_role_that_may_not_make_tables_can_work_in_those_there_are(postgres_url: str) -> None:
    postgres_writer(postgres_url).close()
    execute(
        postgres_url,
        "CREATE ROLE worker LOGIN",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO worker",
    )
    store = postgres_writer(postgres_url.replace("postgres@", "worker@"))
    assert isinstance(store.commit_batch([request("a", inputs=(state("a"),))], NOW_S)[0], Committed)
    store.close()
    execute(postgres_url, "DROP OWNED BY worker", "DROP ROLE worker")


def test_a_database_without_rights_is_named_as_not_the_notarys(postgres_url: str) -> None:
    postgres_writer(postgres_url).close()
    execute(postgres_url, "CREATE ROLE nobody_in_particular LOGIN")
    with pytest.raises(UniquenessStoreError, match="permission denied"):
        postgres_writer(postgres_url.replace("postgres@", "nobody_in_particular@"))
    execute(postgres_url, "DROP ROLE nobody_in_particular")
