"""Lines of the people's audit log and how they hang together; whoever is handed some checks them without the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from chains.audit_chain import (
    AuditChain,
    AuditHead,
    ChainEntry,
)
from chains.progmat.market.people.errors import AuditNoteAltered
from primitives.hashing import sha256


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """What happened. ``at_s``: Unix seconds; ``caller``: the certificate it came with; ``outcome``: OK or a reason.

    ``resource`` is an id, never a name. ``note_hash``: of the note and its salt, 32 bytes; zeros if there is none.
    """

    at_s: int
    act: str
    staff_id: str
    approver_staff_id: str
    caller: str
    resource: str
    outcome: str
    note_hash: bytes

    def fields(self) -> tuple[bytes, ...]:
        """For the chain."""
        words = (str(self.at_s), self.act, self.staff_id, self.approver_staff_id, self.caller, self.resource)
        return (*(word.encode() for word in words), self.outcome.encode(), self.note_hash)


AuditEntry = ChainEntry[AuditRecord]


CHAIN: Final = AuditChain[AuditRecord](b"crossdvp/people-audit/1")


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry and its note. ``salt`` is empty where there is no note, or where it was erased."""

    entry: AuditEntry
    note: str
    salt: bytes


def note_hash(salt: bytes, note: str) -> bytes:
    """What the chain holds of a note."""
    return sha256(b"crossdvp/people-note/1" + len(salt).to_bytes(4, "big") + salt + note.encode())


def verified_lines(
    all_lines: Iterable[AuditLine], anchors: Iterable[AuditHead] = (), before: AuditHead | None = None
) -> AuditHead:
    """The head behind lines that follow ``before``, each with its own note. Raises as ``verify``."""

    def entries() -> Iterator[AuditEntry]:
        for line in all_lines:
            if line.salt and note_hash(line.salt, line.note) != line.entry.record.note_hash:
                raise AuditNoteAltered(line.entry.height)
            if not line.salt and line.note:
                raise AuditNoteAltered(line.entry.height)
            yield line.entry

    return CHAIN.verified(before or AuditHead(), entries(), anchors)
