"""What an operator may do to a flow at which step, as a table; and the record of what operators did.

::

                  PROPOSED  BUILT  COUNTERSIGNED  APPROVED         NOTARISED  RECORDED  DONE, FAILED
    retry            x        x          x           x                 x         x
    park, unpark     x        x          x           x
    abort            x        x          x      when outdated

From APPROVED on the notary may have been asked, and its answer lost: the flow ends only when the notary has said that
the transaction is outdated, or that it is final. From NOTARISED on it is: what is left is to record and deliver it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from sqlalchemy import Connection, insert, select

from chains.progmat.flows.record import FlowRecord, Wish
from chains.progmat.flows.schema import operator_acts
from chains.progmat.flows.steps import DRIVEN, ENDS, FlowStep
from primitives.hashing import sha256

MAX_REASON_CHARACTERS: Final = 500
_DOMAIN: Final = b"crossdvp/operator-act/1"


class Act(Enum):
    """An operator's act; the value is what the database and the API say."""

    RETRY = "RETRY"
    """Make the next attempt now."""
    PARK = "PARK"
    """Drive it no more until it is unparked; its soft locks are not renewed and expire by themselves."""
    UNPARK = "UNPARK"
    """Drive it again."""
    ABORT = "ABORT"
    """End it without effect on the ledger, now or as soon as that is certain."""


_UNDECIDED: Final = frozenset({FlowStep.PROPOSED, FlowStep.BUILT, FlowStep.COUNTERSIGNED, FlowStep.APPROVED})
ENDED_AT_ONCE: Final = _UNDECIDED - {FlowStep.APPROVED}
"""Steps at which the notary has certainly not been asked."""

ALLOWED_AT: Final[Mapping[Act, frozenset[FlowStep]]] = {
    Act.RETRY: DRIVEN | {FlowStep.RECORDED},
    Act.PARK: _UNDECIDED,
    Act.UNPARK: _UNDECIDED,
    Act.ABORT: _UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class OperatorAct:
    """One entry of the record; ``entry_hash`` binds all before it."""

    number: int
    at_ms: int
    operator: str
    act: str
    flow_id: str
    step: str
    reason: str
    entry_hash: bytes


def why_not(act: Act, record: FlowRecord) -> str:
    """Why an act is not possible for a flow; empty if it is."""
    if record.step in ENDS:
        return f"it has ended: {record.step.value}"
    if record.step not in ALLOWED_AT[act]:
        return "its transaction is final on the ledger; it can only be recorded and delivered"
    if act is Act.UNPARK and record.wish != Wish.PARK:
        return "it is not parked"
    if act is Act.PARK and record.wish == Wish.PARK:
        return "it is parked already"
    if act is Act.RETRY and record.wish == Wish.PARK:
        return "it is parked: unpark it"
    return ""


def note_act(connection: Connection, act: Act, record: FlowRecord, operator: str, reason: str, at_ms: int) -> None:
    """Add to the record, in the commit in which the act takes effect."""
    values = {
        "at_ms": at_ms,
        "operator": operator,
        "act": act.value,
        "flow_id": record.flow_id,
        "step": record.step.value,
        "reason": reason,
    }
    newest = select(operator_acts.c.entry_hash).order_by(operator_acts.c.number.desc()).limit(1)
    before = connection.execute(newest).scalar_one_or_none() or bytes(32)
    connection.execute(insert(operator_acts).values(**values, entry_hash=_hash(before, values)))


def acts(connection: Connection, after: int, limit: int) -> list[OperatorAct]:
    """Entries with a higher number, oldest first."""
    query = select(operator_acts).where(operator_acts.c.number > after).order_by(operator_acts.c.number).limit(limit)
    return [OperatorAct(*row) for row in connection.execute(query)]


def acts_on(connection: Connection, flow_id: str) -> list[OperatorAct]:
    """Entries of one flow, oldest first."""
    query = select(operator_acts).where(operator_acts.c.flow_id == flow_id).order_by(operator_acts.c.number)
    return [OperatorAct(*row) for row in connection.execute(query)]


def first_broken_entry(connection: Connection) -> int | None:
    """The number of the first entry whose hash does not follow from it and the one before; None if all do.

    That the newest entries are all there is not seen from here: keep the newest ``entry_hash`` elsewhere.
    """
    before, expected = bytes(32), 1
    for row in connection.execute(select(operator_acts).order_by(operator_acts.c.number)).mappings():
        values = {name: value for name, value in row.items() if name not in {"number", "entry_hash"}}
        if row["number"] != expected or row["entry_hash"] != _hash(before, values):
            return int(row["number"])
        before, expected = row["entry_hash"], expected + 1
    return None


def _hash(before: bytes, values: Mapping[str, object]) -> bytes:
    parts = [str(values[name]).encode() for name in ("at_ms", "operator", "act", "flow_id", "step", "reason")]
    return sha256(_DOMAIN + before + b"".join(len(part).to_bytes(4, "big") + part for part in parts))
