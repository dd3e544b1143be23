"""A backup comes back whole, beside what was there, and in doubt, whatever breaks off on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.node.database_location import DatabaseLocation, postgres_database, witness_path
from chains.progmat.node.storage.backup import Subject, backup, manifest_path, read_manifest, restore
from chains.progmat.node.storage.errors import (
    BadBackup,
    DatabaseInUse,
    DatabaseNotEmpty,
    DatabaseOfAnotherNode,
    NoDatabase,
    RecordsInDoubt,
)
from chains.progmat.node.storage.offline import confirm, head_of
from chains.progmat.node.storage.standing import Doubt
from scripts.local_postgres import LocalPostgres
from tests.adversarial.storage.old_copies import BOB, acts, copied, opened, owe, owed, quiet


@pytest.fixture
def new_place(database_at: DatabaseLocation, postgres_server: LocalPostgres, tmp_path: Path) -> DatabaseLocation:
    """Where a backup goes back to: the same file, or a new database on the server."""
    if isinstance(database_at, Path):
        return database_at
    return postgres_database(postgres_server.fresh_database(), tmp_path)


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


async def test_a_backup_is_not_made_in_another_nodes_name(tmp_path: Path) -> None:
    path, file = tmp_path / "node.sqlite3", tmp_path / "backup"
    database = await opened(path)
    await database.close()
    made = backup(path, file, BOB, 1, quiet)
    with pytest.raises(DatabaseOfAnotherNode):
        backup(path, file, Subject("carol", "ledger-1", b"\x11" * 32), 2, quiet)
    assert read_manifest(file) == made
