"""A ledger to which the EVM chain sends packets: securities lead. The chain's headers and proofs are real."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.dvp_receipt_codec import SentPacket
from chains.progmat.ibc_host.receiving import Arrival, PayPlan, build_decline, build_late_refusal, build_pay
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef, TimeWindow
from ibc.dvp import LeadLeg, SettlementTerms, packet_of
from ibc.packet import Packet, packet_commitment
from ibc.paths import commitment_path
from primitives.types import UnixSeconds
from tests.fakes.settlement_world import CLIENT_ID, COUNTERPARTY_CLIENT_ID, NOW_S, SettlementWorld, terms_of


def leading_terms(
    trade: int = 1, *, amount_yen: int = 1_000_000, lock_by_s: int = NOW_S + 600, settle_by_s: int = NOW_S + 1200
) -> SettlementTerms:
    """``terms_of`` with securities leading."""
    terms = terms_of(trade, amount_yen=amount_yen, lock_by_s=lock_by_s, settle_by_s=settle_by_s)
    return replace(terms, lead_leg=LeadLeg.SECURITIES)


class ArrivingWorld(SettlementWorld):
    """See the module's docstring."""

    def packet(self, terms: SettlementTerms, sequence: int = 1) -> Packet:
        """The packet of these terms, from the EVM chain to the ledger."""
        return packet_of(terms, sequence, COUNTERPARTY_CLIENT_ID, CLIENT_ID)

    def send(self, packet: Packet) -> None:
        """The router on the EVM chain stores the packet's commitment, in its next block."""
        self.evm.store[commitment_path(packet.source_client, packet.sequence)] = packet_commitment(packet)
        self.evm.seal()

    def sent(self, packet: Packet, height: int | None = None) -> SentPacket:
        """The packet with the proof of its commitment at a height, by default the newest, which is recorded."""
        height = self.update_client(height)
        proof = self.evm.proof(height, commitment_path(packet.source_client, packet.sequence))
        return SentPacket(packet, proof, height)

    def arrival(self, sent: SentPacket, window: TimeWindow | None = None) -> Arrival:
        """As builders take it."""
        return Arrival(sent, self.client, self.consensus[sent.height], window or self.window)

    def window_until(self, until_s: int) -> TimeWindow:
        """From ten seconds ago, a minute at most."""
        return TimeWindow(UnixSeconds(self.now_s - 10), UnixSeconds(min(self.now_s + 60, until_s)))

    def pay_builder(self, terms: SettlementTerms, sent: SentPacket, *coins: StateAndRef) -> TransactionBuilder:
        """A valid payment, to be committed or tampered with."""
        arrival = self.arrival(sent, self.window_until(terms.lock_by_s))
        return build_pay(self.ledger.frame, PayPlan(arrival, terms, coins, self.custodian, self.seller_custodian))

    def decline_builder(self, terms: SettlementTerms, sent: SentPacket) -> TransactionBuilder:
        """The buyer's refusal."""
        return build_decline(self.ledger.frame, self.arrival(sent), terms, self.custodian)

    def late_builder(self, sent: SentPacket, member: StateAndRef | None = None) -> TransactionBuilder:
        """The refusal of a late packet by the issuer's node, or another member."""
        window = TimeWindow(UnixSeconds(self.now_s), UnixSeconds(min(self.now_s + 60, sent.packet.timeout_s)))
        return build_late_refusal(self.ledger.frame, self.arrival(sent, window), member or self.issuer_membership)
