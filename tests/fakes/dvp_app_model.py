"""The DvP app on the EVM in a few lines: earmarks, delivery on arrival, and the ways an earmark goes back."""

from __future__ import annotations

from dataclasses import dataclass, field

from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import SettlementTerms, terms_hash, trade_cancelled_value
from ibc.packet import Packet, packet_receipt_value
from ibc.paths import ack_path, receipt_path
from primitives.types import UnixSeconds
from tests.fakes.evm_chain_model import EvmChainModel

EARMARK_MARGIN_S = 600
TOMBSTONE = b"settled or given back"


class EvmRevertedError(Exception):
    """The EVM transaction changed nothing."""


@dataclass
class DvpAppModel:
    """Holds the sellers' units; ``units`` are theirs, the buyers' and those in escrow. Each change is a block."""

    evm: EvmChainModel
    units: dict[str, int] = field(default_factory=lambda: {"seller": 100, "buyer": 0, "escrow": 0})
    earmarks: dict[bytes, bytes] = field(default_factory=dict)
    delivered: set[bytes] = field(default_factory=set)
    acknowledgements: dict[int, bytes] = field(default_factory=dict)

    def earmark(self, terms: SettlementTerms) -> None:
        """The seller sets units aside for one trade id, once."""
        if terms.trade_id in self.earmarks:
            raise EvmRevertedError("the trade id was used")
        self._transfer("seller", "escrow", terms.security.quantity)
        self.earmarks[terms.trade_id] = terms_hash(terms)
        self.evm.seal()

    def receive(self, packet: Packet, terms: SettlementTerms) -> bytes:
        """The packet arrives, its commitment proved: deliver or refuse, once, before the time-out."""
        if self.evm.next_timestamp_s >= UnixSeconds(packet.timeout_s):
            raise EvmRevertedError("the packet timed out")
        if packet.sequence in self.acknowledgements:
            raise EvmRevertedError("the packet was received")
        acknowledgement = UNIVERSAL_ERROR_ACK
        if self.earmarks.get(terms.trade_id) == terms_hash(terms):
            self._give("buyer", terms)
            self.delivered.add(terms.trade_id)
            acknowledgement = terms_hash(terms)
        self.acknowledgements[packet.sequence] = acknowledgement
        self.evm.store[receipt_path(packet.destination_client, packet.sequence)] = packet_receipt_value(packet)
        self.evm.store[ack_path(packet.destination_client, packet.sequence)] = ack_commitment([acknowledgement])
        self.evm.seal()
        return acknowledgement

    def reclaim(self, terms: SettlementTerms) -> None:
        """The seller takes an earmark back long after the time-out."""
        if self.evm.next_timestamp_s < terms.settle_by_s + EARMARK_MARGIN_S:
            raise EvmRevertedError("the earmark has not expired")
        self._give("seller", terms)

    def release_cancelled(self, terms: SettlementTerms, proved_value: bytes | None) -> None:
        """The seller takes an earmark back at once, the cancellation on the ledger proved."""
        if proved_value != trade_cancelled_value(terms_hash(terms)):
            raise EvmRevertedError("the trade was not cancelled")
        self._give("seller", terms)

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
