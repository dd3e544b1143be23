"""Errors of the offline verifiers; the command line turns them into its exit codes.

CallerError
└── Unreadable      exit 2: not JSON, or not of a shape that this verifier knows
PeerError
└── Refusal
└── Refused     exit 1: read, checked, and it does not hold
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from primitives.errors import CallerError, Detail, PeerError, Refusal


class Unreadable(CallerError):
    """The file is not JSON or lacks what the verifier needs; ``place`` says where, as in ``header.proof[2]``."""

    reason: ClassVar[str] = "VERIFY_UNREADABLE"

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place


class Refused(Refusal):
    """What the file claims does not hold; ``cause`` is the stable code of the rule that it breaks."""

    reason: ClassVar[str] = "VERIFY_REFUSED"

    def __init__(
        self,
        subject: str,
        *,
        cause: str = "CLAIM_NOT_MET",
        expected: Detail | None = None,
        found: Detail | None = None,
    ) -> None:
        super().__init__(subject, expected=expected, found=found)
        self.cause = cause


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Any refusal inside becomes one that names what was being checked and the rule that it breaks."""
    try:
        yield
    except Refused:
        raise
    except PeerError as error:
        raise Refused(f"{what}: {error.reason}: {error}", cause=error.reason) from error
