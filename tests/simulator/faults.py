"""What goes wrong on machines, how often, and when it stops."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.simulator.disk import CommitFate
from tests.simulator.network import Weather


@dataclass(frozen=True)
class Mishaps:
    """Probabilities for each batch that a disk writes, and how wrong clocks are. The default: nothing goes wrong."""

    lost: float = 0.0
    untold: float = 0.0
    crash_before: float = 0.0
    crash_after: float = 0.0
    least_down_s: float = 0.01
    most_down_s: float = 20.0
    most_skew_ms: int = 0

    def fate(self, chance: random.Random) -> CommitFate:
        """Of one batch."""
        drawn = chance.random()
        for probability, fate in (
            (self.lost, CommitFate.LOST),
            (self.untold, CommitFate.UNTOLD),
            (self.crash_before, CommitFate.CRASH_BEFORE),
            (self.crash_after, CommitFate.CRASH_AFTER),
        ):
            if drawn < probability:
                return fate
            drawn -= probability
        return CommitFate.KEPT


CALM = Mishaps()


@dataclass(frozen=True)
class Climate:
    """How a schedule is while it lasts: each schedule draws one."""

    weather: Weather
    mishaps: Mishaps
    crashes: int
    """Processes killed at random moments, besides those that die at a commit."""
    partitions: int
    lasts_s: float

    @classmethod
    def drawn(cls, chance: random.Random) -> Climate:
        """From quiet to rough. A fault that every schedule had would hide what happens without it."""

        def some(most: float) -> float:
            return chance.random() ** 2 * most if chance.random() < 0.5 else 0.0

        weather = Weather(
            most_s=chance.choice((0.005, 0.05, 0.5)),
            slow=some(0.3),
            slow_s=chance.choice((2.0, 8.0, 30.0)),
            lose_request=some(0.4),
            lose_answer=some(0.4),
            half_open=chance.choice((0.0, 0.3, 1.0)),
            duplicate=some(0.5),
            replay=some(0.5),
            cut_off=some(0.3),
        )
        mishaps = Mishaps(
            lost=some(0.2),
            untold=some(0.2),
            crash_before=some(0.1),
            crash_after=some(0.1),
            most_skew_ms=chance.choice((0, 50, 2_000)),
        )
        return cls(
            weather=weather,
            mishaps=mishaps,
            crashes=chance.choice((0, 0, 1, 2, 4)),
            partitions=chance.choice((0, 0, 1, 3)),
            lasts_s=chance.choice((2.0, 15.0, 200.0)),
        )
