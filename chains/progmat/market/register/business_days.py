"""Where a date goes that falls on a day the Japan Exchange does not trade (休日調整)."""

from __future__ import annotations

from datetime import date, timedelta
from enum import IntEnum

from chains.business_calendar import CalendarUnknown, is_business_day, next_business_day

_LONGEST_CLOSURE_DAYS = 14


class HolidayAdjustment(IntEnum):
    """To which day; the numbers are those of ``SecurityState``."""

    NONE = 1
    """The date itself, business day or not."""
    NEXT = 2
    """The first business day on or after it (翌営業日)."""
    PREVIOUS = 3
    """The last business day on or before it (前営業日)."""
    MODIFIED_NEXT = 4
    """As NEXT, but PREVIOUS where NEXT would be in another month (修正翌営業日)."""


def adjust(day: date, adjustment: HolidayAdjustment) -> date:
    """The day after adjustment. Raises ``CalendarUnknown``."""
    if adjustment is HolidayAdjustment.NONE or is_business_day(day):
        return day
    if adjustment is HolidayAdjustment.PREVIOUS:
        return previous_business_day(day)
    following = next_business_day(day)
    if adjustment is HolidayAdjustment.MODIFIED_NEXT and following.month != day.month:
        return previous_business_day(day)
    return following


def previous_business_day(day: date) -> date:
    """The last business day before a day. Raises ``CalendarUnknown``."""
    for back in range(1, _LONGEST_CLOSURE_DAYS + 1):
        candidate = day - timedelta(days=back)
        if is_business_day(candidate):
            return candidate
    raise CalendarUnknown(day)
