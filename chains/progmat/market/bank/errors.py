"""What is refused of imported files and of matches.

CallerError
├── ImportFileRefused        the file as a whole: size, encoding, header
├── StatementRefused         rows of a statement, each with its column; nothing of the file is taken
├── BankLineUnknown          no such line, or it is matched already
├── ExpectedPaymentUnknown   no such payment, or it is not expected any more
└── MatchRefused             line and payment differ in amount or direction
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from primitives.errors import CallerError

SHOWN_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in one row; ``row`` counts from 1, the header. ``reason`` is a stable code."""

    row: int
    column: str
    expected: str
    found: str
    reason: str = "ROW_INVALID"

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: expected {self.expected}; found {self.found}"


class ImportFileRefused(CallerError):
    """Not a file of this kind."""

    reason = "IMPORT_FILE_REFUSED"

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(f"{what}: expected {expected}; found {found}")


class StatementRefused(CallerError):
    """A statement is taken whole or not at all."""

    reason = "STATEMENT_REFUSED"

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self._problems = tuple(problems)  # the message tells them: no field of it could
        shown = "; ".join(str(problem) for problem in self._problems[:SHOWN_PROBLEMS])
        more = len(self._problems) - SHOWN_PROBLEMS
        tail = f"; and {more} more" if more > 0 else ""
        super().__init__(f"nothing was imported, correct these rows and import the file again: {shown}{tail}")

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """All of them, by row."""
        return self._problems


class BankLineUnknown(CallerError):
    """Nothing to match."""

    reason = "BANK_LINE_UNKNOWN"

    def __init__(self, line: int, found: str) -> None:
        super().__init__(f"line {line} is {found}")


class ExpectedPaymentUnknown(CallerError):
    """Nothing to confirm."""

    reason = "EXPECTED_PAYMENT_UNKNOWN"

    def __init__(self, reference: str, found: str) -> None:
        super().__init__(f"payment {reference[:64]!r} is {found}")


class MatchRefused(CallerError):
    """A person may say which payment a line is, not that another amount is the same."""

    reason = "MATCH_REFUSED"

    def __init__(self, line: int, reference: str, expected: str, found: str) -> None:
        super().__init__(f"line {line} is not payment {reference}: expected {expected}; found {found}")
