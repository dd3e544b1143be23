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
    if head.doubt is not Doubt.NONE:
        return head.doubt, head.doubt_detail  # an unsettled one stays
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
    return Doubt.NONE, ""
