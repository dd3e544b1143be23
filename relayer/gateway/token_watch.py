"""Watches what is done to tokens that are held for trades, and tells it on the settlements it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from relayer.gateway.changes import alarms_seen
from relayer.gateway.ports import InterferenceSeen, SecuritiesSide
from relayer.gateway.store import Change, Fence, GatewayStore, unfenced

_log = structlog.get_logger(__name__)
_CURSOR: Final = "interference"


class TokenWatch:
    """One per follower. What was read is stored with the trades it was read for: after a kill it goes on."""

    def __init__(
        self, store: GatewayStore, securities: SecuritiesSide, now_s: Callable[[], int], fence: Fence = unfenced
    ) -> None:
        self._fence = fence
        self._store = store
        self._securities = securities
        self._now_s = now_s

    async def look(self) -> None:
        """Read on from where reading ended. Raises ``UnavailableError`` when the chain does not answer."""
        cursor = await asyncio.to_thread(self._store.cursor, _CURSOR)
        held = await asyncio.to_thread(self._store.held_trades)
        seen = await self._securities.interference(cursor, held)
        if seen.until == cursor:
            return
        for alarms in seen.acts.values():
            for alarm in alarms:
                _log.error("tokens of a trade were touched", name=alarm.name, tx=alarm.tx_id, detail=alarm.detail)
        now_s = self._now_s()
        changes = _changes(held.keys() | seen.held.keys(), seen, now_s)
        apply = self._store.apply_interference
        await asyncio.to_thread(apply, _CURSOR, seen.until, seen.held, changes, now_s, self._fence)


def _changes(trade_ids: set[bytes], seen: InterferenceSeen, now_s: int) -> list[tuple[bytes, Change]]:
    """For a trade that holds nothing any more nothing stands."""
    changes = []
    for trade_id in sorted(trade_ids):
        acts = seen.acts.get(trade_id, ())
        if trade_id not in seen.held:
            changes.append((trade_id, alarms_seen(acts, (), now_s)))
        elif acts or seen.standing is not None:
            standing = None if seen.standing is None else seen.standing.get(trade_id, ())
            changes.append((trade_id, alarms_seen(acts, standing, now_s)))
    return changes
