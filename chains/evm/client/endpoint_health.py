"""One endpoint's health as a circuit breaker keeps it: used, or set aside for a while, longer each time. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from chains.evm.errors import RateLimited
from primitives.errors import CrossDvpError


class EndpointState(Enum):
    """``UNCHECKED`` until its first check; ``BENCHED`` until its next try."""

    UNCHECKED = "unchecked"
    HEALTHY = "healthy"
    BENCHED = "benched"


@dataclass(frozen=True)
class BenchTimes:
    """How long an endpoint is set aside, in seconds: ``first_s`` after its first failure, doubling up to ``most_s``.

    Each pause is shortened by up to half, at random, so that several programs do not all come back at once.
    """

    first_s: float = 0.5
    most_s: float = 60.0

    def pause_s(self, failures: int, jitter: float) -> float:
        """After so many failures in a row (from 1 on); ``jitter`` in [0, 1)."""
        longest = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 16))
        return longest * (1.0 - jitter / 2)


@dataclass(frozen=True)
class EndpointHealth:
    """``since_s``: when it came into this state. ``reason`` and ``why``: of being benched; Unix seconds."""

    state: EndpointState = EndpointState.UNCHECKED
    since_s: float = 0.0
    reason: str = ""
    why: str = ""
    next_try_s: float = 0.0
    failures: int = 0

    def is_due(self, now_s: float) -> bool:
        """Whether it may be asked now."""
        return self.state is not EndpointState.BENCHED or now_s >= self.next_try_s

    def well(self, now_s: float) -> EndpointHealth:
        """It passed its check. Its failures are forgotten only when it has also served, see ``served``."""
        if self.state is EndpointState.HEALTHY:
            return self
        return EndpointHealth(EndpointState.HEALTHY, now_s, failures=self.failures)

    def served(self) -> EndpointHealth:
        """It gave an answer that was good: its next failure is the first one again."""
        return self if self.failures == 0 else replace(self, failures=0)

    def benched(self, failure: CrossDvpError, now_s: float, times: BenchTimes, jitter: float) -> EndpointHealth:
        """It failed: set aside, for as long as it asked if it asked for longer."""
        failures = self.failures + 1
        pause_s = times.pause_s(failures, jitter)
        if isinstance(failure, RateLimited):
            pause_s = max(pause_s, float(failure.retry_after_s))
        since_s = self.since_s if self.state is EndpointState.BENCHED else now_s
        return EndpointHealth(EndpointState.BENCHED, since_s, failure.reason, str(failure), now_s + pause_s, failures)


@dataclass(frozen=True)
class EndpointStatus:
    """What a person asks about an endpoint: ``url`` without the keys providers put into it; ``head`` 0 if unknown."""

    url: str
    health: EndpointHealth
    head: int
