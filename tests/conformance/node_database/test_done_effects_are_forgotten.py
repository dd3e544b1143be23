"""What peers have acknowledged is forgotten in time, over each of the databases; what is owed, never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest
from sqlalchemy import Connection, text

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage import (
    NodeDatabase,
    StoreOutcome,
    effect_done,
    enqueue_effect,
    forget_done_effects,
    pending_effects,
)
from chains.progmat.node.storage.outbox import FORGOTTEN_AT_ONCE


@pytest.fixture
async def database(database_at: DatabaseLocation) -> AsyncIterator[NodeDatabase]:
    database = await NodeDatabase.open(database_at, "bob", [])
    yield database
    await database.close()


def owe(connection: Connection, key: str, at_s: int) -> StoreOutcome:
    return enqueue_effect(connection, effect_key=key, peer="cn-a", method="node.x", body=b"x", now_s=at_s)


def id_of(connection: Connection, key: str) -> int | None:
    query = text("SELECT effect_id FROM outbox WHERE effect_key = :key")
    found: int | None = connection.execute(query, {"key": key}).scalar()
    return found


def answered(connection: Connection, key: str) -> None:
    effect_done(connection, id_of(connection, key) or 0)


def owed_and_answered(connection: Connection, count: int, at_s: int) -> None:
    for number in range(count):
        owe(connection, f"{at_s}-{number}", at_s)
        answered(connection, f"{at_s}-{number}")


async def test_only_what_is_done_and_old_is_forgotten(database: NodeDatabase) -> None:
    def history(connection: Connection) -> None:
        for key, at_s in (("old", 100), ("old and owed", 100), ("young", 200), ("newest", 300)):
            owe(connection, key, at_s)
        answered(connection, "old")
        answered(connection, "young")

    await database.submit(history)
    assert await database.submit(partial(forget_done_effects, before_s=200)) == 1
    assert await database.submit(partial(forget_done_effects, before_s=200)) == 0
    found = [await database.read(partial(id_of, key=key)) for key in ("old", "old and owed", "young", "newest")]
    assert [number is not None for number in found] == [False, True, True, True]


async def test_no_number_is_given_twice_or_whoever_sends_would_pass_over_the_second(database: NodeDatabase) -> None:
    def history(connection: Connection) -> int | None:
        owe(connection, "first", 1)
        owe(connection, "last", 1)
        answered(connection, "first")
        answered(connection, "last")
        return id_of(connection, "last")

    last = await database.submit(history)
    assert last is not None
    assert await database.submit(partial(forget_done_effects, before_s=10)) == 1
    await database.submit(partial(owe, key="next", at_s=20))
    (owed,) = await database.read(partial(pending_effects, after_id=last, limit=9))
    assert owed.effect_key == "next"
    assert await database.submit(partial(forget_done_effects, before_s=10)) == 1  # now it is the newest no more


async def test_a_call_forgets_a_bounded_number_the_oldest_first(database: NodeDatabase) -> None:
    await database.submit(partial(owed_and_answered, count=20, at_s=7))
    await database.submit(partial(owed_and_answered, count=FORGOTTEN_AT_ONCE - 10, at_s=5))
    assert await database.submit(partial(forget_done_effects, before_s=10)) == FORGOTTEN_AT_ONCE
    assert await database.read(partial(id_of, key="5-0")) is None
    assert await database.submit(partial(forget_done_effects, before_s=10)) == 9  # all but the newest


async def test_a_key_that_comes_again_after_its_effect_was_forgotten_is_owed_again(database: NodeDatabase) -> None:
    await database.submit(partial(owed_and_answered, count=2, at_s=1))
    assert await database.submit(partial(owe, key="1-0", at_s=9)) is StoreOutcome.KNOWN
    assert await database.submit(partial(forget_done_effects, before_s=5)) == 1
    assert await database.submit(partial(owe, key="1-0", at_s=9)) is StoreOutcome.STORED


async def test_a_node_whose_files_are_old_is_opened_again_and_goes_on_counting(database_at: DatabaseLocation) -> None:
    """Forgetting is a commit like any other: no restart takes the database for an older copy of itself."""
    first = await NodeDatabase.open(database_at, "bob", [])
    await first.submit(partial(owed_and_answered, count=3, at_s=1))
    before = first.head.number
    await first.submit(partial(forget_done_effects, before_s=5))
    assert first.head.number > before
    await first.close()
    again = await NodeDatabase.open(database_at, "bob", [])
    again.require_current()
    await again.close()
