"""A packet's life as the relayer sees it: a table, from which the docs' diagram is made.

The relayer's own submissions change nothing here: only what a chain reports moves a packet, so that a relayer killed at
any line, or another relayer's success, leads to the same state. A state says what the packet waits for.

An application that refuses a proved outcome (a token is paused, say) blocks its packet, and ends nothing: the proof
stays good, is brought again for ever, and people are told.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar, Final

from primitives.errors import PeerError
from relayer.core.chain import EventKind, MessageKind


class PacketState(Enum):
    """Where a packet stands, by the evidence of both chains."""

    SENT = "sent"
    RECEIVED = "received"
    DELIVERY_BLOCKED = "delivery_blocked"
    RETURN_BLOCKED = "return_blocked"
    ACKNOWLEDGED = "acknowledged"
    TIMED_OUT = "timed_out"

    @property
    def is_final(self) -> bool:
        """No event can move the packet any more."""
        return self in _FINAL

    @property
    def is_blocked(self) -> bool:
        """The source's application refuses what is proved: somebody has to look at it."""
        return self in _BLOCKED


_FINAL: Final = frozenset({PacketState.ACKNOWLEDGED, PacketState.TIMED_OUT})
_BLOCKED: Final = frozenset({PacketState.DELIVERY_BLOCKED, PacketState.RETURN_BLOCKED})

WAITS_FOR: Final[dict[PacketState, str]] = {
    PacketState.SENT: "the destination to receive it, or its time-out to be proved",
    PacketState.RECEIVED: "the source to process its acknowledgement",
    PacketState.DELIVERY_BLOCKED: "the source's application to take the acknowledgement, which it refuses now",
    PacketState.RETURN_BLOCKED: "the source's application to take the time-out, which it refuses now",
    PacketState.ACKNOWLEDGED: "nothing: the acknowledgement is processed",
    PacketState.TIMED_OUT: "nothing: the time-out is processed",
}

# (state, event) -> next state. The events of the two chains reach the relayer in any order between chains: the source
# may report a processed acknowledgement before the destination's block with the receive was read. Repeats change
# nothing.
TRANSITIONS: Final[dict[tuple[PacketState, EventKind], PacketState]] = {
    (PacketState.SENT, EventKind.SENT): PacketState.SENT,
    (PacketState.SENT, EventKind.ACK_WRITTEN): PacketState.RECEIVED,
    (PacketState.SENT, EventKind.ACK_PROCESSED): PacketState.ACKNOWLEDGED,
    (PacketState.SENT, EventKind.TIMEOUT_PROCESSED): PacketState.TIMED_OUT,
    (PacketState.RECEIVED, EventKind.SENT): PacketState.RECEIVED,
    (PacketState.RECEIVED, EventKind.ACK_WRITTEN): PacketState.RECEIVED,
    (PacketState.RECEIVED, EventKind.ACK_PROCESSED): PacketState.ACKNOWLEDGED,
    (PacketState.RECEIVED, EventKind.OUTCOME_REFUSED): PacketState.DELIVERY_BLOCKED,
    (PacketState.DELIVERY_BLOCKED, EventKind.SENT): PacketState.DELIVERY_BLOCKED,
    (PacketState.DELIVERY_BLOCKED, EventKind.ACK_WRITTEN): PacketState.DELIVERY_BLOCKED,
    (PacketState.DELIVERY_BLOCKED, EventKind.OUTCOME_REFUSED): PacketState.DELIVERY_BLOCKED,
    (PacketState.DELIVERY_BLOCKED, EventKind.ACK_PROCESSED): PacketState.ACKNOWLEDGED,
    # Whose refusal it is, is read off its words: a light client's may be taken for an application's, so that a packet
    # that was received all the same goes its way.
    (PacketState.SENT, EventKind.OUTCOME_REFUSED): PacketState.RETURN_BLOCKED,
    (PacketState.RETURN_BLOCKED, EventKind.SENT): PacketState.RETURN_BLOCKED,
    (PacketState.RETURN_BLOCKED, EventKind.ACK_WRITTEN): PacketState.RECEIVED,
    (PacketState.RETURN_BLOCKED, EventKind.OUTCOME_REFUSED): PacketState.RETURN_BLOCKED,
    (PacketState.RETURN_BLOCKED, EventKind.ACK_PROCESSED): PacketState.ACKNOWLEDGED,
    (PacketState.RETURN_BLOCKED, EventKind.TIMEOUT_PROCESSED): PacketState.TIMED_OUT,
    # Its answer was under way when the end was reported.
    (PacketState.ACKNOWLEDGED, EventKind.OUTCOME_REFUSED): PacketState.ACKNOWLEDGED,
    (PacketState.TIMED_OUT, EventKind.OUTCOME_REFUSED): PacketState.TIMED_OUT,
    (PacketState.ACKNOWLEDGED, EventKind.SENT): PacketState.ACKNOWLEDGED,
    (PacketState.ACKNOWLEDGED, EventKind.ACK_WRITTEN): PacketState.ACKNOWLEDGED,
    (PacketState.ACKNOWLEDGED, EventKind.ACK_PROCESSED): PacketState.ACKNOWLEDGED,
    (PacketState.TIMED_OUT, EventKind.SENT): PacketState.TIMED_OUT,
    (PacketState.TIMED_OUT, EventKind.TIMEOUT_PROCESSED): PacketState.TIMED_OUT,
}


class PathBroken(PeerError):
    """What the two chains report cannot both be true. The path halts: relaying on could only spread the damage."""

    reason = "PATH_BROKEN"
    advice: ClassVar[str] = (
        "compare both chains by hand before anything is relayed again; this path stays halted until the relayer is "
        "restarted, and halts again while the chains still contradict each other"
    )
    """How people go on."""


class SequenceReused(PathBroken):
    """Two different packets under one sequence: a chain lost its memory, for instance by a restored backup."""

    reason = "PACKET_SEQUENCE_REUSED"
    advice = (
        "keep the path halted until both chains agree on what happened: if one was restored from a backup, restore it "
        "further or have governance replace the light client that followed it; then stop the relayer, move its "
        "database away (all of it is read from the chains again), and start it"
    )

    def __init__(self, chain: str, source_client: str, sequence: int) -> None:
        self.chain, self.source_client, self.sequence = chain, source_client, sequence
        super().__init__(
            f"{chain} reports another packet {sequence} of client {source_client} than was seen before: "
            "was a chain restored from a backup? compare both chains"
        )


class ContradictoryEvent(PathBroken):
    """The two chains report what cannot both be true (received and timed out): somebody's safety is broken."""

    reason = "CONTRADICTORY_PACKET_EVENT"

    def __init__(self, state: PacketState, event: EventKind) -> None:
        self.state = state
        self.event = event
        super().__init__(
            f"packet is {state.value}, so the event {event.value} is impossible: "
            "stop relaying this path and compare both chains"
        )


_ASKS_FOR: Final[dict[MessageKind, frozenset[PacketState]]] = {
    MessageKind.RECEIVE: frozenset({PacketState.SENT, PacketState.RETURN_BLOCKED}),
    MessageKind.ACKNOWLEDGE: frozenset({PacketState.RECEIVED, PacketState.DELIVERY_BLOCKED}),
    MessageKind.TIME_OUT: frozenset({PacketState.SENT, PacketState.RETURN_BLOCKED}),
}


def asks_for(state: PacketState, kind: MessageKind) -> bool:
    """Whether a packet in this state can still need such a message: an answer to one may come after what it did."""
    return state in _ASKS_FOR[kind]


def next_state(state: PacketState, event: EventKind) -> PacketState:
    """The state after an event; raises ``ContradictoryEvent`` for a pair that honest chains never produce."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ContradictoryEvent(state, event) from None
