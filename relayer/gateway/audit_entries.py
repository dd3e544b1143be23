"""Entries of the audit log and the chain they form. Pure.

Each entry holds the hash of the one before it, and its own hash covers every field: whoever alters, removes, inserts or
reorders one breaks the chain there. The head, kept beside the entries, says where the chain ends; an anchor (height and
hash, kept elsewhere) proves it even against somebody who writes the whole chain anew.

``hash = H("crossdvp/audit/1" | each field: u32 length | bytes)``, numbers as decimal text, in the order of the fields.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from primitives.errors import PeerError
from primitives.hashing import sha256

_DOMAIN: Final = b"crossdvp/audit/1"
NO_HASH: Final = bytes(32)
"""What the first entry has as the hash before it."""
THE_ONE_BEFORE: Final = -1
"""In place of an intent's height, in a record that is not written yet: the entry right before it."""


class AuditKind(Enum):
    """What an entry tells."""

    INTENT = "intent"
    """A call that changes something is about to be answered."""
    OUTCOME = "outcome"
    """What became of an intent."""
    REFUSED = "refused"
    """A call that was not let in: who may not do that, or nobody whom we know."""


@dataclass(frozen=True)
class AuditRecord:
    """What is to be remembered of a call. ``request_hash``: SHA-256 of the request's canonical encoding, 32 bytes.

    ``outcome``: OK, or the error's reason; empty for an intent. ``intent``: the height of the intent whose outcome this
    is, or THE_ONE_BEFORE; 0 otherwise. ``resource``: what the call is about, by name, where it has one. ``at_s``: Unix
    seconds.
    """

    kind: AuditKind
    at_s: int
    platform: str
    user: str
    method: str
    request_id: str
    request_hash: bytes
    outcome: str = ""
    resource: str = ""
    intent: int = 0


@dataclass(frozen=True)
class AuditEntry:
    """A record in the chain; heights count up from 1 without a gap."""

    height: int
    record: AuditRecord
    previous: bytes
    hash: bytes


@dataclass(frozen=True)
class AuditHead:
    """Where a chain ends, or ended when it was anchored; height 0 is the empty chain."""

    height: int = 0
    hash: bytes = NO_HASH


class AuditChainBroken(PeerError):
    """The stored log is not what was written: ``height`` is the first entry that is wrong, ``rule`` what is wrong."""

    reason = "AUDIT_CHAIN_BROKEN"

    def __init__(self, height: int, rule: str) -> None:
        self.height, self.rule = height, rule
        super().__init__(f"audit entry {height}: {rule}; keep the database as it is and compare it with a backup")


def entry_hash(height: int, record: AuditRecord, previous: bytes) -> bytes:
    """The hash of an entry."""
    fields = (
        str(height).encode(),
        previous,
        record.kind.value.encode(),
        str(record.at_s).encode(),
        record.platform.encode(),
        record.user.encode(),
        record.method.encode(),
        record.request_id.encode(),
        record.request_hash,
        record.outcome.encode(),
        record.resource.encode(),
        str(record.intent).encode(),
    )
    return sha256(_DOMAIN + b"".join(len(each).to_bytes(4, "big") + each for each in fields))


def chained(head: AuditHead, records: Iterable[AuditRecord]) -> list[AuditEntry]:
    """The records as entries behind a head."""
    entries: list[AuditEntry] = []
    height, previous = head.height, head.hash
    for record in records:
        height += 1
        if record.intent == THE_ONE_BEFORE:
            record = replace(record, intent=height - 1)  # noqa: PLW2901  # the record as it is stored
        digest = entry_hash(height, record, previous)
        entries.append(AuditEntry(height, record, previous, digest))
        previous = digest
    return entries


def verified(before: AuditHead, entries: Iterable[AuditEntry], anchors: Iterable[AuditHead] = ()) -> AuditHead:
    """The head behind entries that follow ``before`` and pass through every anchor above it.

    Raises ``AuditChainBroken``. Not the whole answer: the caller compares the head it gets with the one it expects
    (``require_head``).
    """
    awaited = {anchor.height: anchor.hash for anchor in anchors}
    height, previous = before.height, before.hash
    for entry in entries:
        height += 1
        if entry.height != height:
            what = "is missing" if entry.height > height else "has one before it that was put there"
            raise AuditChainBroken(height, f"{what}: {entry.height} stands in its place")
        if entry.previous != previous:
            raise AuditChainBroken(height, "does not follow the entry before it: one of both was changed or put there")
        if entry.hash != entry_hash(height, entry.record, previous):
            raise AuditChainBroken(height, "is not what was hashed when it was written")
        if awaited.get(height, entry.hash) != entry.hash:
            raise AuditChainBroken(height, "is not the one that was anchored: it, or one before it, was written anew")
        previous = entry.hash
    return AuditHead(height, previous)


def require_head(expected: AuditHead, found: AuditHead) -> None:
    """That a chain ends where it should. Raises ``AuditChainBroken``."""
    if found.height < expected.height:
        raise AuditChainBroken(found.height + 1, f"is missing: the log was cut off, it had {expected.height} entries")
    if found.height > expected.height:
        raise AuditChainBroken(expected.height + 1, "stands behind the end of the log: it was put there")
    if found.hash != expected.hash:
        raise AuditChainBroken(found.height, "is not the entry that the head names")
