"""A gateway's follower and webhooks that die at a named line, over a database that outlives them, and all around it.

Death is an exception that no handler of the product catches; from then on every named line raises it, so that what the
dead instance had under way does nothing more. Another instance, or the same one started again, goes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from ibc.dvp import LeadLeg, SettlementTerms, dvp_payload_of
from primitives.errors import UnavailableError
from relayer.gateway.audit import AuditLog
from relayer.gateway.audit_entries import AuditKind, AuditRecord
from relayer.gateway.audit_riding import RidingEntries
from relayer.gateway.crash_points import GatewayCrashPoint, committing
from relayer.gateway.follower import Follower, FollowerSettings
from relayer.gateway.group_commit import GroupCommit
from relayer.gateway.instructing import instruct
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Alarm
from relayer.gateway.ports import InterferenceSeen
from relayer.gateway.requests import Request, RequestKey
from relayer.gateway.settlement_tables import AUDIT_TABLE, FOLLOWER_LEASE, METADATA, REQUESTS, WEBHOOKS
from relayer.gateway.settlement_writes import Work
from relayer.gateway.store import GatewayStore
from relayer.gateway.webhooks.delivery import Chance, Deliverer, DeliverySettings, Pauses
from relayer.gateway.webhooks.endpoints import WebhookStore
from relayer.gateway.webhooks.model import Endpoint, EndpointState, Outcome, Scheme
from relayer.gateway.webhooks.secret_box import SecretBox
from relayer.lease_keeper import LeaseKeeper, LeaseTerms
from relayer.leases import LeaseClock, LeaseTable
from tests.fakes.mortal_life import Killed, Life
from tests.fakes.settlement_sides import MemoryEvm, MemoryLedger
from tests.fakes.settlement_terms import T0_S, some_terms

TTL_S = 6.0
NODES = frozenset({"cn-a", "cn-b"})
SHORT = Alarm("AdapterShortfall", "mustHold 10, holds 7", "ask the issuer", "", 1)
FORCED = Alarm("ForcedTransfer", "value 3", "ask the issuer", "0x" + "0a" * 32, 1)


@dataclass
class Target:
    """A platform's receiver of webhooks; ``posted``: every id with its body, in the order of arrival."""

    is_down: bool = False
    posted: list[tuple[str, bytes]] = field(default_factory=list)

    async def post(self, _url: str, headers: dict[str, str], body: bytes) -> Outcome:
        """See Poster."""
        if self.is_down:
            return Outcome(503, 1, "HTTP 503")
        self.posted.append((headers["webhook-id"], body))
        return Outcome(200, 1)


@dataclass
class Instance:
    """One gateway process; it dies when it comes to ``kill_at`` for the ``nth`` time."""

    name: str
    world: GatewayWorld
    kill_at: GatewayCrashPoint | None = None
    nth: int = 1

    def __post_init__(self) -> None:
        world = self.world
        self._life = Life(self.kill_at, self.nth)
        reach = self._life.reach
        self.store = world.open_store()
        leases = LeaseTable(METADATA, LeaseClock.CALLER)
        names, terms = (FOLLOWER_LEASE, "gateway/webhooks"), LeaseTerms(self.name, TTL_S)
        self.lease = LeaseKeeper(self.store.database, leases, names, terms, lambda: float(world.now_s))
        self.commit = GroupCommit(committing(self.store.apply, reach))
        settings = FollowerSettings(0.0, crash=reach)
        self.follower = Follower(self.store, world.evm, world.ledger, settings, world.clock_s, self.commit, self.lease)
        self.deliverer = Deliverer(
            self.store,
            webhooks_over(self.store),
            lambda _platform: NODES,
            world.target,
            self.lease,
            DeliverySettings(0.0, pauses=Pauses(1, 2), crash=reach),
            Chance(world.clock_s, lambda: 0.5),
        )

    @property
    def is_dead(self) -> bool:
        """It came to the line."""
        return self._life.is_over

    async def step(self) -> None:
        """What the process does now and then: its lease, a round of the follower, a turn of the webhooks."""
        try:
            await self.lease.step()
            if self.lease.is_held:
                await self.follower.round()
                await _ended(list(self.follower._steps._under_way.values()))
                await self.deliverer._begin()
                await _ended(list(self.deliverer._busy.values()))
        except (Killed, UnavailableError):
            await self._wait_for_rest()

    async def instruct(self, side: Side, terms: SettlementTerms) -> None:
        """A platform's request, repeated under its id until it is answered."""
        key = RequestKey(terms.cash.seller.node, f"{side.name}-{terms.trade_id.hex()}")
        request, audit = Request(key, "CreateSettlement", terms.trade_id), self.world.entries_of(key)
        now_s = self.world.now_s
        try:
            change = instruct(side, terms, now_s)
            await self.commit.do(Work(terms.trade_id, change, now_s, request=request, audit=audit))
        except Killed:
            await self._wait_for_rest()
            return
        self.world.answered.add(key)

    async def _wait_for_rest(self) -> None:
        """What a dead process had under way ends at the next named line, or where it is."""
        await _ended([*self.follower._steps._under_way.values(), *self.deliverer._busy.values()])
        await self.commit.close()


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def webhooks_over(store: GatewayStore) -> WebhookStore:
    """Secrets sealed under a key of the tests' own."""
    return WebhookStore(store.database, WEBHOOKS, SecretBox(bytes(32), bytes))


def _trades() -> tuple[SettlementTerms, SettlementTerms, SettlementTerms]:
    """One that settles cash first, one that nobody earmarks, one that settles securities first."""
    return (
        some_terms(1),
        some_terms(2, lock_by_s=T0_S + 8),
        replace(some_terms(3), lead_leg=LeadLeg.SECURITIES),
    )


@dataclass
class GatewayWorld:
    """Both ledgers, the parties, the relayer's part, a receiver of webhooks, one clock; ``open_store`` opens again."""

    open_store: Callable[[], GatewayStore]
    now_s: int = T0_S
    evm: MemoryEvm = field(default_factory=MemoryEvm)
    ledger: MemoryLedger = field(default_factory=lambda: MemoryLedger(cash_yen=10_000_000))
    target: Target = field(default_factory=Target)
    answered: set[RequestKey] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.trades = _trades()
        self.store = self.open_store()
        endpoint = Endpoint(
            *("e1", "house", "https://house.example/", "", EndpointState.ACTIVE, Scheme.HMAC_SHA256, b"", 0),
            *(T0_S, T0_S),
        )
        webhooks_over(self.store).create(endpoint, bytes(32), "r1", {})

    def clock_s(self) -> int:
        """The gateways' clock."""
        return self.now_s

    async def run(self, instances: list[Instance], restarted: Callable[[], Instance], most_s: int = 60) -> None:
        """Second by second until all is at its end and was told; a dead instance is replaced by ``restarted``."""
        for _ in range(most_s):
            instances = [restarted() if each.is_dead else each for each in instances]
            for instance in instances:
                await self._instruct(instance)
                await instance.step()
            self.require_an_entry_for_each_request_stored()
            self._react()
            self.now_s += 1
            if self.is_over():
                return
        raise AssertionError(f"not over: {self.states()}, {len(self.target.posted)} webhooks of {self.newest()}")

    async def _instruct(self, instance: Instance) -> None:
        for terms in self.trades:
            for side in Side:
                key = RequestKey(terms.cash.seller.node, f"{side.name}-{terms.trade_id.hex()}")
                if key not in self.answered and not instance.is_dead:
                    await instance.instruct(side, terms)

    def _react(self) -> None:
        """What sellers, buyers and the relayer do when they see the ledgers so."""
        cash_first, _, securities_first = self.trades
        on_evm = {(seen.trade_id, seen.fact.what) for seen in self.evm.log}
        on_ledger = {(trade, seen.fact.what) for trade, facts in self.ledger.trades.items() for seen in facts}
        agreed = {trade for trade, state in self.states().items() if state is not SettlementState.UNMATCHED}
        first, third = cash_first.trade_id, securities_first.trade_id
        self._interfere(cash_first)
        if (first, "earmarked") not in on_evm and first in agreed:
            self.evm.earmark(cash_first)
        if (first, "cash locked") in on_ledger and (first, "delivered") not in on_evm:
            self.evm.deliver(cash_first)
        elif (first, "delivered") in on_evm and (first, "cash released to seller") not in on_ledger:
            self.ledger.release(cash_first)
        if (third, "securities locked") not in on_evm and third in agreed:
            self.evm.lock(securities_first)
        elif (third, "securities locked") in on_evm and (third, "cash paid") not in on_ledger:
            self.ledger.pay(securities_first)
        elif (third, "cash paid") in on_ledger and (third, "securities delivered") not in on_evm:
            self.evm.give_to_buyer(securities_first)

    def entries_of(self, key: RequestKey) -> RidingEntries:
        """Intent and outcome of one more call with this request."""
        self.asked[key.request_id] += 1
        call = f"{key.request_id}/{self.asked[key.request_id]}"
        return RidingEntries(AuditRecord(AuditKind.INTENT, self.now_s, key.caller, "", "/x/Create", call, bytes(32)))

    def audited_calls(self) -> list[str]:
        """Every call that the audit log tells of with its outcome, oldest first; the log is whole."""
        log = AuditLog(self.store.database, AUDIT_TABLE)
        log.verify()
        calls = log.calls(None, 0, 1000)[::-1]
        assert all(call.outcome is not None and call.outcome.record.outcome == "OK" for call in calls)
        return [call.entry.record.request_id for call in calls]

    def require_an_entry_for_each_request_stored(self) -> None:
        """At any time, whatever died: the change is stored, and its entries are there; or neither."""
        with self.store.database.reading() as connection:
            stored = set(connection.execute(sa.select(REQUESTS.c.request_id)).scalars())
        assert {call.split("/")[0] for call in self.audited_calls()} == stored

    def _interfere(self, terms: SettlementTerms) -> None:
        """The issuer moves what is held for a trade, and puts it right; then nothing is held any more."""
        held, told = {terms.trade_id: dvp_payload_of(terms)}, self.evm.interfered
        for until, seen in enumerate(
            (
                InterferenceSeen(1, held, {terms.trade_id: (FORCED,)}, {terms.trade_id: (SHORT,)}),
                InterferenceSeen(2, held, {}, {terms.trade_id: ()}),
                InterferenceSeen(3, {}, {}, {}),
            ),
            1,
        ):
            if len(told) < until <= len(self.evm.log):
                told.append(seen)

    def states(self) -> dict[bytes, SettlementState]:
        """By trade id."""
        found = self.store.find([terms.trade_id for terms in self.trades])
        return {each.settlement.trade_id: each.settlement.state for each in found}

    def newest(self) -> int:
        """The number of the newest event."""
        return self.store.newest_number()

    def is_over(self) -> bool:
        """All three ended, and the target has the newest event."""
        states = self.states()
        told = {webhook_id for webhook_id, _ in self.target.posted}
        ended = len(states) == len(self.trades) and all(state.is_final for state in states.values())
        watched = self.store.cursor("interference") == len(self.evm.interfered) == 3
        return ended and watched and f"msg_e1_{self.newest()}" in told
