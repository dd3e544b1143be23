"""Group commit: many operations, one transaction; a bad one hurts nobody else; a failed one is never called done."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, select
from sqlalchemy.exc import IntegrityError, OperationalError

from chains.progmat.node.storage import NodeDatabase, enqueue_effect
from chains.progmat.node.storage import database as database_module
from chains.progmat.node.storage.errors import (
    DatabaseOfAnotherNode,
    StorageClosed,
    StorageFailed,
    StorageOverloaded,
    UnknownSchemaVersion,
)

numbers_metadata = MetaData()
numbers = Table("numbers", numbers_metadata, Column("number", Integer, primary_key=True), Column("filler", LargeBinary))


@contextlib.asynccontextmanager
async def opened(path: Path, name: str = "bob") -> AsyncIterator[NodeDatabase]:
    database = await NodeDatabase.open(path, name, [numbers_metadata])
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


async def test_one_bad_operation_in_a_batch_fails_alone(tmp_path: Path) -> None:
    async with opened(tmp_path / "node.sqlite") as database:
        operations = [insert_number(1), insert_and_regret(2), insert_number(1), insert_number(3)]
        outcomes = await asyncio.gather(*(database.submit(run) for run in operations), return_exceptions=True)
        assert outcomes[0] == 1
        assert isinstance(outcomes[1], Regret)
        assert isinstance(outcomes[2], IntegrityError)
        assert outcomes[3] == 3
        assert await database.read(all_numbers) == [1, 3]


async def test_operations_of_many_flows_share_transactions(tmp_path: Path) -> None:
    async with opened(tmp_path / "node.sqlite") as database:
        await asyncio.gather(*(database.submit(insert_number(n)) for n in range(1000)))
        assert database.operations == 1000
        assert database.batches <= 20
        assert await database.read(all_numbers) == list(range(1000))


async def test_a_full_disk_fails_the_whole_batch_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    def fill_the_disk(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # the smallest SQLite allows: what it has now
        insert_number(2, b"x" * 1_000_000)(connection)

    async with opened(tmp_path / "node.sqlite") as database:
        await database.submit(insert_number(0))
        batch = [database.submit(insert_number(1)), database.submit(fill_the_disk), database.submit(insert_number(3))]
        outcomes = await asyncio.gather(*batch, return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, StorageFailed)]
        assert len(failed) >= 2  # the first may have been in a batch of its own
        kept = [outcome for outcome in outcomes if isinstance(outcome, int)]
        assert await database.read(all_numbers) == [0, *kept]
        assert await database.submit(insert_number(4)) == 4  # the disk is back, and so is the database


async def test_a_commit_that_fails_is_told_to_everybody_in_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path / "node.sqlite") as database:
        await database.submit(insert_number(0))
        connection = database._connection
        assert connection is not None

        def broken_commit() -> None:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise OperationalError("COMMIT", {}, error)

        monkeypatch.setattr(connection, "_commit_impl", broken_commit)
        outcomes = await asyncio.gather(*(database.submit(insert_number(n)) for n in (1, 2)), return_exceptions=True)
        assert all(isinstance(outcome, StorageFailed) for outcome in outcomes)
        assert await database.read(all_numbers) == [0]


async def test_a_reader_sees_what_was_acknowledged_and_cannot_write(tmp_path: Path) -> None:
    async with opened(tmp_path / "node.sqlite") as database:
        for number in range(20):
            await database.submit(insert_number(number))
            assert number in await database.read(all_numbers)
        with pytest.raises(StorageFailed, match="readonly"):
            await database.read(insert_number(99))


async def test_a_cancelled_waiter_does_not_undo_its_operation(tmp_path: Path) -> None:
    async with opened(tmp_path / "node.sqlite") as database:
        waiter = asyncio.ensure_future(database.submit(insert_number(1)))
        waiter.cancel()
        await database.submit(insert_number(2))
        assert await database.read(all_numbers) == [1, 2]


async def test_closing_writes_what_is_queued_and_refuses_the_rest(tmp_path: Path) -> None:
    database = await NodeDatabase.open(tmp_path / "node.sqlite", "bob", [numbers_metadata])
    queued = [database.submit(insert_number(n)) for n in range(600)]
    await database.close()
    assert await asyncio.gather(*queued) == list(range(600))
    with pytest.raises(StorageClosed):
        await database.submit(insert_number(601))
    with pytest.raises(StorageClosed):
        await database.read(all_numbers)
    await database.close()


async def test_a_queue_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "MAX_WAITING", 3)
    async with opened(tmp_path / "node.sqlite") as database:
        with database._arrived:  # the writer cannot take anything meanwhile
            waiting = [database.submit(insert_number(n)) for n in range(3)]
            with pytest.raises(StorageOverloaded):
                database.submit(insert_number(3))
        await asyncio.gather(*waiting)


async def test_a_file_of_an_unknown_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    async with opened(path):
        pass
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE meta SET value = '999' WHERE name = 'schema_version'")
        raw.commit()
    with pytest.raises(UnknownSchemaVersion, match="'999'"):
        await NodeDatabase.open(path, "bob", [numbers_metadata])


async def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE wallet (x)")
        raw.commit()
    with pytest.raises(UnknownSchemaVersion, match="'none'"):
        await NodeDatabase.open(path, "bob", [numbers_metadata])


async def test_another_nodes_file_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path / "node.sqlite", "bob"):
        pass
    with pytest.raises(DatabaseOfAnotherNode):
        await NodeDatabase.open(tmp_path / "node.sqlite", "carol", [numbers_metadata])


async def test_a_file_that_is_no_database_is_unavailable_storage(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StorageFailed):
        await NodeDatabase.open(path, "bob", [numbers_metadata])


async def test_what_is_written_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    async with opened(path) as database:
        await database.submit(lambda c: enqueue_effect(c, effect_key="k", peer="p", method="a.b", body=b"", now_s=1))
        await database.submit(insert_number(7))
    async with opened(path) as database:
        assert await database.read(all_numbers) == [7]
