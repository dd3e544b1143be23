"""What can go wrong with coupons, distributions and grants, besides what ``flows.distribution_errors`` says.

CrossDvpError
└── CallerError
    ├── BadRate                    an amount for one unit is no exact decimal or quotient
    ├── NothingToDistribute        nobody held a unit, or nobody is due a whole yen
    └── PartNotOpened              the ledger did not take a part of an order
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


class PartNotOpened(CallerError):
    """The ledger did not take a part; the order stays, and asking for it again goes on with it."""

    reason = "PART_NOT_OPENED"

    def __init__(self, part: int, why: str, message: str) -> None:
        self.part = part
        self.why = why
        super().__init__(f"part {part} was not opened: {why}: {message}; put that right and repeat the order")
