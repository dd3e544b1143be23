"""A ledger of real contracts as one end of a path, with the qbft light client: both orders, every end of a trade."""

from __future__ import annotations

from dataclasses import dataclass, field

from chains.progmat.contracts.dvp_lock_codec import TimeoutEvidence
from chains.progmat.contracts.dvp_receipt_codec import SentPacket
from chains.progmat.ibc_host.receiving import Arrival, PayPlan, build_decline, build_pay
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import SettlementTerms, terms_hash
from ibc.light_client import LightClient
from ibc.packet import Packet
from light_clients.progmat import encode_proof
from light_clients.qbft import QbftLightClient
from light_clients.qbft.codec import decode_client_state
from primitives.smt_proof import encode_smt_proof
from relayer.chains.packet_paths import proved_path
from relayer.core.chain import (
    ClientUpdate,
    EventKind,
    HostedClient,
    MessageKind,
    Outcome,
    PacketEvent,
    PacketMessage,
    ProofKind,
    Verdict,
)
from tests.fakes.hub_ledger import AMOUNT_YEN, HubLedger
from tests.fakes.ledger_parties import cash, cash_issue

NOT_EXPECTED = Outcome(Verdict.REFUSED, refusal="PACKET_NOT_EXPECTED: nobody here authorised these terms")


@dataclass
class RelayedLedger(HubLedger):
    """Implements ``ChainEndpoint``. Packets that arrive are paid if ``expected``, declined if in ``declined``."""

    light_client: LightClient = field(default_factory=QbftLightClient)
    expected: dict[int, SettlementTerms] = field(default_factory=dict)
    declined: dict[int, SettlementTerms] = field(default_factory=dict)
    signed: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    """Time and root of each height that a header was made of."""

    def at_time(self, now_s: int) -> None:
        """Let the ledger's clock show this; an idle ledger's journal ticks."""
        super().at_time(now_s)
        self.side.height += 1

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        client_state, latest = self.client_record.client_state, self.latest
        status = self.light_client.status(client_state, latest.at, self.model.now_s)
        trusting_period_s = decode_client_state(client_state).trusting_period_s
        return HostedClient(self.client_id, latest.height, latest.timestamp_s, trusting_period_s, status)

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ChainEndpoint."""
        update = await super().update_for_counterparty(trusted_height, at_least)
        self.signed[update.height] = update.timestamp_s, self.side.tree.root
        return update

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint."""
        timestamp_s, root = self.signed[height]
        return encode_proof(timestamp_s, encode_smt_proof(self.side.tree.prove(proved_path(kind, packet), root)))

    def take(self, message: PacketMessage) -> Outcome:
        """One message as one ledger transaction."""
        if message.kind is MessageKind.ACKNOWLEDGE:
            return super().take(message)
        if message.kind is MessageKind.TIME_OUT:
            evidence = TimeoutEvidence(message.proof, message.proof_height)
            return self.unlock(message, evidence, EventKind.TIMEOUT_PROCESSED)
        return self._receive(message)

    def _receive(self, message: PacketMessage) -> Outcome:
        sequence = message.packet.sequence
        sent = SentPacket(message.packet, message.proof, message.proof_height)
        arrival = Arrival(sent, self.client, self.consensus_at(message.proof_height), self.window)
        if sequence in self.expected:
            terms = self.expected[sequence]
            coins = self.model.commit(cash_issue(self.model.frame, self.issuer, cash(AMOUNT_YEN)))
            buyers, sellers = self.custodians
            builder = build_pay(self.model.frame, PayPlan(arrival, terms, coins[:1], buyers, sellers))
            ack = bytes(terms_hash(terms))
        elif sequence in self.declined:
            builder = build_decline(self.model.frame, arrival, self.declined[sequence], self.custodians[0])
            ack = UNIVERSAL_ERROR_ACK
        else:
            return NOT_EXPECTED
        self.model.commit(builder)
        self.publish()
        self.reported.append(PacketEvent(EventKind.ACK_WRITTEN, message.packet, self.side.height, "receipt", ack))
        return Outcome(Verdict.DONE, "receipt", self.side.height)
