"""What to submit, from packet state, clocks and hosted clients: the whole table of planning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from relayer.core.chain import EventKind, Head, HostedClient, MessageKind, ProofKind
from relayer.core.lifecycle import TRANSITIONS, WAITS_FOR, ContradictoryEvent, PacketState, next_state
from relayer.core.plan import (
    Action,
    DirectionView,
    Target,
    TrackedPacket,
    needs_refresh,
    plan,
    plan_packet,
    retry_delay_s,
)
from tests.fakes.instant_chain import payload

T0_S = 1_700_000_000
PACKET = Packet(1, "client-one", "client-two", T0_S + 100, (payload(b"x"),))
SENT = TrackedPacket(PACKET, PacketState.SENT, sent_height=7)
RECEIVED = TrackedPacket(PACKET, PacketState.RECEIVED, sent_height=7, ack=b"taken", ack_height=40)


def _client(status: LightClientStatus = LightClientStatus.ACTIVE) -> HostedClient:
    return HostedClient("client", 5, T0_S - 10, 3600, status)


def _view(destination_s: int = T0_S) -> DirectionView:
    return DirectionView(
        source=Head(50, T0_S),
        destination=Head(60, destination_s),
        source_client=_client(),
        destination_client=_client(),
        now_s=float(T0_S),
        receive_margin_s=5,
    )


def _planned(action: Action | None) -> tuple[Target, MessageKind, ProofKind, int] | None:
    if action is None:
        return None
    return action.target, action.message_kind, action.proof_kind, action.provable_from


RECEIVE = (Target.DESTINATION, MessageKind.RECEIVE, ProofKind.COMMITMENT, 7)
TIME_OUT = (Target.SOURCE, MessageKind.TIME_OUT, ProofKind.RECEIPT_ABSENCE, 60)
ACKNOWLEDGE = (Target.SOURCE, MessageKind.ACKNOWLEDGE, ProofKind.ACKNOWLEDGEMENT, 40)


@pytest.mark.parametrize(
    ("to_timeout_s", "expected"),
    [(100, RECEIVE), (6, RECEIVE), (5, None), (1, None), (0, TIME_OUT), (-1, TIME_OUT)],
)
def test_a_sent_packet_is_delivered_outside_the_margin_and_timed_out_from_its_time_on(
    to_timeout_s: int, expected: object
) -> None:
    view = _view(destination_s=PACKET.timeout_s - to_timeout_s)
    assert _planned(plan_packet(SENT, view)) == expected


@pytest.mark.parametrize("to_timeout_s", [100, 0, -1000])
def test_a_received_packet_is_acknowledged_however_late(to_timeout_s: int) -> None:
    view = _view(destination_s=PACKET.timeout_s - to_timeout_s)
    assert _planned(plan_packet(RECEIVED, view)) == ACKNOWLEDGE


@pytest.mark.parametrize("state", [state for state in PacketState if state.is_final])
def test_an_ended_packet_is_left_alone(state: PacketState) -> None:
    assert plan_packet(replace(SENT, state=state), _view(destination_s=T0_S + 500)) is None


@pytest.mark.parametrize("status", [LightClientStatus.FROZEN, LightClientStatus.EXPIRED])
def test_nothing_is_sent_to_a_hosted_client_that_is_not_active(status: LightClientStatus) -> None:
    source_down = replace(_view(), source_client=_client(status))
    destination_down = replace(_view(), destination_client=_client(status))
    assert (plan_packet(SENT, destination_down), plan_packet(RECEIVED, source_down)) == (None, None)
    assert _planned(plan_packet(SENT, source_down)) == RECEIVE
    assert _planned(plan_packet(RECEIVED, destination_down)) == ACKNOWLEDGE


def test_a_refused_packet_waits_for_its_next_attempt() -> None:
    refused = replace(SENT, attempts=3, not_before_s=T0_S + 4.0)
    assert plan_packet(refused, _view()) is None
    assert plan_packet(refused, replace(_view(), now_s=T0_S + 4.0)) is not None


@pytest.mark.parametrize(
    "beyond", [replace(SENT, sent_height=51), replace(RECEIVED, ack_height=61)], ids=["sent", "acknowledged"]
)
def test_a_fact_from_beyond_the_head_waits_and_does_not_raise_the_height_of_the_others(beyond: TrackedPacket) -> None:
    assert plan_packet(beyond, _view()) is None
    honest = replace(SENT, packet=replace(PACKET, sequence=2))
    assert [action.tracked for action in plan([beyond, honest], _view())] == [honest]
    timed_out = replace(beyond, state=PacketState.SENT)
    assert _planned(plan_packet(timed_out, _view(destination_s=PACKET.timeout_s))) == TIME_OUT


def test_the_nearest_time_out_comes_first() -> None:
    later = replace(SENT, packet=replace(PACKET, sequence=2, timeout_s=T0_S + 900))
    assert [action.tracked for action in plan([later, SENT], _view())] == [SENT, later]


@pytest.mark.parametrize(("age_s", "expected"), [(0, False), (1199, False), (1200, True), (9999, True)])
def test_a_client_is_refreshed_at_a_third_of_its_trusting_period(age_s: int, expected: bool) -> None:  # noqa: FBT001  # a table's column
    assert needs_refresh(_client(), Head(60, T0_S - 10 + age_s)) is expected
    assert needs_refresh(_client(LightClientStatus.FROZEN), Head(60, T0_S - 10 + age_s)) is False


@given(attempts=st.integers(0, 10_000))
def test_pauses_never_shrink_and_are_capped(attempts: int) -> None:
    assert 0 < retry_delay_s(attempts) <= retry_delay_s(attempts + 1) <= 60.0


@given(events=st.lists(st.sampled_from(EventKind), max_size=8))
def test_no_order_of_events_leads_out_of_an_end_or_to_both_ends(events: list[EventKind]) -> None:
    state = PacketState.SENT
    for event in events:
        try:
            after = next_state(state, event)
        except ContradictoryEvent:
            continue
        assert not state.is_final or after is state
        state = after
    assert not (state is PacketState.TIMED_OUT and EventKind.TIMEOUT_PROCESSED not in events)
    assert not (state is PacketState.ACKNOWLEDGED and EventKind.ACK_PROCESSED not in events)


def test_received_and_timed_out_exclude_each_other_in_the_table() -> None:
    assert (PacketState.RECEIVED, EventKind.TIMEOUT_PROCESSED) not in TRANSITIONS
    assert (PacketState.TIMED_OUT, EventKind.ACK_WRITTEN) not in TRANSITIONS
    assert (PacketState.TIMED_OUT, EventKind.ACK_PROCESSED) not in TRANSITIONS
    assert (PacketState.ACKNOWLEDGED, EventKind.TIMEOUT_PROCESSED) not in TRANSITIONS
    assert set(WAITS_FOR) == set(PacketState)
