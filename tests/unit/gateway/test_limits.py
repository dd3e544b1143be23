"""Token buckets: never more than the burst at once, never more than the rate over time, whatever the clock does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.gateway.access_errors import RateLimited, TooManyStreams
from relayer.gateway.limits import CallClass, Limiter
from relayer.gateway.tenants import Limits, Rate

SECOND = 1_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now_ns = 5 * SECOND

    def __call__(self) -> int:
        return self.now_ns


def taken(limiter: Limiter, limits: Limits, calls: int, call_class: CallClass = CallClass.CHANGE) -> int:
    """How many of so many calls are let in."""
    count = 0
    for _ in range(calls):
        try:
            limiter.take("broker-a", limits, call_class)
            count += 1
        except RateLimited:
            continue
    return count


def test_a_burst_is_let_in_and_then_the_rate() -> None:
    clock, limits = Clock(), Limits(changes=Rate(10, 20))
    limiter = Limiter(clock)
    assert taken(limiter, limits, 100) == 20
    clock.now_ns += SECOND
    assert taken(limiter, limits, 100) == 10


def test_who_is_refused_is_told_the_limit_and_how_long_to_wait() -> None:
    clock, limits = Clock(), Limits(changes=Rate(4, 1))
    limiter = Limiter(clock)
    limiter.take("broker-a", limits, CallClass.CHANGE)
    with pytest.raises(RateLimited, match="4 a second") as caught:
        limiter.take("broker-a", limits, CallClass.CHANGE)
    assert caught.value.retry_after_s == 0.25
    clock.now_ns += SECOND // 4 - 1
    assert taken(limiter, limits, 1) == 0
    clock.now_ns += 1
    assert taken(limiter, limits, 1) == 1


def test_reads_and_changes_and_platforms_do_not_use_up_each_others() -> None:
    limits = Limits(Rate(1, 1), Rate(1, 1))
    limiter = Limiter(Clock())
    limiter.take("broker-a", limits, CallClass.CHANGE)
    limiter.take("broker-a", limits, CallClass.STREAM)  # opening a stream is a read
    limiter.take("broker-b", limits, CallClass.CHANGE)
    with pytest.raises(RateLimited):
        limiter.take("broker-a", limits, CallClass.READ)


@given(
    per_s=st.integers(1, 1000),
    burst=st.integers(1, 1000),
    steps=st.lists(st.integers(-SECOND, SECOND), min_size=1, max_size=30),
)
def test_no_pattern_of_time_gets_more_than_burst_plus_rate(per_s: int, burst: int, steps: list[int]) -> None:
    clock, limits = Clock(), Limits(changes=Rate(per_s, burst))
    limiter = Limiter(clock)
    clock.now_ns += steps[0]
    start = latest = clock.now_ns  # of the first call: what a bucket counts from
    let_in = taken(limiter, limits, 40)
    for step in steps[1:]:
        clock.now_ns += step
        latest = max(latest, clock.now_ns)
        let_in += taken(limiter, limits, 40)
    assert let_in <= burst + (latest - start) * per_s // SECOND + 1


def test_streams_are_counted_while_they_are_open() -> None:
    limits, limiter = Limits(streams=2), Limiter(Clock())
    closing = [limiter.open_stream("broker-a", limits) for _ in range(2)]
    with pytest.raises(TooManyStreams, match="2 streams"):
        limiter.open_stream("broker-a", limits)
    limiter.open_stream("broker-b", limits)
    closing[0]()
    closing[0]()  # twice closes once
    assert limiter.streams_of("broker-a") == 1
    limiter.open_stream("broker-a", limits)
    with pytest.raises(TooManyStreams):
        limiter.open_stream("broker-a", limits)
