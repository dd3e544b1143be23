"""Sentences about a packet: for every state and hindrance they say what is waited for and what comes next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from primitives.types import UINT64_MAX
from relayer.core.chain import Head, HostedClient, RefusalClass
from relayer.core.explain import PathHealth, Told, deadline_s, explain
from relayer.core.lifecycle import PacketState
from relayer.core.plan import DirectionView, Parked, TrackedPacket
from tests.fakes.instant_chain import payload

T0_S = 1_700_000_000
PACKET = Packet(7, "client-one", "client-two", T0_S + 100, (payload(b"x"),))
SENT = TrackedPacket(PACKET, PacketState.SENT, sent_height=7)
CLIENT = HostedClient("client-two", 5, T0_S - 10, 3600, LightClientStatus.ACTIVE)
VIEW = DirectionView(Head(50, T0_S), Head(60, T0_S), CLIENT, CLIENT, float(T0_S), 5)
HEALTH = PathHealth("one", "two")


def told(tracked: TrackedPacket = SENT, view: DirectionView | None = VIEW, health: PathHealth = HEALTH) -> str:
    return " ".join(explain(Told(tracked, T0_S - 60.0), view, health, T0_S))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (told(), "Next is to bring the packet to two, in the next round."),
        (told(replace(SENT, not_before_s=T0_S + 9.0)), "bring the packet to two, at 2023-11-14 22:13:29 UTC."),
        (told(replace(SENT, sent_height=51)), "once height 51 can be proved: the chain is at 50."),
        (told(view=None), "The chains have not been read yet."),
        (told(health=replace(HEALTH, last_error="X: away")), "if the chains answer again (X: away)."),
        (told(health=replace(HEALTH, halted=True, last_error="X: y")), "Nothing comes next: the path halted (X: y)."),
        (told(health=replace(HEALTH, standby="b has it")), "This instance stands by: b has it."),
        (
            told(view=replace(VIEW, destination=Head(60, T0_S + 97))),
            "too late to be sent and too early to be timed out: its time-out is proved once two's clock",
        ),
        (told(view=replace(VIEW, destination=Head(60, T0_S + 100))), "Next is to prove the time-out to one"),
        (told(view=replace(VIEW, destination=Head(60, T0_S + 100))), "UTC of two's clock, which is past"),
        (
            told(view=replace(VIEW, destination_client=replace(CLIENT, status=LightClientStatus.FROZEN))),
            "once the light client client-two there is active: it is frozen",
        ),
        (
            told(replace(SENT, state=PacketState.RECEIVED, ack=b"a", ack_height=9)),
            "Next is to bring the acknowledgement to one",
        ),
        (told(replace(SENT, state=PacketState.DELIVERY_BLOCKED, ack=b"a", ack_height=9)), "no time-out ends it."),
        (told(replace(SENT, state=PacketState.TIMED_OUT)), "it is at its end."),
        (
            told(replace(SENT, attempts=2, refusal_class=RefusalClass.CHAIN_UNAVAILABLE)),
            "2 attempts so far; the last one was answered",
        ),
    ],
)
def test_what_is_said_follows_from_what_is(text: str, words: str) -> None:
    assert words in text


def test_a_parked_packet_names_who_parked_it_and_what_takes_it_up_again() -> None:
    parked = Told(replace(SENT, parked=Parked.RECEIVE), T0_S, "", None, "relayer", "12 refusals", "the client on two")
    text = " ".join(explain(parked, VIEW, HEALTH, T0_S))
    assert "parked by relayer: 12 refusals. It is tried again when it is unparked; or by itself when the client" in text
    late = replace(VIEW, destination=Head(60, T0_S + 100))
    assert "Next is to prove the time-out to one" in " ".join(explain(parked, late, HEALTH, T0_S))
    by_person = replace(parked, tracked=replace(SENT, parked=Parked.BY_PERSON))
    assert "this relayer does not do it then" in " ".join(explain(by_person, VIEW, HEALTH, T0_S))


@given(
    state=st.sampled_from(PacketState),
    parked=st.sampled_from(Parked),
    refusal_class=st.one_of(st.none(), st.sampled_from(RefusalClass)),
    timeout_s=st.sampled_from([1, T0_S, T0_S + 3, T0_S + 500, UINT64_MAX]),
    status=st.sampled_from(LightClientStatus),
    is_known=st.booleans(),
)
def test_every_packet_that_is_not_at_its_end_has_a_next_and_an_otherwise(
    state: PacketState,
    parked: Parked,
    refusal_class: RefusalClass | None,
    timeout_s: int,
    status: LightClientStatus,
    is_known: bool,  # noqa: FBT001  # hypothesis hands it over
) -> None:
    tracked = TrackedPacket(
        replace(PACKET, timeout_s=timeout_s), state, 7, b"a", 9, 3, 0.0, parked, refusal_class, suspect=1
    )
    client = replace(CLIENT, status=status)
    view = replace(VIEW, source_client=client, destination_client=client) if is_known else None
    sentences = explain(Told(tracked, T0_S), view, HEALTH, T0_S)
    assert len(sentences) == (1 if state.is_final else 4)
    assert all(sentence.endswith((".", "then.")) for sentence in sentences)
    assert (deadline_s(tracked, 5) is None) is (state not in {PacketState.SENT, PacketState.RETURN_BLOCKED})
