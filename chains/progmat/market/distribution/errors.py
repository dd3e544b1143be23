"""What can go wrong with coupons, distributions and grants, besides what ``flows.distribution_errors`` says.

CrossDvpError
└── CallerError
    ├── BadRate                    an amount for one unit is no exact decimal or quotient
    ├── NothingToDistribute        nobody held a unit, or nobody is due a whole yen
    ├── RecordDateNotReached       the record date is not over yet
    ├── ApproverMissing            a second member of staff has to approve, and is not named or is the first
    └── MandateMissing             nobody has said that the account pays this registrar's distributions
"""

from __future__ import annotations

from primitives.errors import CallerError


class BadRate(CallerError):
    """Amounts are exact."""

    reason = "BAD_RATE"

    def __init__(self, found: str) -> None:
        self.found = found[:40]
        super().__init__(
            f"{self.found!r} is no amount for one unit: a decimal like 12.5 or a quotient like 25/2 is wanted"
        )


class NothingToDistribute(CallerError):
    """No line would be paid."""

    reason = "NOTHING_TO_DISTRIBUTE"

    def __init__(self, holders: int) -> None:
        self.holders = holders
        super().__init__(f"nobody of {holders} holders is due a whole yen or unit: give another date, rate or total")


class RecordDateNotReached(CallerError):
    """Who holds at the cut-off is not certain before it."""

    reason = "RECORD_DATE_NOT_REACHED"

    def __init__(self, cut_off_s: int, now_s: int) -> None:
        self.cut_off_s = cut_off_s
        super().__init__(f"the record date ends at {cut_off_s}, it is {now_s}: distribute after it")


class ApproverMissing(CallerError):
    """Four eyes."""

    reason = "DISTRIBUTION_APPROVER_MISSING"

    def __init__(self, author: str, approver: str) -> None:
        self.author = author
        self.approver = approver
        super().__init__(
            f"two members of staff act: expected an author and another approver, found {author!r} and {approver!r}"
        )


class MandateMissing(CallerError):
    """A payer pays what it has agreed to."""

    reason = "MANDATE_MISSING"

    def __init__(self, account_key: bytes) -> None:
        self.account_key = account_key
        super().__init__(
            f"no mandate to pay distributions from {account_key.hex()}: give one at the payer's node first"
        )
