"""When which settlement is to be looked at: what nothing happens to costs nothing."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from relayer.gateway.cut_offs import begin_of_day_s
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.model import Settlement

FRESH_S: Final = 30
"""So long after a change a settlement is looked at in every round."""
SELDOM_S: Final = 60
"""Between two looks at a settlement that waits for people; what they do on the EVM chain is told by its events."""
CALM_S: Final = 2
"""Between two looks at what is fresh and told of otherwise: by the gateway's own step, or by the EVM chain's events."""
_TOLD_OTHERWISE: Final = {SettlementState.EARMARKED, SettlementState.LOCKED, SettlementState.PAID}
_MOST_PAUSE_S, _OWED_PAUSE_S, _PATIENCE = 30, 5, 8
_OWED: Final = {SettlementState.PAID, SettlementState.DELIVERY_BLOCKED, SettlementState.RETURN_BLOCKED}


@dataclass
class Schedule:
    """Trades by the time at which each is due; one time a trade. Memory grows with the trades that are open."""

    _due_s: dict[bytes, int] = field(default_factory=dict)
    _heap: list[tuple[int, bytes]] = field(default_factory=list)

    def put(self, trade_id: bytes, at_s: int) -> None:
        """Look at a trade at that time, instead of when it was due before."""
        if self._due_s.get(trade_id) != at_s:
            self._due_s[trade_id] = at_s
            heapq.heappush(self._heap, (at_s, trade_id))

    def drop(self, trade_ids: Iterable[bytes]) -> None:
        """Not any more."""
        for trade_id in trade_ids:
            self._due_s.pop(trade_id, None)

    def take(self, now_s: int, most: int) -> list[bytes]:
        """The trades that are due, longest due first; none of them is due again until it is put again."""
        due: list[bytes] = []
        while self._heap and self._heap[0][0] <= now_s and len(due) < most:
            at_s, trade_id = heapq.heappop(self._heap)
            if self._due_s.get(trade_id) == at_s:
                del self._due_s[trade_id]
                due.append(trade_id)
        return due

    def __len__(self) -> int:
        return len(self._due_s)


def next_look_s(settlement: Settlement, now_s: int) -> int:
    """When an open settlement that was just looked at is looked at again, if no event tells of it before."""
    waiting = settlement.waiting
    since_s = waiting.since_s if waiting else settlement.updated_s
    if settlement.state is SettlementState.MATCHED or is_held_back(settlement, now_s):
        wakes = [now_s + SELDOM_S, settlement.terms.lock_by_s]
        if settlement.intended_day:
            wakes.append(begin_of_day_s(settlement.intended_day))
        if waiting and waiting.next_attempt_s:
            wakes.append(waiting.next_attempt_s)
        return min([at_s for at_s in wakes if at_s > now_s])
    if now_s - since_s < FRESH_S:
        return _calm(settlement, now_s) if settlement.state in _TOLD_OTHERWISE else now_s
    most_s = _OWED_PAUSE_S if settlement.state in _OWED else _MOST_PAUSE_S
    at_s = now_s + max(1, min(most_s, (now_s - since_s) // _PATIENCE))
    return _no_later_than_its_attempt(settlement, at_s, now_s)


def first_look_s(settlement: Settlement, now_s: int) -> int:
    """When an open settlement that has just changed is looked at: at once, unless nothing can follow so soon.

    A lock is followed by what the EVM chain does with its packet, or by the packet's time-out.
    """
    is_calm = settlement.state is SettlementState.LOCKED and now_s < settlement.terms.settle_by_s
    return _calm(settlement, now_s) if is_calm else now_s


def _calm(settlement: Settlement, now_s: int) -> int:
    return _no_later_than_its_attempt(settlement, now_s + CALM_S, now_s)


def _no_later_than_its_attempt(settlement: Settlement, at_s: int, now_s: int) -> int:
    waiting = settlement.waiting
    return min(at_s, waiting.next_attempt_s) if waiting and waiting.next_attempt_s > now_s else at_s


def is_held_back(settlement: Settlement, now_s: int) -> bool:
    """Nothing is started for it now: a side is on hold, or its day has not begun."""
    day = settlement.intended_day
    return bool(settlement.held_sides) or bool(day and begin_of_day_s(day) > now_s)
