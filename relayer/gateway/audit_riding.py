"""Audit entries that ride in the database transaction of the change they tell of: all of it is stored, or nothing.

The call's servicer finds them here and hands them on with its work. Whoever commits the work says what became of them;
where nothing did, the interceptor that made them writes them by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from enum import Enum
from typing import Final

from primitives.errors import CrossDvpError
from relayer.gateway.audit_entries import THE_ONE_BEFORE, AuditKind, AuditRecord

OK: Final = "OK"
DEFECT: Final = "INTERNAL"
MOST_TEXT_CHARS: Final = 256
"""Of any text in an entry: method and reason are ours, the other texts a caller's, and bounded before."""


class Place(Enum):
    """Where a call's entries are."""

    ASHORE = "ashore"
    """In no transaction: nobody took them along, or the transaction failed whole."""
    ABOARD = "aboard"
    """In one that has not ended."""
    WRITTEN = "written"


class RidingEntries:
    """Intent and outcome of a call whose effect is one database transaction. Of one event loop but for ``records``."""

    def __init__(self, intent: AuditRecord) -> None:
        self.intent = intent
        self._place = Place.ASHORE
        self._when_left: Callable[[], None] | None = None

    @property
    def are_written(self) -> bool:
        """Whether they are on disk."""
        return self._place is Place.WRITTEN

    def records(self, refusal: BaseException | None, resource: str, at_s: int) -> tuple[AuditRecord, AuditRecord]:
        """What is to be written; ``resource``: empty = the one that the request names."""
        return self.intent, outcome_record(self.intent, outcome_of(refusal), resource, at_s)

    def board(self) -> None:
        """A transaction has taken them along."""
        self._place = Place.ABOARD

    def arrive(self) -> None:
        """It is committed."""
        self._place, self._when_left = Place.WRITTEN, None

    def leave(self) -> None:
        """It failed, and changed nothing."""
        self._place = Place.ASHORE
        if self._when_left is not None:
            self._when_left()

    def unless_written(self, write: Callable[[], None]) -> None:
        """Of a call whose caller went away: ``write`` now, or once the transaction has failed; never if it does not."""
        if self._place is Place.ASHORE:
            write()
        elif self._place is Place.ABOARD:
            self._when_left = write


riding: Final[ContextVar[RidingEntries | None]] = ContextVar("riding_audit_entries", default=None)
"""Of the call that is being answered, where its method's entries ride."""


def outcome_of(refusal: BaseException | None) -> str:
    """The word for what became of a call."""
    if refusal is None:
        return OK
    return refusal.reason if isinstance(refusal, CrossDvpError) else DEFECT


def outcome_record(intent: AuditRecord, outcome: str, resource: str, at_s: int) -> AuditRecord:
    """The outcome of an intent that is written right before it."""
    return replace(
        intent,
        kind=AuditKind.OUTCOME,
        at_s=at_s,
        outcome=bounded_text(outcome),
        resource=resource or intent.resource,
        intent=THE_ONE_BEFORE,
    )


def bounded_text(text: str) -> str:
    """A text as it is kept. PostgreSQL keeps no NUL, and refusing one would refuse everybody's entries beside it."""
    return text[:MOST_TEXT_CHARS].replace("\0", "\ufffd")
