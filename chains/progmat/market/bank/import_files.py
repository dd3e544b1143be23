"""Import file control (取込ファイル管理): each file once, by its hash, with what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from chains.progmat.market.bank.errors import ImportFileRefused
from chains.progmat.market.bank.tables import imports
from chains.progmat.node.storage import insert
from primitives.hashing import sha256

MAX_TARGET_CHARS: Final = 128
MAX_REGISTRANT_CHARS: Final = 64


class ImportKind(Enum):
    """What a file is."""

    BANK_STATEMENT = "BANK_STATEMENT"
    TRADE_INSTRUCTIONS = "TRADE_INSTRUCTIONS"


class ImportStatus(Enum):
    """What came of it."""

    DONE = "DONE"
    PARTLY = "PARTLY"
    """Some rows were refused; the result names them."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """One entry. ``result`` is what the import answered, kept to answer the same file again."""

    file_hash: bytes
    kind: ImportKind
    target: str
    size_bytes: int
    at_ms: int
    status: ImportStatus
    result: dict[str, Any]
    registrant: str


def hash_of(content: bytes, target: str) -> bytes:
    """What a file is known by: its bytes, and for what they were meant."""
    return sha256(len(target.encode()).to_bytes(4, "big") + target.encode() + content)


def check_import(target: str, registrant: str) -> None:
    """Raises ``ImportFileRefused`` for what cannot stand in the import control."""
    for what, value, most in (("target", target, MAX_TARGET_CHARS), ("registrant", registrant, MAX_REGISTRANT_CHARS)):
        if not 1 <= len(value) <= most or not value.isprintable():
            raise ImportFileRefused(what, f"1 to {most} printable characters", value[:80] or "nothing")


def find_import(connection: Connection, file_hash: bytes, kind: ImportKind) -> ImportedFile | None:
    """The entry of a file that was imported, or None."""
    query = select(imports).where(imports.c.file_hash == file_hash, imports.c.kind == kind.value)
    row = connection.execute(query).one_or_none()
    return None if row is None else _entry(row)


def keep_import(connection: Connection, entry: ImportedFile) -> None:
    """Add an entry, in the transaction that takes the file's rows."""
    values = {
        "file_hash": entry.file_hash,
        "kind": entry.kind.value,
        "target": entry.target,
        "size_bytes": entry.size_bytes,
        "at_ms": entry.at_ms,
        "status": entry.status.value,
        "result": json.dumps(entry.result, ensure_ascii=False, sort_keys=True),
        "registrant": entry.registrant,
    }
    connection.execute(insert(imports).values(**values))


def list_imports(connection: Connection, limit: int) -> list[ImportedFile]:
    """Entries, the newest first."""
    query = select(imports).order_by(imports.c.at_ms.desc(), imports.c.file_hash).limit(limit)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[Any]) -> ImportedFile:
    return ImportedFile(
        row.file_hash,
        ImportKind(row.kind),
        row.target,
        row.size_bytes,
        row.at_ms,
        ImportStatus(row.status),
        json.loads(row.result),
        row.registrant,
    )
