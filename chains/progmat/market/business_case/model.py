"""The case itself: four processes, each as it is and as it would be, and where the two cost the same. Pure.

Amounts are exact: whole yen, a basis-point fee rounded half up to the yen. Printed figures are million yen with one
decimal, rounded half up from exact sums; figures of all brokers are the printed ones of one broker times their number,
as in the published case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

from chains.progmat.market.business_case.numbers import Numbers

BP_PER_UNIT: Final = 10_000
YEN_PER_TENTH_MILLION: Final = 100_000


class Process(Enum):
    """What a broker's back office does with security tokens; the value is what tables call it."""

    BALANCE = "balance"
    TRANSFER = "transfer"
    INVESTORS = "investors"
    CASH = "cash"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a cost: so many of something at a price in yen, or at basis points of an amount in yen."""

    words: str
    yen: int


@dataclass(frozen=True, slots=True)
class ProcessCost:
    """A process's yearly cost in yen, item by item."""

    process: Process
    as_is: tuple[Item, ...]
    to_be: tuple[Item, ...]

    @property
    def as_is_yen(self) -> int:
        """Today's."""
        return _total(self.as_is)

    @property
    def to_be_yen(self) -> int:
        """On the ledgers."""
        return _total(self.to_be)


@dataclass(frozen=True, slots=True)
class BusinessCase:
    """All processes of one broker, their total, and all brokers'."""

    costs: tuple[ProcessCost, ...]
    brokers: int
    balance_break_even_yen: int | None
    """Balance from which on the licence costs no more than the fee it replaces; None: no balance, or any."""
    cash_break_even_settlements: int | None
    """Settlements a year up to which the ledger costs no more than today's bank transfers; None: there is no limit."""

    @property
    def as_is_yen(self) -> int:
        """One broker's year today."""
        return sum(cost.as_is_yen for cost in self.costs)

    @property
    def to_be_yen(self) -> int:
        """One broker's year on the ledgers."""
        return sum(cost.to_be_yen for cost in self.costs)

    @property
    def change_percent(self) -> int | None:
        """By how many percent the total changes, rounded half away from zero; None if today costs nothing."""
        if self.as_is_yen == 0:
            return None
        return _rounded(Fraction(100 * (self.to_be_yen - self.as_is_yen), self.as_is_yen))

    def of_all_brokers(self, tenths: int) -> int:
        """Tenths of a million yen of one broker, times the brokers, in whole million yen."""
        return _rounded(Fraction(tenths * self.brokers, 10))


def business_case(numbers: Numbers) -> BusinessCase:
    """The case for these numbers."""
    return BusinessCase(
        costs=(_balance(numbers), _transfer(numbers), _investors(numbers), _cash(numbers)),
        brokers=numbers.volumes.brokers,
        balance_break_even_yen=_balance_break_even(numbers),
        cash_break_even_settlements=_cash_break_even(numbers),
    )


def tenths_of_million(yen: int) -> int:
    """Yen as printed: tenths of a million, rounded half up."""
    return _rounded(Fraction(yen, YEN_PER_TENTH_MILLION))


def _balance(numbers: Numbers) -> ProcessCost:
    volumes, today = numbers.volumes, numbers.today
    as_is = (_fee(volumes.balance_yen, today.balance_bp), _times(volumes.business_days, today.balance_day_yen))
    return ProcessCost(Process.BALANCE, as_is, (Item("licence", numbers.ledger.licence_yen),))


def _transfer(numbers: Numbers) -> ProcessCost:
    volumes, today = numbers.volumes, numbers.today
    as_is = (_fee(volumes.moved_yen, today.transfer_bp), _times(volumes.business_days, today.transfer_day_yen))
    return ProcessCost(Process.TRANSFER, as_is, (_times(volumes.moves, numbers.ledger.move_yen),))


def _investors(numbers: Numbers) -> ProcessCost:
    days, today, ledger = numbers.volumes.business_days, numbers.today, numbers.ledger
    as_is = (_times(days, today.investor_checks_day_yen), _times(days, today.investor_entries_day_yen))
    to_be = (_times(days, ledger.investor_checks_day_yen), _times(days, ledger.investor_entries_day_yen))
    return ProcessCost(Process.INVESTORS, as_is, to_be)


def _cash(numbers: Numbers) -> ProcessCost:
    volumes, today = numbers.volumes, numbers.today
    as_is = (
        _times(volumes.bank_transfers, today.bank_transfer_yen),
        _times(volumes.business_days, today.cash_day_yen),
    )
    return ProcessCost(Process.CASH, as_is, (_times(volumes.moves, numbers.ledger.cash_settlement_yen),))


def _balance_break_even(numbers: Numbers) -> int | None:
    """Where the fee on the balance and the days of work cost what the licence does, rounded up to the yen."""
    left_yen = numbers.ledger.licence_yen - numbers.volumes.business_days * numbers.today.balance_day_yen
    if left_yen <= 0 or numbers.today.balance_bp == 0:
        return None
    return -(-left_yen * BP_PER_UNIT // numbers.today.balance_bp)


def _cash_break_even(numbers: Numbers) -> int | None:
    """The most settlements at their price that cost no more than today's transfers and work."""
    price_yen = numbers.ledger.cash_settlement_yen
    return None if price_yen == 0 else _cash(numbers).as_is_yen // price_yen


def _fee(amount_yen: int, bp: int) -> Item:
    words = f"{amount_yen:,} yen × {bp} bp"  # noqa: RUF001 # a multiplication
    return Item(words, _rounded(Fraction(amount_yen * bp, BP_PER_UNIT)))


def _times(count: int, price_yen: int) -> Item:
    return Item(f"{count:,} × {price_yen:,} yen", count * price_yen)  # noqa: RUF001 # as above


def _total(items: Iterable[Item]) -> int:
    return sum(item.yen for item in items)


def _rounded(value: Fraction) -> int:
    """Half away from zero."""
    whole = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return whole if value >= 0 else -whole
