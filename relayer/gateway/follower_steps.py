"""What the follower does itself, one task a settlement: the lock, the cancellation, the question to the token."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.plan import retry_delay_s
from relayer.gateway.changes import attempt_failed, is_return_due, observe, obstacle_seen
from relayer.gateway.crash_points import Crash, GatewayCrashPoint, unharmed
from relayer.gateway.errors import ClockAhead
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Settlement
from relayer.gateway.ports import CashSide, EarmarkEvidence, SecuritiesSide
from relayer.gateway.schedule import is_held_back
from relayer.gateway.settlement_writes import Change

_log = structlog.get_logger(__name__)
_OWED = {SettlementState.PAID, SettlementState.DELIVERY_BLOCKED}


@dataclass(frozen=True)
class FollowerSettings:
    """``most_open``: settlements looked at in one round; ``poll_interval_s``: pause between rounds.

    ``ask_token_every_s``: pause between two questions whether the token takes what it owes. ``most_reads``: questions
    to custodian nodes at a time, each about ``most_a_read`` trades; ``most_under_way``: steps at a time.
    ``uncertain_after_s``: a ledger that has not answered for so long leaves settlements in doubt. ``rounds_a_probe``:
    in so many rounds it is asked once for nothing but whether it answers. ``crash``: for kill tests.
    """

    poll_interval_s: float
    most_open: int = 500
    ask_token_every_s: int = 5
    most_reads: int = 16
    most_a_read: int = 100
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

    def tells_of(self, settlement: Settlement) -> bool:
        """Whether a step for it runs, or is about to, from which will be known what a look would show."""
        if settlement.trade_id in self._under_way:
            return True
        return settlement.state is SettlementState.EARMARKED and self._is_lock_due(settlement, self._now_s())

    def forget(self, trade_id: bytes) -> None:
        """It is at its end."""
        self._token_asked_s.pop(trade_id, None)

    async def stop(self) -> None:
        """End what runs; it is idempotent, and begun again by whoever follows next."""
        tasks = set(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start_due(self, settlements: Sequence[Settlement]) -> frozenset[bytes]:
        """Start each one's next step if it is due, in this order; gives those for which there was no room now.

        Locks that one custodian node makes, of earmarks that one adapter keeps, are asked for together.
        """
        left_out: set[bytes] = set()
        locks: dict[tuple[str, bytes], list[Settlement]] = defaultdict(list)
        room, now_s = self._settings.most_under_way - len(self._under_way), self._now_s()
        for settlement in settlements:
            is_lock_due = self._is_lock_due(settlement, now_s)
            step = None if is_lock_due else self._step_of(settlement, now_s)
            if step is None and not is_lock_due:
                continue
            if room <= 0:
                left_out.add(settlement.trade_id)
                continue
            room -= 1
            if step is not None:
                self._start([settlement], self._attempted(settlement, step))
            else:
                terms = settlement.terms
                locks[terms.cash.buyer.node, bytes(terms.security.adapter)].append(settlement)
        for group in locks.values():
            self._start(group, self._lock_all(group))
        return frozenset(left_out)

    def _may_start(self, settlement: Settlement, now_s: int) -> bool:
        waiting = settlement.waiting
        return settlement.trade_id not in self._under_way and waiting is not None and waiting.next_attempt_s <= now_s

    def _is_lock_due(self, settlement: Settlement, now_s: int) -> bool:
        return (
            settlement.state is SettlementState.EARMARKED
            and now_s < settlement.terms.lock_by_s
            and not is_held_back(settlement, now_s)
            and self._may_start(settlement, now_s)
        )

    def _step_of(self, settlement: Settlement, now_s: int) -> Callable[[], Coroutine[None, None, None]] | None:
        """A step of its own: all but the lock."""
        if not self._may_start(settlement, now_s):
            return None
        state = settlement.state
        if state in {SettlementState.MATCHED, SettlementState.EARMARKED} and now_s >= settlement.terms.lock_by_s:
            return partial(self._cancel, settlement)  # a hold does not keep an earmark locked up for ever
        is_owed = state in _OWED or is_return_due(settlement, now_s)
        return partial(self._ask_token, settlement) if is_owed and self._is_token_due(settlement) else None

    def _is_token_due(self, settlement: Settlement) -> bool:
        asked_s, waiting = self._token_asked_s.get(settlement.trade_id), settlement.waiting
        if asked_s is None or (waiting is not None and waiting.retry_asked_s > asked_s):
            return True
        return self._now_s() >= asked_s + self._settings.ask_token_every_s

    async def _ask_token(self, settlement: Settlement) -> None:
        self._token_asked_s[settlement.trade_id] = self._now_s()
        returns = is_return_due(settlement, self._now_s())
        obstacle = await self._securities.obstacle(settlement.terms, Side.SELLER if returns else Side.BUYER)
        # asked afterwards: what has left the adapter meanwhile is missing there, and nothing is in its way any more
        for ended in await self._securities.end_sightings(settlement.trade_id):
            await self._change(settlement.trade_id, observe(ended))
            obstacle = ""
        await self._change(settlement.trade_id, obstacle_seen(obstacle))
        if obstacle:
            what = "return blocked" if returns else "delivery blocked"
            _log.error(what, settlement=settlement.name, obstacle=obstacle)

    async def _lock_all(self, group: Sequence[Settlement]) -> None:
        """One header for all of them, and one question for their proofs; then each lock by itself."""
        terms = group[0].terms
        node, adapter = terms.cash.buyer.node, bytes(terms.security.adapter)
        try:
            trusted = await self._cash.trusted_height()
            trade_ids = [settlement.trade_id for settlement in group]
            evidence = await self._securities.earmark_evidence(adapter, trade_ids, trusted)
            await self._cash.bring_header(node, evidence[0])
        except CrossDvpError as failure:
            for settlement in group:
                await self._say(settlement, failure)
            return
        pairs = zip(group, evidence, strict=True)
        locks = (self._attempted(each, partial(self._lock, each, proof)) for each, proof in pairs)
        for defect in await asyncio.gather(*locks, return_exceptions=True):  # of one, told when the others are through
            if defect is not None:
                raise defect

    async def _lock(self, settlement: Settlement, evidence: EarmarkEvidence) -> None:
        attempts = settlement.waiting.attempts if settlement.waiting else 0
        self._settings.crash(GatewayCrashPoint.BEFORE_LOCK)
        shown = await self._cash.lock(settlement.terms, evidence, attempts)
        self._settings.crash(GatewayCrashPoint.AFTER_LOCK)
        await self._change(settlement.trade_id, observe(shown))

    async def _cancel(self, settlement: Settlement) -> None:
        """Lock-by has passed when a ledger's clock says so: this machine's may be fast, and cancel good trades."""
        chain_s = await self._securities.time_s()
        if chain_s < settlement.terms.lock_by_s:
            raise ClockAhead(settlement.terms.lock_by_s, chain_s, self._now_s())
        self._settings.crash(GatewayCrashPoint.BEFORE_CANCEL)
        await self._cash.cancel(settlement.terms)
        self._settings.crash(GatewayCrashPoint.AFTER_CANCEL)
        await self._read_trade(settlement)

    def _start(self, settlements: Sequence[Settlement], work: Coroutine[None, None, None]) -> None:
        trade_ids = [settlement.trade_id for settlement in settlements]
        task = asyncio.create_task(self._ended(trade_ids, work), name=settlements[0].name)
        self._under_way.update(dict.fromkeys(trade_ids, task))

    async def _ended(self, trade_ids: Sequence[bytes], work: Coroutine[None, None, None]) -> None:
        try:
            await work
        finally:
            for trade_id in trade_ids:
                if self._under_way.get(trade_id) is asyncio.current_task():  # one may be in its next step
                    del self._under_way[trade_id]

    async def _attempted(self, settlement: Settlement, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except CrossDvpError as failure:
            await self._say(settlement, failure)
        finally:
            self._under_way.pop(settlement.trade_id, None)

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
