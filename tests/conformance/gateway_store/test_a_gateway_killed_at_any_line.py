"""A gateway killed at each line between what is stored and what is done: all ends right, once, and is told once.

Over both databases; started again over its store, or taken over from by a second instance under leases.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from relayer.gateway.crash_points import GatewayCrashPoint
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.store import GatewayStore
from tests.fakes.mortal_custody import CUSTODY_POINTS
from tests.fakes.mortal_gateway import NODES, GatewayWorld, Instance

OF_CUSTODY_AND_AUDIT = {point for point, _ in CUSTODY_POINTS}
POINTS = [
    *((point, 1) for point in GatewayCrashPoint if point not in OF_CUSTODY_AND_AUDIT),
    *((point, nth) for point in (GatewayCrashPoint.BEFORE_COMMIT, GatewayCrashPoint.AFTER_COMMIT) for nth in (4, 7)),
    (GatewayCrashPoint.AFTER_SIGHTINGS_STORED, 2),
    (GatewayCrashPoint.AFTER_TRADE_READ, 5),
    (GatewayCrashPoint.AFTER_WEBHOOK, 4),
    (GatewayCrashPoint.AFTER_TOKENS_READ, 2),
    (GatewayCrashPoint.AFTER_TOKENS_STORED, 2),
]
FACTS = {
    1: ["earmarked", "cash locked", "delivered", "cash released to seller"],
    2: ["cancelled"],
    3: ["securities locked", "cash paid", "securities delivered"],
}
ENDS = [SettlementState.SETTLED, SettlementState.CANCELLED, SettlementState.SETTLED]


def assert_ended_right_and_once(world: GatewayWorld) -> None:
    """Both ledgers saw each effect once, and stream and webhooks told each change once and in order."""
    assert [world.states()[terms.trade_id] for terms in world.trades] == ENDS
    assert world.ledger.cash_yen == 10_000_000 - world.trades[0].cash.amount_yen
    events = world.store.events(NODES, 0, None, 1000).events
    assert [event.number for event in events] == list(range(1, world.newest() + 1))
    everything = [pb.Settlement.FromString(event.settlement) for event in events]
    for number, terms in enumerate(world.trades, 1):
        on_ledger = [sighting.fact.what for sighting in world.ledger.trades.get(terms.trade_id, [])]
        assert len(on_ledger) == len(set(on_ledger))
        name = f"settlements/{terms.trade_id.hex()}"
        told = [each for each in everything if each.name == name]
        assert sorted(fact.what for fact in told[-1].facts) == sorted(FACTS[number])  # in the order they were read
        assert len({each.etag for each in told}) == len(told), "an event per change"
        for before, after in pairwise(told):
            assert [f.what for f in after.facts][: len(before.facts)] == [f.what for f in before.facts]
    assert_alarms_were_told_once(world, everything)
    assert_each_answered_call_has_its_entries(world)
    ids = [webhook_id for webhook_id, _ in world.target.posted]
    assert list(dict.fromkeys(ids)) == [f"msg_e1_{event.number}" for event in events], "none lost, none out of order"
    assert len(set(world.target.posted)) == len(set(ids)), "the same id is the same body"
    assert len(ids) <= len(set(ids)) + 1, "at most what was in the air is posted again"


def assert_alarms_were_told_once(world: GatewayWorld, everything: list[pb.Settlement]) -> None:
    """What was done to the tokens stays told, what stood does not, and no alarm comes back."""
    name = f"settlements/{world.trades[0].trade_id.hex()}"
    told = [[alarm.name for alarm in each.alarms] for each in everything if each.name == name]
    changes = [alarms for before, alarms in pairwise([[], *told]) if alarms != before]
    assert changes == [["ForcedTransfer", "AdapterShortfall"], ["ForcedTransfer"]]
    assert world.store.held_trades() == {}


def assert_each_answered_call_has_its_entries(world: GatewayWorld) -> None:
    """Once each; of a request that had to be repeated, the call that was killed has them if it was stored."""
    calls = world.audited_calls()
    assert len(set(calls)) == len(calls)
    answered = {f"{request_id}/{times}" for request_id, times in world.asked.items()}
    assert answered <= set(calls)
    assert len(set(calls) - answered) <= 1, "the call that was killed after its commit"


@pytest.mark.parametrize(("point", "nth"), POINTS)
async def test_killed_at_any_line_and_started_again(
    open_store: Callable[[], GatewayStore], point: GatewayCrashPoint, nth: int
) -> None:
    world = GatewayWorld(open_store)
    mortal = Instance("one", world, point, nth)
    await world.run([mortal], lambda: Instance("one", world))
    assert mortal.is_dead, "the line was never reached"
    assert_ended_right_and_once(world)


@pytest.mark.parametrize(("point", "nth"), POINTS)
async def test_killed_at_any_line_while_another_instance_stands_by(
    open_store: Callable[[], GatewayStore], point: GatewayCrashPoint, nth: int
) -> None:
    world = GatewayWorld(open_store)
    mortal, other = Instance("one", world, point, nth), Instance("other", world)
    await world.run([mortal, other], lambda: Instance("one, again", world))
    assert mortal.is_dead, "the line was never reached"
    assert_ended_right_and_once(world)


async def test_a_target_that_is_down_meanwhile_misses_nothing(open_store: Callable[[], GatewayStore]) -> None:
    world = GatewayWorld(open_store)
    world.target.is_down = True
    mortal = Instance("one", world, GatewayCrashPoint.AFTER_WEBHOOK, 3)
    with pytest.raises(AssertionError, match="not over"):
        await world.run([mortal], lambda: Instance("one", world), most_s=25)
    world.target.is_down = False
    await world.run([Instance("one", world)], lambda: Instance("one", world))
    assert mortal.is_dead
    assert_ended_right_and_once(world)
