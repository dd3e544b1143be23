"""Follows settlements on both ledgers; takes the gateway's two steps: ask for the lock, or cancel.

Where securities lead it takes none before lock-by: the relayer brings the packet. It asks, though, whether the token
would take what it owes, and raises the alarm when not. Nothing it does is needed for safety. It may be killed anywhere:
cursors and settlements are in the store, and every step it takes is idempotent on the ledger (a trade id is spent
once).

What nothing happens to costs nothing: the EVM chain is read by pages of its events, the gateway's own stream says which
settlements changed, and a ledger is asked about a trade only when that is due (``schedule``). Of several gateways over
one database the one that holds the lease follows; all writes are fenced by it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence

import structlog

from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.plan import retry_delay_s
from relayer.gateway.changes import Sighting, attempt_failed, in_doubt, observe, read_again, tolerant
from relayer.gateway.crash_points import GatewayCrashPoint
from relayer.gateway.follower_steps import FollowerSettings, LedgerSteps
from relayer.gateway.group_commit import GroupCommit
from relayer.gateway.lifecycle import SettlementEvent, SettlementState
from relayer.gateway.model import UNAGREED, Doubt, Settlement
from relayer.gateway.ports import CashSide, SecuritiesSide
from relayer.gateway.schedule import Schedule, first_look_s, next_look_s
from relayer.gateway.settlement_writes import Change, Work
from relayer.gateway.store import GatewayStore
from relayer.gateway.token_watch import TokenWatch
from relayer.lease_keeper import AlwaysHeld, Lease

_log = structlog.get_logger(__name__)
_EVM_CURSOR = "evm"
_EVM = "the EVM chain"
_PAGE = 500
_ENDS_ON_EVM = {SettlementEvent.SECURITIES_DELIVERED, SettlementEvent.SECURITIES_RETURNED}

__all__ = ["Follower", "FollowerSettings"]


class Follower:
    """One per gateway process."""

    def __init__(
        self,
        store: GatewayStore,
        securities: SecuritiesSide,
        cash: CashSide,
        settings: FollowerSettings,
        now_s: Callable[[], int],
        commit: GroupCommit | None = None,
        lease: Lease | None = None,
    ) -> None:
        self._store, self._asked = store, store.database.asked
        self._securities = securities
        self._cash = cash
        self._settings = settings
        self._now_s = now_s
        self._commit = commit or GroupCommit(store.apply)
        self._lease = lease or AlwaysHeld()
        self._token_watch = TokenWatch(store, securities, now_s, self._lease.require, settings.crash)
        self._steps = LedgerSteps(securities, cash, settings, now_s, self._change, self._read_trade)
        self._schedule = Schedule()
        self._cursor: int | None = None
        self._seen: int | None = None
        self._answered_s: dict[str, int] = {}
        self._began_s = now_s()
        self._rounds = 0
        self._until_probe = 0
        self.last_error = ""

    @property
    def is_well(self) -> bool:
        """Both ledgers answered in the latest round; of an instance that stands by, the other one's word counts."""
        return self._rounds > 0 and not self.last_error

    async def run(self, stopping: asyncio.Event) -> None:
        """Rounds until ``stopping``; a ledger that is away is waited for, and said in ``last_error``."""
        failures = 0
        while not stopping.is_set():
            try:
                if self._lease.is_held:
                    await self.round()
                else:
                    self._stand_by()
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
        await self._steps.stop()

    def _stand_by(self) -> None:
        """Another instance follows: what was noted here is noted anew when the lease is had again."""
        self._schedule, self._seen, self._cursor = Schedule(), None, None
        self._token_watch.forget()
        self._began_s, self._answered_s = self._now_s(), {}

    async def round(self) -> None:
        """Read the EVM's events, note what changed, look at what is due, then start what is due.

        A node that is away holds up only what needs it; the first failure is raised when all else is done.
        """
        failures = [await _failure_of(self._read_evm())]
        if failures[0] is None:
            self._answered_s[_EVM] = self._now_s()
        known = await self._note_changes()
        due = self._schedule.take(self._now_s(), self._settings.most_open)
        if due:
            unread = [trade_id for trade_id in due if trade_id not in known]
            known |= {each.trade_id: each for each in await self._loaded(unread)}
            failures += await self._look_at([known[trade_id] for trade_id in due if trade_id in known])
            known |= await self._note_changes()
            self._start_and_plan([known[trade_id] for trade_id in due if trade_id in known])
        failures.append(await _failure_of(self._probe_ledger()))
        if self._cursor is None or self._token_watch.is_behind(self._cursor):
            failures.append(await _failure_of(self._token_watch.look()))
        for failure in failures:
            if failure is not None:
                raise failure

    async def _probe_ledger(self) -> None:
        """Whether the ledger answers, now and then even if nothing is due: health must not wait for a trade."""
        if self._until_probe:
            self._until_probe -= 1
            return
        await self._cash.trusted_height()
        self._until_probe = self._settings.rounds_a_probe

    async def _note_changes(self) -> dict[bytes, Settlement]:
        """What the stream tells: an open settlement that changed is due now, one that is not open is nothing any more.

        Gives those that changed, as they are now.

        At first, everything that is open is due.
        """
        if self._seen is None:
            seen, after_id = await asyncio.to_thread(self._store.newest_number), 0
            while page := await asyncio.to_thread(self._store.open_page, after_id, _PAGE):
                for stored in page:
                    self._schedule.put(stored.settlement.trade_id, self._now_s())
                after_id = page[-1].row_id
            self._seen = seen
        changed: dict[bytes, Settlement] = {}
        while True:
            trade_ids, reached = await self._asked(self._store.changed_after, self._seen, _PAGE)
            self._seen = reached
            if not trade_ids:
                return changed
            for stored in await self._asked(self._store.find, trade_ids):
                changed[stored.settlement.trade_id] = stored.settlement
                self._plan(stored.settlement, first_look_s(stored.settlement, self._now_s()))

    def _plan(self, settlement: Settlement, at_s: int) -> None:
        if settlement.state.is_final or settlement.state in UNAGREED:
            self._schedule.drop([settlement.trade_id])
            self._steps.forget(settlement.trade_id)
        else:
            self._schedule.put(settlement.trade_id, at_s)

    async def _look_at(self, due: Sequence[Settlement]) -> list[CrossDvpError | None]:
        """Read the ledgers about these trades: a custodian node about many at a time."""
        found = [each for each in due if not self._steps.tells_of(each)]
        failures = [await _failure_of(self._read_earmarks(found))]
        by_node: dict[str, list[Settlement]] = defaultdict(list)
        for settlement in found:
            by_node[settlement.terms.cash.buyer.node].append(settlement)
        pages = [
            (node, group[at : at + self._settings.most_a_read])
            for node, group in by_node.items()
            for at in range(0, len(group), self._settings.most_a_read)
        ]
        turns = asyncio.Semaphore(self._settings.most_reads)

        async def look(node: str, page: Sequence[Settlement]) -> CrossDvpError | None:
            async with turns:
                return await _failure_of(self._read_or_say(node, page))

        return failures + list(await asyncio.gather(*(look(node, page) for node, page in pages)))

    def _start_and_plan(self, due: Sequence[Settlement]) -> None:
        """Start what is due, the most urgent first; then each of them is looked at again when it is time."""
        found = sorted(due, key=lambda each: -each.priority.value)
        left_out = self._steps.start_due(found)
        for settlement in found:
            now_s = self._now_s()
            at_s = now_s if settlement.trade_id in left_out else next_look_s(settlement, now_s)
            self._plan(settlement, at_s)

    async def _loaded(self, due: Sequence[bytes]) -> list[Settlement]:
        if not due:
            return []
        known = {each.settlement.trade_id: each.settlement for each in await self._asked(self._store.find, due)}
        return [known[trade_id] for trade_id in due if trade_id in known]

    async def _read_evm(self) -> None:
        cursor, self._cursor = self._cursor, None
        if cursor is None:
            cursor = await asyncio.to_thread(self._store.cursor, _EVM_CURSOR)
        sightings, next_cursor = await self._securities.sightings(cursor)
        self._settings.crash(GatewayCrashPoint.AFTER_SIGHTINGS_READ)
        if next_cursor != cursor:
            await self._read_what_came_before(sightings)
            now_s = self._now_s()
            changes = [(sighting.trade_id, tolerant(observe(sighting), now_s)) for sighting in sightings]
            fence = self._lease.require
            await asyncio.to_thread(self._store.apply_sightings, _EVM_CURSOR, next_cursor, changes, now_s, fence)
            self._settings.crash(GatewayCrashPoint.AFTER_SIGHTINGS_STORED)
        self._cursor = next_cursor

    async def _read_what_came_before(self, sightings: Sequence[Sighting]) -> None:
        """The payment behind a delivery, before the delivery ends its settlement; it can be done without."""
        ended = [sighting.trade_id for sighting in sightings if sighting.event in _ENDS_ON_EVM]
        for known in await self._loaded(list(dict.fromkeys(ended))):
            if not known.state.is_final and known.state not in UNAGREED:
                await _failure_of(self._read_trades(known.terms.cash.buyer.node, [known]))

    async def _read_earmarks(self, settlements: Sequence[Settlement]) -> None:
        """Earmarks made before their match: their events were read when there was nothing yet that they could move."""
        for settlement in settlements:
            trade_id, cursor = settlement.trade_id, self._cursor
            if settlement.state is not SettlementState.MATCHED:
                continue
            if cursor is not None and self._token_watch.holds_nothing_for(trade_id, cursor):
                continue
            earmark = await self._securities.earmark_sighting(trade_id)
            if earmark is not None and _is_news(earmark, settlement):
                await self._change(trade_id, observe(earmark))

    async def _read_or_say(self, node: str, settlements: Sequence[Settlement]) -> None:
        """As ``_read_trades``; what is wrong with one settlement is shown there and is nobody else's trouble."""
        try:
            await self._read_trades(node, settlements)
        except UnavailableError:
            await self._say_if_away(settlements, node)
            raise
        except CrossDvpError as failure:
            if len(settlements) > 1:
                for each in settlements:
                    await self._read_or_say(node, [each])
                return
            (settlement,), error = settlements, f"{failure.reason}: {failure}"
            if settlement.waiting is not None and settlement.waiting.last_error != error:
                _log.warning("settlement cannot be followed", settlement=settlement.name, error=error)
                await self._change(settlement.trade_id, attempt_failed(error, self._now_s()))
            return
        self._answered_s[node] = self._now_s()
        await self._say_if_away(settlements, node)

    async def _say_if_away(self, settlements: Sequence[Settlement], node: str) -> None:
        """A ledger that has not answered for too long leaves settlements' states in doubt; once it has, not."""
        now_s, detail = self._now_s(), ""
        for ledger in (node, _EVM):
            answered_s = self._answered_s.get(ledger, self._began_s)
            if not detail and now_s - answered_s > self._settings.uncertain_after_s:
                detail = f"{ledger} has not answered since {answered_s} (Unix seconds)"
        for settlement in settlements:
            doubt = settlement.uncertainty
            if detail and doubt is None:
                await self._change(settlement.trade_id, in_doubt(Doubt.LEDGER_AWAY, detail, now_s))
            elif not detail and doubt is not None and doubt.doubt is Doubt.LEDGER_AWAY:
                await self._change(settlement.trade_id, read_again)

    async def _read_trades(self, node: str, settlements: Sequence[Settlement]) -> None:
        found = await self._cash.trade_sightings(node, [settlement.terms for settlement in settlements])
        self._settings.crash(GatewayCrashPoint.AFTER_TRADE_READ)
        await asyncio.gather(*(self._take_in(each, found.get(each.trade_id, ())) for each in settlements))

    async def _take_in(self, settlement: Settlement, sightings: Sequence[Sighting]) -> None:
        for sighting in sightings:
            if _is_news(sighting, settlement):
                await self._change(settlement.trade_id, observe(sighting))

    async def _read_trade(self, settlement: Settlement) -> None:
        """What both ledgers show of one."""
        await self._read_earmarks([settlement])
        await self._read_trades(settlement.terms.cash.buyer.node, [settlement])

    async def _change(self, trade_id: bytes, change: Change) -> None:
        now_s = self._now_s()
        await self._commit.do(Work(trade_id, tolerant(change, now_s), now_s, fence=self._lease.require))


def _is_news(sighting: Sighting, settlement: Settlement) -> bool:
    seen = (sighting.fact.ledger, sighting.fact.what)
    return all((fact.ledger, fact.what) != seen for fact in settlement.facts)


async def _failure_of(step: Coroutine[None, None, None]) -> CrossDvpError | None:
    """Run a step; the named error that ended it, if one did."""
    try:
        await step
    except CrossDvpError as failure:
        return failure
    return None
