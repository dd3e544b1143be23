"""Records in the database: the row in force, and a version for each change of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, insert, select, update

from chains.progmat.market.master_data.errors import RecordErased, RecordUnknown
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.shape import leaves_of
from chains.progmat.market.master_data.tables import TABLES, versions
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.canonical_request import canonical

Values = Mapping[str, str | int]
"""By path, as ``shape.values_of``."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as stored. Times in Unix seconds; ``erased_s`` 0: not erased."""

    kind: RecordKind
    values: Values
    version: int
    bank_version: int
    created_s: int
    created_by: str
    updated_s: int
    updated_by: str
    approved_by: str
    erased_s: int

    @property
    def record_id(self) -> str:
        """Its id."""
        return str(self.values["id"])

    @property
    def resource(self) -> str:
        """Its name in approvals and in the audit log."""
        return resource_of(self.kind, self.record_id)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was in force from ``at_s`` on; ``values`` lacks what was erased."""

    version: int
    at_s: int
    author: str
    approver: str
    values: Values
    erased_s: int


def resource_of(kind: RecordKind, record_id: str) -> str:
    """How a record is named where no person may be."""
    return f"{kind.value}/{record_id}"


def find(connection: Connection, kind: RecordKind, record_id: str) -> Stored | None:
    """The row, also an erased one; None if there is none."""
    table = TABLES[kind]
    row = connection.execute(select(table).where(table.c.id == record_id)).mappings().first()
    return None if row is None else _stored(kind, row)


def get(connection: Connection, kind: RecordKind, record_id: str) -> Stored:
    """As ``find``; raises ``RecordUnknown``."""
    found = find(connection, kind, record_id)
    if found is None:
        raise RecordUnknown(kind.value, record_id)
    return found


def get_live(connection: Connection, kind: RecordKind, record_id: str) -> Stored:
    """As ``get``; raises also ``RecordErased``."""
    found = get(connection, kind, record_id)
    if found.erased_s:
        raise RecordErased(kind.value, record_id)
    return found


def listed(connection: Connection, kind: RecordKind, after: str, limit: int) -> list[Stored]:
    """By id, above one; erased ones, too."""
    table = TABLES[kind]
    query = select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
    return [_stored(kind, row) for row in connection.execute(query).mappings()]


def create(connection: Connection, kind: RecordKind, values: Values, by: Act, now_s: int) -> Stored:
    """Store a new record as its version 1."""
    audit = {"created_s": now_s, "created_by": by.staff_id, "updated_s": now_s, "updated_by": by.staff_id}
    more = {"version": 1, "bank_version": 0, "approved_by": by.approver_staff_id, "erased_s": 0}
    connection.execute(insert(TABLES[kind]).values({**_columns(kind, values), **audit, **more}))
    return _versioned(connection, kind, str(values["id"]), by, now_s)


def change(connection: Connection, before: Stored, values: Values, by: Act, now_s: int, *, bank_version: int) -> Stored:
    """Store changed values as the next version; ``bank_version``: of the account in force."""
    table = TABLES[before.kind]
    approver = by.approver_staff_id or before.approved_by  # of the account, which others' changes leave in force
    audit = {"updated_s": now_s, "updated_by": by.staff_id, "approved_by": approver}
    more = {"version": before.version + 1, "bank_version": bank_version}
    at = table.c.id == before.record_id
    connection.execute(update(table).where(at).values({**_columns(before.kind, values), **audit, **more}))
    return _versioned(connection, before.kind, before.record_id, by, now_s)


def versions_of(connection: Connection, kind: RecordKind, record_id: str, limit: int) -> list[Version]:
    """The newest first. Raises ``RecordUnknown``."""
    get(connection, kind, record_id)
    at = versions.c.kind == kind.value, versions.c.record_id == record_id
    query = select(versions).where(*at).order_by(versions.c.version.desc()).limit(limit)
    return [
        Version(row.version, row.at_s, row.author, row.approver, json.loads(row.content), row.erased_s)
        for row in connection.execute(query)
    ]


def erase_personal(connection: Connection, stored: Stored, by: Act, now_s: int) -> int:
    """Take every personal value out of a record and of all its versions; returns how many versions there were."""
    personal = {leaf.path: "" for leaf in leaves_of(stored.kind) if leaf.is_personal}
    status = {"status": "ERASED"} if "status" in stored.values else {}
    left = {**stored.values, **personal, **status}
    table = TABLES[stored.kind]
    who = {"updated_by": by.staff_id, "approved_by": by.approver_staff_id}
    values = {**_columns(stored.kind, left), **who, "erased_s": now_s, "updated_s": now_s}
    connection.execute(update(table).where(table.c.id == stored.record_id).values(values))
    of_record = versions.c.kind == stored.kind.value, versions.c.record_id == stored.record_id
    rows = connection.execute(select(versions.c.version, versions.c.content).where(*of_record)).all()
    for row in rows:
        kept = {path: value for path, value in json.loads(row.content).items() if path not in personal}
        blank = update(versions).where(*of_record, versions.c.version == row.version)
        connection.execute(blank.values(content=canonical(kept).decode(), erased_s=now_s))
    return len(rows)


def _versioned(connection: Connection, kind: RecordKind, record_id: str, by: Act, now_s: int) -> Stored:
    stored = get(connection, kind, record_id)
    connection.execute(
        insert(versions).values(
            kind=kind.value,
            record_id=record_id,
            version=stored.version,
            at_s=now_s,
            author=by.staff_id,
            approver=by.approver_staff_id,
            content=canonical(stored.values).decode(),
            erased_s=0,
        )
    )
    return stored


def _columns(kind: RecordKind, values: Values) -> dict[str, str | int]:
    return {leaf.column: values[leaf.path] for leaf in leaves_of(kind)}


def _stored(kind: RecordKind, row: RowMapping) -> Stored:
    values = {leaf.path: row[leaf.column] for leaf in leaves_of(kind)}
    own = ("version", "bank_version", "created_s", "created_by", "updated_s", "updated_by", "approved_by", "erased_s")
    return Stored(kind, values, **{name: row[name] for name in own})
