"""What a node's database promises, over each of the databases: group commit, savepoints, snapshots, one writer."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable

import pytest
from psycopg.errors import UniqueViolation
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, select, text
from sqlalchemy.exc import IntegrityError

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage import NodeDatabase, enqueue_effect, group_commit
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.errors import (
    DatabaseInUse,
    DatabaseOfAnotherNode,
    DatabaseTakenOver,
    StorageClosed,
    StorageFailed,
    StorageOverloaded,
    UnknownSchemaVersion,
)
from chains.progmat.node.storage.undoing import undone_alone
from chains.progmat.node.storage.writer import Begun, Written

numbers_metadata = MetaData()
numbers = Table("numbers", numbers_metadata, Column("number", Integer, primary_key=True), Column("filler", LargeBinary))


@contextlib.asynccontextmanager
async def opened(at: DatabaseLocation, name: str = "bob") -> AsyncIterator[NodeDatabase]:
    database = await NodeDatabase.open(at, name, [numbers_metadata])
    try:
        yield database
    finally:
        await database.close()


def insert_number(number: int, filler: bytes = b"") -> Callable[[Connection], int]:
    def operation(connection: Connection) -> int:
        connection.execute(numbers.insert().values(number=number, filler=filler))
        return number

    return operation


def all_numbers(connection: Connection) -> list[int]:
    return list(connection.execute(select(numbers.c.number).order_by(numbers.c.number)).scalars())


class Regret(Exception):
    pass


def insert_and_regret(number: int) -> Callable[[Connection], int]:
    def operation(connection: Connection) -> int:
        insert_number(number)(connection)
        raise Regret

    return operation


def behind_its_back(at: DatabaseLocation, statement: str) -> None:
    """What somebody with another program does to the database."""
    with engine_for(at, Access.WRITE).connect() as connection, connection.begin():
        connection.execute(text(statement))


async def test_one_bad_operation_in_a_batch_fails_alone(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        operations = [insert_number(1), insert_and_regret(2), insert_number(1), insert_number(3)]
        outcomes = await asyncio.gather(*(database.submit(run) for run in operations), return_exceptions=True)
        assert outcomes[0] == 1
        assert isinstance(outcomes[1], Regret)
        assert isinstance(outcomes[2], IntegrityError)
        assert outcomes[3] == 3
        assert await database.read(all_numbers) == [1, 3]


async def test_a_part_that_fails_is_undone_alone_and_its_operation_goes_on(database_at: DatabaseLocation) -> None:
    def with_parts(connection: Connection) -> int:
        insert_number(1)(connection)
        for part in (insert_and_regret(2), insert_number(1)):
            with contextlib.suppress(Regret, IntegrityError, UniqueViolation):
                undone_alone(connection, part)
        return undone_alone(connection, insert_number(3))

    async with opened(database_at) as database:
        around = [insert_number(10), with_parts, insert_number(11)]
        assert await asyncio.gather(*(database.submit(run) for run in around)) == [10, 3, 11]
        assert await database.read(all_numbers) == [1, 3, 10, 11]
        await asyncio.gather(*(database.submit(insert_number(n)) for n in range(20, 60)))
        assert len(await database.read(all_numbers)) == 44


async def test_a_batch_of_which_nothing_fails_has_one_savepoint(database_at: DatabaseLocation) -> None:
    """Nobody else would notice: each operation runs once."""
    runs: list[int] = []

    def counted(number: int) -> Callable[[Connection], int]:
        def operation(connection: Connection) -> int:
            runs.append(number)
            return undone_alone(connection, insert_number(number))

        return operation

    async with opened(database_at) as database:
        await asyncio.gather(*(database.submit(counted(n)) for n in range(100)))
        assert sorted(runs) == list(range(100))
        await asyncio.gather(*(database.submit(counted(n)) for n in range(90, 110)), return_exceptions=True)
        assert await database.read(all_numbers) == list(range(110))


async def test_an_operation_that_swallows_a_databases_error_harms_no_other(database_at: DatabaseLocation) -> None:
    def swallows(connection: Connection) -> int:
        insert_number(2)(connection)
        with contextlib.suppress(IntegrityError):
            insert_number(2)(connection)
        return 2

    async with opened(database_at) as database:
        outcomes = await asyncio.gather(
            *(database.submit(run) for run in (insert_number(1), swallows, insert_number(3))), return_exceptions=True
        )
        assert (outcomes[0], outcomes[2]) == (1, 3)
        kept = await database.read(all_numbers)
        assert kept == ([1, 2, 3] if outcomes[1] == 2 else [1, 3])


async def test_operations_of_many_flows_share_transactions(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        await asyncio.gather(*(database.submit(insert_number(n)) for n in range(1000)))
        assert database.operations == 1000
        assert database.batches <= 20
        assert await database.read(all_numbers) == list(range(1000))


async def test_a_reader_sees_what_was_acknowledged_and_cannot_write(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        for number in range(20):
            await database.submit(insert_number(number))
            assert number in await database.read(all_numbers)
        with pytest.raises(StorageFailed, match=r"read-?only"):
            await database.read(insert_number(99))


async def test_a_cancelled_waiter_does_not_undo_its_operation(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        waiter = asyncio.ensure_future(database.submit(insert_number(1)))
        waiter.cancel()
        await database.submit(insert_number(2))
        assert await database.read(all_numbers) == [1, 2]


async def test_what_is_in_no_hurry_goes_along_with_the_next_that_is(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        unhurried = [database.submit(insert_number(number), within_s=60.0) for number in (1, 2)]
        before = database.batches
        assert await database.submit(insert_number(3)) == 3
        assert await asyncio.gather(*unhurried) == [1, 2]
        assert database.batches == before + 1


async def test_what_is_in_no_hurry_is_written_by_itself_when_its_time_is_over(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        begun_s = asyncio.get_running_loop().time()
        assert await database.submit(insert_number(1), within_s=0.1) == 1
        assert asyncio.get_running_loop().time() - begun_s >= 0.1
        assert await database.submit(insert_number(2)) == 2


async def test_closing_writes_what_is_in_no_hurry_at_once(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        unhurried = database.submit(insert_number(1), within_s=60.0)
    assert await unhurried == 1


async def test_closing_writes_what_is_queued_and_refuses_the_rest(database_at: DatabaseLocation) -> None:
    database = await NodeDatabase.open(database_at, "bob", [numbers_metadata])
    queued = [database.submit(insert_number(n)) for n in range(600)]
    await database.close()
    assert await asyncio.gather(*queued) == list(range(600))
    with pytest.raises(StorageClosed):
        await database.submit(insert_number(601))
    with pytest.raises(StorageClosed):
        await database.read(all_numbers)
    await database.close()


async def test_a_queue_without_end_is_refused(database_at: DatabaseLocation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "MAX_WAITING", 3)
    async with opened(database_at) as database:
        waiting = [database.submit(insert_number(n)) for n in range(3)]  # nothing is written in this turn of the loop
        with pytest.raises(StorageOverloaded):
            database.submit(insert_number(3))
        await asyncio.gather(*waiting)


async def test_another_nodes_database_is_refused(database_at: DatabaseLocation) -> None:
    async with opened(database_at, "bob"):
        pass
    with pytest.raises(DatabaseOfAnotherNode):
        await NodeDatabase.open(database_at, "carol", [numbers_metadata])


async def test_what_is_written_is_there_after_reopening(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        await database.submit(lambda c: enqueue_effect(c, effect_key="k", peer="p", method="a.b", body=b"", now_s=1))
        await database.submit(insert_number(7))
    async with opened(database_at) as database:
        assert await database.read(all_numbers) == [7]


async def test_tables_of_an_unknown_version_are_refused(database_at: DatabaseLocation) -> None:
    async with opened(database_at):
        pass
    behind_its_back(database_at, "UPDATE alembic_version SET version_num = '999'")
    with pytest.raises(UnknownSchemaVersion, match="'999'"):
        await NodeDatabase.open(database_at, "bob", [numbers_metadata])


async def test_a_database_of_something_else_is_refused(database_at: DatabaseLocation) -> None:
    behind_its_back(database_at, "CREATE TABLE wallet (x INTEGER)")
    with pytest.raises(UnknownSchemaVersion, match="'none'"):
        await NodeDatabase.open(database_at, "bob", [numbers_metadata])


async def test_a_second_process_is_refused_and_told_who_holds_the_database(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        with pytest.raises(DatabaseInUse, match=r"held by process \d+ on \S+ since 20"):
            await NodeDatabase.open(database_at, "bob", [numbers_metadata])
        assert await database.submit(insert_number(1)) == 1
    async with opened(database_at) as database:
        assert await database.read(all_numbers) == [1]


async def test_a_writer_whose_database_was_written_by_another_cannot_commit(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        await database.submit(insert_number(1))
        behind_its_back(database_at, "UPDATE storage_head SET nonce = 'somebody else', holder = 'a thief'")
        for number in (2, 3):  # also after it has connected again
            with pytest.raises(DatabaseTakenOver, match="a thief"):
                await database.submit(insert_number(number))
        assert await database.read(all_numbers) == [1]


async def test_an_operation_that_swallows_its_error_spoils_nobody_elses(database_at: DatabaseLocation) -> None:
    def swallow(connection: Connection) -> None:
        with contextlib.suppress(IntegrityError):
            insert_number(1)(connection)

    async with opened(database_at) as database:
        batch = [database.submit(run) for run in (insert_number(1), swallow, insert_number(2))]
        outcomes = await asyncio.gather(*batch, return_exceptions=True)
        assert (outcomes[0], outcomes[2]) == (1, 2)
        assert await database.read(all_numbers) == [1, 2]
        assert database.failure is None


async def test_what_must_be_done_about_the_end_is_done_before_the_waiter_goes_on(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        heard: list[int] = []
        assert await database.submit(insert_number(1), heard=lambda ended: heard.append(ended.result())) == 1
        assert heard == [1]
        with pytest.raises(Regret):
            await database.submit(insert_and_regret(2), heard=lambda ended: heard.append(ended.exception() is not None))
        assert heard == [1, True]


async def test_what_must_be_done_about_the_end_is_done_though_its_waiter_left(database_at: DatabaseLocation) -> None:
    async with opened(database_at) as database:
        heard: list[int] = []

        async def asks() -> None:
            await database.submit(insert_number(1), heard=lambda ended: heard.append(ended.result()))

        caller = asyncio.create_task(asks())
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        await database.submit(insert_number(2))
        assert (heard, await database.read(all_numbers)) == ([1], [1, 2])


async def test_a_batch_that_does_not_end_is_a_failure_until_it_ends(
    database_at: DatabaseLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "OVERDUE_S", 0.1)
    async with opened(database_at) as database:
        await database.submit(insert_number(1))
        told = asyncio.Event()
        database.watch(told.set)
        commit, goes_on = database._writer.commit, threading.Event()

        def hanging_commit(begun: Begun) -> Written:
            assert goes_on.wait(10)
            return commit(begun)

        monkeypatch.setattr(database._writer, "commit", hanging_commit)
        second = asyncio.ensure_future(database.submit(insert_number(2)))
        await asyncio.wait_for(told.wait(), 5)
        with pytest.raises(StorageFailed, match="the disk or server hangs"):
            database.require_current()  # nothing is signed on the strength of what may not be written
        assert await database.read(all_numbers) == [1]
        goes_on.set()
        assert await second == 2
        database.require_current()


async def test_batches_that_end_in_time_are_no_failure(
    database_at: DatabaseLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "OVERDUE_S", 0.2)
    async with opened(database_at) as database:
        told = asyncio.Event()
        database.watch(told.set)
        for number in range(3):
            await database.submit(insert_number(number))
        await asyncio.sleep(0.3)
        assert not told.is_set()
