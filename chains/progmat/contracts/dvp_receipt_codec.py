"""The evidence with which a packet is paid for or refused, to bytes and back, strictly."""

from __future__ import annotations

from dataclasses import dataclass

from crossdvp.ledger.v1 import states_pb2 as pb

from chains.progmat.contracts.dvp_lock_codec import MAX_PROOF_BYTES
from chains.progmat.contracts.terms_codec import terms_from_message, terms_to_message
from chains.progmat.transactions.model import MAX_COMMAND_DATA_BYTES, check_range
from ibc.dvp import SettlementTerms
from ibc.packet import Packet, decode_packet, encode_packet
from primitives.codec import deterministic_bytes, strict_parse


@dataclass(frozen=True, slots=True)
class SentPacket:
    """A packet of the other chain; ``proof`` shows its commitment there at ``height``."""

    packet: Packet
    proof: bytes
    height: int

    def __post_init__(self) -> None:
        check_range("proof length", len(self.proof), 1, MAX_PROOF_BYTES)
        check_range("proof height", self.height, 1, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class PayEvidence:
    """The other chain holds the securities for exactly ``terms``: their packet was sent."""

    sent: SentPacket
    terms: SettlementTerms


@dataclass(frozen=True, slots=True)
class RefuseEvidence:
    """The packet was sent. ``declined``: the terms that the buyer declines; None: the packet is late."""

    sent: SentPacket
    declined: SettlementTerms | None = None


def encode_pay_evidence(evidence: PayEvidence) -> bytes:
    """Canonical bytes: the data of the command ``Pay``."""
    sent = evidence.sent
    return deterministic_bytes(
        pb.PayEvidence(
            terms=terms_to_message(evidence.terms),
            packet=encode_packet(sent.packet),
            proof=sent.proof,
            height=sent.height,
        )
    )


def decode_pay_evidence(data: bytes) -> PayEvidence:
    """The evidence in ``data``; raises DecodeError."""
    message = strict_parse(pb.PayEvidence, data, max_bytes=MAX_COMMAND_DATA_BYTES)
    return PayEvidence(_sent_packet(message), terms_from_message(message.terms))


def encode_refuse_evidence(evidence: RefuseEvidence) -> bytes:
    """Canonical bytes: the data of the command ``Refuse``."""
    sent = evidence.sent
    declined = None if evidence.declined is None else terms_to_message(evidence.declined)
    return deterministic_bytes(
        pb.RefuseEvidence(packet=encode_packet(sent.packet), proof=sent.proof, height=sent.height, declined=declined)
    )


def decode_refuse_evidence(data: bytes) -> RefuseEvidence:
    """The evidence in ``data``; raises DecodeError."""
    message = strict_parse(pb.RefuseEvidence, data, max_bytes=MAX_COMMAND_DATA_BYTES)
    declined = terms_from_message(message.declined) if message.HasField("declined") else None
    return RefuseEvidence(_sent_packet(message), declined)


def _sent_packet(message: pb.PayEvidence | pb.RefuseEvidence) -> SentPacket:
    return SentPacket(decode_packet(message.packet), message.proof, message.height)
