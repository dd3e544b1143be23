"""Group commit: many operations, one transaction; a bad one hurts nobody else; a failed one is never called done."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, select
from sqlalchemy.exc import OperationalError

from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.errors import (
    StorageFailed,
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


async def test_a_file_that_is_no_database_is_unavailable_storage(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StorageFailed):
        await NodeDatabase.open(path, "bob", [numbers_metadata])
