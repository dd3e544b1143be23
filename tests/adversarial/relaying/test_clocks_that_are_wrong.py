"""A relayer or gateway whose own clock is an hour off: the ledgers' clocks judge, and none spins."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from relayer.gateway.follower import Follower, FollowerSettings
from relayer.gateway.instructing import instruct
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.store import GatewayStore
from relayer.path import Path, PathSettings
from relayer.service import never
from relayer.store import RelayerStore
from relayer.telemetry.checks import ClockAgrees, ClockDisagrees
from tests.fakes.instant_chain import TRUSTING_PERIOD_S, InstantChain, instant_pair
from tests.fakes.settlement_sides import MemoryEvm, MemoryLedger
from tests.fakes.settlement_terms import T0_S, some_terms

HOUR_S = 3600
SKEWS = [HOUR_S, -HOUR_S]


@dataclass
class Skewed:
    """Chains by the true clock, a relayer by its own."""

    skew_s: int
    now_s: int = T0_S

    def __post_init__(self) -> None:
        self.chains: tuple[InstantChain, InstantChain] = instant_pair(lambda: self.now_s)
        self.store = RelayerStore(None)
        settings = PathSettings(receive_margin_s=5)
        self.path = Path(self.chains, self.store, settings, lambda: float(self.now_s + self.skew_s), never)

    async def run(self, rounds: int) -> None:
        for _ in range(rounds):
            await self.path.round()
            self.now_s += 1

    def effects(self) -> list[str]:
        return sorted(effect for chain in self.chains for effect in chain.effects)


@pytest.mark.parametrize("skew_s", SKEWS)
async def test_a_relayer_receives_in_time_and_times_out_when_the_chain_says_so(skew_s: int) -> None:
    world = Skewed(skew_s)
    world.chains[0].send(b"in time", T0_S + 60)
    await world.run(rounds=4)
    assert world.effects() == ["acknowledged 1", "received 1"]
    world.chains[0].send(b"late", world.now_s + 3)
    await world.run(rounds=8)
    assert world.effects() == ["acknowledged 1", "received 1", "timed out 2"]
    world.store.close()


@pytest.mark.parametrize("skew_s", SKEWS)
async def test_a_relayers_clients_are_refreshed_by_the_chains_clocks_and_not_in_every_round(skew_s: int) -> None:
    world = Skewed(skew_s)
    await world.run(rounds=2)
    heights = set()
    for _ in range(30):
        heights.add(world.chains[1].client_height)
        await world.path.round()
        world.now_s += TRUSTING_PERIOD_S // 30
    assert 3 <= len(heights) <= 5, "every third of the trusting period, whatever this machine's clock says"
    world.store.close()


@pytest.mark.parametrize("skew_s", SKEWS)
async def test_a_refused_packet_is_tried_again_at_the_same_pace(skew_s: int) -> None:
    world = Skewed(skew_s)
    poisoned = world.chains[0].send(b"poison", T0_S + 6000)
    del world.chains[0].commitments[poisoned.sequence]
    await world.run(rounds=20)
    found = world.store.page([], 0, 10)
    assert 1 <= found[0].tracked.attempts <= 8, "no busy loop"
    world.store.close()


class Gateway:
    """A follower by a clock of its own, over an EVM chain with the true one."""

    def __init__(self, skew_s: int) -> None:
        self.now_s = T0_S
        self.evm = MemoryEvm(clock_s=lambda: self.now_s)
        self.ledger = MemoryLedger(cash_yen=10_000_000)
        self.store = GatewayStore(None)
        clock_s = lambda: self.now_s + skew_s  # noqa: E731  # short
        self.follower = Follower(self.store, self.evm, self.ledger, FollowerSettings(0.0), clock_s)

    async def run(self, rounds: int) -> None:
        for _ in range(rounds):
            await self.follower.round()
            tasks = [task for task in asyncio.all_tasks() if task.get_name().startswith("settlements/")]
            await asyncio.gather(*tasks)
            self.now_s += 1


async def test_a_gateway_an_hour_ahead_cancels_nothing_before_the_chain_is_at_lock_by_and_says_why() -> None:
    gateway, terms = Gateway(HOUR_S), some_terms(lock_by_s=T0_S + 40)
    for side in Side:
        gateway.store.change(terms.trade_id, instruct(side, terms, T0_S), T0_S)
    await gateway.run(rounds=20)
    waiting = gateway.store.get(terms.trade_id).waiting
    assert waiting is not None
    assert waiting.last_error.startswith("CLOCK_AHEAD: expected the EVM chain's clock to be at lock-by")
    assert waiting.attempts <= 8, "no busy loop"
    assert gateway.ledger.trades == {}
    await gateway.run(rounds=60)
    assert gateway.store.get(terms.trade_id).state is SettlementState.CANCELLED


async def test_a_gateway_an_hour_behind_settles_what_is_in_time_and_claims_nothing_else() -> None:
    gateway, terms, late = Gateway(-HOUR_S), some_terms(1), some_terms(2, lock_by_s=T0_S - 5)
    for each in (terms, late):
        for side in Side:
            gateway.store.change(each.trade_id, instruct(side, each, T0_S - HOUR_S), T0_S - HOUR_S)
    gateway.evm.earmark(terms)
    await gateway.run(rounds=3)
    assert gateway.store.get(terms.trade_id).state is SettlementState.LOCKED
    gateway.evm.deliver(terms)
    gateway.ledger.release(terms)
    await gateway.run(rounds=3)
    assert gateway.store.get(terms.trade_id).state is SettlementState.SETTLED
    assert gateway.store.get(late.trade_id).state is SettlementState.MATCHED, "late to cancel, and that is all"


class _Head:
    """A chain that moves, by a clock that differs by so much."""

    def __init__(self, skew_s: float) -> None:
        self.skew_s = skew_s


@pytest.mark.parametrize("skew_s", SKEWS)
async def test_a_clock_that_differs_from_every_chains_is_an_alarm(skew_s: int) -> None:
    with pytest.raises(ClockDisagrees, match="check NTP"):
        await ClockAgrees([_Head(float(skew_s))], 30.0)()  # type: ignore[list-item]  # all that is asked of it
