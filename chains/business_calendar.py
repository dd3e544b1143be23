"""Business days of the Japan Exchange and times of day in Japan: pure, the clock is an argument.

Days and holidays are those on which the exchange trades: Saturdays, Sundays, national holidays, and the days round the
new year are none. Times of day are Japan's, UTC+9 all year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import holidays

from primitives.errors import CallerError

JST = timezone(timedelta(hours=9), "JST")
_FIRST_YEAR, _LAST_YEAR = 1950, 2099  # what the library's rules of Japanese holidays cover
_LONGEST_CLOSURE_DAYS = 14
_SATURDAY = 5
_TIME_OF_DAY = re.compile(r"([0-9]{2}):([0-5][0-9])")


class CalendarUnknown(CallerError):
    """Nobody knows the holidays of that year yet: a day in it is neither open nor closed."""

    reason = "CALENDAR_UNKNOWN"

    def __init__(self, day: date) -> None:
        self.day = day.isoformat()
        super().__init__(
            f"{self.day}: holidays are known of the years {_FIRST_YEAR} to {_LAST_YEAR}; choose a day in them"
        )


@dataclass(frozen=True)
class CutOff:
    """A last time of day in Japan, in minutes after midnight: what comes at this minute or later is for another day."""

    minute_of_day: int

    def __post_init__(self) -> None:
        if not 0 < self.minute_of_day <= 24 * 60:
            raise ValueError(f"expected a minute of the day from 1 to 1440, found {self.minute_of_day}")

    @classmethod
    def parse(cls, text: str) -> CutOff:
        """From ``HH:MM``; ``24:00`` is the end of the day. Raises ValueError."""
        found = _TIME_OF_DAY.fullmatch(text)
        if found is None:
            raise ValueError(f"expected a time of day as HH:MM, found {text[:20]!r}")
        return cls(int(found[1]) * 60 + int(found[2]))

    def __str__(self) -> str:
        return f"{self.minute_of_day // 60:02}:{self.minute_of_day % 60:02} JST"

    def on(self, day: date) -> int:
        """The moment at which it falls on a day, Unix seconds."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=JST)
        return int((midnight + timedelta(minutes=self.minute_of_day)).timestamp())


def jst_day(at_s: int) -> date:
    """The day in Japan at a time in Unix seconds."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(JST).date()


def closed_because(day: date) -> str:
    """Why the exchange does not trade that day: the holiday's name, or the weekend; empty on a business day.

    Raises ``CalendarUnknown``.
    """
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise CalendarUnknown(day)
    # A calendar of one year, made anew: the library's own grow by the years they were asked.
    name = holidays.financial_holidays("XJPX", years=day.year, expand=False).get(day)
    if name:
        return str(name)
    return day.strftime("%A") if day.weekday() >= _SATURDAY else ""


def is_business_day(day: date) -> bool:
    """Whether the exchange trades that day. Raises ``CalendarUnknown``."""
    return not closed_because(day)


def next_business_day(day: date) -> date:
    """The first business day after a day. Raises ``CalendarUnknown``."""
    for ahead in range(1, _LONGEST_CLOSURE_DAYS + 1):
        candidate = day + timedelta(days=ahead)
        if is_business_day(candidate):
            return candidate
    raise CalendarUnknown(day)


def business_day_from(day: date) -> date:
    """The day itself if it is a business day, or else the next one. Raises ``CalendarUnknown``."""
    return day if is_business_day(day) else next_business_day(day)


def is_past(cut_off: CutOff, at_s: int) -> bool:
    """Whether a moment is at or after the cut-off of its day in Japan. Unix seconds."""
    return at_s >= cut_off.on(jst_day(at_s))


def next_chance_s(cut_off: CutOff, at_s: int) -> int:
    """The earliest moment from ``at_s`` on that is on a business day and before its cut-off. Unix seconds.

    Raises ``CalendarUnknown``.
    """
    day = jst_day(at_s)
    if is_business_day(day) and not is_past(cut_off, at_s):
        return at_s
    opening = next_business_day(day)
    return int(datetime(opening.year, opening.month, opening.day, tzinfo=JST).timestamp())
