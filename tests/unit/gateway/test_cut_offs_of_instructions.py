"""Business days and cut-offs, as an instruction meets them: days of the exchange, times of day in Japan."""

from __future__ import annotations

from datetime import datetime

import pytest

from chains.business_calendar import JST, CutOff
from relayer.gateway.cut_offs import CutOffs, LedgerCutOffs, parsed_day
from relayer.gateway.errors import BadRequest, NotABusinessDay, PastCutOff
from relayer.gateway.settlement_config import CutOffSection, cut_offs_of
from tests.fakes.settlement_terms import some_terms

LEDGER = "progmat-test"
CUT_OFFS = CutOffs({LEDGER: LedgerCutOffs(CutOff.parse("15:00"), CutOff.parse("15:30"))})


def at(text: str) -> int:
    """Unix seconds of a time in Japan."""
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=JST).timestamp())


def check(lock_by: str, now: str, intended_day: str = "", cut_offs: CutOffs = CUT_OFFS) -> None:
    cut_offs.check(some_terms(lock_by_s=at(lock_by)), intended_day, at(now))


def test_the_last_second_before_each_cut_off_is_in_time_and_the_next_one_is_not() -> None:
    check("2026-04-01 15:29:59", "2026-04-01 14:59:59")
    with pytest.raises(PastCutOff, match="2026-04-01 15:30 JST"):
        check("2026-04-01 15:30:00", "2026-04-01 14:59:59")
    with pytest.raises(PastCutOff, match="settle today is 2026-04-01 15:00 JST"):
        check("2026-04-01 15:29:59", "2026-04-01 15:00:00")


def test_an_instruction_for_a_later_day_may_come_at_any_hour() -> None:
    check("2026-04-02 10:00:00", "2026-04-01 23:59:59")
    check("2026-04-02 10:00:00", "2026-04-02 00:00:00")


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-01-01", "2026-01-05"),  # new year, its bank holidays, a weekend
        ("2026-05-04", "2026-05-07"),  # Greenery Day, Children's Day, a substitute holiday
        ("2026-09-22", "2026-09-24"),  # between two holidays, so one itself
        ("2026-12-31", "2027-01-04"),
        ("2026-07-18", "2026-07-21"),  # Saturday, then Marine Day
    ],
)
def test_on_a_day_without_trading_nothing_settles_and_the_next_day_is_named(day: str, following: str) -> None:
    with pytest.raises(NotABusinessDay, match=following):
        check(f"{day} 10:00:00", f"{day} 09:00:00")
    check(f"{following} 10:00:00", f"{day} 09:00:00")


def test_a_ledger_without_cut_offs_settles_at_any_time() -> None:
    check("2026-01-01 23:00:00", "2026-01-01 22:00:00", cut_offs=CutOffs())


def test_the_intended_day_is_the_day_of_lock_by_in_japan_whatever_day_it_is_elsewhere() -> None:
    check("2026-04-02 00:30:00", "2026-04-01 10:00:00", "2026-04-02")  # still the first of April in Greenwich
    with pytest.raises(BadRequest, match="the day of lock_by in Japan, 2026-04-02"):
        check("2026-04-02 00:30:00", "2026-04-01 10:00:00", "2026-04-01", CutOffs())


@pytest.mark.parametrize(
    "text", ["2026-4-1", "20260401", "2026-02-30", "tomorrow", "2026-W14-3", "\u0662026-04-01", "2026-04-01 "]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="YYYY-MM-DD"):
        parsed_day(text)


def test_the_configuration_is_read_as_it_is_written() -> None:
    section = CutOffSection.model_validate({"instruction": "15:00", "lock": "15:30"})
    assert cut_offs_of({LEDGER: section}) == CUT_OFFS
    with pytest.raises(ValueError, match="HH:MM"):
        CutOffSection.model_validate({"instruction": "3 pm", "lock": "15:30"})
