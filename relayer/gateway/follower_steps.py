"""What the follower does itself, one task a settlement: the lock, the cancellation, the question to the token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

import structlog

from ibc.dvp import SettlementTerms
from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.plan import retry_delay_s
from relayer.gateway.changes import attempt_failed, is_return_due, obstacle_seen
from relayer.gateway.crash_points import Crash, GatewayCrashPoint, unharmed
from relayer.gateway.errors import ClockAhead
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Settlement
from relayer.gateway.ports import CashSide, SecuritiesSide
from relayer.gateway.schedule import is_held_back
from relayer.gateway.settlement_writes import Change

_log = structlog.get_logger(__name__)
_OWED = {SettlementState.PAID, SettlementState.DELIVERY_BLOCKED}


@dataclass(frozen=True)
class FollowerSettings:
    """``most_open``: settlements looked at in one round; ``poll_interval_s``: pause between rounds.

    ``ask_token_every_s``: pause between two questions whether the token takes what it owes. ``most_reads``: trades
    about which a ledger is asked at a time; ``most_under_way``: steps at a time. ``uncertain_after_s``: a ledger that
    has not answered for so long leaves settlements in doubt. ``rounds_a_probe``: in so many rounds it is asked once for
    nothing but whether it answers. ``crash``: for kill tests.
    """

    poll_interval_s: float
    most_open: int = 500
    ask_token_every_s: int = 5
    most_reads: int = 16
    most_under_way: int = 64
    uncertain_after_s: int = 60
    rounds_a_probe: int = 10
    crash: Crash = unharmed


class LedgerSteps:
    """One per follower. ``change`` and ``read_trade`` are the follower's."""

    def __init__(
        self,
        securities: SecuritiesSide,
        cash: CashSide,
        settings: FollowerSettings,
        now_s: Callable[[], int],
        change: Callable[[bytes, Change], Awaitable[None]],
        read_trade: Callable[[Settlement], Awaitable[None]],
    ) -> None:
        self._securities = securities
        self._cash = cash
        self._settings = settings
        self._now_s = now_s
        self._change = change
        self._read_trade = read_trade
        self._under_way: dict[bytes, asyncio.Task[None]] = {}
        self._token_asked_s: dict[bytes, int] = {}

    def is_under_way(self, settlement: Settlement) -> bool:
        """A step for it runs."""
        return settlement.trade_id in self._under_way

    def forget(self, trade_id: bytes) -> None:
        """It is at its end."""
        self._token_asked_s.pop(trade_id, None)

    async def stop(self) -> None:
        """End what runs; it is idempotent, and begun again by whoever follows next."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start_due(self, settlement: Settlement) -> bool:
        """Start the settlement's next step if it is due; False if there is no room for it now."""
        waiting, now_s = settlement.waiting, self._now_s()
        if settlement.trade_id in self._under_way or waiting is None or waiting.next_attempt_s > now_s:
            return True
        step = self._step_of(settlement, now_s)
        if step is None:
            return True
        if len(self._under_way) >= self._settings.most_under_way:
            return False
        self._start(settlement, step())
        return True

    def _step_of(self, settlement: Settlement, now_s: int) -> Callable[[], Coroutine[None, None, None]] | None:
        state, terms = settlement.state, settlement.terms
        if state in {SettlementState.MATCHED, SettlementState.EARMARKED} and now_s >= terms.lock_by_s:
            return lambda: self._cancel(terms)  # a hold does not keep an earmark locked up for ever
        if state is SettlementState.EARMARKED and not is_held_back(settlement, now_s):
            return lambda: self._lock(settlement)
        is_owed = state in _OWED or is_return_due(settlement, now_s)
        return (lambda: self._ask_token(settlement)) if is_owed and self._is_token_due(settlement) else None

    def _is_token_due(self, settlement: Settlement) -> bool:
        asked_s, waiting = self._token_asked_s.get(settlement.trade_id), settlement.waiting
        if asked_s is None or (waiting is not None and waiting.retry_asked_s > asked_s):
            return True
        return self._now_s() >= asked_s + self._settings.ask_token_every_s

    async def _ask_token(self, settlement: Settlement) -> None:
        self._token_asked_s[settlement.trade_id] = self._now_s()
        returns = is_return_due(settlement, self._now_s())
        obstacle = await self._securities.obstacle(settlement.terms, Side.SELLER if returns else Side.BUYER)
        await self._change(settlement.trade_id, obstacle_seen(obstacle))
        if obstacle:
            what = "return blocked" if returns else "delivery blocked"
            _log.error(what, settlement=settlement.name, obstacle=obstacle)

    async def _lock(self, settlement: Settlement) -> None:
        trusted = await self._cash.trusted_height()
        evidence = await self._securities.earmark_evidence(settlement.trade_id, trusted)
        self._settings.crash(GatewayCrashPoint.BEFORE_LOCK)
        await self._cash.lock(settlement.terms, evidence)
        self._settings.crash(GatewayCrashPoint.AFTER_LOCK)

    async def _cancel(self, terms: SettlementTerms) -> None:
        """Lock-by has passed when a ledger's clock says so: this machine's may be fast, and cancel good trades."""
        chain_s = await self._securities.time_s()
        if chain_s < terms.lock_by_s:
            raise ClockAhead(terms.lock_by_s, chain_s, self._now_s())
        self._settings.crash(GatewayCrashPoint.BEFORE_CANCEL)
        await self._cash.cancel(terms)
        self._settings.crash(GatewayCrashPoint.AFTER_CANCEL)

    def _start(self, settlement: Settlement, step: Coroutine[None, None, None]) -> None:
        async def attempt() -> None:
            try:
                await step
                await self._read_trade(settlement)
            except CrossDvpError as failure:
                await self._say(settlement, failure)
            finally:
                self._under_way.pop(settlement.trade_id, None)

        self._under_way[settlement.trade_id] = asyncio.create_task(attempt(), name=settlement.name)

    async def _say(self, settlement: Settlement, failure: CrossDvpError) -> None:
        """The attempt is told on the settlement; if that fails too, it is in the log, and the step is due again."""
        attempts = settlement.waiting.attempts if settlement.waiting else 0
        pause_s = retry_delay_s(attempts, first_s=1.0, most_s=15.0)
        error = f"{failure.reason}: {failure}"
        report = _log.info if isinstance(failure, UnavailableError) else _log.warning
        report("attempt failed", settlement=settlement.name, error=error, retry_in_s=pause_s)
        try:
            next_s = self._now_s() + max(1, round(pause_s))
            await self._change(settlement.trade_id, attempt_failed(error, next_s))
        except CrossDvpError as untold:
            _log.warning("attempt not told", settlement=settlement.name, error=f"{untold.reason}: {untold}")
