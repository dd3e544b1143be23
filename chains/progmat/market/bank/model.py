"""Lines of a bank statement (入出金明細) and payments that are expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class Direction(Enum):
    """Money in (入金) or out (出金) of the account."""

    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"


class PaymentStatus(Enum):
    """What became of an expected payment."""

    EXPECTED = "EXPECTED"
    CONFIRMED = "CONFIRMED"
    WITHDRAWN = "WITHDRAWN"
    """Not expected any more: its trade is cancelled."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line; ``row`` counts from 1, the header. ``balance_yen`` is the account's after it, below 0 if overdrawn.

    ``text`` is the bank's description (摘要) with widths made one; ``payer_name`` the name in it as names are compared.
    """

    row: int
    day: date
    value_day: date
    direction: Direction
    amount_yen: int
    balance_yen: int
    text: str
    payer_name: str


@dataclass(frozen=True, slots=True)
class ExpectedPayment:
    """What a statement has to show. ``reference`` is upper-case letters and digits; ``line`` is 0 until confirmed."""

    reference: str
    direction: Direction
    amount_yen: int
    payer_name: str
    status: PaymentStatus = PaymentStatus.EXPECTED
    line: int = 0
