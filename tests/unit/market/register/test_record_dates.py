"""Record dates: which days they are, and that their register is taken once and stays."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, update

from chains.business_calendar import CutOff, is_business_day
from chains.progmat.market.register.business_days import HolidayAdjustment, adjust
from chains.progmat.market.register.errors import (
    BadRecordDateRule,
    RecordDateNotOver,
    RegisterAltered,
    SnapshotExists,
    SnapshotUnknown,
)
from chains.progmat.market.register.record_dates import MonthDay, RecordDateRule, cut_off_ms
from chains.progmat.market.register.schema import snapshot_lines
from chains.progmat.market.register.snapshots import snapshot_dates, snapshot_of, take_snapshot
from tests.fakes.register_world import Books
from tests.fakes.vault_world import ALICE, BOB, BOND

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
RECORD_DATE = date(2026, 9, 30)
CUT_OFF_MS = cut_off_ms(RECORD_DATE)


@settings(max_examples=80, deadline=None)
@given(DAYS)
def test_every_adjustment_ends_on_a_business_day_with_none_nearer_in_its_direction(day: date) -> None:
    assert adjust(day, HolidayAdjustment.NONE) == day
    following, previous = adjust(day, HolidayAdjustment.NEXT), adjust(day, HolidayAdjustment.PREVIOUS)
    modified = adjust(day, HolidayAdjustment.MODIFIED_NEXT)
    assert previous <= day <= following
    between = [previous + timedelta(days=number) for number in range(1, (following - previous).days)]
    assert all(is_business_day(end) for end in (previous, following))
    assert not [each for each in between if is_business_day(each) and each != day]
    assert modified == (following if following.month == day.month else previous)


@pytest.mark.parametrize(
    ("day", "adjustment", "expected"),
    [
        (date(2026, 12, 31), HolidayAdjustment.NEXT, date(2027, 1, 4)),  # the exchange is closed round the new year
        (date(2026, 12, 31), HolidayAdjustment.MODIFIED_NEXT, date(2026, 12, 30)),
        (date(2026, 5, 3), HolidayAdjustment.NEXT, date(2026, 5, 7)),  # Golden Week, a substitute holiday at its end
        (date(2026, 9, 22), HolidayAdjustment.PREVIOUS, date(2026, 9, 18)),  # a day between two holidays is one
        (date(2026, 10, 31), HolidayAdjustment.MODIFIED_NEXT, date(2026, 10, 30)),
    ],
)
def test_japanese_holidays(day: date, adjustment: HolidayAdjustment, expected: date) -> None:
    assert adjust(day, adjustment) == expected


def test_the_next_record_dates_of_a_half_yearly_security() -> None:
    rule = RecordDateRule((MonthDay.parse("06-30"), MonthDay.parse("12-31")), HolidayAdjustment.PREVIOUS)
    days = list(islice(rule.from_day(date(2026, 7, 1)), 3))
    assert days == [date(2026, 12, 30), date(2027, 6, 30), date(2027, 12, 30)]
    assert rule.is_record_date(date(2026, 12, 30))
    assert not rule.is_record_date(date(2026, 12, 31))


def test_a_december_date_that_is_adjusted_into_january_is_not_lost() -> None:
    rule = RecordDateRule((MonthDay(12, 31),), HolidayAdjustment.NEXT)
    assert next(rule.from_day(date(2027, 1, 1))) == date(2027, 1, 4)


def test_the_end_of_february_is_that_of_each_year() -> None:
    assert [MonthDay(2, 29).of(year).day for year in (2027, 2028)] == [28, 29]


@pytest.mark.parametrize("text", ["02-30", "13-01", "00-10", "6-30", "06/30", "06-31x"])
def test_days_that_no_year_has_are_refused(text: str) -> None:
    with pytest.raises(BadRecordDateRule):
        MonthDay.parse(text)


def test_close_of_business_is_a_parameter_in_japans_time() -> None:
    assert cut_off_ms(date(1970, 1, 2)) == (86_400 + 15 * 3_600) * 1_000  # midnight after it, UTC+9
    assert CUT_OFF_MS - cut_off_ms(RECORD_DATE, CutOff.parse("15:30")) == (8 * 60 + 30) * 60_000


def test_what_is_recorded_at_the_cut_off_or_later_is_not_in_the_snapshot(connection: Connection) -> None:
    books = Books(connection, now_ms=CUT_OFF_MS - 11)
    books.issue(ALICE, 100)  # a millisecond before it
    books.now_ms -= 9
    books.move(ALICE, BOB, 30)  # at it
    taken = take_snapshot(connection, BOND, RECORD_DATE, CUT_OFF_MS, CUT_OFF_MS + 1, "clerk")
    assert [(line.account, line.units) for line in taken.lines] == [(ALICE, 100)]


def test_a_snapshot_stays_as_it_was_taken_whatever_happens_later(connection: Connection) -> None:
    books = Books(connection)
    books.issue(ALICE, 100)
    taken = take_snapshot(connection, BOND, RECORD_DATE, CUT_OFF_MS, CUT_OFF_MS, "clerk")
    books.move(ALICE, BOB, 60)
    assert take_snapshot(connection, BOND, RECORD_DATE, CUT_OFF_MS, CUT_OFF_MS + 9, "another") == taken
    assert snapshot_of(connection, BOND, RECORD_DATE) == taken
    assert (taken.units, taken.taken_by, snapshot_dates(connection, BOND)) == (100, "clerk", [RECORD_DATE])


def test_a_snapshot_is_not_taken_early_nor_twice_with_another_cut_off(connection: Connection) -> None:
    Books(connection).issue(ALICE, 100)
    with pytest.raises(RecordDateNotOver):
        take_snapshot(connection, BOND, RECORD_DATE, CUT_OFF_MS, CUT_OFF_MS - 1, "clerk")
    with pytest.raises(SnapshotUnknown):
        snapshot_of(connection, BOND, RECORD_DATE)
    take_snapshot(connection, BOND, RECORD_DATE, CUT_OFF_MS, CUT_OFF_MS, "clerk")
    with pytest.raises(SnapshotExists):
        take_snapshot(connection, BOND, RECORD_DATE, CUT_OFF_MS - 1, CUT_OFF_MS, "clerk")


@pytest.mark.parametrize("change", [delete(snapshot_lines), update(snapshot_lines).values(units=101)])
def test_a_snapshot_whose_lines_were_changed_in_the_database_pays_nobody(
    connection: Connection, change: object
) -> None:
    Books(connection).issue(ALICE, 100)
    take_snapshot(connection, BOND, RECORD_DATE, CUT_OFF_MS, CUT_OFF_MS, "clerk")
    connection.execute(change)  # type: ignore[call-overload] # either statement
    with pytest.raises(RegisterAltered):
        snapshot_of(connection, BOND, RECORD_DATE)
