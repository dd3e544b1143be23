"""Record dates (権利確定日): which days a security's rule names, and when such a day's books are closed."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from chains.business_calendar import CutOff
from chains.progmat.market.register.business_days import HolidayAdjustment, adjust
from chains.progmat.market.register.errors import BadRecordDateRule

CLOSE_OF_BUSINESS: Final = CutOff(24 * 60)
"""The usual end of a record date in Japan: the end of the day, as of a shareholders' register."""
MAX_RECORD_DATES: Final = 2
_LEAP_YEAR: Final = 2000
_MONTH_DAY: Final = re.compile(r"([0-9]{2})-([0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class MonthDay:
    """A day of every year; in a month too short for it, that month's last day."""

    month: int
    day: int

    def __post_init__(self) -> None:
        if not 1 <= self.month <= 12 or not 1 <= self.day <= calendar.monthrange(_LEAP_YEAR, self.month)[1]:
            raise BadRecordDateRule(f"{self.month:02}-{self.day:02} is no day of a year")

    @classmethod
    def parse(cls, text: str) -> MonthDay:
        """From ``MM-DD``. Raises ``BadRecordDateRule``."""
        found = _MONTH_DAY.fullmatch(text)
        if found is None:
            raise BadRecordDateRule(f"a day as MM-DD is wanted, not {text[:20]!r}")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.month:02}-{self.day:02}"

    def of(self, year: int) -> date:
        """The day in a year."""
        return date(year, self.month, min(self.day, calendar.monthrange(year, self.month)[1]))


@dataclass(frozen=True, slots=True)
class RecordDateRule:
    """A security's record dates in a year (one or two), and where one goes that is no business day."""

    days: tuple[MonthDay, ...]
    adjustment: HolidayAdjustment

    def __post_init__(self) -> None:
        if not 1 <= len(self.days) <= MAX_RECORD_DATES or len(set(self.days)) != len(self.days):
            raise BadRecordDateRule(f"1 to {MAX_RECORD_DATES} different days of a year are wanted")

    def from_day(self, first: date) -> Iterator[date]:
        """Record dates on or after a day, in order, as far as the calendar goes; then raises ``CalendarUnknown``."""
        year = first.year - 1  # a date of December may be adjusted into January
        last: date | None = None
        while True:
            for day in sorted(adjust(each.of(year), self.adjustment) for each in self.days):
                if day >= first and (last is None or day > last):
                    last = day
                    yield day
            year += 1

    def is_record_date(self, day: date) -> bool:
        """Whether the rule names this day. Raises ``CalendarUnknown``."""
        return next(self.from_day(day)) == day


def cut_off_ms(record_date: date, close: CutOff = CLOSE_OF_BUSINESS) -> int:
    """The moment from which on nothing counts for the record date any more, Unix milliseconds."""
    return close.on(record_date) * 1000
