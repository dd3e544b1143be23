"""Contract ``dvp_receipt``: a packet of the other chain arrives, on which the securities are locked.

``Pay`` moves the buyer's cash to the seller; ``Refuse`` moves nothing. Either writes the packet's receipt and its
acknowledgement, each created once, so that of the two, and of two of either, one happens; the proof that the receipt is
absent at a time past the time-out is the other way out. Time decides which of the two may happen: cash is paid before
the terms' lock-by, and what has not been paid for by then may be refused by any member. Before lock-by the buyer alone
may refuse, who could as well stay silent; neither the seller, who would take back what is locked, nor the issuer may.

The rules are in ``dvp_paying`` and ``dvp_refusing``; here is what they share. Source: ICS-4 version 2, receiving.
"""

from __future__ import annotations

from typing import Final

from chains.progmat.contracts.dvp_receipt_codec import SentPacket
from chains.progmat.contracts.errors import DvpReceiptViolation
from chains.progmat.contracts.ibc_records import (
    ClientRecord,
    referenced_client,
    referenced_consensus,
    require_unexpired,
)
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite, create_write
from ibc.acknowledgement import ack_commitment
from ibc.dvp import DVP_ENCODING, DVP_PORT, DVP_VERSION, DvpPayload, SettlementTerms, packet_of
from ibc.light_client import TimeBounds
from ibc.packet import Packet, Payload, packet_commitment, packet_commitment_receipt
from ibc.paths import ack_path, commitment_path, receipt_path

PAY: Final = "Pay"
REFUSE: Final = "Refuse"

rules = RuleBook(DvpReceiptViolation)
"""Shared by the two halves of the contract."""


def require_sent(
    sent: SentPacket, ledger_tx: LedgerTransaction, package: ContractPackage, now: TimeBounds
) -> ClientRecord:
    """Return by which light client, if the other chain sent exactly this packet here, and it can still be received.

    ``now`` is the transaction's window. Raises DvpReceiptViolation, IbcClientViolation, or what the light client raises
    for a bad proof.
    """
    packet = sent.packet
    client = referenced_client(ledger_tx, packet.destination_client)
    rules.equal(
        "the packet comes from the client's counterparty",
        expected=client.counterparty_client_id,
        found=packet.source_client,
    )
    rules.at_most("a packet is received before its time-out", limit=packet.timeout_s, found=now.latest_s)
    consensus = referenced_consensus(ledger_tx, client, sent.height)
    light_client = package.light_clients.get(client.client_type)
    require_unexpired(light_client, client, consensus, now)
    light_client.verify_membership(
        client.client_state,
        consensus.at,
        sent.proof,
        client.prefixed(commitment_path(packet.source_client, packet.sequence)),
        packet_commitment(packet),
        now,
    )
    return client


def require_packet_of_terms(packet: Packet, terms: SettlementTerms) -> None:
    """Return if ``packet`` carries exactly these terms, with their time-out; raises DvpReceiptViolation."""
    expected = packet_of(terms, packet.sequence, packet.source_client, packet.destination_client)
    rules.equal("the packet is that of the terms", expected=expected, found=packet)


def dvp_payload_in(packet: Packet) -> DvpPayload:
    """The eight words in a packet of port ``dvp``; raises DvpReceiptViolation, InvalidTerms."""
    payload = packet.payloads[0]
    expected = Payload(DVP_PORT, DVP_PORT, DVP_VERSION, DVP_ENCODING, payload.value)
    rules.equal("the packet is of port dvp, in its version and encoding", expected=expected, found=payload)
    return DvpPayload.decode(payload.value)


def receipt_writes(packet: Packet, acknowledgement: bytes) -> tuple[ProvableWrite, ProvableWrite]:
    """The receipt, and the commitment of the acknowledgement."""
    client_id, sequence = packet.destination_client, packet.sequence
    return (
        create_write(receipt_path(client_id, sequence), packet_commitment_receipt(packet)),
        create_write(ack_path(client_id, sequence), ack_commitment([acknowledgement])),
    )
