"""Why a packet transaction cannot be put together or a foreign fact is not believed.

primitives.CallerError
└── IbcHostRefused            the plan is impossible as given
    ├── CoinsDoNotFit         too few coins, or coins of another owner, issuer or coin
    └── NotTheLocksCash       lock and cash do not belong together
primitives.Refusal (a peer's misbehaviour)
└── EarmarkNotProved          the other chain does not hold the earmark for these terms
"""

from __future__ import annotations

from typing import ClassVar

from primitives.errors import CallerError, Refusal


class IbcHostRefused(CallerError):
    """The plan for a packet transaction is impossible as given."""

    reason: ClassVar[str] = "IBC_HOST_REFUSED"


class CoinsDoNotFit(IbcHostRefused):
    """The chosen coins cannot fund this lock; choose others."""

    reason: ClassVar[str] = "COINS_DO_NOT_FIT"

    def __init__(self, needed_yen: int, found_yen: int, why: str) -> None:
        super().__init__(f"coins do not fit: {why}; {needed_yen} yen needed, {found_yen} yen given")
        self.needed_yen = needed_yen
        self.found_yen = found_yen


class NotTheLocksCash(IbcHostRefused):
    """The cash handed in is not the one that this lock encumbers."""

    reason: ClassVar[str] = "NOT_THE_LOCKS_CASH"

    def __init__(self, lock_ref: object, cash_ref: object) -> None:
        super().__init__(f"cash {cash_ref} does not belong to lock {lock_ref}; take the lock's encumbrance")


class EarmarkNotProved(Refusal):
    """The securities are not earmarked for these terms at the proved height: do not lock cash."""

    reason: ClassVar[str] = "EARMARK_NOT_PROVED"
