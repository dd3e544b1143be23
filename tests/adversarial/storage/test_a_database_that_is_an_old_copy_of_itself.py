"""An old copy in the place of the database, however it was made, is found at the next start, and nothing is signed."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.node.database_location import DatabaseLocation, witness_path
from chains.progmat.node.storage.backup import backup, restore
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.errors import (
    DatabaseWentBack,
    RecordsInDoubt,
    StorageFailed,
)
from chains.progmat.node.storage.offline import confirm
from chains.progmat.node.storage.ownership import Ownership
from chains.progmat.node.storage.standing import Doubt, Seen
from chains.progmat.node.storage.witness import SECTOR
from tests.adversarial.storage.old_copies import BOB, copied, named, opened, owe, owed, quiet


async def test_a_file_copied_while_the_node_ran_and_put_back_is_found(tmp_path: Path) -> None:
    path, copy = tmp_path / "node.sqlite3", tmp_path / "copy.sqlite3"
    database = await opened(path)
    await database.submit(owe("before"))
    copied(path, copy)
    await database.submit(owe("after"))
    await database.close()
    copied(copy, path)
    database = await opened(path)
    with pytest.raises(RecordsInDoubt, match="ROLLED_BACK"):
        database.require_current()
    assert await database.read(owed) == {"before"}  # it answers reads
    await database.submit(owe("a write"))  # and keeps what it is told
    await database.close()
    database = await opened(path)  # the doubt stays
    assert database.head.doubt is Doubt.ROLLED_BACK
    await database.close()


async def test_an_old_copy_put_back_twice_is_found_twice(tmp_path: Path) -> None:
    path, copy = tmp_path / "node.sqlite3", tmp_path / "copy.sqlite3"
    database = await opened(path)
    await database.close()
    copied(path, copy)
    for _ in range(2):
        database = await opened(path)
        await database.submit(owe("later"))
        await database.close()
        copied(copy, path)
        database = await opened(path)
        assert database.head.doubt is Doubt.ROLLED_BACK
        await database.close()
        confirm(path, operator="alice", now_s=5)


async def test_records_in_doubt_have_another_name_from_then_on(tmp_path: Path) -> None:
    """Peers that listed them before list them from the start: the order in which things came is another one now."""
    path, copy, file = tmp_path / "node.sqlite3", tmp_path / "copy.sqlite3", tmp_path / "backup"
    database = await opened(path)
    assert await database.submit(named("one")) == "one"
    copied(path, copy)
    backup(path, file, BOB, 1, quiet)
    await database.close()
    database = await opened(path)
    assert await database.submit(named("two")) == "one"
    await database.close()

    copied(copy, path)
    database = await opened(path)
    assert await database.submit(named("rolled back")) == "rolled back"
    await database.close()

    restore(path, file, BOB, 2, quiet)
    database = await opened(path)
    assert await database.submit(named("restored")) == "restored"
    await database.close()

    confirm(path, operator="alice", now_s=3)
    database = await opened(path)
    assert await database.submit(named("confirmed")) == "restored"
    await database.raise_doubt(Doubt.PEER_SAW_LATER, "a peer says so", 4, Seen(99, 99))
    await database.close()
    database = await opened(path)
    assert (database.head.incarnation, database.head.number) > (99, 99)
    assert await database.submit(named("doubted")) == "doubted"
    await database.close()


async def test_an_orderly_end_is_known_even_if_the_power_fails_right_after(tmp_path: Path) -> None:
    """The last note may not have reached the disk; what closing promises has."""
    path, copy = tmp_path / "node.sqlite3", tmp_path / "copy.sqlite3"
    database = await opened(path)
    copied(path, copy)
    await database.submit(owe("after"))
    await database.close()
    copied(copy, path)
    with witness_path(path).open("r+b") as witness:
        witness.seek(2 * SECTOR)
        witness.write(bytes(SECTOR))
    database = await opened(path)
    assert database.doubt is Doubt.ROLLED_BACK
    await database.close()


async def test_a_database_that_was_deleted_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite3"
    database = await opened(path)
    await database.close()
    path.unlink()
    database = await opened(path)
    assert database.head.doubt is Doubt.DATABASE_REPLACED
    await database.close()


async def test_a_witness_that_was_deleted_is_missed(database_at: DatabaseLocation) -> None:
    database = await opened(database_at)
    await database.close()
    witness_path(database_at).unlink()
    database = await opened(database_at)
    assert database.head.doubt is Doubt.WITNESS_MISSING
    await database.close()


async def test_a_doubt_that_ends_by_itself_hides_no_roll_back(tmp_path: Path) -> None:
    path, copy = tmp_path / "node.sqlite3", tmp_path / "copy.sqlite3"
    database = await opened(path)
    await database.close()
    witness_path(path).unlink()
    database = await opened(path)  # WITNESS_MISSING
    await database.close()
    copied(path, copy)
    database = await opened(path)
    await database.settle_doubt("", "all have answered", 1)
    await database.submit(owe("signed afterwards"))
    await database.close()
    copied(copy, path)
    database = await opened(path)
    assert database.doubt is Doubt.ROLLED_BACK
    await database.close()


async def test_a_running_process_finds_that_acknowledged_commits_are_gone(
    database_at: DatabaseLocation,
) -> None:
    """A standby that lacked them has become the server, or somebody put an old file there."""
    database = await opened(database_at)
    for key in "abc":
        await database.submit(owe(key))
    with engine_for(database_at, Access.WRITE).connect() as other, other.begin():
        other.exec_driver_sql("UPDATE storage_head SET number = number - 2")
    for _ in range(3):  # the first finds it, the others on a new connection
        with pytest.raises(StorageFailed):
            await database.submit(owe("d"))
        with pytest.raises(StorageFailed):
            database.require_current()
    assert isinstance(database.failure, DatabaseWentBack)
    await database.close()
    database = await opened(database_at)
    assert database.doubt is Doubt.ROLLED_BACK
    await database.close()


async def test_a_start_that_is_killed_half_way_raises_no_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its commit and its promise; the notes of the run before may have been lost with the power."""
    path, killed = tmp_path / "node.sqlite3", tmp_path / "killed" / "node.sqlite3"
    killed.parent.mkdir()

    class Killed(Exception):
        pass

    def kill(_ownership: Ownership, _number: int) -> None:
        raise Killed

    async def started_in_vain(at: Path) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Ownership, "_promise", kill)
            with pytest.raises(Killed):
                await opened(at)

    await started_in_vain(path)
    database = await opened(path)
    for key in "abcde":
        await database.submit(owe(key))
    copied(path, killed)
    content = witness_path(path).read_bytes()
    witness_path(killed).write_bytes(content[: 2 * SECTOR] + bytes(SECTOR))
    await database.close()
    await started_in_vain(killed)
    database = await opened(killed)
    assert database.doubt is Doubt.NONE
    await database.close()


async def test_restarts_raise_no_doubt(database_at: DatabaseLocation) -> None:
    for start in range(1, 5):
        database = await opened(database_at)
        await database.submit(owe(str(start)))
        assert (database.head.doubt, database.head.incarnation) == (Doubt.NONE, start)
        database.require_current()
        await database.close()
