"""How fast the notary commits now: how long a refused requester should stay away, how long a batch may wait to fill.

Pure: fed with the sizes and times of the batches that were committed, on whatever clock the caller reads.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

REMEMBERED_BATCHES: Final = 32
FULL_ENOUGH: Final = 64
"""From here on a larger batch saves little; one this large never waits (spec 6.3: batches of at least 64)."""
MAX_LINGER_S: Final = 0.005
COLD_WAIT_S: Final = 0.05
"""Told for each batch ahead while nothing has been measured."""


@dataclass(frozen=True, slots=True)
class WaitEstimate:
    """Until the queue is empty if the coming batches take as long as the remembered ones: bounds and expectation."""

    at_least_s: float
    likely_s: float
    at_most_s: float


@dataclass(frozen=True, slots=True)
class _Batch:
    size: int
    duration_s: float
    since_previous_s: float


class Pace:
    """The newest batches, and what follows from them."""

    def __init__(self, max_batch: int) -> None:
        self._max_batch = max_batch
        self._batches: deque[_Batch] = deque(maxlen=REMEMBERED_BATCHES)
        self._last_end_s: float | None = None

    def committed(self, size: int, started_s: float, ended_s: float) -> None:
        """A batch of ``size`` requests was handed to the store and came back."""
        since = ended_s - (self._last_end_s if self._last_end_s is not None else started_s)
        self._batches.append(_Batch(size, ended_s - started_s, since))
        self._last_end_s = ended_s

    def time_to_drain(self, waiting: int, under_way_for_s: float | None = None) -> WaitEstimate:
        """When ``waiting`` queued requests will be done, after the batch that has been under way for so long already.

        Requests that come later are not counted: they stand behind.
        """
        batches = math.ceil(waiting / self._max_batch)
        durations = [batch.duration_s for batch in self._batches] or [COLD_WAIT_S]
        mean_s = sum(durations) / len(durations)
        low, likely, high = (batches * each for each in (min(durations), mean_s, max(durations)))
        if under_way_for_s is not None:
            low += max(0.0, min(durations) - under_way_for_s)
            likely += max(0.0, mean_s - under_way_for_s)
            high += max(0.0, max(durations) - under_way_for_s)
        return WaitEstimate(low, likely, high)

    def linger_s(self, waiting: int) -> float:
        """How long a batch of ``waiting`` requests should wait for more: 0 unless more are sure to come soon.

        Busy is who gets more than one request during a commit. It waits no longer than two commits take, so a lone
        request on an idle notary never waits and a busy one at most triples its time in the store.
        """
        if waiting >= min(FULL_ENOUGH, self._max_batch) or not self._batches:
            return 0.0
        elapsed_s = sum(batch.since_previous_s for batch in self._batches)
        if elapsed_s <= 0:
            return 0.0
        per_s = sum(batch.size for batch in self._batches) / elapsed_s
        commit_s = sum(batch.duration_s for batch in self._batches) / len(self._batches)
        if per_s * commit_s <= 1:
            return 0.0
        return min(MAX_LINGER_S, 2 * commit_s, (FULL_ENOUGH - waiting) / per_s)
