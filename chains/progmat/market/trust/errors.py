"""What is refused to whoever works with the trust's yen.

CrossDvpError
└── CallerError
    ├── DepositUnknown       no such deposit
    ├── DepositRefused       not in the state the act wants, or other than it was announced
    ├── BankReferenceUsed    one movement of money stands for one deposit or payout
    ├── RedemptionUnknown    no such redemption
    ├── RedemptionPaid       it was paid before
    ├── NotReconciled        trust and ledger still differ
    └── TakeOverRefused      a file of a take-over that cannot be carried out: which row, and why
"""

from __future__ import annotations

from primitives.errors import CallerError


class DepositUnknown(CallerError):
    """Nobody announced it."""

    reason = "DEPOSIT_UNKNOWN"

    def __init__(self, deposit_id: str) -> None:
        self.deposit_id = deposit_id
        super().__init__(f"no deposit {deposit_id!r} was announced here: list the deposits")


class DepositRefused(CallerError):
    """The deposit is not what the act wants it to be."""

    reason = "DEPOSIT_REFUSED"

    def __init__(self, deposit_id: str, rule: str, *, expected: str, found: str) -> None:
        self.deposit_id, self.rule = deposit_id, rule
        super().__init__(f"deposit {deposit_id!r}: {rule}; expected {expected}, found {found}")


class BankReferenceUsed(CallerError):
    """The same movement of money would count twice."""

    reason = "BANK_REFERENCE_USED"

    def __init__(self, reference: str, used_by: str) -> None:
        self.reference, self.used_by = reference, used_by
        super().__init__(f"bank reference {reference!r} stands for {used_by} already: name another movement of money")


class RedemptionUnknown(CallerError):
    """Nothing was redeemed under that id."""

    reason = "REDEMPTION_UNKNOWN"

    def __init__(self, redemption_id: str) -> None:
        self.redemption_id = redemption_id
        super().__init__(f"no redemption {redemption_id!r} is known here: list the redemptions")


class RedemptionPaid(CallerError):
    """Yen are paid out once."""

    reason = "REDEMPTION_PAID"

    def __init__(self, redemption_id: str, reference: str) -> None:
        self.redemption_id, self.reference = redemption_id, reference
        super().__init__(f"redemption {redemption_id!r} was paid before, by {reference!r}: do not pay it again")


class NotReconciled(CallerError):
    """Issues stay halted."""

    reason = "COIN_NOT_RECONCILED"

    def __init__(self, coin_id: str, difference_yen: int) -> None:
        self.coin_id, self.difference_yen = coin_id, difference_yen
        super().__init__(
            f"{coin_id!r} and its trust differ by {difference_yen} yen: find the deposit or the transaction that is "
            "missing, enter it, and resume then"
        )


class TakeOverRefused(CallerError):
    """A file that lists a take-over, row by row."""

    reason = "TAKE_OVER_REFUSED"

    def __init__(self, row: int, rule: str) -> None:
        self.row, self.rule = row, rule
        super().__init__(f"row {row} of the take-over: {rule}")
