"""An in-process chain that keeps IBC's packet rules and settles at once: for tests of the relayer, and its benchmark.

It passes the same conformance suite as the real endpoints. A "proof" names the fact, the proving chain and the
height; the receiving chain checks it against that chain's history, so that a relayer that proves the wrong thing, or
at the wrong height, is refused as it would be by a light client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.light_client import LightClientStatus
from ibc.packet import Packet, Payload, packet_commitment
from primitives.errors import UnavailableError
from relayer.chains.packet_paths import proved_path
from relayer.core.chain import (
    ClientUpdate,
    EventKind,
    EventPage,
    Head,
    HostedClient,
    MessageKind,
    Outcome,
    PacketEvent,
    PacketMessage,
    ProofKind,
    Verdict,
)

TRUSTING_PERIOD_S = 3600
BLOCKED = Outcome(Verdict.BLOCKED, refusal="TOKEN_PAUSED: the token refuses")


class Away(UnavailableError):
    """The chain was told to be away."""

    reason = "CHAIN_AWAY"


def payload(value: bytes) -> Payload:
    """A payload of the test's own port."""
    return Payload("test", "test", "test-1", "raw", value)


@dataclass
class InstantChain:
    """One end. ``accepts`` decides whether the application takes a packet; every block is final when it is made.

    Of packets it sent, the application refuses to process the outcome while they are in ``blocked``.
    """

    chain_name: str
    client_id: str
    clock_s: Callable[[], int]
    accepts: Callable[[Packet], bool] = lambda _packet: True
    blocked: set[int] = field(default_factory=set)
    counterparty: InstantChain = field(init=False)
    away: bool = False
    height: int = 1
    times: dict[int, int] = field(default_factory=dict)
    log: list[PacketEvent] = field(default_factory=list)
    commitments: dict[int, int] = field(default_factory=dict)
    sent: dict[int, Packet] = field(default_factory=dict)
    receipts: dict[int, int] = field(default_factory=dict)
    acks: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    effects: list[str] = field(default_factory=list)
    client_height: int = 0
    frozen: bool = False
    refuses_submissions: bool = False

    def __post_init__(self) -> None:
        self.times[1] = self.clock_s()

    def make_block(self) -> int:
        """A new height at the clock's time; its number."""
        self.height += 1
        self.times[self.height] = max(self.times[self.height - 1], self.clock_s())
        return self.height

    def send(self, value: bytes, timeout_s: int) -> Packet:
        """An application sends a packet."""
        sequence = len(self.sent) + 1
        packet = Packet(sequence, self.client_id, self.counterparty.client_id, timeout_s, (payload(value),))
        self.sent[sequence] = packet
        self.commitments[sequence] = self.make_block()
        self._note(EventKind.SENT, packet)
        return packet

    def _note(self, kind: EventKind, packet: Packet, ack: bytes | None = None) -> None:
        self.log.append(PacketEvent(kind, packet, self.height, f"{self.chain_name}-{self.height}", ack))

    def _check_here(self) -> None:
        if self.away:
            raise Away(f"{self.chain_name} is away")

    async def head(self) -> Head:
        """See ChainEndpoint."""
        self._check_here()
        self.make_block()
        return Head(self.height, self.times[self.height])

    async def events(self, cursor: int, limit: int) -> EventPage:
        """See ChainEndpoint; the cursor is the number of events read."""
        self._check_here()
        page = tuple(self.log[cursor : cursor + limit])
        return EventPage(page, cursor + len(page))

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        self._check_here()
        status = LightClientStatus.FROZEN if self.frozen else LightClientStatus.ACTIVE
        seen_s = self.counterparty.times.get(self.client_height, 0)
        return HostedClient(self.client_id, self.client_height, seen_s, TRUSTING_PERIOD_S, status)

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ChainEndpoint."""
        self._check_here()
        if at_least > self.height or trusted_height > self.height:
            raise Away(f"{self.chain_name} has no height {at_least} yet")
        return ClientUpdate(self.height, self.times[self.height], self.height.to_bytes(8, "big"))

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint."""
        self._check_here()
        return self._fact(kind, packet, height)

    def _fact(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """Names path and packet: a commitment alone does not bind the sequence."""
        path, commitment = proved_path(kind, packet).hex(), packet_commitment(packet).hex()
        return f"{self.chain_name}|{kind.value}|{path}|{commitment}|{height}".encode()

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint."""
        self._check_here()
        if self.refuses_submissions:
            raise Away(f"{self.chain_name} takes no submissions")
        if update is not None and not self.frozen:
            self.client_height = max(self.client_height, update.height)
        return tuple(self._handle(message) for message in messages)

    async def close(self) -> None:
        """See ChainEndpoint."""

    def _handle(self, message: PacketMessage) -> Outcome:
        kinds = {
            MessageKind.RECEIVE: (ProofKind.COMMITMENT, self._receive),
            MessageKind.ACKNOWLEDGE: (ProofKind.ACKNOWLEDGEMENT, self._acknowledge),
            MessageKind.TIME_OUT: (ProofKind.RECEIPT_ABSENCE, self._time_out),
        }
        proof_kind, handler = kinds[message.kind]
        expected = self.counterparty._fact(proof_kind, message.packet, message.proof_height)
        if self.frozen:
            return Outcome(Verdict.REFUSED, refusal="CLIENT_FROZEN: frozen")
        if message.proof != expected or message.proof_height > self.client_height:
            return Outcome(Verdict.REFUSED, refusal="INVALID_PROOF: proof does not name this fact at a known height")
        return handler(message)

    def _done(self, effect: str) -> Outcome:
        self.effects.append(effect)
        return Outcome(Verdict.DONE, f"{self.chain_name}-{self.height}", self.height)

    def _receive(self, message: PacketMessage) -> Outcome:
        packet, source = message.packet, self.counterparty
        if packet.sequence in self.receipts:
            return Outcome(Verdict.ALREADY_DONE)
        if source.commitments.get(packet.sequence, source.height + 1) > message.proof_height:
            return Outcome(Verdict.REFUSED, refusal="INVALID_PROOF: not committed at that height")
        height = self.make_block()
        if self.times[height] >= packet.timeout_s:
            return Outcome(Verdict.REFUSED, refusal="TIMEOUT_ELAPSED: too late")
        ack = b"taken" if self.accepts(packet) else UNIVERSAL_ERROR_ACK
        self.receipts[packet.sequence] = height
        self.acks[packet.sequence] = (height, ack)
        self._note(EventKind.ACK_WRITTEN, packet, ack)
        return self._done(f"received {packet.sequence}")

    def _acknowledge(self, message: PacketMessage) -> Outcome:
        packet = message.packet
        if packet.sequence not in self.commitments:
            return Outcome(Verdict.ALREADY_DONE)
        height, ack = self.counterparty.acks.get(packet.sequence, (self.counterparty.height + 1, b""))
        if height > message.proof_height or ack != message.ack:
            return Outcome(Verdict.REFUSED, refusal="INVALID_PROOF: not acknowledged so at that height")
        if packet.sequence in self.blocked:
            return BLOCKED
        del self.commitments[packet.sequence]
        self.make_block()
        self._note(EventKind.ACK_PROCESSED, packet)
        return self._done(f"acknowledged {packet.sequence}")

    def _time_out(self, message: PacketMessage) -> Outcome:
        packet, destination = message.packet, self.counterparty
        if packet.sequence not in self.commitments:
            return Outcome(Verdict.ALREADY_DONE)
        if destination.times[message.proof_height] < packet.timeout_s:
            return Outcome(Verdict.REFUSED, refusal="TIMEOUT_NOT_REACHED: too early")
        if destination.receipts.get(packet.sequence, destination.height + 1) <= message.proof_height:
            return Outcome(Verdict.REFUSED, refusal="INVALID_PROOF: it was received")
        if packet.sequence in self.blocked:
            return BLOCKED
        del self.commitments[packet.sequence]
        self.make_block()
        self._note(EventKind.TIMEOUT_PROCESSED, packet)
        return self._done(f"timed out {packet.sequence}")


def instant_pair(clock_s: Callable[[], int]) -> tuple[InstantChain, InstantChain]:
    """Two chains that host light clients of each other."""
    one = InstantChain("one", "client-one", clock_s)
    two = InstantChain("two", "client-two", clock_s)
    one.counterparty, two.counterparty = two, one
    return one, two
