"""How fast the notary commits now: how long a refused requester should stay away.

Pure: fed with the times of the batches that were committed, on whatever clock the caller reads.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

REMEMBERED_BATCHES: Final = 32
COLD_WAIT_S: Final = 0.05
"""Told for each batch ahead while nothing has been measured."""


@dataclass(frozen=True, slots=True)
class WaitEstimate:
    """Until the queue is empty if the coming batches take as long as the remembered ones: bounds and expectation."""

    at_least_s: float
    likely_s: float
    at_most_s: float


class Pace:
    """The newest batches, and what follows from them."""

    def __init__(self, max_batch: int) -> None:
        self._max_batch = max_batch
        self._durations_s: deque[float] = deque(maxlen=REMEMBERED_BATCHES)

    def committed(self, duration_s: float) -> None:
        """A batch was handed to the store and came back so much later."""
        self._durations_s.append(duration_s)

    def time_to_drain(self, waiting: int, under_way_for_s: float | None = None) -> WaitEstimate:
        """When ``waiting`` queued requests will be done, after the batch that has been under way for so long already.

        Requests that come later are not counted: they stand behind.
        """
        batches = math.ceil(waiting / self._max_batch)
        durations = self._durations_s or [COLD_WAIT_S]
        mean_s = sum(durations) / len(durations)
        low, likely, high = (batches * each for each in (min(durations), mean_s, max(durations)))
        if under_way_for_s is not None:
            low += max(0.0, min(durations) - under_way_for_s)
            likely += max(0.0, mean_s - under_way_for_s)
            high += max(0.0, max(durations) - under_way_for_s)
        return WaitEstimate(low, likely, high)
