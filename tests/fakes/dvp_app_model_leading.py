"""The DvP app on the EVM where securities lead, in a few lines: locks with a packet, and what ends them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import SettlementTerms, terms_hash
from ibc.packet import Packet, packet_commitment
from ibc.paths import ack_path, commitment_path, receipt_path
from tests.fakes.dvp_app_model import DvpAppModel, EvmRevertedError


@dataclass
class LeadingAppModel(DvpAppModel):
    """Also sends packets. ``proved`` stands for the ledger's checkpoints: its paths and the time of the newest one.

    A token that is ``paused`` refuses every transfer: the acknowledgement stays pending.
    """

    pending: dict[int, tuple[SettlementTerms, Packet]] = field(default_factory=dict)
    returned: set[bytes] = field(default_factory=set)
    paused: bool = False

    def lock_and_send(self, terms: SettlementTerms, packet: Packet) -> None:
        """The seller's units are set aside for one trade id, once, and the packet goes out with them."""
        if packet.sequence in self.pending or self.evm.next_timestamp_s >= packet.timeout_s:
            raise EvmRevertedError("the sequence was used, or the time-out is over")
        self.earmark(terms)
        self.evm.store[commitment_path(packet.source_client, packet.sequence)] = packet_commitment(packet)
        self.pending[packet.sequence] = (terms, packet)
        self.evm.seal()

    def acknowledge(self, sequence: int, acknowledgement: bytes, proved: dict[bytes, bytes]) -> None:
        """What the ledger stored for the packet is proved: the units go to the buyer, or back."""
        terms, packet = self._pending(sequence)
        if proved.get(ack_path(packet.destination_client, sequence)) != ack_commitment([acknowledgement]):
            raise EvmRevertedError("the acknowledgement is not proved")
        if acknowledgement == terms_hash(terms):
            self._end(terms, packet, "buyer")
            self.delivered.add(terms.trade_id)
        elif acknowledgement == UNIVERSAL_ERROR_ACK:
            self._end(terms, packet, "seller")
            self.returned.add(terms.trade_id)
        else:
            raise EvmRevertedError("the acknowledgement is neither")

    def time_out(self, sequence: int, proved: dict[bytes, bytes], checkpoint_s: int) -> None:
        """No receipt stands at a checkpoint whose time is at or past the time-out."""
        terms, packet = self._pending(sequence)
        if checkpoint_s < packet.timeout_s or receipt_path(packet.destination_client, sequence) in proved:
            raise EvmRevertedError("the time-out is not proved")
        self._end(terms, packet, "seller")
        self.returned.add(terms.trade_id)

    def _pending(self, sequence: int) -> tuple[SettlementTerms, Packet]:
        if sequence not in self.pending:
            raise EvmRevertedError("no such packet is pending")
        return self.pending[sequence]

    def _end(self, terms: SettlementTerms, packet: Packet, to: str) -> None:
        if self.paused:
            raise EvmRevertedError("the token is paused")
        self._give(to, terms)
        del self.pending[packet.sequence]
        self.evm.store.pop(commitment_path(packet.source_client, packet.sequence))
