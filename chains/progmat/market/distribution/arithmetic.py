"""What each holder of a record date is given, exact to the yen. Pure; integers and exact quotients only.

The rule for remainders. What a holder is due is an exact quotient: units x rate, or units x total / all units. Everyone
first gets his quotient without its fraction. What is then left of the whole (the total; of a rate, all units x rate
without its fraction) is a few units of money, fewer than there are holders. By ``LARGEST_REMAINDER`` they go one each
to those with the largest fractions, among equal fractions to the smaller account key; by ``PAYER_KEEPS`` the payer
keeps them. So nobody gets less than his quotient without its fraction, nor a whole yen more than the quotient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

from chains.progmat.market.distribution.errors import BadRate, NothingToDistribute

MAX_DECIMALS: Final = 12
_DECIMAL: Final = re.compile(rf"(0|[1-9][0-9]{{0,14}})(?:\.([0-9]{{1,{MAX_DECIMALS}}}))?")
_QUOTIENT: Final = re.compile(r"([1-9][0-9]{0,14})/([1-9][0-9]{0,14})")
NATIONAL_TAX: Final = Fraction(15_315, 100_000)
LOCAL_TAX: Final = Fraction(5, 100)

Account = tuple[str, bytes]
"""Custodian node and account key."""


class Remainders(Enum):
    """Who gets what the division leaves over; the value is what messages and tables hold."""

    LARGEST_REMAINDER = "LARGEST_REMAINDER"
    PAYER_KEEPS = "PAYER_KEEPS"


class Withholding(Enum):
    """Tax at source (源泉徴収): none, or what is withheld of an individual's distribution."""

    NONE = "NONE"
    INDIVIDUAL = "INDIVIDUAL"
    """National tax with the reconstruction surtax 15.315 %, local tax 5 %, each without its fraction of a yen."""


@dataclass(frozen=True, slots=True)
class Due:
    """One account's line: ``net`` is paid, the taxes are withheld; ``gross`` is all three together."""

    account: Account
    units: int
    gross: int
    national_tax: int = 0
    local_tax: int = 0

    @property
    def net(self) -> int:
        """What the account is paid."""
        return self.gross - self.national_tax - self.local_tax


def parse_rate(text: str) -> Fraction:
    """``12.5`` or ``25/2`` as an exact quotient; raises ``BadRate``."""
    if found := _QUOTIENT.fullmatch(text):
        return Fraction(int(found[1]), int(found[2]))
    if found := _DECIMAL.fullmatch(text):
        decimals = found[2] or ""
        rate = Fraction(int(found[1] + decimals), 10 ** len(decimals))
        if rate:
            return rate
    raise BadRate(text)


def by_rate(units: Mapping[Account, int], rate: Fraction, remainders: Remainders) -> list[Due]:
    """``rate`` for each unit. Raises ``NothingToDistribute`` when nobody is due a whole yen."""
    exact = {account: held * rate for account, held in units.items()}
    return _shared(units, exact, int(sum(exact.values())), remainders)


def by_total(units: Mapping[Account, int], total: int, remainders: Remainders) -> list[Due]:
    """``total`` in proportion to units. Raises ``NothingToDistribute``."""
    all_units = sum(units.values())
    exact = {account: Fraction(held * total, all_units) for account, held in units.items()}
    return _shared(units, exact, total, remainders)


def each_the_same(units: Mapping[Account, int], amount: int) -> list[Due]:
    """``amount`` for every holder of at least one unit. Raises ``NothingToDistribute``."""
    exact = {account: Fraction(amount) for account in units}
    return _shared(units, exact, amount * len(units), Remainders.PAYER_KEEPS)


def withheld(dues: Sequence[Due], withholding: Withholding) -> list[Due]:
    """The same lines after tax at source; those of which nothing is left are left out."""
    if withholding is Withholding.NONE:
        return list(dues)
    taxed = [
        Due(due.account, due.units, due.gross, int(due.gross * NATIONAL_TAX), int(due.gross * LOCAL_TAX))
        for due in dues
    ]
    return [due for due in taxed if due.net]


def _shared(
    units: Mapping[Account, int], exact: Mapping[Account, Fraction], whole: int, remainders: Remainders
) -> list[Due]:
    """One line an account that is due something, by account."""
    given = {account: int(quotient) for account, quotient in exact.items()}
    if remainders is Remainders.LARGEST_REMAINDER:
        order = sorted(exact, key=lambda account: (given[account] - exact[account], account[1], account[0]))
        for account in order[: whole - sum(given.values())]:
            given[account] += 1
    dues = [Due(account, units[account], given[account]) for account in sorted(units) if given[account]]
    if not dues:
        raise NothingToDistribute(len(units))
    return dues
