"""What can go wrong with the emergency register.

CrossDvpError
├── CallerError
│   ├── BadStaffKeys               not two sets of people's keys, or a person's key is not among them
│   ├── MoveNotPossible            a move that the emergency register itself does not allow
│   ├── BadMoveRows                a spreadsheet's rows that cannot be recorded, each by its number
│   ├── EmergencyFileOpen          it has no closing line yet
│   ├── EmergencyFileClosed        it has one: nothing can be added
│   ├── OutageNormalised           another file of the same outage was brought in, or this one with other lines
│   ├── OutageUnknown              no such file was ever brought in here
│   ├── LedgerMovesUnclear         the ledger made moves that may be those of the file: somebody has to say
│   ├── UnitsGone                  what a line moves is no longer there
│   └── LineRefused                the ledger refused a line's forced transfer
├── PeerError
│   ├── EmergencyFileAltered       a file that is not as it was signed: cut, changed, in another order
│   └── OtherSecurity              a file of another security or registrar
└── UnavailableError
    └── LineNotDone                the forced transfer of a line is still on its way
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from primitives.errors import CallerError, PeerError, UnavailableError

SHOWN_PROBLEMS: Final = 20


class BadStaffKeys(CallerError):
    """Not two sets of people's keys, or a person's key is not among them."""

    reason = "BAD_STAFF_KEYS"


class MoveNotPossible(CallerError):
    """A move that the emergency register itself does not allow."""

    reason = "MOVE_NOT_POSSIBLE"


class BadMoveRows(CallerError):
    """A spreadsheet's rows that cannot be recorded; ``problems`` names each. None of them was."""

    reason = "BAD_MOVE_ROWS"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = len(problems) - SHOWN_PROBLEMS
        shown = "; ".join(problems[:SHOWN_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(f"nothing was recorded: {shown}")


class EmergencyFileOpen(CallerError):
    """It has no closing line yet."""

    reason = "EMERGENCY_FILE_OPEN"

    def __init__(self) -> None:
        super().__init__("the file has no closing line, so that its end may be missing: close it with both keys first")


class EmergencyFileClosed(CallerError):
    """It has a closing line: nothing can be added."""

    reason = "EMERGENCY_FILE_CLOSED"

    def __init__(self, moves: int) -> None:
        super().__init__(f"the file was closed after {moves} moves: what comes now is the ledger's")


class OutageNormalised(CallerError):
    """Another file of the same outage was brought in, or this one with other lines."""

    reason = "OUTAGE_NORMALISED"

    def __init__(self, outage_id: bytes, head: bytes) -> None:
        super().__init__(
            f"the moves since that register were taken from file {outage_id.hex()} with the last line {head.hex()}: "
            "one outage has one file"
        )


class OutageUnknown(CallerError):
    """No such file was ever brought in here."""

    reason = "OUTAGE_UNKNOWN"

    def __init__(self, outage_id: bytes) -> None:
        super().__init__(f"no file {outage_id.hex()} was brought into this node: normalise it first")


class LedgerMovesUnclear(CallerError):
    """The ledger made moves that may be those of the file."""

    reason = "LEDGER_MOVES_UNCLEAR"

    def __init__(self, moves: Sequence[str]) -> None:
        super().__init__(
            f"the ledger moved units between accounts of the file, but not as its lines say: {'; '.join(moves)}. "
            "Say of each whether it is part of a line (TX=LINE) or another move (separate)"
        )


class UnitsGone(CallerError):
    """What a line moves is no longer there."""

    reason = "UNITS_GONE"

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(f"nothing was brought in: {'; '.join(lines)}. Decide with those concerned, then begin again")


class LineRefused(CallerError):
    """The ledger refused a line's forced transfer; lines before it are in, and stay in."""

    reason = "EMERGENCY_LINE_REFUSED"

    def __init__(self, line: int, reason: str, detail: str) -> None:
        super().__init__(f"line {line} was refused, {reason}: {detail}. Mend that, then go on with the same file")


class EmergencyFileAltered(PeerError):
    """A file that is not as it was signed."""

    reason = "EMERGENCY_FILE_ALTERED"

    def __init__(self, line: int, rule: str) -> None:
        self.line, self.rule = line, rule
        super().__init__(f"line {line} of the file: {rule}. Use the copy that was signed")


class OtherSecurity(PeerError):
    """A file of another security or registrar."""

    reason = "EMERGENCY_FILE_OF_ANOTHER_SECURITY"

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"the file is of {found}, expected {expected}: take that one's file")


class LineNotDone(UnavailableError):
    """The forced transfer of a line is still on its way."""

    reason = "EMERGENCY_LINE_NOT_DONE"

    def __init__(self, line: int, flow_id: str) -> None:
        super().__init__(f"line {line} is still on its way (flow {flow_id}): ask again")
