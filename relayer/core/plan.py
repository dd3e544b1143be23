"""Planning, pure: what to submit where, from what is known of the packets and of both chains' clocks.

The rule of fairness. Messages for one chain stand in four lanes: packets to receive, acknowledgements, time-outs, and
those to try again although an answer spoke against them. Of each submission a quarter belongs to acknowledgements, a
quarter to time-outs, an eighth to those to try again and the rest to packets to receive; what a lane does not need goes
to the others in that order. Only packets to receive have a deadline: the nearest goes first, and one that cannot be
included in time behind those in front of it is not sent at all, as its time-out will be proved instead. So a fresh
packet does not wait for a backlog of ended ones, poison does not crowd out others, and no lane starves another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from primitives.types import UINT64_MAX
from relayer.core.chain import Head, HostedClient, MessageKind, ProofKind, RefusalClass
from relayer.core.lifecycle import PacketState

REFRESH_FRACTION = 3
"""A hosted client is refreshed when 1/3 of its trusting period has passed."""


class LaneKind(Enum):
    """The lanes of the rule of fairness, those in front first."""

    RECEIVE = "receive"
    ACKNOWLEDGE = "acknowledge"
    TIME_OUT = "time_out"
    AGAIN = "again"


class Target(Enum):
    """Which end of the direction a message goes to."""

    SOURCE = "source"
    DESTINATION = "destination"


class Parked(Enum):
    """Whether a packet is set aside, beside its state: evidence moves the state, people and poison park.

    A person parks whatever the packet needs next. Poison parks one kind of message: when the packet needs another kind
    (it was received elsewhere, or can be timed out), that one is tried.
    """

    NO = ""
    BY_PERSON = "person"
    RECEIVE = "receive"
    ACKNOWLEDGE = "acknowledge"
    TIME_OUT = "time_out"

    @classmethod
    def poison(cls, kind: MessageKind) -> Parked:
        """Set aside because messages of that kind are poison."""
        return cls(kind.value)

    def holds_back(self, kind: MessageKind) -> bool:
        """Whether a message of that kind is not to be tried."""
        return self is Parked.BY_PERSON or self.value == kind.value


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
    parked: Parked = Parked.NO
    refusal_class: RefusalClass | None = None
    suspect: int = 0

    @property
    def wants_another_height(self) -> bool:
        """Whether the last attempt failed by what was proved, or could not be, at the height that was known then."""
        return self.refusal_class in _CURED_BY_HEIGHT


_CURED_BY_HEIGHT: Final = frozenset(
    {RefusalClass.PROOF_REFUSED, RefusalClass.CHAIN_UNAVAILABLE, RefusalClass.NONSENSE, RefusalClass.UNKNOWN}
)


@dataclass(frozen=True)
class Action:
    """One message to prepare: prove ``proof_kind`` at a height >= ``provable_from`` of the other chain, then submit."""

    target: Target
    message_kind: MessageKind
    proof_kind: ProofKind
    tracked: TrackedPacket
    provable_from: int

    @property
    def lane(self) -> LaneKind:
        """Where it stands by the rule of fairness."""
        return LaneKind.AGAIN if self.tracked.suspect else LaneKind(self.message_kind.value)


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
    action = wanted(tracked, view)
    if action is None or tracked.parked.holds_back(action.message_kind):
        return None
    to_source = action.target is Target.SOURCE
    hosted, prover = (view.source_client, view.destination) if to_source else (view.destination_client, view.source)
    # A fact reported from beyond its chain's head cannot be proved yet, or is a lie: waiting must not hold up others.
    provable = action.provable_from <= prover.height
    return action if provable and hosted.status is LightClientStatus.ACTIVE else None


def wanted(tracked: TrackedPacket, view: DirectionView) -> Action | None:
    """What a packet that is not at its end needs next, whether or not it is parked, can be proved or taken now."""
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
    """All messages of one direction that can be prepared now; the nearest time-out first."""
    actions = [action for tracked in packets if (action := plan_packet(tracked, view)) is not None]
    return tuple(sorted(actions, key=_by_time_out))


def _by_time_out(action: Action) -> tuple[int, int]:
    return action.tracked.packet.timeout_s, action.tracked.packet.sequence


@dataclass(frozen=True)
class Capacity:
    """What one chain takes: ``batch`` messages in a submission, each submission included within ``inclusion_s``.

    ``batches_ahead``: submissions that are on their way and not included yet.
    """

    batch: int
    inclusion_s: float = 0.0
    batches_ahead: int = 0


@dataclass(frozen=True)
class Lane:
    """Which packets of a direction stand in a lane now: what a store is asked for, so that it reads no others.

    Nothing spoke against them: those to try again are read by themselves. Time-outs lie in ``(timeout_above_s,
    timeout_up_to_s]``; ``height_up_to`` bounds the height of the fact to prove.
    """

    kind: MessageKind
    states: tuple[PacketState, ...]
    timeout_above_s: int
    timeout_up_to_s: int
    height_up_to: int


def lanes(view: DirectionView, target: Target) -> tuple[Lane, ...]:
    """The lanes of a direction that lead to ``target``; none where its hosted client takes nothing now."""
    hosted = view.source_client if target is Target.SOURCE else view.destination_client
    if hosted.status is not LightClientStatus.ACTIVE:
        return ()
    sent = (PacketState.SENT, PacketState.RETURN_BLOCKED)
    now_s, never_s = view.destination.timestamp_s, UINT64_MAX
    if target is Target.DESTINATION:
        return (Lane(MessageKind.RECEIVE, sent, now_s + view.receive_margin_s, never_s, view.source.height),)
    received = (PacketState.RECEIVED, PacketState.DELIVERY_BLOCKED)
    return (
        Lane(MessageKind.ACKNOWLEDGE, received, -1, never_s, view.destination.height),
        Lane(MessageKind.TIME_OUT, sent, -1, now_s, UINT64_MAX),
    )


def chosen(
    actions: Iterable[Action], target: Head, receive_margin_s: int, capacity: Capacity, turn: int
) -> list[Action]:
    """The next submission to one chain, by the rule of fairness; ``target`` is that chain's head.

    ``turn`` counts submissions: where a batch is too small to be shared, lanes take turns.
    """
    waiting: dict[LaneKind, list[Action]] = {kind: [] for kind in LaneKind}
    for action in sorted(actions, key=_by_time_out):
        waiting[action.lane].append(action)
    taken = {kind: min(share, len(waiting[kind])) for kind, share in shares(capacity.batch, turn).items()}
    places = max(1, capacity.batch - sum(taken[kind] for kind in LaneKind if kind is not LaneKind.RECEIVE))
    receives = in_time(waiting[LaneKind.RECEIVE], target, receive_margin_s, capacity, places)
    waiting[LaneKind.RECEIVE] = receives
    taken[LaneKind.RECEIVE] = min(taken[LaneKind.RECEIVE], len(receives))
    left = capacity.batch - sum(taken.values())
    for kind in LaneKind:
        more = min(left, len(waiting[kind]) - taken[kind])
        taken[kind] += more
        left -= more
    return [action for kind in LaneKind for action in waiting[kind][: taken[kind]]]


def in_time(
    receives: Sequence[Action], target: Head, receive_margin_s: int, capacity: Capacity, places: int
) -> list[Action]:
    """Of packets to receive, nearest time-out first, those that are included in time behind those in front of them.

    ``receive_margin_s`` covers a submission's own way; each batch in front, of ``places`` such packets, adds
    ``inclusion_s``.
    """
    kept: list[Action] = []
    for action in receives:
        batches_in_front = capacity.batches_ahead + len(kept) // places
        included_s = target.timestamp_s + receive_margin_s + batches_in_front * capacity.inclusion_s
        if included_s < action.tracked.packet.timeout_s:
            kept.append(action)
    return kept


def shares(batch: int, turn: int) -> Mapping[LaneKind, int]:
    """How many places of a submission each lane is sure of; lanes take turns at a batch that is too small to share."""
    quarter, eighth = batch // 4, batch // 8
    if eighth:
        return dict(zip(LaneKind, (batch - 2 * quarter - eighth, quarter, quarter, eighth), strict=True))
    kinds = list(LaneKind)
    places = [kinds[(turn + place) % len(kinds)] for place in range(batch)]
    return {kind: places.count(kind) for kind in LaneKind}


class UpdateNeed(Enum):
    """Why a hosted client would be updated before messages."""

    NONE = "none"
    REFRESH_DUE = "refresh_due"  # the messages do not need it: it must not hold them up
    NEEDED = "needed"


def update_need(client: HostedClient, counterparty: Head, actions: Sequence[Action]) -> UpdateNeed:
    """Whether these messages, or the client's age alone, ask for an update."""
    provable_from = max((action.provable_from for action in actions), default=0)
    # An old height may be gone from the nodes that prove: whoever failed there is proved at a new one.
    is_stale = client.latest_height < counterparty.height and any(
        action.tracked.wants_another_height for action in actions
    )
    if actions and (client.latest_height < provable_from or client.needs_update_first or is_stale):
        return UpdateNeed.NEEDED
    return UpdateNeed.REFRESH_DUE if needs_refresh(client, counterparty) else UpdateNeed.NONE


def needs_refresh(client: HostedClient, counterparty: Head) -> bool:
    """True when 1/3 of the trusting period has passed since the hosted client's latest consensus state."""
    age_s = counterparty.timestamp_s - client.latest_timestamp_s
    return client.status is LightClientStatus.ACTIVE and age_s * REFRESH_FRACTION >= client.trusting_period_s


def retry_delay_s(attempts: int, *, first_s: float = 0.5, most_s: float = 60.0) -> float:
    """Pause before the next attempt after ``attempts`` refusals: doubling, capped."""
    return min(most_s, first_s * 2.0 ** min(attempts, 16))
