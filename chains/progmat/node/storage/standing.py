"""Is this database the newest of its copies? Judged at each start, from its head and its witness. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chains.progmat.node.storage.witness import WitnessRecord


class Doubt(Enum):
    """Why a node's records may lack what it once wrote; it signs nothing until the doubt is settled."""

    NONE = ""
    ROLLED_BACK = "ROLLED_BACK"
    """The database is an old copy of itself."""
    DATABASE_REPLACED = "DATABASE_REPLACED"
    """Another database was here before, perhaps a newer one of the same node."""
    WITNESS_MISSING = "WITNESS_MISSING"
    """Nothing says how far the database had come."""
    WITNESS_BEHIND = "WITNESS_BEHIND"
    """The witness is older than the database, so it says nothing."""
    RESTORED = "RESTORED"
    """Restored from a backup by `crossdvp ledger storage restore`."""
    PEER_SAW_LATER = "PEER_SAW_LATER"
    """A peer has seen a later state of this node than the one it has now."""

    @property
    def ends_by_itself(self) -> bool:
        """Whether peers can settle it: it is of the witness alone, and nothing says that records are lost."""
        return self in _OF_THE_WITNESS

    def outweighs(self, other: Doubt) -> bool:
        """Whether it takes the other's place: a doubt that only a person settles is not hidden by a lesser one."""
        return self.value != "" and (other.value == "" or (other.ends_by_itself and not self.ends_by_itself))


_OF_THE_WITNESS = frozenset({Doubt.WITNESS_MISSING, Doubt.WITNESS_BEHIND})


@dataclass(frozen=True, slots=True)
class Seen:
    """How far others have seen the database come: its highest start, its highest commit."""

    incarnation: int = 0
    number: int = 0

    def joined(self, other: Seen) -> Seen:
        """What both saw."""
        return Seen(max(self.incarnation, other.incarnation), max(self.number, other.number))


@dataclass(frozen=True, slots=True)
class Head:
    """The database's own account of itself. ``number`` counts commits over its whole life, ``incarnation`` starts."""

    database_id: str
    incarnation: int
    nonce: str
    number: int
    holder: str
    doubt: Doubt = Doubt.NONE
    doubt_detail: str = ""


def judge(head: Head, witness: WitnessRecord | None) -> tuple[Doubt, str]:
    """The doubt a start has to live with, and a sentence that says what was expected and found."""
    doubt, detail = _seen(head, witness)
    if doubt.outweighs(head.doubt):
        return doubt, detail
    return head.doubt, head.doubt_detail  # an unsettled one stays


def _seen(head: Head, witness: WitnessRecord | None) -> tuple[Doubt, str]:
    if witness is not None:
        return _compared(head, witness)
    if head.number == 0:
        return Doubt.NONE, ""
    return Doubt.WITNESS_MISSING, f"the database stands at commit {head.number} and has no readable witness file"


def _compared(head: Head, witness: WitnessRecord) -> tuple[Doubt, str]:
    found = f"the database stands at start {head.incarnation}, commit {head.number}"
    if witness.database_id != head.database_id:
        return Doubt.DATABASE_REPLACED, (
            f"this database is {head.database_id}; before it there was {witness.database_id} "
            f"at start {witness.incarnation}, commit {witness.least} or later"
        )
    if head.incarnation < witness.incarnation or head.number < witness.least:
        known = f"it had come at least to start {witness.incarnation}, commit {witness.least}"
        return Doubt.ROLLED_BACK, f"{found}; {known}"
    if head.incarnation == witness.incarnation and head.nonce != witness.nonce:
        return Doubt.ROLLED_BACK, f"{found}; another copy of it was started for the {head.incarnation}th time"
    if head.number > witness.reserved:
        return (
            Doubt.WITNESS_BEHIND,
            f"{found}; its witness file, older than that, allowed none above {witness.reserved}",
        )
    if _was_started_without(head, witness):
        return Doubt.WITNESS_BEHIND, f"{found}; its witness file knows of start {witness.incarnation} only"
    return Doubt.NONE, ""


def _was_started_without(head: Head, witness: WitnessRecord) -> bool:
    """A start is one commit between two promises: a process killed right there leaves that much, and no more."""
    starts = head.incarnation - witness.incarnation
    return starts > 1 or (starts == 1 and head.number > witness.least + 1)
