"""What to submit, from packet state, clocks and hosted clients: the whole table of planning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from relayer.core.chain import EventKind, Head, HostedClient, MessageKind, ProofKind, RefusalClass
from relayer.core.lifecycle import TRANSITIONS, WAITS_FOR, ContradictoryEvent, PacketState, next_state
from relayer.core.plan import (
    Action,
    Capacity,
    DirectionView,
    LaneKind,
    Parked,
    Target,
    TrackedPacket,
    UpdateNeed,
    chosen,
    in_time,
    lanes,
    needs_refresh,
    plan,
    plan_packet,
    retry_delay_s,
    shares,
    update_need,
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


def _action(sequence: int, kind: MessageKind, timeout_s: int, suspect: int = 0) -> Action:
    tracked = replace(SENT, packet=replace(PACKET, sequence=sequence, timeout_s=timeout_s), suspect=suspect)
    target = Target.DESTINATION if kind is MessageKind.RECEIVE else Target.SOURCE
    return Action(target, kind, ProofKind.COMMITMENT, tracked, 1)


TARGET = Head(60, T0_S)
BACKLOG = st.lists(
    st.tuples(st.sampled_from(MessageKind), st.integers(T0_S - 500, T0_S + 500), st.integers(0, 1)),
    min_size=1,
    max_size=60,
)
BATCHES = st.integers(1, 30)


@given(backlog=BACKLOG, batch=BATCHES, turn=st.integers(0, 1000))
def test_a_submission_is_full_and_every_lane_gets_its_share(
    backlog: list[tuple[MessageKind, int, int]], batch: int, turn: int
) -> None:
    actions = [_action(at + 1, kind, timeout_s, suspect) for at, (kind, timeout_s, suspect) in enumerate(backlog)]
    taken = chosen(actions, TARGET, 5, Capacity(batch), turn)
    fit = [a for a in actions if a.lane is not LaneKind.RECEIVE or a.tracked.packet.timeout_s > T0_S + 5]
    assert len(taken) == len({id(action) for action in taken}) == min(batch, len(fit))
    assert all(action in fit for action in taken)
    for kind, share in shares(batch, turn).items():
        waiting = [action for action in fit if action.lane is kind]
        got = [action for action in taken if action.lane is kind]
        assert len(got) >= min(share, len(waiting))
        assert got == sorted(waiting, key=_deadline)[: len(got)]


def _deadline(action: Action) -> tuple[int, int]:
    return action.tracked.packet.timeout_s, action.tracked.packet.sequence


@given(batch=BATCHES)
def test_within_four_submissions_every_lane_is_sure_of_a_place(batch: int) -> None:
    for kind in LaneKind:
        assert sum(shares(batch, turn)[kind] for turn in range(4)) >= 1
    assert all(sum(shares(batch, turn).values()) == batch for turn in range(4))


@given(
    deadlines=st.lists(st.integers(T0_S, T0_S + 100), max_size=50),
    batch=st.integers(1, 7),
    inclusion_s=st.integers(1, 9),
    ahead=st.integers(0, 3),
)
def test_what_cannot_make_it_is_not_sent_and_whatever_is_sent_makes_it(
    deadlines: list[int], batch: int, inclusion_s: int, ahead: int
) -> None:
    actions = [_action(at + 1, MessageKind.RECEIVE, timeout_s) for at, timeout_s in enumerate(sorted(deadlines))]
    kept = in_time(actions, TARGET, 5, Capacity(batch, inclusion_s, ahead), batch)
    for place, action in enumerate(kept):
        assert T0_S + 5 + (ahead + place // batch) * inclusion_s < action.tracked.packet.timeout_s
    for dropped in (action for action in actions if action not in kept):
        in_front = [action for action in kept if _deadline(action) < _deadline(dropped)]
        assert T0_S + 5 + (ahead + len(in_front) // batch) * inclusion_s >= dropped.tracked.packet.timeout_s


@given(
    state=st.sampled_from(PacketState),
    parked=st.sampled_from(Parked),
    destination_s=st.integers(T0_S, T0_S + 200),
)
def test_nothing_is_planned_for_a_parked_packet_but_what_it_was_not_parked_for(
    state: PacketState, parked: Parked, destination_s: int
) -> None:
    tracked = replace(RECEIVED, state=state, parked=parked)
    action, free = (plan_packet(each, _view(destination_s)) for each in (tracked, replace(tracked, parked=Parked.NO)))
    if parked is Parked.BY_PERSON:
        assert action is None
    elif free is not None:
        assert (action is None) is (parked.value == free.message_kind.value)


@given(
    state=st.sampled_from([state for state in PacketState if not state.is_final]),
    destination_s=st.integers(T0_S, T0_S + 200),
    parked=st.sampled_from(Parked),
)
def test_what_is_planned_for_a_packet_stands_in_exactly_the_lane_of_its_message(
    state: PacketState, destination_s: int, parked: Parked
) -> None:
    view, tracked = _view(destination_s), replace(RECEIVED, state=state, parked=parked)
    action = plan_packet(tracked, view)
    in_lanes = [
        lane.kind
        for target in Target
        for lane in lanes(view, target)
        if state in lane.states
        and lane.timeout_above_s < PACKET.timeout_s <= lane.timeout_up_to_s
        and not parked.holds_back(lane.kind)
    ]
    assert in_lanes == ([] if action is None else [action.message_kind])


def test_a_fresh_packet_is_served_within_its_deadline_in_front_of_a_hundred_thousand_old_ones() -> None:
    """By the rule alone: all lanes full, the old ones' deadlines behind it or past."""
    kinds = list(MessageKind)
    old = [_action(at + 1, kinds[at % 3], T0_S + 86_400 + at if at % 3 == 0 else T0_S - at) for at in range(100_000)]
    fresh = _action(200_000, MessageKind.RECEIVE, T0_S + 60)
    assert fresh in chosen([*old, fresh], TARGET, 5, Capacity(20, 1.0), turn=0)


@pytest.mark.parametrize(
    ("client", "provable_from", "expected"),
    [
        (HostedClient("c", 60, T0_S, 3600, LightClientStatus.ACTIVE), 50, UpdateNeed.NONE),
        (HostedClient("c", 40, T0_S, 3600, LightClientStatus.ACTIVE), 50, UpdateNeed.NEEDED),
        (HostedClient("c", 50, T0_S - 1200, 3600, LightClientStatus.ACTIVE), 50, UpdateNeed.REFRESH_DUE),
        (HostedClient("c", 50, T0_S - 1200, 3600, LightClientStatus.ACTIVE), None, UpdateNeed.REFRESH_DUE),
        (HostedClient("c", 60, T0_S, 3600, LightClientStatus.ACTIVE, needs_update_first=True), 50, UpdateNeed.NEEDED),
        (HostedClient("c", 60, T0_S, 3600, LightClientStatus.ACTIVE, needs_update_first=True), None, UpdateNeed.NONE),
    ],
)
def test_a_refresh_that_is_due_never_holds_up_messages_that_do_not_need_it(
    client: HostedClient, provable_from: int | None, expected: UpdateNeed
) -> None:
    action = _action(1, MessageKind.RECEIVE, T0_S + 60)
    actions = [] if provable_from is None else [replace(action, provable_from=provable_from)]
    assert update_need(client, Head(60, T0_S), actions) is expected


def test_what_failed_at_an_old_height_is_proved_at_a_new_one() -> None:
    client = HostedClient("c", 50, T0_S, 3600, LightClientStatus.ACTIVE)
    failed = replace(SENT, refusal_class=RefusalClass.CHAIN_UNAVAILABLE)
    action = Action(Target.DESTINATION, MessageKind.RECEIVE, ProofKind.COMMITMENT, failed, 7)
    assert update_need(client, Head(60, T0_S), [action]) is UpdateNeed.NEEDED
    assert update_need(client, Head(50, T0_S), [action]) is UpdateNeed.NONE
