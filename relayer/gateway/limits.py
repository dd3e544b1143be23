"""How much a platform may ask: token buckets by platform and class of call, and open streams. The clock is an argument.

Integers throughout: a bucket counts what it holds in billionths of a call, on a clock of nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from relayer.gateway.access_errors import RateLimited, TooManyStreams
from relayer.gateway.tenants import Limits, Rate

_NANO: Final = 1_000_000_000
STRANGERS: Final = Limits(Rate(50, 100), Rate(50, 100), 16)
"""All callers together whose certificates are good and whose names are not listed: health checkers, and the curious."""
STRANGER: Final = ""


class CallClass(Enum):
    """What a call costs."""

    READ = "read"
    CHANGE = "change"
    STREAM = "stream"


@dataclass(frozen=True)
class Bucket:
    """A token bucket at one moment: what it held (billionths of a call) at a time (nanoseconds)."""

    held: int
    at_ns: int

    def refilled(self, rate: Rate, now_ns: int) -> Bucket:
        """The bucket now; a clock that went back adds nothing."""
        gained = max(0, now_ns - self.at_ns) * rate.per_s
        return Bucket(min(rate.burst * _NANO, self.held + gained), max(self.at_ns, now_ns))

    def taken(self) -> Bucket | None:
        """The bucket without one call; None if it holds less."""
        return None if self.held < _NANO else Bucket(self.held - _NANO, self.at_ns)

    def wait_ns(self, rate: Rate) -> int:
        """Nanoseconds until it holds a whole call."""
        return max(0, -((self.held - _NANO) // rate.per_s))


class Limiter:
    """Every platform's buckets and streams in this process; several instances of a gateway each allow as much."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._buckets: dict[tuple[str, CallClass], Bucket] = {}
        self._streams: dict[str, int] = {}

    def take(self, platform: str, limits: Limits, call_class: CallClass) -> None:
        """Count a call; opening a stream is a read. Raises ``RateLimited``, and counts nothing then."""
        counted = CallClass.CHANGE if call_class is CallClass.CHANGE else CallClass.READ
        rate = limits.changes if counted is CallClass.CHANGE else limits.reads
        now_ns = self._now_ns()
        key = (platform, counted)
        full = Bucket(rate.burst * _NANO, now_ns)
        bucket = self._buckets.get(key, full).refilled(rate, now_ns)
        after = bucket.taken()
        self._buckets[key] = bucket if after is None else after
        if after is None:
            wait_s = bucket.wait_ns(rate) / _NANO
            raise RateLimited(platform, counted.value, rate.per_s, rate.burst, wait_s)

    def open_stream(self, platform: str, limits: Limits) -> Callable[[], None]:
        """Count an open stream; returns what ends it, which may be called twice. Raises ``TooManyStreams``."""
        streams = self._streams.get(platform, 0)
        if streams >= limits.streams:
            raise TooManyStreams(platform, limits.streams)
        self._streams[platform] = streams + 1
        is_open = [True]

        def close() -> None:
            if is_open:
                is_open.clear()
                self._streams[platform] -= 1

        return close

    def streams_of(self, platform: str) -> int:
        """How many are open."""
        return self._streams.get(platform, 0)
