"""Business days of the exchange by days everybody knows, and cut-offs by Japan's time of day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.business_calendar import (
    JST,
    CalendarUnknown,
    CutOff,
    business_day_from,
    closed_because,
    is_business_day,
    is_past,
    jst_day,
    next_business_day,
    next_chance_s,
)

_DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))
_CUT_OFFS = st.integers(1, 24 * 60).map(CutOff)


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=JST).timestamp())


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 1, 1), "New Year's Day"),
        (date(2026, 1, 2), "Bank Holiday"),  # the exchange's own: no national holiday
        (date(2025, 12, 31), "Bank Holiday"),
        (date(2026, 5, 6), "Substitute Holiday"),  # the 3rd is a Sunday
        (date(2026, 9, 22), "National Holiday"),  # between two holidays
        (date(2019, 5, 1), "Enthronement"),
        (date(2020, 7, 24), "Sports Day"),  # moved for the games
        (date(2026, 11, 28), "Saturday"),
        (date(2026, 11, 29), "Sunday"),
    ],
)
def test_a_day_without_trading_says_why(day: date, why: str) -> None:
    assert why in closed_because(day)
    assert not is_business_day(day)


@pytest.mark.parametrize("day", [date(2025, 12, 30), date(2026, 1, 5), date(2020, 10, 12), date(2026, 11, 26)])
def test_a_day_of_trading_is_open(day: date) -> None:
    assert is_business_day(day)


def test_the_days_round_the_new_year_are_passed_over() -> None:
    assert next_business_day(date(2025, 12, 30)) == date(2026, 1, 5)
    assert next_business_day(date(2019, 4, 26)) == date(2019, 5, 7)  # the longest closure there was: ten days


@given(_DAYS)
def test_the_next_business_day_is_later_open_and_the_first(day: date) -> None:
    found = next_business_day(day)
    assert found > day
    assert is_business_day(found)
    assert not any(is_business_day(day + timedelta(days=ahead)) for ahead in range(1, (found - day).days))
    assert business_day_from(day) == (day if is_business_day(day) else found)


def test_a_year_whose_holidays_nobody_knows_is_refused_rather_than_guessed() -> None:
    for day in (date(2100, 1, 4), date(1949, 12, 31), date(2099, 12, 31) + timedelta(days=1)):
        with pytest.raises(CalendarUnknown) as refusal:
            closed_because(day)
        assert refusal.value.day in str(refusal.value)


def test_a_day_in_japan_begins_nine_hours_before_greenwich() -> None:
    assert jst_day(_at("2026-11-26T00:00:00")) == date(2026, 11, 26)
    assert jst_day(_at("2026-11-26T00:00:00") - 1) == date(2026, 11, 25)


def test_the_minute_of_the_cut_off_is_too_late() -> None:
    cut_off = CutOff.parse("15:30")
    assert not is_past(cut_off, _at("2026-11-26T15:29:59"))
    assert is_past(cut_off, _at("2026-11-26T15:30:00"))
    assert not is_past(CutOff.parse("24:00"), _at("2026-11-26T23:59:59"))


def test_after_friday_evening_the_next_chance_is_monday_or_later() -> None:
    cut_off = CutOff.parse("15:30")
    assert next_chance_s(cut_off, _at("2026-11-27T12:00:00")) == _at("2026-11-27T12:00:00")
    assert next_chance_s(cut_off, _at("2026-11-27T16:00:00")) == _at("2026-11-30T00:00:00")
    assert next_chance_s(cut_off, _at("2026-11-21T10:00:00")) == _at("2026-11-24T00:00:00")  # the 23rd is a holiday


@given(_CUT_OFFS, st.integers(_at("2020-01-01T00:00:00"), _at("2060-01-01T00:00:00")))
def test_the_next_chance_is_never_past_never_closed_never_earlier(cut_off: CutOff, at_s: int) -> None:
    chance_s = next_chance_s(cut_off, at_s)
    assert chance_s >= at_s
    assert is_business_day(jst_day(chance_s))
    assert not is_past(cut_off, chance_s)


@given(_CUT_OFFS)
def test_a_cut_off_is_written_as_it_is_read(cut_off: CutOff) -> None:
    assert CutOff.parse(str(cut_off).removesuffix(" JST")) == cut_off


@pytest.mark.parametrize("text", ["", "24:01", "15.30", "9:00", "15:30:00", "00:00", "25:00", "aa:bb"])
def test_a_cut_off_that_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        CutOff.parse(text)
