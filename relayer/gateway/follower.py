"""Follows settlements on both ledgers; takes the gateway's two steps: ask for the lock, or cancel.

Where securities lead it takes none before lock-by: the relayer brings the packet. It asks, though, whether the token
would take a delivery that is paid for, and raises the alarm when not. Nothing it does is needed for safety. It may be
killed anywhere: cursors and settlements are in the store, and every step it takes is idempotent on the ledger (a trade
id is spent once).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

import structlog

from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.plan import retry_delay_s
from relayer.gateway.changes import Sighting, attempt_failed, observe, obstacle_seen
from relayer.gateway.lifecycle import ImpossibleSettlementEvent, SettlementEvent, SettlementState
from relayer.gateway.model import Settlement
from relayer.gateway.ports import CashSide, SecuritiesSide
from relayer.gateway.store import Change, GatewayStore
from relayer.gateway.token_watch import TokenWatch

_log = structlog.get_logger(__name__)
_EVM_CURSOR = "evm"
_OWED = {SettlementState.PAID, SettlementState.DELIVERY_BLOCKED}
_ENDS_ON_EVM = {SettlementEvent.SECURITIES_DELIVERED, SettlementEvent.SECURITIES_RETURNED}


@dataclass(frozen=True)
class FollowerSettings:
    """``most_open``: settlements looked at in one round; ``poll_interval_s``: pause between rounds.

    ``ask_token_every_s``: pause between two questions whether the token takes a delivery that is paid for.
    """

    poll_interval_s: float
    most_open: int = 500
    ask_token_every_s: int = 5


class Follower:
    """One per gateway process."""

    def __init__(
        self,
        store: GatewayStore,
        securities: SecuritiesSide,
        cash: CashSide,
        settings: FollowerSettings,
        now_s: Callable[[], int],
    ) -> None:
        self._store = store
        self._securities = securities
        self._cash = cash
        self._settings = settings
        self._now_s = now_s
        self._token_watch = TokenWatch(store, securities, now_s)
        self._under_way: dict[bytes, asyncio.Task[None]] = {}
        self._token_asked_s: dict[bytes, int] = {}
        self._rounds = 0
        self.last_error = ""

    @property
    def is_well(self) -> bool:
        """Both ledgers answered in the latest round."""
        return self._rounds > 0 and not self.last_error

    async def run(self, stopping: asyncio.Event) -> None:
        """Rounds until ``stopping``; a ledger that is away is waited for, and said in ``last_error``."""
        failures = 0
        while not stopping.is_set():
            try:
                await self.round()
                failures, self.last_error = 0, ""
                self._rounds += 1
            except CrossDvpError as failure:
                failures += 1
                self.last_error = f"{failure.reason}: {failure}"
                _log.warning("round failed", error=self.last_error, failures=failures)
            pause_s = self._settings.poll_interval_s
            try:
                await asyncio.wait_for(
                    stopping.wait(), retry_delay_s(failures - 1, first_s=pause_s, most_s=5.0) if failures else pause_s
                )
            except TimeoutError:
                continue
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def round(self) -> None:
        """Read both ledgers once, then start what is due.

        A node that is away holds up only what needs it; the first failure is raised when all else is done.
        """
        failures = [await _failure_of(self._read_evm())]
        known = await asyncio.to_thread(self._store.open_settlements, self._settings.most_open)
        still_open = {settlement.trade_id for settlement in known}
        self._token_asked_s = {trade: at_s for trade, at_s in self._token_asked_s.items() if trade in still_open}
        failures += [await _failure_of(self._read_or_say(settlement)) for settlement in known]
        for settlement in await asyncio.to_thread(self._store.open_settlements, self._settings.most_open):
            self._start_due(settlement)
        failures.append(await _failure_of(self._token_watch.look()))
        for failure in failures:
            if failure is not None:
                raise failure

    async def _read_evm(self) -> None:
        cursor = await asyncio.to_thread(self._store.cursor, _EVM_CURSOR)
        sightings, next_cursor = await self._securities.sightings(cursor)
        if next_cursor != cursor:
            await self._read_what_came_before(sightings)
            changes = [(sighting.trade_id, _tolerant(observe(sighting))) for sighting in sightings]
            await asyncio.to_thread(self._store.apply_sightings, _EVM_CURSOR, next_cursor, changes, self._now_s())

    async def _read_what_came_before(self, sightings: Sequence[Sighting]) -> None:
        """The payment behind a delivery, before the delivery ends its settlement; it can be done without."""
        for sighting in sightings:
            if sighting.event in _ENDS_ON_EVM:
                known = await asyncio.to_thread(self._store.preview, sighting.trade_id, _as_it_is, self._now_s())
                if known is not None and not known.state.is_final:
                    await _failure_of(self._read_trade(known))

    async def _read_or_say(self, settlement: Settlement) -> None:
        """As ``_read_trade``; what is wrong with one settlement is shown there and is nobody else's trouble."""
        try:
            await self._read_trade(settlement)
        except UnavailableError:
            raise
        except CrossDvpError as failure:
            error = f"{failure.reason}: {failure}"
            if settlement.waiting is not None and settlement.waiting.last_error != error:
                _log.warning("settlement cannot be followed", settlement=settlement.name, error=error)
                await self._change(settlement.trade_id, attempt_failed(error, self._now_s()))

    async def _read_trade(self, settlement: Settlement) -> None:
        if settlement.state is SettlementState.MATCHED:
            earmark = await self._securities.earmark_sighting(settlement.trade_id)
            if earmark is not None:
                await self._change(settlement.trade_id, observe(earmark))
        for sighting in await self._cash.trade_sightings(settlement.terms):
            await self._change(settlement.trade_id, observe(sighting))

    async def _change(self, trade_id: bytes, change: Change) -> None:
        await asyncio.to_thread(self._store.change, trade_id, _tolerant(change), self._now_s())

    def _start_due(self, settlement: Settlement) -> None:
        waiting = settlement.waiting
        if settlement.trade_id in self._under_way or waiting is None or waiting.next_attempt_s > self._now_s():
            return
        too_late_to_lock = self._now_s() >= settlement.terms.lock_by_s
        if settlement.state in {SettlementState.MATCHED, SettlementState.EARMARKED} and too_late_to_lock:
            self._start(settlement, self._cash.cancel(settlement.terms))
        elif settlement.state is SettlementState.EARMARKED:
            self._start(settlement, self._lock(settlement))
        elif settlement.state in _OWED and self._is_token_due(settlement.trade_id):
            self._start(settlement, self._ask_token(settlement))

    def _is_token_due(self, trade_id: bytes) -> bool:
        asked_s = self._token_asked_s.get(trade_id)
        return asked_s is None or self._now_s() >= asked_s + self._settings.ask_token_every_s

    async def _ask_token(self, settlement: Settlement) -> None:
        self._token_asked_s[settlement.trade_id] = self._now_s()
        obstacle = await self._securities.obstacle(settlement.terms)
        await self._change(settlement.trade_id, obstacle_seen(obstacle))
        if obstacle:
            _log.error("delivery blocked", settlement=settlement.name, obstacle=obstacle)

    async def _lock(self, settlement: Settlement) -> None:
        trusted = await self._cash.trusted_height()
        evidence = await self._securities.earmark_evidence(settlement.trade_id, trusted)
        await self._cash.lock(settlement.terms, evidence)

    def _start(self, settlement: Settlement, step: Coroutine[None, None, None]) -> None:
        async def attempt() -> None:
            try:
                await step
                await self._read_trade(settlement)
            except CrossDvpError as failure:
                waiting = settlement.waiting
                attempts = waiting.attempts if waiting else 0
                pause_s = retry_delay_s(attempts, first_s=1.0, most_s=15.0)
                error = f"{failure.reason}: {failure}"
                report = _log.info if isinstance(failure, UnavailableError) else _log.warning
                report("attempt failed", settlement=settlement.name, error=error, retry_in_s=pause_s)
                await self._change(settlement.trade_id, attempt_failed(error, self._now_s() + max(1, round(pause_s))))
            finally:
                self._under_way.pop(settlement.trade_id, None)

        self._under_way[settlement.trade_id] = asyncio.create_task(attempt(), name=settlement.name)


async def _failure_of(step: Coroutine[None, None, None]) -> CrossDvpError | None:
    """Run a step; the named error that ended it, if one did."""
    try:
        await step
    except CrossDvpError as failure:
        return failure
    return None


def _as_it_is(before: Settlement | None) -> Settlement | None:
    return before


def _tolerant(change: Change) -> Change:
    """An impossible event is logged and leaves its settlement as it is: it must not hold up all others."""

    def guarded(before: Settlement | None) -> Settlement | None:
        try:
            return change(before)
        except ImpossibleSettlementEvent as contradiction:
            _log.error("impossible event", settlement=before.name if before else "", error=str(contradiction))
            return before

    return guarded
