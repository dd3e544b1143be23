"""The end of the stream in memory: it never shows less than was committed, and says where it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from relayer.gateway.recent_events import MOST_RECENT, RecentEvents

NODES = frozenset({"cn-a"})


def row(number: int, seller: str = "cn-a", trade_id: bytes = b"t") -> Mapping[str, Any]:
    nodes = {"seller_node": seller, "buyer_node": "cn-b"}
    return {"id": number, "trade_id": trade_id, "settlement": b"%d" % number, "at_s": number, **nodes}


def numbers(recent: RecentEvents, after: int) -> list[int] | None:
    rows = recent.rows_after(after)
    return None if rows is None else [each["id"] for each in rows]


def test_nothing_is_known_before_anything_was_heard() -> None:
    recent = RecentEvents()
    assert recent.page(NODES, 0, None, 10) is None
    recent.heard_of(7)
    assert numbers(recent, 7) == []
    assert numbers(recent, 6) is None


def test_what_another_program_wrote_sends_readers_to_the_database() -> None:
    recent = RecentEvents()
    recent.add([row(1), row(2)])
    recent.heard_of(2)
    assert numbers(recent, 0) == [1, 2]
    recent.heard_of(3)
    assert numbers(recent, 2) is None
    recent.add([row(5)])
    assert (numbers(recent, 3), numbers(recent, 4)) == (None, [5])


def test_a_page_holds_what_concerns_its_reader_and_says_how_far_it_looked() -> None:
    recent = RecentEvents()
    recent.add([row(1), row(2, seller="cn-z"), row(3, trade_id=b"other"), row(4, seller="cn-z")])
    page = recent.page(NODES, 0, None, 10)
    assert page is not None
    assert ([event.number for event in page.events], page.reached) == ([1, 3], 4)
    first = recent.page(NODES, 0, None, 1)
    assert first is not None
    assert ([event.number for event in first.events], first.reached) == ([1], 1)
    of_trade = recent.page(NODES, 0, b"other", 10)
    assert of_trade is not None
    assert [event.number for event in of_trade.events] == [3]


def test_the_oldest_fall_out() -> None:
    recent = RecentEvents()
    for number in range(1, MOST_RECENT + 11):
        recent.add([row(number)])
    assert numbers(recent, 9) is None
    assert numbers(recent, 10) == list(range(11, MOST_RECENT + 11))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.randoms(use_true_random=False), st.data())
def test_however_late_commits_are_told_of_a_reader_misses_none(
    sizes: list[int], dice: Random, data: st.DataObject
) -> None:
    commits, at = [], 1
    for size in sizes:
        commits.append([row(number) for number in range(at, at + size)])
        at += size
    dice.shuffle(commits)
    recent, committed = RecentEvents(), 0
    for commit in commits:
        committed = max(committed, commit[-1]["id"])
        recent.add(commit)
        if data.draw(st.booleans()):
            recent.heard_of(committed)
        after = data.draw(st.integers(0, committed))
        found = numbers(recent, after)
        assert found is None or found == list(range(after + 1, committed + 1))
