"""Watches what is done to tokens that are held for trades, and tells it on the settlements it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from relayer.gateway.changes import alarms_seen
from relayer.gateway.crash_points import Crash, GatewayCrashPoint, unharmed
from relayer.gateway.ports import HeldTrades, InterferenceSeen, SecuritiesSide
from relayer.gateway.store import Change, Fence, GatewayStore, unfenced

_log = structlog.get_logger(__name__)
_CURSOR: Final = "interference"
STANDING_EVERY_S: Final = 5
"""Between two questions to adapters where nothing stands and no block shows an act: of a pause no event tells."""


@dataclass(frozen=True)
class Held:
    """The trades for which tokens are held after block ``until``."""

    until: int
    trades: HeldTrades


class TokenWatch:
    """One per follower. What was read is stored with the trades it was read for: after a kill it goes on.

    It is remembered here, too, until a write fails or ``forget`` is called: another instance may have gone on.
    """

    def __init__(
        self,
        store: GatewayStore,
        securities: SecuritiesSide,
        now_s: Callable[[], int],
        fence: Fence = unfenced,
        crash: Crash = unharmed,
    ) -> None:
        self._crash = crash
        self._fence = fence
        self._store = store
        self._securities = securities
        self._now_s = now_s
        self._held: Held | None = None
        self._asked_s = -STANDING_EVERY_S
        self._stands = False

    def forget(self) -> None:
        """Somebody else watches now."""
        self._held = None

    def is_behind(self, block: int) -> bool:
        """Whether blocks up to one were not read yet, as far as is known."""
        return self._held is None or self._held.until < block

    def holds_nothing_for(self, trade_id: bytes, block: int) -> bool:
        """Whether no tokens were held for a trade at a block, as far as was read; False where that is not known."""
        return self._held is not None and self._held.until >= block and trade_id not in self._held.trades

    async def look(self) -> None:
        """Read on from where reading ended. Raises ``UnavailableError`` when the chain does not answer."""
        held = await asyncio.to_thread(self._stored) if self._held is None else self._held
        self._held = None
        now_s = self._now_s()
        asks = self._stands or abs(now_s - self._asked_s) >= STANDING_EVERY_S
        seen = await self._securities.interference(held.until, held.trades, asks=asks)
        if seen.standing is not None:
            self._asked_s, self._stands = now_s, any(seen.standing.values())
        if seen.until != held.until:
            self._crash(GatewayCrashPoint.AFTER_TOKENS_READ)
            await self._tell(held.trades, seen)
            self._crash(GatewayCrashPoint.AFTER_TOKENS_STORED)
        self._held = Held(seen.until, seen.held)

    def _stored(self) -> Held:
        return Held(self._store.cursor(_CURSOR), self._store.held_trades())

    async def _tell(self, held: HeldTrades, seen: InterferenceSeen) -> None:
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
