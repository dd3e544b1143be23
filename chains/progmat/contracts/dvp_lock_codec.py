"""DvP locks and the evidence that unlocks them, to bytes and back, strictly."""

from __future__ import annotations

from dataclasses import dataclass

from crossdvp.ledger.v1 import states_pb2 as pb

from chains.progmat.contracts.terms_codec import terms_from_message, terms_to_message
from chains.progmat.transactions.component_codec import party_from_message, party_to_message
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import MAX_COMMAND_DATA_BYTES, MAX_STATE_DATA_BYTES, Party, check_range
from ibc.dvp import SettlementTerms
from ibc.packet import Packet, decode_packet, encode_packet
from primitives.codec import deterministic_bytes, strict_parse

MAX_ACKNOWLEDGEMENT_BYTES = 1024
MAX_PROOF_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class AckEvidence:
    """The other chain acknowledged the packet: ``acknowledgement`` is what its app returned, proved at ``height``."""

    acknowledgement: bytes
    proof: bytes
    height: int

    def __post_init__(self) -> None:
        check_range("acknowledgement length", len(self.acknowledgement), 1, MAX_ACKNOWLEDGEMENT_BYTES)
        _check_proof(self.proof, self.height)


@dataclass(frozen=True, slots=True)
class TimeoutEvidence:
    """The other chain had no receipt of the packet at ``height``, whose time is at or past the time-out."""

    proof: bytes
    height: int

    def __post_init__(self) -> None:
        _check_proof(self.proof, self.height)


Evidence = AckEvidence | TimeoutEvidence


def encode_lock(terms: SettlementTerms, packet: Packet, client_id: str, issuer: Party) -> bytes:
    """Canonical bytes of a lock state."""
    return deterministic_bytes(
        pb.DvpLockState(
            terms=terms_to_message(terms),
            packet=encode_packet(packet),
            client_id=client_id,
            issuer=party_to_message(issuer),
        )
    )


def decode_lock(data: bytes) -> tuple[SettlementTerms, Packet, str, Party]:
    """Terms, packet, client id and issuer in ``data``; raises DecodeError."""
    message = strict_parse(pb.DvpLockState, data, max_bytes=MAX_STATE_DATA_BYTES)
    issuer = party_from_message(message.issuer)
    return terms_from_message(message.terms), decode_packet(message.packet), message.client_id, issuer


def encode_evidence(evidence: Evidence) -> bytes:
    """Canonical bytes: the data of the command ``Unlock``."""
    if isinstance(evidence, AckEvidence):
        acknowledged = pb.AckEvidence(
            acknowledgement=evidence.acknowledgement, proof=evidence.proof, height=evidence.height
        )
        return deterministic_bytes(pb.UnlockEvidence(acknowledged=acknowledged))
    return deterministic_bytes(
        pb.UnlockEvidence(timed_out=pb.TimeoutEvidence(proof=evidence.proof, height=evidence.height))
    )


def decode_evidence(data: bytes) -> Evidence:
    """The evidence in ``data``; raises DecodeError."""
    message = strict_parse(pb.UnlockEvidence, data, max_bytes=MAX_COMMAND_DATA_BYTES)
    if message.HasField("acknowledged"):
        found = message.acknowledged
        return AckEvidence(found.acknowledgement, found.proof, found.height)
    if message.HasField("timed_out"):
        return TimeoutEvidence(message.timed_out.proof, message.timed_out.height)
    raise MalformedComponent("unlock evidence is given", expected="acknowledged or timed out", found="neither")


def _check_proof(proof: bytes, height: int) -> None:
    check_range("proof length", len(proof), 0, MAX_PROOF_BYTES)  # of an empty trie, absence needs no nodes
    check_range("proof height", height, 1, 2**63 - 1)
