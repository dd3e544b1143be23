"""The traps of a uniqueness store on PostgreSQL, each sprung on a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import psycopg
import pytest
from psycopg import IsolationLevel

from chains.progmat.notary import postgres_rows as rows
from chains.progmat.notary.decisions import Decision, decide, keys_of
from chains.progmat.notary.errors import (
    NotActive,
    UniquenessStoreFailed,
    UniquenessStoreFull,
    UniquenessStoreLost,
    WriterLeaseLost,
)
from chains.progmat.notary.journal import genesis, validate_successor
from chains.progmat.notary.model import Committed, Repeated
from chains.progmat.notary.uniqueness import LeaseElsewhere, LeaseHeld
from scripts.local_postgres import LocalPostgres, PostgresMissing, temporary_postgres
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, create, request, state
from tests.fakes.postgres_asking import asked_in_session, asked_of, execute, until
from tests.fakes.uniqueness_stores import LeaseClock, postgres_store, postgres_writer

WAIT_S = 30


@pytest.fixture
def own_server() -> Iterator[LocalPostgres]:
    """A server whose settings a test may change, or which it may crash."""
    try:
        with temporary_postgres() as server:
            yield server
    except PostgresMissing as missing:
        pytest.skip(str(missing))


WAITS_FOR_A_LOCK: Final = (
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'crossdvp-notary' AND wait_event_type = 'Lock'"
)
WAITS_FOR_A_STANDBY: Final = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


# ---- write skew through reference states ----


def decided_by_two_at_once(url: str, isolation: IsolationLevel) -> list[Decision]:
    """Two writers without a fence: each consumes what the other references, and both read before either commits."""
    first = request("first", inputs=(state("rate"),), references=(state("coin"),))
    second = request("second", inputs=(state("coin"),), references=(state("rate"),))
    postgres_writer(url).close()  # makes the tables
    with psycopg.connect(url) as one, psycopg.connect(url) as other:
        decisions = []
        for connection, asked in ((one, first), (other, second)):
            connection.isolation_level = isolation
            snapshot = rows.snapshot_in(rows.ask_about(connection, keys_of([asked])), genesis(LEDGER_ID))
            decisions.append(decide(snapshot, [asked], NOW_S))
            rows.apply_decision(connection, decisions[-1])
        one.commit()
        other.commit()
    return decisions


def test_read_committed_accepts_write_skew_through_reference_states(postgres_url: str) -> None:
    decisions = decided_by_two_at_once(postgres_url, IsolationLevel.READ_COMMITTED)
    assert all(isinstance(decision.outcomes[0], Committed) for decision in decisions)
    assert asked_of(postgres_url, "SELECT count(*) FROM notary_committed") == 2  # both, though each spends the other's


def test_serializable_refuses_write_skew_through_reference_states(postgres_url: str) -> None:
    with pytest.raises(psycopg.errors.SerializationFailure):
        decided_by_two_at_once(postgres_url, IsolationLevel.SERIALIZABLE)
    assert asked_of(postgres_url, "SELECT count(*) FROM notary_committed") == 1


def test_two_workers_at_once_cannot_commit_write_skew_through_reference_states(postgres_url: str) -> None:
    for number in range(20):
        clock = LeaseClock()
        workers = [postgres_writer(postgres_url, f"worker {n}", clock) for n in range(2)]
        a, b = state(f"rate {number}"), state(f"coin {number}")
        batches = [
            [request(f"first {number}", inputs=(a,), references=(b,))],
            [request(f"second {number}", inputs=(b,), references=(a,))],
        ]
        with ThreadPoolExecutor(2) as pool:
            running = [pool.submit(w.commit_batch, batch, NOW_S) for w, batch in zip(workers, batches, strict=True)]
            failures = [future.exception() for future in running]
        assert isinstance(failures[0], WriterLeaseLost)
        assert failures[1] is None
        for worker in workers:
            worker.close()
    assert asked_of(postgres_url, "SELECT count(*) FROM notary_committed") == 20


# ---- a commit whose outcome is not known ----


def test_a_cancelled_commit_that_no_standby_has_is_unknown_though_postgresql_reports_success(
    own_server: LocalPostgres,
) -> None:
    url = own_server.url
    store = postgres_writer(url)
    spend, double = request("spend", inputs=(state("coin"),)), request("double", inputs=(state("coin"),))
    want_a_standby(url)
    with ThreadPoolExecutor(1) as pool:
        committing = pool.submit(store.commit_batch, [spend], NOW_S)
        until(url, WAITS_FOR_A_STANDBY)
        assert asked_of(url, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        with pytest.raises(UniquenessStoreFailed, match=r"not confirmed.*canceling wait for synchronous replication"):
            committing.result(WAIT_S)
    want_no_standby(url)
    outcomes = store.commit_batch([spend, double], NOW_S + 5)
    assert outcomes[0] == Repeated(Committed(spend.tx_id, NOW_S, 0))  # the same answer as if nothing had happened
    assert not isinstance(outcomes[1], Committed)
    store.close()


def test_a_commit_whose_connection_is_cut_is_unknown_and_the_retry_gets_its_answer(own_server: LocalPostgres) -> None:
    url = own_server.url
    store = postgres_writer(url)
    spend = request("spend", inputs=(state("coin"),))
    want_a_standby(url)
    with ThreadPoolExecutor(1) as pool:
        committing = pool.submit(store.commit_batch, [spend], NOW_S)
        until(url, WAITS_FOR_A_STANDBY)
        assert asked_of(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        with pytest.raises(UniquenessStoreLost, match="ask again: the same transaction gets the same answer"):
            committing.result(WAIT_S)
    want_no_standby(url)
    assert store.commit_batch([spend], NOW_S + 5) == (Repeated(Committed(spend.tx_id, NOW_S, 0)),)
    store.close()


def want_a_standby(url: str) -> None:
    """From now on each commit waits for a standby that does not exist."""
    execute(url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
    until(url, "SELECT 1 FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = 'nobody'")


def want_no_standby(url: str) -> None:
    execute(url, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    until(url, "SELECT 1 FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = ''")


def test_a_crashed_server_stops_commits_and_nothing_else(own_server: LocalPostgres) -> None:
    store = postgres_writer(own_server.url)
    first, second = (
        request("first", inputs=(state("a"),), writes=(create("p"),)),
        request("second", inputs=(state("b"),)),
    )
    (answer,) = store.commit_batch([first], NOW_S)
    own_server.stop("immediate")
    for _ in range(3):
        with pytest.raises(UniquenessStoreLost):
            store.commit_batch([second], NOW_S)
    own_server.start_again()
    assert isinstance(answer, Committed)
    outcomes = store.commit_batch([first, second, request("double", inputs=(state("a"),))], NOW_S + 1)
    assert outcomes[0] == Repeated(answer)
    assert [type(outcome).__name__ for outcome in outcomes[1:]] == ["Committed", "NotarisationConflict"]
    store.close()


def test_a_server_without_room_is_named_so_and_goes_on_when_there_is(postgres_url: str) -> None:
    store = postgres_writer(postgres_url)

    def no_room(connection: rows.Connection) -> None:
        connection.execute("DO $$ BEGIN RAISE 'No space left on device' USING ERRCODE = '53100'; END $$")

    with pytest.raises(UniquenessStoreFull, match="No space left on device"):
        store._writer.run(no_room)
    assert isinstance(store.commit_batch([request("a", inputs=(state("a"),))], NOW_S)[0], Committed)
    store.close()


# ---- serialization failures ----


def test_a_serialization_failure_is_run_again_and_never_seen_by_requesters(postgres_url: str) -> None:
    store = postgres_writer(postgres_url)
    with psycopg.connect(postgres_url) as rival, ThreadPoolExecutor(1) as pool:
        rival.execute("UPDATE notary_writer SET expires_ms = expires_ms + 1")
        committing = pool.submit(store.commit_batch, [request("spend", inputs=(state("coin"),))], NOW_S)
        until(postgres_url, WAITS_FOR_A_LOCK)  # its snapshot is older than what is committed next
        rival.commit()
        (outcome,) = committing.result(WAIT_S)
    assert isinstance(outcome, Committed)
    store.close()


# ---- the fence ----


def test_a_writer_that_lost_its_lease_commits_nothing_and_is_told_who_took_over(postgres_url: str) -> None:
    clock = LeaseClock()
    old = postgres_writer(postgres_url, "old", clock)
    old.commit_batch([request("before", inputs=(state("a"),))], NOW_S)
    new = postgres_writer(postgres_url, "new", clock)
    with pytest.raises(WriterLeaseLost, match="'new' holds epoch 2"):
        old.commit_batch([request("late", inputs=(state("b"),))], NOW_S)
    with pytest.raises(WriterLeaseLost):
        old.append_tick(NOW_S + 100)
    assert new.find_committed(request("late").tx_id) is None
    assert isinstance(old.hold(), LeaseElsewhere)
    with pytest.raises(NotActive):
        old.commit_batch([request("later", inputs=(state("b"),))], NOW_S)
    old.close()
    new.close()


def test_a_batch_that_waited_for_its_lock_while_another_worker_took_over_is_refused(postgres_url: str) -> None:
    clock = LeaseClock()
    old = postgres_writer(postgres_url, "old", clock)
    with psycopg.connect(postgres_url) as takeover, ThreadPoolExecutor(1) as pool:
        takeover.execute("UPDATE notary_writer SET epoch = epoch + 1, holder = 'new'")
        committing = pool.submit(old.commit_batch, [request("late", inputs=(state("a"),))], NOW_S)
        until(postgres_url, WAITS_FOR_A_LOCK)
        takeover.commit()
        with pytest.raises(WriterLeaseLost):
            committing.result(WAIT_S)
    assert old.find_committed(request("late").tx_id) is None
    old.close()


def test_a_standby_waits_until_the_lease_is_over_and_a_release_hands_it_over_at_once(postgres_url: str) -> None:
    clock = LeaseClock()
    first, second = (postgres_store(postgres_url, name, clock, lease_ms=5_000) for name in ("first", "second"))
    assert first.hold() == LeaseHeld(1)
    assert second.hold() == LeaseElsewhere("first", 1, 5_000)
    clock.now_ms += 4_000
    first.commit_batch([request("renews", inputs=(state("a"),))], NOW_S)  # a batch renews the lease as well
    clock.now_ms += 4_000
    assert second.hold() == LeaseElsewhere("first", 1, 1_000)
    clock.now_ms += 1_000
    assert second.hold() == LeaseHeld(2)
    assert second.hold() == LeaseHeld(2)
    second.release()
    assert first.hold() == LeaseHeld(3)
    first.close()
    second.close()


def test_a_lease_that_is_over_but_not_taken_is_still_the_writers(postgres_url: str) -> None:
    clock = LeaseClock()
    store = postgres_writer(postgres_url, "slow", clock)
    clock.now_ms += 60_000
    assert isinstance(store.commit_batch([request("a", inputs=(state("a"),))], NOW_S)[0], Committed)
    store.close()


def test_workers_that_fight_for_the_lease_never_interleave_and_lose_nothing(postgres_url: str) -> None:
    clock, lock = LeaseClock(), threading.Lock()
    acknowledged: list[bytes] = []

    def fight(name: str) -> int:
        store, refused = postgres_store(postgres_url, name, clock), 0
        for number in range(25):
            with lock:
                clock.now_ms += 5_000  # whoever asks now takes over
            batch = [
                request(
                    f"{name} {number} {n}",
                    inputs=(state(f"{name} {number}"),),
                    writes=(create(f"{name} {number} {n}"),),
                )
                for n in range(3)
            ]
            try:
                store.hold()
                outcomes = store.commit_batch(batch, NOW_S)
            except (UniquenessStoreFailed, NotActive):
                refused += 1
                continue
            acknowledged.extend(outcome.tx_id for outcome in outcomes if isinstance(outcome, Committed))
        store.close()
        return refused

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fight, ["a", "b", "c", "d"]))
    store, head = postgres_writer(postgres_url), genesis(LEDGER_ID)
    entries = store.read_entries(0, 10_000)
    for entry in entries:
        validate_successor(head, entry)
        head = entry.head
    journalled = [entry.tx_id for entry in entries]
    assert acknowledged
    assert len(set(journalled)) == len(journalled)
    assert set(acknowledged) <= set(journalled)
    assert asked_of(postgres_url, "SELECT count(*) FROM notary_consumed") == len(journalled)  # one winner for each coin
    store.close()


def test_a_writer_that_stands_still_inside_a_batch_is_ended_by_the_server_and_frees_the_lease(
    postgres_url: str,
) -> None:
    stopped = postgres_writer(postgres_url, "stopped")
    assert asked_in_session(stopped, "SHOW idle_in_transaction_session_timeout") == "10s"

    def ask(connection: rows.Connection) -> rows.Cursor:
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 50")  # so that the test need not wait
        return connection.execute("UPDATE notary_writer SET expires_ms = expires_ms")

    def stand_still(connection: rows.Connection, _locked: rows.Cursor) -> None:
        until(postgres_url, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE state LIKE 'idle in tr%')")
        connection.execute("SELECT 1").fetchall()

    with pytest.raises(UniquenessStoreLost):
        stopped._writer.run_in_two(ask, stand_still)  # between the two journeys of a batch
    with pytest.raises(UniquenessStoreLost):
        stopped._writer.run(lambda connection: stand_still(connection, ask(connection)))  # while it asks for the lease
    standby = postgres_writer(postgres_url, "standby")
    assert isinstance(standby.commit_batch([request("a", inputs=(state("a"),))], NOW_S)[0], Committed)
    with pytest.raises(WriterLeaseLost):
        stopped.commit_batch([request("b", inputs=(state("b"),))], NOW_S)
    stopped.close()
    standby.close()


def test_no_statement_time_out_of_the_database_reaches_the_writer(postgres_url: str) -> None:
    execute(postgres_url, "ALTER ROLE postgres SET statement_timeout = '1s'")
    store = postgres_writer(postgres_url)
    execute(postgres_url, "ALTER ROLE postgres RESET statement_timeout")
    assert asked_in_session(store, "SHOW statement_timeout") == "0"
    store.close()
