"""Look-ups and operations of a file: done in the event loop's thread, with the promises of the others."""

from __future__ import annotations

import sqlite3
import threading
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from chains.progmat.node.storage import NodeDatabase, store_recorded, stored_transaction
from chains.progmat.node.storage.errors import StorageClosed, StorageFailed
from chains.progmat.node.storage.undoing import undone_alone

A, B = (bytes([n]) * 32 for n in (1, 2))


async def opened(folder: Path) -> NodeDatabase:
    return await NodeDatabase.open(folder / "node.sqlite3", "bob", [])


def keep(connection: Connection, tx_id: bytes) -> None:
    store_recorded(connection, tx_id, b"signed", 0, 1)


def is_kept(connection: Connection, tx_id: bytes) -> bool:
    return stored_transaction(connection, tx_id) is not None


async def test_a_look_up_sees_what_was_acknowledged_before(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    for tx_id in (A, B):
        assert not await database.look_up(partial(is_kept, tx_id=tx_id))
        await database.submit(partial(keep, tx_id=tx_id))
        assert await database.look_up(partial(is_kept, tx_id=tx_id))
    await database.close()


async def test_a_look_up_leaves_no_transaction_open(tmp_path: Path) -> None:
    database = await opened(tmp_path)

    def fails(connection: Connection) -> None:
        is_kept(connection, A)
        raise LookupError("not this one")

    for _ in range(2):
        with pytest.raises(LookupError):
            await database.look_up(fails)
    await database.submit(partial(keep, tx_id=A))
    assert await database.look_up(partial(is_kept, tx_id=A))
    await database.close()


async def test_a_look_up_writes_nothing(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    with pytest.raises((StorageFailed, sqlite3.OperationalError), match="readonly"):
        await database.look_up(partial(keep, tx_id=A))
    assert not await database.look_up(partial(is_kept, tx_id=A))
    await database.close()


async def test_a_look_up_whose_statement_is_wrong_raises_it_and_the_next_one_works(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    with pytest.raises(Exception, match="no such table"):
        await database.look_up(lambda connection: connection.execute(text("SELECT 1 FROM nowhere")))
    assert not await database.look_up(partial(is_kept, tx_id=A))
    await database.close()


async def test_a_closed_database_looks_nothing_up(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    await database.look_up(partial(is_kept, tx_id=A))
    await database.close()
    with pytest.raises(StorageClosed):
        await database.look_up(partial(is_kept, tx_id=A))


async def test_operations_and_look_ups_run_in_the_loops_thread_and_other_reads_do_not(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    here = threading.get_ident()
    assert await database.submit(lambda _connection: threading.get_ident()) == here
    assert await database.look_up(lambda _connection: threading.get_ident()) == here
    assert await database.read(lambda _connection: threading.get_ident()) != here
    await database.close()


async def test_what_ends_a_batch_in_the_loops_thread_reaches_its_waiter_and_not_the_loop(tmp_path: Path) -> None:
    database = await opened(tmp_path)

    def dies(_connection: Connection) -> None:
        raise KeyboardInterrupt

    with pytest.raises(StorageFailed):
        await database.submit(dies)
    await database.submit(partial(keep, tx_id=A))
    assert await database.look_up(partial(is_kept, tx_id=A))
    await database.close()


async def test_a_part_that_fails_is_undone_alone(tmp_path: Path) -> None:
    database = await opened(tmp_path)

    def part(connection: Connection) -> None:
        keep(connection, B)
        raise LookupError("undone")

    def operation(connection: Connection) -> None:
        keep(connection, A)
        with pytest.raises(LookupError):
            undone_alone(connection, part)
        undone_alone(connection, partial(keep, tx_id=A))

    await database.submit(operation)
    assert await database.look_up(partial(is_kept, tx_id=A))
    assert not await database.look_up(partial(is_kept, tx_id=B))
    await database.close()
