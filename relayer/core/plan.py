"""Planning, pure: what to submit where, from what is known of the packets and of both chains' clocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from relayer.core.chain import Head, HostedClient, MessageKind, ProofKind
from relayer.core.lifecycle import PacketState

REFRESH_FRACTION = 3
"""A hosted client is refreshed when 1/3 of its trusting period has passed."""


class Target(Enum):
    """Which end of the direction a message goes to."""

    SOURCE = "source"
    DESTINATION = "destination"


@dataclass(frozen=True)
class TrackedPacket:
    """A packet on its way. Heights are those of the chain that reported the fact: where it can be proved from.

    ``not_before_s`` is the relayer's own clock: the next attempt after a refusal.
    """

    packet: Packet
    state: PacketState
    sent_height: int
    ack: bytes | None = None
    ack_height: int = 0
    attempts: int = 0
    not_before_s: float = 0.0


@dataclass(frozen=True)
class Action:
    """One message to prepare: prove ``proof_kind`` at a height >= ``provable_from`` of the other chain, then submit."""

    target: Target
    message_kind: MessageKind
    proof_kind: ProofKind
    tracked: TrackedPacket
    provable_from: int


@dataclass(frozen=True)
class DirectionView:
    """Everything planning looks at: both heads, both hosted clients, the relayer's clock and its safety margin.

    ``receive_margin_s``: a packet whose time-out is nearer than this on the destination's clock is not sent any more;
    it would arrive late, and its time-out is proved instead.
    """

    source: Head
    destination: Head
    source_client: HostedClient
    destination_client: HostedClient
    now_s: float
    receive_margin_s: int


def plan_packet(tracked: TrackedPacket, view: DirectionView) -> Action | None:
    """The next message for one packet, or nothing to do yet."""
    if tracked.state.is_final or tracked.not_before_s > view.now_s:
        return None
    action = _wanted(tracked, view)
    if action is None:
        return None
    to_source = action.target is Target.SOURCE
    hosted, prover = (view.source_client, view.destination) if to_source else (view.destination_client, view.source)
    # A fact reported from beyond its chain's head cannot be proved yet, or is a lie: waiting must not hold up others.
    provable = action.provable_from <= prover.height
    return action if provable and hosted.status is LightClientStatus.ACTIVE else None


def _wanted(tracked: TrackedPacket, view: DirectionView) -> Action | None:
    """What the packet needs next, whether or not it can be proved now and the hosted client can take it."""
    if tracked.state in {PacketState.RECEIVED, PacketState.DELIVERY_BLOCKED}:
        kind, proof = MessageKind.ACKNOWLEDGE, ProofKind.ACKNOWLEDGEMENT
        return Action(Target.SOURCE, kind, proof, tracked, provable_from=tracked.ack_height)
    if view.destination.timestamp_s >= tracked.packet.timeout_s:
        kind, proof = MessageKind.TIME_OUT, ProofKind.RECEIPT_ABSENCE
        return Action(Target.SOURCE, kind, proof, tracked, provable_from=view.destination.height)
    if view.destination.timestamp_s + view.receive_margin_s < tracked.packet.timeout_s:
        kind, proof = MessageKind.RECEIVE, ProofKind.COMMITMENT
        return Action(Target.DESTINATION, kind, proof, tracked, provable_from=tracked.sent_height)
    return None


def plan(packets: Iterable[TrackedPacket], view: DirectionView) -> tuple[Action, ...]:
    """All messages that can be prepared now; the nearest time-out first."""
    actions = [action for tracked in packets if (action := plan_packet(tracked, view)) is not None]
    return tuple(sorted(actions, key=lambda action: (action.tracked.packet.timeout_s, action.tracked.packet.sequence)))


def needs_refresh(client: HostedClient, counterparty: Head) -> bool:
    """True when 1/3 of the trusting period has passed since the hosted client's latest consensus state."""
    age_s = counterparty.timestamp_s - client.latest_timestamp_s
    return client.status is LightClientStatus.ACTIVE and age_s * REFRESH_FRACTION >= client.trusting_period_s


def retry_delay_s(attempts: int, *, first_s: float = 0.5, most_s: float = 60.0) -> float:
    """Pause before the next attempt after ``attempts`` refusals: doubling, capped."""
    return min(most_s, first_s * 2.0 ** min(attempts, 16))
