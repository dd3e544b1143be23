"""The DvP app on the EVM in a few lines: earmarks, both orders, and the ways an earmark goes back.

Passes the same suite as the contracts: `tests/conformance/dvp_app`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment, is_error
from ibc.dvp import LeadLeg, SettlementTerms, packet_of, terms_hash, trade_cancelled_value
from ibc.packet import Packet, packet_commitment, packet_receipt_value
from ibc.paths import ack_path, commitment_path, receipt_path
from primitives.types import UnixSeconds
from tests.fakes.evm_chain_model import EvmChainModel

EARMARK_MARGIN_S = 600
TOMBSTONE = b"settled or given back"


class EvmRevertedError(Exception):
    """The EVM transaction changed nothing."""


@dataclass
class DvpAppModel:
    """Holds the sellers' units; ``units`` are theirs, the buyers' and those in escrow. Each change is a block.

    ``halted``: the token's issuer lets nothing go to a buyer.
    """

    evm: EvmChainModel
    units: dict[str, int] = field(default_factory=lambda: {"seller": 100, "buyer": 0, "escrow": 0})
    earmarks: dict[bytes, bytes] = field(default_factory=dict)
    delivered: set[bytes] = field(default_factory=set)
    acknowledgements: dict[int, bytes] = field(default_factory=dict)
    sent: int = 0
    halted: bool = False

    def earmark(self, terms: SettlementTerms) -> None:
        """The seller sets units aside for one trade id, once."""
        self._set_aside(terms, LeadLeg.CASH)
        self.evm.seal()

    def lock_and_send(self, terms: SettlementTerms, source_client: str, destination_client: str) -> Packet:
        """The seller sets units aside and asks the ledger for the cash."""
        self._set_aside(terms, LeadLeg.SECURITIES)
        self.sent += 1
        packet = packet_of(terms, self.sent, source_client, destination_client)
        self.evm.store[commitment_path(source_client, self.sent)] = packet_commitment(packet)
        self.evm.seal()
        return packet

    def acknowledge(self, packet: Packet, terms: SettlementTerms, acknowledgement: bytes) -> bool:
        """The ledger's answer to a packet sent from here, proved; false if it was processed before."""
        if acknowledgement == terms_hash(terms):
            return self._end(packet, lambda: self._deliver(terms))
        if is_error(acknowledgement):
            return self._end(packet, lambda: self._give("seller", terms))
        raise EvmRevertedError("neither paid nor refused")

    def time_out(self, packet: Packet, terms: SettlementTerms, consensus_timestamp_s: int) -> bool:
        """The ledger had not received a packet at a time, proved; false if it was processed before."""
        if consensus_timestamp_s < packet.timeout_s:
            raise EvmRevertedError("the ledger could still receive it")
        return self._end(packet, lambda: self._give("seller", terms))

    def receive(self, packet: Packet, terms: SettlementTerms) -> bytes:
        """The packet arrives, its commitment proved: deliver or refuse, once, before the time-out."""
        if self.evm.next_timestamp_s >= UnixSeconds(packet.timeout_s):
            raise EvmRevertedError("the packet timed out")
        if packet.sequence in self.acknowledgements:
            raise EvmRevertedError("the packet was received")
        acknowledgement = UNIVERSAL_ERROR_ACK
        cash_leads = terms.lead_leg is LeadLeg.CASH
        if cash_leads and not self.halted and self.earmarks.get(terms.trade_id) == terms_hash(terms):
            self._deliver(terms)
            acknowledgement = terms_hash(terms)
        self.acknowledgements[packet.sequence] = acknowledgement
        self.evm.store[receipt_path(packet.destination_client, packet.sequence)] = packet_receipt_value(packet)
        self.evm.store[ack_path(packet.destination_client, packet.sequence)] = ack_commitment([acknowledgement])
        self.evm.seal()
        return acknowledgement

    def reclaim(self, terms: SettlementTerms) -> None:
        """The seller takes an earmark back long after the time-out."""
        self._require_cash_leads(terms)
        if self.evm.next_timestamp_s < terms.settle_by_s + EARMARK_MARGIN_S:
            raise EvmRevertedError("the earmark has not expired")
        self._give("seller", terms)

    def release_cancelled(self, terms: SettlementTerms, proved_value: bytes | None) -> None:
        """The seller takes an earmark back at once, the cancellation on the ledger proved."""
        self._require_cash_leads(terms)
        if proved_value != trade_cancelled_value(terms_hash(terms)):
            raise EvmRevertedError("the trade was not cancelled")
        self._give("seller", terms)

    def _set_aside(self, terms: SettlementTerms, lead: LeadLeg) -> None:
        if terms.lead_leg is not lead or self.evm.next_timestamp_s >= terms.settle_by_s:
            raise EvmRevertedError("the other leg leads, or it is too late")
        if terms.trade_id in self.earmarks:
            raise EvmRevertedError("the trade id was used")
        self._transfer("seller", "escrow", terms.security.quantity)
        self.earmarks[terms.trade_id] = terms_hash(terms)

    def _end(self, packet: Packet, move: Callable[[], None]) -> bool:
        path = commitment_path(packet.source_client, packet.sequence)
        if path not in self.evm.store:
            return False
        move()
        del self.evm.store[path]
        self.evm.seal()
        return True

    def _deliver(self, terms: SettlementTerms) -> None:
        if self.halted:
            raise EvmRevertedError("the token refuses")
        self._give("buyer", terms)
        self.delivered.add(terms.trade_id)

    def _require_cash_leads(self, terms: SettlementTerms) -> None:
        if terms.lead_leg is not LeadLeg.CASH:
            raise EvmRevertedError("only the packet's end moves these units")

    def _give(self, to: str, terms: SettlementTerms) -> None:
        if self.earmarks.get(terms.trade_id) != terms_hash(terms):
            raise EvmRevertedError("there is no such earmark")
        self.earmarks[terms.trade_id] = TOMBSTONE
        self._transfer("escrow", to, terms.security.quantity)
        self.evm.seal()

    def _transfer(self, source: str, destination: str, quantity: int) -> None:
        if self.units[source] < quantity:
            raise EvmRevertedError("too few units")
        self.units[source] -= quantity
        self.units[destination] += quantity
