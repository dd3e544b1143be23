"""What can go wrong with a register.

CrossDvpError
├── CallerError
│   ├── SecurityNotRecorded        nothing of that security was ever recorded here
│   ├── RegisterNotKeptHere    another node is its registrar: this one has its own accounts only
│   ├── BadRecordDateRule      days of a year that are none
│   ├── NoRecordDate           the day is not one of the security's record dates
│   ├── RecordDateNotOver      its books are not closed yet
│   ├── SnapshotExists         taken before, with another cut-off
│   ├── SnapshotUnknown        never taken
│   └── BadRegisterFile        a register's CSV that cannot be read back, row by row
└── PeerError
    └── RegisterAltered        lines that do not have the hash they come with
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from primitives.errors import CallerError, PeerError

SHOWN_PROBLEMS: Final = 20


class SecurityNotRecorded(CallerError):
    """Nothing of that security was ever recorded here."""

    reason = "SECURITY_NOT_RECORDED"

    def __init__(self, security_id: str, registrar: str) -> None:
        super().__init__(
            f"nothing of {security_id!r} of {registrar!r} was ever recorded here: check the id, or ask its registrar"
        )


class RegisterNotKeptHere(CallerError):
    """Another node is the registrar: this one has the accounts it keeps, not the register."""

    reason = "REGISTER_NOT_KEPT_HERE"

    def __init__(self, security_id: str, registrar: str, node: str) -> None:
        super().__init__(
            f"{node} has its own accounts of {security_id!r} only: have the record date's register fixed at {registrar}"
        )


class BadRecordDateRule(CallerError):
    """Days of a year that are none."""

    reason = "BAD_RECORD_DATE_RULE"


class NoRecordDate(CallerError):
    """The day is not one of the security's record dates."""

    reason = "NO_RECORD_DATE"

    def __init__(self, security_id: str, day: date, following: date) -> None:
        super().__init__(f"{day} is no record date of {security_id!r}; the next one is {following}")


class RecordDateNotOver(CallerError):
    """The books of the record date are not closed yet."""

    reason = "RECORD_DATE_NOT_OVER"

    def __init__(self, day: date, cut_off_ms: int, now_ms: int) -> None:
        super().__init__(
            f"the books of {day} close at {cut_off_ms} (Unix milliseconds), now is {now_ms}: ask again after that"
        )


class SnapshotExists(CallerError):
    """Taken before, with another cut-off: a record date has one register."""

    reason = "SNAPSHOT_EXISTS"

    def __init__(self, security_id: str, day: date, expected_ms: int, found_ms: int) -> None:
        super().__init__(
            f"the register of {security_id!r} on {day} was taken with the cut-off {expected_ms} (Unix milliseconds), "
            f"not {found_ms}: it is never taken again; read it"
        )


class SnapshotUnknown(CallerError):
    """Never taken."""

    reason = "SNAPSHOT_UNKNOWN"

    def __init__(self, security_id: str, day: date) -> None:
        super().__init__(f"no register of {security_id!r} on {day} was taken: take it after close of business")


class BadRegisterFile(CallerError):
    """A register's CSV that cannot be read back; ``problems`` names the rows."""

    reason = "BAD_REGISTER_FILE"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = len(problems) - SHOWN_PROBLEMS
        shown = "; ".join(problems[:SHOWN_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(f"the file is not taken: {shown}")


class RegisterAltered(PeerError):
    """Lines that do not have the hash they come with."""

    reason = "REGISTER_ALTERED"

    def __init__(self, expected: bytes, found: bytes) -> None:
        super().__init__(
            f"the register's lines have the hash {found.hex()}, expected {expected.hex()}: the copy was changed; "
            "fetch it again from the registrar"
        )
