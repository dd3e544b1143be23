"""Leases in every database: one holder at a time, and whoever was overtaken writes nothing any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.database import Database, Location
from relayer.leases import Fence, LeaseClock, LeaseLost, LeaseTable
from relayer.store import RelayerStore
from relayer.store_tables import cursors, metadata

NOW_S = 1_700_000_000.0
TTL_S = 10.0
BY_CALLER = LeaseTable(metadata, LeaseClock.CALLER)


@pytest.fixture
def database(relayer_store: RelayerStore) -> Database:
    return relayer_store.database


def acquired(database: Database, holder: str, now_s: float = NOW_S, *, restarted: bool = False) -> Fence | None:
    with database.transaction() as connection:
        return BY_CALLER.acquire(connection, "path/a", holder, now_s, TTL_S, restarted=restarted)


def held(database: Database, holder: str, now_s: float = NOW_S) -> Fence:
    fence = acquired(database, holder, now_s)
    assert fence is not None
    return fence


def write(database: Database, fence: Fence, cursor: int, now_s: float) -> None:
    with database.transaction() as connection:
        BY_CALLER.require(connection, fence, now_s)
        cursors.move(connection, "of the test", cursor)


def written(database: Database) -> int:
    with database.reading() as connection:
        return cursors.read(connection, "of the test")


def test_while_one_holds_it_no_other_takes_it(database: Database) -> None:
    fence = held(database, "a")
    assert acquired(database, "b") is None
    assert acquired(database, "b", NOW_S + TTL_S - 0.01) is None
    assert acquired(database, "a") is None, "not even another process under the same name"
    with database.reading() as connection:
        row = BY_CALLER.read(connection, "path/a")
        assert BY_CALLER.read(connection, "path/b") is None
    assert row is not None
    assert (row.holder, row.token, row.expires_s) == ("a", fence.token, NOW_S + TTL_S)


def test_an_expired_one_is_taken_with_a_higher_number_and_the_late_write_refused(database: Database) -> None:
    old = held(database, "a")
    write(database, old, 1, NOW_S)
    new = held(database, "b", NOW_S + TTL_S)
    assert new.token > old.token
    with pytest.raises(LeaseLost, match=r"held by b .*no longer by a"):
        write(database, old, 2, NOW_S)
    assert written(database) == 1
    write(database, new, 3, NOW_S + TTL_S)
    with pytest.raises(LeaseLost), database.transaction() as connection:
        BY_CALLER.renew(connection, old, NOW_S + TTL_S, TTL_S)


def test_whoever_did_not_renew_in_time_stops_before_others_may_begin(database: Database) -> None:
    fence = held(database, "a")
    with pytest.raises(LeaseLost, match="did not renew"):
        write(database, fence, 1, NOW_S + TTL_S * 0.95)
    assert acquired(database, "b", NOW_S + TTL_S * 0.95) is None
    assert written(database) == 0


def test_a_renewed_one_lasts_another_term(database: Database) -> None:
    fence = held(database, "a")
    with database.transaction() as connection:
        BY_CALLER.renew(connection, fence, NOW_S + 5, TTL_S)
    assert acquired(database, "b", NOW_S + TTL_S + 1) is None
    write(database, fence, 1, NOW_S + TTL_S + 1)


def test_one_that_was_given_back_is_free_at_once_and_giving_back_anothers_does_nothing(database: Database) -> None:
    old = held(database, "a")
    with database.transaction() as connection:
        BY_CALLER.release(connection, old)
    new = held(database, "b")
    with database.transaction() as connection:
        BY_CALLER.release(connection, old)
    write(database, new, 1, NOW_S)
    assert new.token == old.token + 1


def test_an_instance_that_was_restarted_takes_its_own_at_once_and_no_other(database: Database) -> None:
    before = held(database, "a")
    assert acquired(database, "b", restarted=True) is None
    after = acquired(database, "a", restarted=True)
    assert after is not None
    assert after.token > before.token
    with pytest.raises(LeaseLost):
        write(database, before, 1, NOW_S)


def test_a_lease_of_a_database_that_was_restored_from_before_it_is_lost(database: Database) -> None:
    with pytest.raises(LeaseLost, match="restored"):
        write(database, Fence("path/never taken", "a", 3), 1, NOW_S)


@settings(
    max_examples=25,
    deadline=None,
)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["take", "renew", "write", "release", "wait"]), st.integers(0, 2)), max_size=30
    )
)
def test_under_any_schedule_a_write_is_the_newest_takers(acts: list[tuple[str, int]]) -> None:
    database = RelayerStore(None).database
    now_s, newest, fences = NOW_S, 0, dict[int, Fence]()
    for act, who in acts:
        fence = fences.get(who)
        if act == "wait":
            now_s += 4 * (who + 1)
        elif act == "take":
            taken = acquired(database, str(who), now_s)
            if taken is not None:
                assert taken.token == newest + 1
                newest, fences[who] = taken.token, taken
        elif fence is not None:
            try:
                with database.transaction() as connection:
                    if act == "release":
                        BY_CALLER.release(connection, fence)
                    elif act == "renew":
                        BY_CALLER.renew(connection, fence, now_s, TTL_S)
                    else:
                        BY_CALLER.require(connection, fence, now_s)
                        assert fence.token == newest
            except LeaseLost:
                continue
    database.close()


@pytest.fixture
def two_databases(shared_location: Location) -> Iterator[tuple[Database, Database]]:
    """As two processes have them."""
    pair = tuple(RelayerStore(shared_location).database for _ in range(2))
    yield pair[0], pair[1]
    for database in pair:
        database.close()


def test_nobody_takes_a_lease_while_a_write_under_it_is_on_its_way(two_databases: tuple[Database, Database]) -> None:
    """The holder required its lease, stands still beyond its end, and commits: the other comes after that commit."""
    one, other = two_databases
    old, order, asked = held(one, "a"), list[str](), threading.Event()

    def take() -> None:
        asked.set()
        fence = acquired(other, "b", NOW_S + TTL_S)
        assert fence is not None
        order.append(f"taken over after {written(other)}")

    taker = threading.Thread(target=take)
    with one.transaction() as connection:
        BY_CALLER.require(connection, old, NOW_S)
        cursors.move(connection, "of the test", 7)
        taker.start()
        assert asked.wait(5)
        taker.join(0.2)
        assert taker.is_alive()
        order.append("written")
    taker.join(8)
    assert order == ["written", "taken over after 7"]


def test_over_postgresql_the_databases_clock_decides_whatever_instances_think(postgres_url: str) -> None:
    by_database = LeaseTable(metadata)
    database = RelayerStore(postgres_url).database
    with database.transaction() as connection:
        fence = by_database.acquire(connection, "path/a", "a", 5.0, TTL_S)  # whose clock stands in 1970
        assert fence is not None
        assert by_database.acquire(connection, "path/a", "b", 9e9, TTL_S) is None  # whose clock runs far ahead
        by_database.require(connection, fence, 9e9)
    with database.transaction() as connection:
        now_s = connection.execute(sa.select(sa.extract("epoch", sa.func.now()))).scalar_one()
        row = by_database.read(connection, "path/a")
    assert row is not None
    assert abs(row.expires_s - TTL_S - float(now_s)) < 5
    database.close()
