"""The audit log of a node's people: append-only, chained, written in the transaction of what it tells of.

What may hold a personal value (a reason, a remark) is a note beside the chain; the chain holds its salted hash. When a
person is erased the note and its salt are deleted: the chain stays verifiable, and the hash tells nobody anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from chains.audit_chain import (
    NO_HASH,
    AuditChainBroken,
    AuditHead,
    ChainEntry,
    require_anchors,
    require_head,
)
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.audit_lines import (
    CHAIN,
    AuditEntry,
    AuditLine,
    AuditRecord,
    note_hash,
    verified_lines,
)
from chains.progmat.market.people.tables import audit, audit_head, audit_notes
from chains.progmat.stored_text import storable

OK: Final = "OK"
SALT_BYTES: Final = 16
MOST_NOTE_CHARS: Final = 2000
MOST_WORD_CHARS: Final = 200
PAGE: Final = 500
_HEAD_ID: Final = 1
_LOWEST: Final = -(2**63)  # entries that were put below the first are found, too


def append(
    connection: Connection,
    act: str,
    by: Act,
    resource: str,
    *,
    at_s: int,
    salt: bytes,
    outcome: str = OK,
    caller: str = "",
    detail: str = "",
) -> AuditEntry:
    """Put what happened behind the end of the chain; ``by.reason`` and ``detail`` become its note.

    ``salt``: SALT_BYTES fresh random bytes. In the caller's transaction: both are stored or neither.
    """
    note = storable("; ".join(part for part in (by.reason, detail) if part), MOST_NOTE_CHARS)
    record = AuditRecord(
        at_s,
        act=storable(act, MOST_WORD_CHARS),
        staff_id=storable(by.staff_id, MOST_WORD_CHARS),
        approver_staff_id=storable(by.approver_staff_id, MOST_WORD_CHARS),
        caller=storable(caller, MOST_WORD_CHARS),
        resource=storable(resource, MOST_WORD_CHARS),
        outcome=storable(outcome, MOST_WORD_CHARS),
        note_hash=note_hash(salt, note) if note else NO_HASH,
    )
    entry = CHAIN.after(head(connection), record)
    connection.execute(insert(audit).values(_values(entry)))
    if note:
        connection.execute(insert(audit_notes).values(height=entry.height, salt=salt, note=note))
    moved = update(audit_head).where(audit_head.c.id == _HEAD_ID).values(height=entry.height, hash=entry.hash)
    if not connection.execute(moved).rowcount:
        connection.execute(insert(audit_head).values(id=_HEAD_ID, height=entry.height, hash=entry.hash))
    return entry


def head(connection: Connection) -> AuditHead:
    """Where the chain ends, by the head's own row. Raises ``AuditChainBroken`` if there are several."""
    rows = connection.execute(select(audit_head)).all()
    if len(rows) > 1:
        raise AuditChainBroken(0, "has several heads beside it")
    return AuditHead(rows[0].height, bytes(rows[0].hash)) if rows else AuditHead()


def lines(connection: Connection, after: int = 0, limit: int = PAGE) -> list[AuditLine]:
    """Entries above a height, in order, with their notes."""
    joined = audit.outerjoin(audit_notes, audit_notes.c.height == audit.c.height)
    query = select(audit, audit_notes.c.note, audit_notes.c.salt).select_from(joined).where(audit.c.height > after)
    return [_line(row) for row in connection.execute(query.order_by(audit.c.height).limit(limit)).mappings()]


def verify(connection: Connection, anchors: Iterable[AuditHead] = ()) -> AuditHead:
    """The head of a whole log that is as it was written. Raises ``AuditChainBroken``, ``AuditNoteAltered``."""
    known = list(anchors)
    expected = head(connection)
    found = verified_lines(_all_lines(connection), known)
    require_anchors(known, found)
    require_head(expected, found)
    return found


def erase_notes(connection: Connection, resource: str) -> int:
    """Delete the notes of everything about one resource; returns how many. The chain is not touched."""
    about = select(audit.c.height).where(audit.c.resource == resource)
    emptied = update(audit_notes).where(audit_notes.c.height.in_(about)).values(note="", salt=b"")
    return connection.execute(emptied).rowcount


def _all_lines(connection: Connection) -> Iterator[AuditLine]:
    after = _LOWEST
    while page := lines(connection, after):
        yield from page
        after = page[-1].entry.height


def _values(entry: AuditEntry) -> dict[str, object]:
    record = entry.record
    return {
        "height": entry.height,
        "at_s": record.at_s,
        "act": record.act,
        "staff_id": record.staff_id,
        "approver_staff_id": record.approver_staff_id,
        "caller": record.caller,
        "resource": record.resource,
        "outcome": record.outcome,
        "note_hash": record.note_hash,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _line(found: RowMapping) -> AuditLine:
    words = ("act", "staff_id", "approver_staff_id", "caller", "resource", "outcome")
    told = {word: found[word] for word in words}
    record = AuditRecord(found["at_s"], note_hash=bytes(found["note_hash"]), **told)
    entry = ChainEntry(found["height"], record, bytes(found["previous"]), bytes(found["hash"]))
    return AuditLine(entry, found["note"] or "", bytes(found["salt"] or b""))
