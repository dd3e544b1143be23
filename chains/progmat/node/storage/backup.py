"""Backups: one SQLite file with all rows of one moment, and beside it a manifest that says of what and how to check it.

The file has the same form whatever database the node has, so a backup taken from one kind restores into the other. Of
a SQLite database it is made by SQLite's own online backup, of PostgreSQL by reading all tables in one snapshot; the
node keeps running. Its keys and a Validator's signing log are not in it: the first belong into a safe, and the second
must never come back older than it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, Engine, create_engine, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage.copying import copy_rows
from chains.progmat.node.storage.engine import Access, engine_for, sqlite_engine
from chains.progmat.node.storage.errors import (
    BadBackup,
    DatabaseNotEmpty,
    DatabaseOfAnotherNode,
    NoDatabase,
    StorageFailed,
    UnknownSchemaVersion,
)
from chains.progmat.node.storage.head import note_act, read_head, set_doubt
from chains.progmat.node.storage.locks import lock_file
from chains.progmat.node.storage.migrations.revisions import head_revision, known_revisions
from chains.progmat.node.storage.offline import held, require_database, require_tables
from chains.progmat.node.storage.schema import meta, stored_revision
from chains.progmat.node.storage.standing import Doubt

MAX_MANIFEST_BYTES: Final = 16 * 1024
_READ_BYTES: Final = 1 << 20
_SQLITE_COMPANIONS: Final = ("", "-wal", "-shm")

Told = Callable[[str, int], None]
"""Called with what was just copied and its number of rows (0: not counted)."""


class Manifest(BaseModel):
    """What a backup is of. ``commit`` is the number of commits the database had seen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal[1]
    node: Annotated[str, Field(max_length=256)]
    ledger_id: Annotated[str, Field(max_length=256)]
    parameters_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    schema_revision: Annotated[str, Field(max_length=32)]
    database_id: Annotated[str, Field(max_length=64)]
    incarnation: Annotated[int, Field(ge=0)]
    commit: Annotated[int, Field(ge=0)]
    made_at: Annotated[str, Field(max_length=64)]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose database it is, and on which ledger."""

    node: str
    ledger_id: str
    parameters_hash: bytes


def manifest_path(file: Path) -> Path:
    """Beside the backup."""
    return file.with_name(file.name + ".manifest.json")


def backup(at: DatabaseLocation, file: Path, subject: Subject, now_s: int, told: Told) -> Manifest:
    """Write ``file`` and its manifest, on disk when this returns; an earlier backup there is replaced, at the end only.

    Raises ``NoDatabase``, ``DatabaseOfAnotherNode``, ``StorageFailed``.
    """
    require_database(at)
    fresh = file.with_name(file.name + ".new")
    try:
        for suffix in _SQLITE_COMPANIONS:
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
        with engine_for(at, Access.READ).connect() as source, source.begin():
            require_tables(source, at)
            if isinstance(at, Path):
                _copy_file(source, fresh)
                told("all tables", 0)
            else:
                with sqlite_engine(fresh, Access.WRITE).connect() as target, target.begin():
                    copy_rows(source, target, told)
        manifest = _described(fresh, subject, now_s)
        fresh.replace(file)
        _write_durably(manifest_path(file), manifest.model_dump_json(indent=2).encode() + b"\n")
    except (DBAPIError, sqlite3.Error, OSError) as error:
        raise StorageFailed(str(getattr(error, "orig", error))) from error
    return manifest


def read_manifest(file: Path) -> Manifest:
    """The manifest of a backup, checked against the file; raises ``BadBackup``."""
    path = manifest_path(file)
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise BadBackup(str(path), f"longer than {MAX_MANIFEST_BYTES} bytes")
        manifest = Manifest.model_validate_json(path.read_bytes())
        size, digest = file.stat().st_size, _digest(file)
    except OSError as error:
        raise BadBackup(str(file), f"cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadBackup(str(path), f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if (size, digest) != (manifest.bytes, manifest.sha256):
        raise BadBackup(str(file), f"it has SHA-256 {digest}, its manifest says {manifest.sha256}")
    return manifest


def restore(at: DatabaseLocation, file: Path, subject: Subject, now_s: int, told: Told) -> Manifest:
    """Put a backup in the place of the node's database, in doubt: the node will sign nothing until it is reconciled.

    A SQLite database that is there is moved aside, not overwritten; a PostgreSQL database must be empty. The witness
    file stays as it is. Raises ``BadBackup``, ``DatabaseOfAnotherNode``, ``UnknownSchemaVersion``, ``DatabaseInUse``,
    ``DatabaseNotEmpty``, ``StorageFailed``.
    """
    manifest = read_manifest(file)
    if manifest.node != subject.node:
        raise DatabaseOfAnotherNode(str(file), manifest.node, subject.node)
    if manifest.ledger_id != subject.ledger_id:
        raise BadBackup(str(file), f"it is of ledger {manifest.ledger_id!r}, the node is on {subject.ledger_id!r}")
    if manifest.schema_revision not in known_revisions():
        raise UnknownSchemaVersion(str(file), manifest.schema_revision, head_revision())
    detail = f"restored from a backup made {manifest.made_at} at commit {manifest.commit}"
    if isinstance(at, Path):
        try:
            _put_file(at, file, detail, now_s)
        except (DBAPIError, sqlite3.Error, OSError) as error:
            raise StorageFailed(str(getattr(error, "orig", error))) from error
        told("all tables", 0)
        return manifest
    with held(at) as connection, connection.begin():
        if inspect(connection).get_table_names():
            raise DatabaseNotEmpty(str(at))
        with _finished_file(file).connect() as source, source.begin():
            copy_rows(source, connection, told)
        _doubt(connection, detail, now_s)
    return manifest


def _doubt(connection: Connection, detail: str, now_s: int) -> None:
    set_doubt(connection, Doubt.RESTORED, detail)
    note_act(connection, at_s=now_s, operator="", act=f"doubt {Doubt.RESTORED.value}", detail=detail)


def _finished_file(file: Path) -> Engine:
    """A file that nobody writes, opened without changing a byte of it."""
    return create_engine(f"sqlite:///file:{file.resolve()}?immutable=1&uri=true", poolclass=NullPool)


def _copy_file(source: Connection, fresh: Path) -> None:
    driver: Any = source.connection.driver_connection
    with contextlib.closing(sqlite3.connect(fresh)) as target:
        driver.backup(target)
        if (found := target.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            raise StorageFailed(f"the copy is damaged, so the database is: {found}")


def _put_file(at: Path, file: Path, detail: str, now_s: int) -> None:
    """The doubt is in the file before the file is in its place: nobody can start a copy that has none."""
    stamp = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%dT%H%M%SZ")
    lock = lock_file(at)
    try:
        fresh = at.with_name(at.name + ".new")
        for suffix in _SQLITE_COMPANIONS:
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(file, fresh)
        with sqlite_engine(fresh, Access.WRITE).connect() as connection, connection.begin():
            _doubt(connection, detail, now_s)
        _as_one_file(fresh)
        # what is there may be no database any more, so it is not opened; its write-ahead log stays with it
        for suffix in _SQLITE_COMPANIONS:
            old = at.with_name(at.name + suffix)
            if old.exists() and old.stat().st_size:
                old.replace(at.with_name(f"{at.name}.before-{stamp}{suffix}"))
            else:
                old.unlink(missing_ok=True)
        fresh.replace(at)
        _sync(at.parent)
    finally:
        os.close(lock)


def _described(fresh: Path, subject: Subject, now_s: int) -> Manifest:
    """The manifest, read off the copy itself: what it says is what is in it."""
    _as_one_file(fresh)
    with _finished_file(fresh).connect() as connection, connection.begin():
        node = connection.execute(select(meta.c.value).where(meta.c.name == "node_name")).scalar_one()
        head = read_head(connection)
        revision = stored_revision(connection)
    if node != subject.node:
        raise DatabaseOfAnotherNode(str(fresh), node, subject.node)
    if head is None:
        raise NoDatabase(str(fresh))
    return Manifest(
        format=1,
        node=node,
        ledger_id=subject.ledger_id,
        parameters_hash=subject.parameters_hash.hex(),
        schema_revision=revision,
        database_id=head.database_id,
        incarnation=head.incarnation,
        commit=head.number,
        made_at=datetime.fromtimestamp(now_s, UTC).isoformat(),
        bytes=fresh.stat().st_size,
        sha256=_digest(fresh),
    )


def _as_one_file(path: Path) -> None:
    """Nothing beside it, and on disk."""
    with contextlib.closing(sqlite3.connect(path)) as plain:
        plain.execute("PRAGMA journal_mode = DELETE")
    _sync(path)


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while part := content.read(_READ_BYTES):
            digest.update(part)
    return digest.hexdigest()


def _write_durably(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    _sync(fresh)
    fresh.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
