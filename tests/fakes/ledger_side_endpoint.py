"""The ledger's side of a path without its nodes: real checkpoints and proofs go out, and what comes in is verified.

An IBC host over `LedgerSide`'s tree. Its light client of the EVM chain is a real one from a registry: the mock's, which
only a registry for tests takes, or QBFT's. It keeps the packet rules, so it passes the endpoints' conformance suite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chains.evm.client.proofs import InitialState
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import DvpPayload, SettlementTerms, dvp_payload_of, packet_of, terms_hash
from ibc.light_client import ConsensusAt, LightClient, TimeBounds
from ibc.packet import Packet, packet_commitment, packet_commitment_receipt
from ibc.paths import ack_path, commitment_path, receipt_path
from light_clients.clock import Expiring
from light_clients.progmat import encode_proof
from primitives.errors import CrossDvpError, UnavailableError
from primitives.smt_proof import encode_smt_proof
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
from tests.fakes.evm_settlement_world import CLIENT_ID, LEDGER_CLIENT_ID, LEDGER_ID, LedgerSide


class NotThere(UnavailableError):
    """The ledger has not come so far."""

    reason = "LEDGER_NOT_READY"


@dataclass
class EvmClient:
    """The light client of the EVM chain that this ledger hosts."""

    light_client: LightClient
    decode: Callable[[bytes], Expiring]
    state: bytes
    latest: int
    consensus: dict[int, bytes]

    @classmethod
    def beginning(
        cls, light_client: LightClient, decode: Callable[[bytes], Expiring], initial: InitialState
    ) -> EvmClient:
        """Created from a trusted state."""
        height = light_client.initialise(initial.client_state, initial.consensus_state)
        return cls(light_client, decode, initial.client_state, height, {height: initial.consensus_state})

    def at(self, height: int) -> ConsensusAt:
        """What is stored about a height."""
        if height not in self.consensus:
            raise NotThere(f"no consensus state of height {height}")
        return ConsensusAt(height, self.consensus[height])

    def update(self, message: bytes, now: TimeBounds) -> None:
        """Verify, then store."""
        trusted = self.at(self.light_client.trusted_height(message))
        self.light_client.verify_client_message(self.state, trusted, message, now)
        result = self.light_client.update_state(self.state, message)
        self.state = result.client_state
        self.consensus.update({each.height: each.consensus_state for each in result.consensus_states})
        self.latest = max(self.latest, *self.consensus)


@dataclass
class LedgerSideEndpoint:
    """Implements ``ChainEndpoint``. Terms in ``authorised`` are paid for; of packets in ``blocked`` no outcome is."""

    ledger: LedgerSide
    client: EvmClient
    authorised: dict[bytes, SettlementTerms] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    log: list[PacketEvent] = field(default_factory=list)
    stored: dict[bytes, bytes] = field(default_factory=dict)
    provable: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    sent: int = 0

    @property
    def chain_name(self) -> str:
        """See ChainEndpoint."""
        return LEDGER_ID

    @property
    def client_id(self) -> str:
        """See ChainEndpoint."""
        return LEDGER_CLIENT_ID

    def tick(self, now_s: int) -> None:
        """The idle ledger's time goes on."""
        self.ledger.now_s = max(self.ledger.now_s, now_s)
        self._write(b"tick/%d" % self.ledger.height, bytes(31) + b"\x01")

    def lock(self, terms: SettlementTerms) -> Packet:
        """The buyer's cash is locked, which sends the packet."""
        self.sent += 1
        packet = packet_of(terms, self.sent, LEDGER_CLIENT_ID, CLIENT_ID)
        self._write(commitment_path(LEDGER_CLIENT_ID, self.sent), packet_commitment(packet))
        self._note(EventKind.SENT, packet)
        return packet

    async def head(self) -> Head:
        """See ChainEndpoint."""
        return Head(self.ledger.height, self.ledger.now_s)

    async def events(self, cursor: int, limit: int) -> EventPage:
        """See ChainEndpoint; the cursor is the number of events read."""
        page = tuple(self.log[cursor : cursor + limit])
        return EventPage(page, cursor + len(page))

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        latest, kind = self.client.at(self.client.latest), self.client.light_client
        seen_s, period_s = kind.timestamp_at(latest.consensus_state), self.client.decode(self.client.state)
        status = kind.status(self.client.state, latest, self.ledger.now_s)
        return HostedClient(self.client_id, latest.height, seen_s, period_s.trusting_period_s, status)

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ChainEndpoint; always the newest height, which stays provable."""
        height = self.ledger.height
        if height < at_least or height <= trusted_height:
            raise NotThere(f"height {height} is the newest, {max(at_least, trusted_height + 1)} is needed")
        self.provable[height] = (self.ledger.now_s, self.ledger.tree.root)
        return ClientUpdate(height, self.ledger.now_s, self.ledger.header())

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint."""
        if height not in self.provable:
            raise NotThere(f"height {height} was never signed")
        timestamp_s, root = self.provable[height]
        return encode_proof(timestamp_s, encode_smt_proof(self.ledger.tree.prove(proved_path(kind, packet), root)))

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint."""
        if update is not None and update.height not in self.client.consensus:
            self.client.update(update.client_message, self._now)
        return tuple(self._handle(message) for message in messages)

    async def close(self) -> None:
        """See ChainEndpoint."""

    @property
    def _now(self) -> TimeBounds:
        return TimeBounds.at(self.ledger.now_s)

    def _handle(self, message: PacketMessage) -> Outcome:
        handlers = {
            MessageKind.RECEIVE: self._receive,
            MessageKind.ACKNOWLEDGE: self._acknowledge,
            MessageKind.TIME_OUT: self._time_out,
        }
        try:
            return handlers[message.kind](message)
        except CrossDvpError as refusal:
            return Outcome(Verdict.REFUSED, refusal=f"{refusal.reason}: {refusal}")

    def _require(self, message: PacketMessage, path: bytes, value: bytes) -> None:
        where = self.client.at(message.proof_height)
        self.client.light_client.verify_membership(self.client.state, where, message.proof, path, value, self._now)

    def _receive(self, message: PacketMessage) -> Outcome:
        packet = message.packet
        receipt = receipt_path(packet.destination_client, packet.sequence)
        if receipt in self.stored:
            return Outcome(Verdict.ALREADY_DONE)
        if self.ledger.now_s >= packet.timeout_s:
            return Outcome(Verdict.REFUSED, refusal=f"TIMEOUT_ELAPSED: {self.ledger.now_s} >= {packet.timeout_s}")
        self._require(message, commitment_path(packet.source_client, packet.sequence), packet_commitment(packet))
        ack = self._answer(packet)
        self._write(receipt, packet_commitment_receipt(packet))
        self._write(ack_path(packet.destination_client, packet.sequence), ack_commitment([ack]))
        self._note(EventKind.ACK_WRITTEN, packet, ack)
        return self._done()

    def _answer(self, packet: Packet) -> bytes:
        payload = DvpPayload.decode(packet.payloads[0].value)
        terms = self.authorised.get(payload.trade_id)
        return UNIVERSAL_ERROR_ACK if terms is None or dvp_payload_of(terms) != payload else terms_hash(terms)

    def _acknowledge(self, message: PacketMessage) -> Outcome:
        packet = message.packet
        if commitment_path(packet.source_client, packet.sequence) not in self.stored:
            return Outcome(Verdict.ALREADY_DONE)
        path = ack_path(packet.destination_client, packet.sequence)
        self._require(message, path, ack_commitment([message.ack or b""]))
        return self._ended(EventKind.ACK_PROCESSED, packet)

    def _time_out(self, message: PacketMessage) -> Outcome:
        packet = message.packet
        if commitment_path(packet.source_client, packet.sequence) not in self.stored:
            return Outcome(Verdict.ALREADY_DONE)
        path, where = receipt_path(packet.destination_client, packet.sequence), self.client.at(message.proof_height)
        absent_at_s = self.client.light_client.verify_non_membership(
            self.client.state, where, message.proof, path, self._now
        )
        if absent_at_s < packet.timeout_s:
            return Outcome(Verdict.REFUSED, refusal=f"TIMEOUT_NOT_REACHED: {absent_at_s} < {packet.timeout_s}")
        return self._ended(EventKind.TIMEOUT_PROCESSED, packet)

    def _ended(self, kind: EventKind, packet: Packet) -> Outcome:
        if packet.sequence in self.blocked:
            return Outcome(Verdict.BLOCKED, refusal="LOCK_DISPUTED: the application refuses")
        path = commitment_path(packet.source_client, packet.sequence)
        del self.stored[path]
        self.ledger.tree.remove(path)
        self.ledger.height += 1
        self._note(kind, packet)
        return self._done()

    def _write(self, path: bytes, value: bytes) -> None:
        self.stored[path] = value
        self.ledger.write(path, value)

    def _note(self, kind: EventKind, packet: Packet, ack: bytes | None = None) -> None:
        self.log.append(PacketEvent(kind, packet, self.ledger.height, f"{self.ledger.height:064x}", ack))

    def _done(self) -> Outcome:
        return Outcome(Verdict.DONE, f"{self.ledger.height:064x}", self.ledger.height)
