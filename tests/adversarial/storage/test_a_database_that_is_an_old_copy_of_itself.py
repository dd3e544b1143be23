"""An old copy in the place of the database, however it was made, is found at the next start, and nothing is signed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from chains.progmat.node.database_tables import ROLE_TABLES
from chains.progmat.node.storage import NodeDatabase, enqueue_effect, history_id
from chains.progmat.node.storage.backup import Subject, backup, manifest_path, read_manifest, restore
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.errors import (
    BadBackup,
    DatabaseInUse,
    DatabaseNotEmpty,
    DatabaseOfAnotherNode,
    DatabaseWentBack,
    NoDatabase,
    RecordsInDoubt,
    StorageFailed,
)
from chains.progmat.node.storage.location import DatabaseLocation, postgres_database, witness_path
from chains.progmat.node.storage.offline import confirm, head_of
from chains.progmat.node.storage.ownership import Ownership
from chains.progmat.node.storage.schema import audit, outbox
from chains.progmat.node.storage.standing import Doubt, Seen
from chains.progmat.node.storage.witness import SECTOR
from scripts.local_postgres import LocalPostgres

BOB = Subject("bob", "ledger-1", b"\x11" * 32)


def quiet(_what: str, _rows: int) -> None:
    pass


async def opened(at: DatabaseLocation) -> NodeDatabase:
    return await NodeDatabase.open(at, "bob", ROLE_TABLES)


def owe(key: str) -> Callable[[Connection], object]:
    return lambda c: enqueue_effect(c, effect_key=key, peer="p", method="a.b", body=b"x", now_s=1)


def named(name: str) -> Callable[[Connection], str]:
    return lambda connection: history_id(connection, name)


def owed(connection: Connection) -> set[str]:
    return set(connection.execute(select(outbox.c.effect_key)).scalars())


def acts(connection: Connection) -> list[tuple[str, str]]:
    return [(row.operator, row.act) for row in connection.execute(select(audit).order_by(audit.c.id))]


def copied(path: Path, to: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        target = to.with_name(to.name + suffix)
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)


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


async def test_a_backup_made_in_doubt_comes_back_as_restored(tmp_path: Path) -> None:
    path, file = tmp_path / "node.sqlite3", tmp_path / "backup"
    database = await opened(path)
    await database.close()
    witness_path(path).unlink()
    database = await opened(path)
    assert database.doubt is Doubt.WITNESS_MISSING
    await database.close()
    backup(path, file, BOB, 1, quiet)
    restore(path, file, BOB, 2, quiet)
    assert head_of(path).doubt is Doubt.RESTORED


async def test_a_restore_that_breaks_off_never_leaves_a_copy_without_doubt(
    database_at: DatabaseLocation, new_place: DatabaseLocation, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    database = await opened(database_at)
    await database.close()
    backup(database_at, file, BOB, 1, quiet)

    class PowerFailure(Exception):
        pass

    def fail(_what: str, _rows: int) -> None:
        raise PowerFailure

    with pytest.raises(PowerFailure):
        restore(new_place, file, BOB, 2, fail)
    if isinstance(new_place, Path):
        assert head_of(new_place).doubt is Doubt.RESTORED
    else:
        with pytest.raises(NoDatabase):
            head_of(new_place)


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


@pytest.fixture
def new_place(database_at: DatabaseLocation, postgres_server: LocalPostgres, tmp_path: Path) -> DatabaseLocation:
    """Where a backup goes back to: the same file, or a new database on the server."""
    if isinstance(database_at, Path):
        return database_at
    return postgres_database(postgres_server.fresh_database(), tmp_path)


async def test_a_restored_backup_has_all_rows_of_its_moment_and_signs_nothing(
    database_at: DatabaseLocation, new_place: DatabaseLocation, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    database = await opened(database_at)
    await database.submit(owe("before"))
    made = backup(database_at, file, BOB, 1_700_000_000, quiet)  # beside the running node
    await database.submit(owe("after"))
    with pytest.raises(DatabaseInUse):
        restore(database_at, file, BOB, 1_700_000_100, quiet)
    await database.close()
    assert (made.node, made.commit) == ("bob", 2)
    assert read_manifest(file) == made

    restore(new_place, file, BOB, 1_700_000_100, quiet)
    database = await opened(new_place)
    assert await database.read(owed) == {"before"}
    with pytest.raises(RecordsInDoubt, match="made 2023-11-14T22:13:20"):
        database.require_current()
    await database.submit(owe("new keys come after the old ones"))
    await database.close()
    assert head_of(new_place).doubt is Doubt.RESTORED

    confirm(new_place, operator="alice", now_s=1_700_000_200)
    database = await opened(new_place)
    database.require_current()
    assert await database.read(acts) == [("", "doubt RESTORED"), ("alice", "reconciled")]
    await database.close()


async def test_a_backup_of_one_database_restores_into_the_other(
    database_at: DatabaseLocation, postgres_server: LocalPostgres, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    database = await opened(database_at)
    await database.submit(owe("before"))
    await database.close()
    backup(database_at, file, BOB, 1, quiet)
    folder = tmp_path / "other"
    folder.mkdir()
    other: DatabaseLocation = folder / "node.sqlite3"
    if isinstance(database_at, Path):
        other = postgres_database(postgres_server.fresh_database(), folder)
    restore(other, file, BOB, 2, quiet)
    database = await opened(other)
    assert await database.read(owed) == {"before"}
    assert database.head.doubt is Doubt.RESTORED
    await database.close()


async def test_restoring_destroys_nothing(database_at: DatabaseLocation, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    database = await opened(database_at)
    await database.submit(owe("before"))
    backup(database_at, file, BOB, 1, quiet)
    await database.submit(owe("after"))
    await database.close()
    if not isinstance(database_at, Path):
        with pytest.raises(DatabaseNotEmpty):
            restore(database_at, file, BOB, 2, quiet)
        return
    restore(database_at, file, BOB, 2, quiet)
    aside = tmp_path / "node.sqlite3.before-19700101T000002Z"
    database = await opened(aside)
    assert await database.read(owed) == {"before", "after"}
    await database.close()


async def test_the_log_of_a_killed_database_is_no_part_of_the_restored_one(tmp_path: Path) -> None:
    """SQLite takes any write-ahead log that lies beside a file for that file's."""
    path, killed, file = tmp_path / "node.sqlite3", tmp_path / "killed" / "node.sqlite3", tmp_path / "backup"
    killed.parent.mkdir()
    database = await opened(path)
    await database.submit(owe("before"))
    backup(path, file, BOB, 1, quiet)
    await database.submit(owe("after"))
    copied(path, killed)
    await database.close()
    assert killed.with_name("node.sqlite3-wal").stat().st_size
    restore(killed, file, BOB, 2, quiet)
    assert not killed.with_name("node.sqlite3-wal").exists()
    database = await opened(killed)
    assert await database.read(owed) == {"before"}
    await database.close()
    aside = await opened(killed.with_name("node.sqlite3.before-19700101T000002Z"))
    assert await aside.read(owed) == {"before", "after"}
    await aside.close()


async def test_a_backup_restores_over_a_database_that_is_destroyed(tmp_path: Path) -> None:
    path, file = tmp_path / "node.sqlite3", tmp_path / "backup"
    database = await opened(path)
    await database.close()
    backup(path, file, BOB, 1, quiet)
    path.write_bytes(b"rubbish" * 1000)
    restore(path, file, BOB, 2, quiet)
    assert head_of(path).doubt is Doubt.RESTORED


async def test_a_backup_of_another_node_or_ledger_or_an_altered_one_is_refused(tmp_path: Path) -> None:
    path, file = tmp_path / "node.sqlite3", tmp_path / "backup"
    database = await opened(path)
    await database.close()
    backup(path, file, BOB, 1, quiet)
    with pytest.raises(DatabaseOfAnotherNode):
        restore(path, file, Subject("carol", "ledger-1", b"\x11" * 32), 2, quiet)
    with pytest.raises(BadBackup, match="ledger-2"):
        restore(path, file, Subject("bob", "ledger-2", b"\x11" * 32), 2, quiet)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BadBackup, match="SHA-256"):
        restore(path, file, BOB, 2, quiet)
    for manifest in (b"", b"{}", b"x" * 20_000):
        manifest_path(file).write_bytes(manifest)
        with pytest.raises(BadBackup):
            restore(path, file, BOB, 2, quiet)
    manifest_path(file).unlink()
    with pytest.raises(BadBackup, match="cannot be read"):
        restore(path, file, BOB, 2, quiet)
