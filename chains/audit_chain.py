"""A chain of audit entries, whatever their records say. Pure.

Each entry holds the hash of the one before it, and its own hash covers every field: whoever alters, removes, inserts or
reorders one breaks the chain there. The head, kept beside the entries, says where the chain ends; an anchor (height and
hash, kept elsewhere) proves it even against somebody who writes the whole chain anew.

``hash = H(domain | each field: u32 length | bytes)``; the fields are the height as decimal text, the hash before, and
those of the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from primitives.errors import PeerError
from primitives.hashing import sha256

NO_HASH: Final = bytes(32)
"""What the first entry has as the hash before it."""


class Chainable(Protocol):
    """What an entry is about."""

    def fields(self) -> tuple[bytes, ...]:
        """All that it says, in an order that never changes."""
        ...


RecordT = TypeVar("RecordT", bound=Chainable)


@dataclass(frozen=True)
class ChainEntry(Generic[RecordT]):
    """A record in the chain; heights count up from 1 without a gap."""

    height: int
    record: RecordT
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


class AuditChain(Generic[RecordT]):
    """The rules of one kind of chain; ``domain`` keeps its hashes apart from all others'."""

    def __init__(self, domain: bytes) -> None:
        self._domain = domain

    def entry_hash(self, height: int, record: RecordT, previous: bytes) -> bytes:
        """The hash of an entry."""
        fields = (str(height).encode(), previous, *record.fields())
        return sha256(self._domain + b"".join(len(each).to_bytes(4, "big") + each for each in fields))

    def after(self, head: AuditHead, record: RecordT) -> ChainEntry[RecordT]:
        """The record as the entry behind a head."""
        height = head.height + 1
        return ChainEntry(height, record, head.hash, self.entry_hash(height, record, head.hash))

    def verified(
        self, before: AuditHead, entries: Iterable[ChainEntry[RecordT]], anchors: Iterable[AuditHead] = ()
    ) -> AuditHead:
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
                rule = "does not follow the entry before it: one of both was changed or put there"
                raise AuditChainBroken(height, rule)
            if entry.hash != self.entry_hash(height, entry.record, previous):
                raise AuditChainBroken(height, "is not what was hashed when it was written")
            if awaited.get(height, entry.hash) != entry.hash:
                raise AuditChainBroken(
                    height, "is not the one that was anchored: it, or one before it, is written anew"
                )
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


def require_anchors(anchors: Iterable[AuditHead], found: AuditHead) -> None:
    """That a chain reaches every anchor that ``verified`` has not passed. Raises ``AuditChainBroken``."""
    for anchor in sorted(anchors, key=lambda each: each.height):
        if anchor.height > found.height:
            require_head(anchor, found)
