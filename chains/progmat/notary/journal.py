"""The journal: a hash chain of the provable writes the notary has made final.

Entry hash, domain-separated and unambiguous (every part has a fixed or a written length):

    sha256("crossdvp/journal-entry/1" | position be64 | time_s be64 | previous hash | u8 0 = tick or 1 = transaction
           | tx id (32 zero bytes in a tick) | sha256(writes) | sha256(evidence))
    writes = for each: u8 kind | be32 length | path | be32 length | value

Genesis (the "previous hash" of position 1) names the ledger: sha256("crossdvp/journal-genesis/1" | ledger id).
"""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.notary.errors import JournalEvidenceRefused, JournalForked, JournalGap, JournalTimeWentBack
from chains.progmat.transactions.model import ProvableWrite
from primitives.hashing import sha256

ENTRY_DOMAIN = b"crossdvp/journal-entry/1"
GENESIS_DOMAIN = b"crossdvp/journal-genesis/1"
_TICK_TX_ID = bytes(32)


@dataclass(frozen=True, slots=True)
class JournalHead:
    """The last entry's position, time and hash; position 0 is the genesis."""

    position: int
    time_s: int
    entry_hash: bytes


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One committed transaction with its writes; or a tick, nothing but time: no ``tx_id``, writes or evidence."""

    position: int
    time_s: int
    previous_hash: bytes
    tx_id: bytes | None
    writes: tuple[ProvableWrite, ...]
    evidence: bytes

    @property
    def entry_hash(self) -> bytes:
        """Hash of this entry as the module says; it binds the whole journal before it."""
        return sha256(
            b"".join(
                (
                    ENTRY_DOMAIN,
                    self.position.to_bytes(8, "big"),
                    self.time_s.to_bytes(8, "big"),
                    self.previous_hash,
                    b"\x00" if self.tx_id is None else b"\x01",
                    self.tx_id or _TICK_TX_ID,
                    sha256(_encoded_writes(self.writes)),
                    sha256(self.evidence),
                )
            )
        )

    @property
    def head(self) -> JournalHead:
        """The journal's head once this entry is its last."""
        return JournalHead(self.position, self.time_s, self.entry_hash)


def genesis(ledger_id: str) -> JournalHead:
    """The head of an empty journal."""
    return JournalHead(0, 0, sha256(GENESIS_DOMAIN + ledger_id.encode()))


def tick(head: JournalHead, time_s: int) -> JournalEntry:
    """An entry that only moves time."""
    return JournalEntry(head.position + 1, time_s, head.entry_hash, None, (), b"")


def validate_successor(head: JournalHead, entry: JournalEntry) -> None:
    """Check that ``entry`` continues a journal that ends in ``head``.

    Raises JournalGap, JournalForked, JournalTimeWentBack, or JournalEvidenceRefused for a tick that carries something.
    """
    if entry.position != head.position + 1:
        raise JournalGap(head.position + 1, entry.position)
    if entry.previous_hash != head.entry_hash:
        raise JournalForked(entry.position, head.entry_hash, entry.previous_hash)
    if entry.time_s < head.time_s:
        raise JournalTimeWentBack(entry.position, head.time_s, entry.time_s)
    if entry.tx_id is None and (entry.writes or entry.evidence):
        raise JournalEvidenceRefused(entry.position, "a tick carries writes or evidence")
    if entry.tx_id is not None and not (entry.writes and entry.evidence):
        raise JournalEvidenceRefused(entry.position, "a transaction without writes or without evidence")


def _encoded_writes(writes: tuple[ProvableWrite, ...]) -> bytes:
    parts: list[bytes] = []
    for write in writes:
        parts += (bytes([write.kind]), len(write.path).to_bytes(4, "big"), write.path)
        parts += (len(write.value).to_bytes(4, "big"), write.value)
    return b"".join(parts)
