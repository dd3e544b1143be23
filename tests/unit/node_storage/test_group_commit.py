"""Group commit over a file: a full disk, a commit that fails, a disk that hangs, a file that is no database."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.commit_pace import CommitPace
from chains.progmat.node.storage.errors import (
    StorageFailed,
)
from chains.progmat.node.storage.writer import Begun, Written
from tests.conformance.node_database.test_group_commit import all_numbers, insert_number, numbers_metadata, opened


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
        connection = database._writer._connection
        assert connection is not None

        def broken_commit() -> None:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise OperationalError("COMMIT", {}, error)

        monkeypatch.setattr(connection, "_commit_impl", broken_commit)
        outcomes = await asyncio.gather(*(database.submit(insert_number(n)) for n in (1, 2)), return_exceptions=True)
        assert all(isinstance(outcome, StorageFailed) for outcome in outcomes)
        assert await database.read(all_numbers) == [0]


async def test_a_disk_that_hangs_holds_up_no_event_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path / "node.sqlite") as database:
        await database.submit(insert_number(1))  # as quick as any
        commit, goes_on = database._writer.commit, threading.Event()

        def hanging_commit(begun: Begun) -> Written:
            assert goes_on.wait(10)
            return commit(begun)

        monkeypatch.setattr(database._writer, "commit", hanging_commit)
        second = asyncio.ensure_future(database.submit(insert_number(2)))
        with capture_logs() as logs:
            await asyncio.sleep(0.2)
            assert not second.done()  # and yet this is reached: the loop goes on
            assert await database.read(all_numbers) == [1]
            third = asyncio.ensure_future(database.submit(insert_number(3)))
            await asyncio.sleep(0)
            goes_on.set()
            assert [await second, await third] == [2, 3]
        assert [(line["event"], line["database"]) for line in logs] == [("the database's disk is slow", "node.sqlite")]
        assert await database.read(all_numbers) == [1, 2, 3]


async def test_the_event_loop_stands_still_for_a_quick_disk(tmp_path: Path) -> None:
    async with opened(tmp_path / "node.sqlite") as database:
        turns = 0

        def count_turn() -> None:
            nonlocal turns
            turns += 1
            asyncio.get_running_loop().call_soon(count_turn)

        written = database.submit(insert_number(1))
        count_turn()
        await written
        assert turns <= 3  # a thread alone would be heard of some hundred turns later


async def test_what_arrives_while_a_thread_commits_is_one_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CommitPace, "is_quick", False)
    async with opened(tmp_path / "node.sqlite") as database:
        commit, goes_on = database._writer.commit, threading.Event()

        def held_commit(begun: Begun) -> Written:
            goes_on.wait(10)
            return commit(begun)

        monkeypatch.setattr(database._writer, "commit", held_commit)
        first = asyncio.ensure_future(database.submit(insert_number(0)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        rest = [asyncio.ensure_future(database.submit(insert_number(number))) for number in range(1, 20)]
        await asyncio.sleep(0.01)
        assert not first.done()
        goes_on.set()
        assert await asyncio.gather(first, *rest) == list(range(20))
        assert database.batches == 2


async def test_a_file_that_is_no_database_is_unavailable_storage(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StorageFailed):
        await NodeDatabase.open(path, "bob", [numbers_metadata])
