"""Where a date goes that falls on a day the Japan Exchange does not trade (休日調整)."""

from __future__ import annotations

from datetime import date, timedelta

from chains.business_calendar import CalendarUnknown, is_business_day, next_business_day
from chains.progmat.contracts.security_terms import HolidayAdjustment

__all__ = ["HolidayAdjustment", "adjust", "previous_business_day"]

_LONGEST_CLOSURE_DAYS = 14


def adjust(day: date, adjustment: HolidayAdjustment) -> date:
    """The day after adjustment; raises ``CalendarUnknown``.

    NEXT is the first business day on or after it (翌営業日), PREVIOUS the last on or before it (前営業日),
    MODIFIED_NEXT as NEXT, but PREVIOUS where that would be in another month (修正翌営業日).
    """
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
