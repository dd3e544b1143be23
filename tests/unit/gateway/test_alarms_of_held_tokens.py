"""Alarms: acts are told once and stay, conditions as long as they stand, nothing is lost over a kill, nothing moves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibc.dvp import dvp_payload_of
from primitives.errors import UnavailableError
from relayer.gateway.changes import MOST_ACTS, MOST_STANDING, alarms_seen
from relayer.gateway.follower import Follower
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Alarm, Instruction, Settlement
from relayer.gateway.ports import HeldTrades, InterferenceSeen
from relayer.gateway.settlement_message import encode_settlement
from relayer.gateway.token_watch import STANDING_EVERY_S
from tests.fakes.settlement_terms import T0_S, some_terms
from tests.unit.gateway.test_following_settlements import Desk

TERMS = some_terms()
TRADE = TERMS.trade_id
HELD: HeldTrades = {TRADE: dvp_payload_of(TERMS)}
SHORT = Alarm("AdapterShortfall", "mustHold 10, holds 7", "ask the issuer", "", 5)
FORCED = Alarm("ForcedTransfer", "value 0 3", "ask the issuer", "0x" + "0a" * 32, 5)

alarms = st.builds(
    Alarm,
    st.sampled_from(["AdapterShortfall", "Frozen", "Transfer"]),
    st.sampled_from(["", "holds 7", "holds 8"]),
    st.just("ask"),
    st.sampled_from(["", "0x01", "0x02", "0x03"]),
    st.integers(1, 9),
)


def seen(until: int, *, acts: tuple[Alarm, ...] = (), standing: tuple[Alarm, ...] | None = ()) -> InterferenceSeen:
    return InterferenceSeen(until, HELD, {TRADE: acts}, None if standing is None else {TRADE: standing})


def shown(desk: Desk) -> list[tuple[str, int]]:
    return [(alarm.name, alarm.since_s) for alarm in desk.store.get(TRADE).alarms]


async def test_an_act_stays_told_and_a_condition_ends_when_it_ends() -> None:
    desk = Desk()
    desk.match(TERMS)
    desk.evm.interfered = [seen(5, acts=(FORCED,), standing=(SHORT,))]
    await desk.rounds(1)
    assert shown(desk) == [("ForcedTransfer", T0_S), ("AdapterShortfall", T0_S)]
    desk.now_s += 10
    desk.evm.interfered.append(seen(6, standing=(replace(SHORT, height=6),)))
    await desk.rounds(1)
    assert shown(desk) == [("ForcedTransfer", T0_S), ("AdapterShortfall", T0_S)]  # as it was seen first
    assert desk.store.get(TRADE).alarms[1].height == 5
    desk.evm.interfered.append(seen(7))
    await desk.rounds(1)
    assert shown(desk) == [("ForcedTransfer", T0_S)]
    assert desk.state(TERMS) is SettlementState.MATCHED  # an alarm decides nothing


async def test_what_stands_is_an_event_of_the_stream_once_and_not_in_every_block() -> None:
    desk = Desk()
    desk.match(TERMS)
    desk.evm.interfered = [seen(height, standing=(replace(SHORT, height=height),)) for height in range(5, 15)]
    before = len(desk.store.events(nodes(), 0, None, 100).events)
    await desk.rounds(10)
    events = desk.store.events(nodes(), 0, None, 100).events
    assert len(events) == before + 1
    assert encode_settlement(desk.store.get(TRADE)).alarms[0].name == "AdapterShortfall"


def nodes() -> list[str]:
    return [side.account_in(TERMS).node for side in Side]


async def test_while_blocks_are_caught_up_with_what_stood_before_is_kept() -> None:
    desk = Desk()
    desk.match(TERMS)
    desk.evm.interfered = [seen(5, standing=(SHORT,)), seen(6, acts=(FORCED,), standing=None)]
    await desk.rounds(2)
    assert [name for name, _ in shown(desk)] == ["ForcedTransfer", "AdapterShortfall"]


async def test_a_trade_that_holds_nothing_any_more_has_no_standing_alarm() -> None:
    desk = Desk()
    desk.match(TERMS)
    desk.evm.interfered = [seen(5, acts=(FORCED,), standing=(SHORT,)), InterferenceSeen(6, {}, {}, {})]
    await desk.rounds(2)
    assert [name for name, _ in shown(desk)] == ["ForcedTransfer"]
    assert desk.store.held_trades() == {}


async def test_a_gateway_killed_after_any_look_goes_on_from_there_with_the_same_trades() -> None:
    desk = Desk()
    desk.match(TERMS)
    desk.evm.interfered = [seen(5, acts=(FORCED,), standing=(SHORT,))]
    await desk.rounds(1)
    desk.restart()
    assert desk.store.held_trades() == HELD
    assert desk.store.cursor("interference") == 5
    await desk.rounds(3)
    assert [name for name, _ in shown(desk)] == ["ForcedTransfer", "AdapterShortfall"]


async def test_alarms_of_trades_that_nobody_instructed_here_are_no_settlement() -> None:
    desk = Desk()
    desk.evm.interfered = [seen(5, acts=(FORCED,), standing=(SHORT,))]
    await desk.rounds(1)
    assert desk.store.open_settlements(10) == []
    assert desk.store.held_trades() == HELD  # it counts against the adapter's balance all the same


async def test_what_stands_is_asked_every_few_seconds_and_at_each_block_while_something_does() -> None:
    desk = Desk()
    desk.match(TERMS)
    desk.evm.interfered = [seen(5), seen(6, standing=None), seen(7, standing=None)]
    await desk.rounds(3)
    assert desk.evm.asked_what_stands == [True, False, False]
    desk.now_s += STANDING_EVERY_S
    desk.evm.interfered += [seen(8, standing=(SHORT,)), seen(9, standing=(SHORT,)), seen(10)]
    desk.evm.asked_what_stands.clear()
    await desk.rounds(3)
    assert desk.evm.asked_what_stands == [True, True, True]
    assert shown(desk) == []


async def test_a_watch_that_cannot_ask_is_not_well_and_holds_up_no_settlement() -> None:
    desk = Desk()
    desk.match(TERMS)
    desk.evm.earmark(TERMS)

    class TokensAway(type(desk.evm)):  # type: ignore[misc]  # the fake, with one question unanswered
        async def interference(self, after_block: int, held: HeldTrades, *, asks: bool = True) -> InterferenceSeen:
            raise UnavailableError(f"no answer after {after_block} for {len(held)} trades, {asks}")

    away = TokensAway(log=desk.evm.log, earmarks=desk.evm.earmarks)
    desk.follower = Follower(desk.store, away, desk.ledger, desk.follower._settings, lambda: desk.now_s)
    with pytest.raises(UnavailableError):
        await desk.rounds(1)
    assert desk.seen(TERMS)[0] == "earmarked"


@given(st.lists(st.tuples(st.lists(alarms, max_size=5), st.none() | st.lists(alarms, max_size=5)), max_size=8))
def test_however_often_alarms_are_seen_each_is_listed_once_and_first_seen_counts(
    looks: list[tuple[list[Alarm], list[Alarm] | None]],
) -> None:
    settlement: Settlement | None = Settlement(
        TRADE, SettlementState.MATCHED, {Side.SELLER: Instruction(TERMS)}, T0_S, T0_S
    )
    for number, (acts, standing) in enumerate(looks):
        settled_acts = [alarm for alarm in acts if alarm.is_act]
        stands = None if standing is None else [alarm for alarm in standing if not alarm.is_act]
        before = settlement
        settlement = alarms_seen(settled_acts, stands, T0_S + number)(settlement)
        assert settlement is not None
        assert before is not None
        identities = [alarm.identity for alarm in settlement.alarms]
        assert len(set(identities)) == len(identities)
        assert settlement.state is SettlementState.MATCHED
        first_seen = {alarm.identity: alarm.since_s for alarm in before.alarms}
        assert all(first_seen.get(each.identity, each.since_s) == each.since_s for each in settlement.alarms)


def test_a_flood_of_acts_or_conditions_is_bounded_and_the_newest_acts_are_kept() -> None:
    settlement = Settlement(TRADE, SettlementState.MATCHED, {Side.SELLER: Instruction(TERMS)}, T0_S, T0_S)
    acts = [replace(FORCED, tx_id=f"0x{number:064x}") for number in range(1, 100)]
    stands = [replace(SHORT, detail=f"holds {number}") for number in range(100)]
    after = alarms_seen(acts, stands, T0_S)(settlement)
    assert after is not None
    assert len(after.alarms) == MOST_ACTS + MOST_STANDING
    assert after.alarms[MOST_ACTS - 1].tx_id == acts[-1].tx_id
    assert alarms_seen(acts, stands, T0_S)(None) is None
