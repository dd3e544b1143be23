"""Who waits for the disk: the event loop while it is quick, a thread when it is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.node.storage.commit_pace import QUICK_S, REMEMBERED, CommitPace


def test_a_disk_is_quick_until_it_has_been_slow() -> None:
    assert CommitPace().is_quick


@given(st.lists(st.floats(0, QUICK_S * 0.99), max_size=200))
def test_a_disk_that_always_answers_in_time_stays_quick(took_s: list[float]) -> None:
    pace = CommitPace()
    for each in took_s:
        pace.note(each)
    assert pace.is_quick


@given(st.floats(QUICK_S * 1.1, 60.0))
def test_a_slow_disk_is_found_out_and_one_that_has_recovered_too(slow_s: float) -> None:
    pace = CommitPace()
    while pace.is_quick:
        pace.note(slow_s)
    for _ in range(16 * REMEMBERED):
        pace.note(QUICK_S / 10)
    assert pace.is_quick


def test_one_commit_that_hung_is_enough() -> None:
    pace = CommitPace()
    pace.note(REMEMBERED * QUICK_S)
    assert not pace.is_quick
