"""Attestations and output proofs to bytes and back, strictly and bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crossdvp.ledger.v1 import attestation_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import MAX_COMPONENT_BYTES, check_range
from primitives.codec import deterministic_bytes, strict_parse
from primitives.public_key import PublicKey

MAX_OUTPUT_PROOF_BYTES: Final = MAX_COMPONENT_BYTES + 2048
MAX_ATTESTATION_SIGNATURES: Final = 255
MAX_ATTESTATION_BYTES: Final = 64 * 1024
MAX_OUTPUTS_SHOWN: Final = 256
MAX_ATTESTED_OUTPUTS_BYTES: Final = 2 * 1024 * 1024

RawSignature = tuple[PublicKey, bytes]


@dataclass(frozen=True, slots=True)
class RawOutputProof:
    """The fields of an output proof, nothing checked but the encoding."""

    tx_id: bytes
    group_roots: tuple[bytes, ...]
    index: int
    nonce: bytes
    component: bytes
    partial_tree: bytes
    package_nonce: bytes
    package_component: bytes


def encode_output_proof(
    *,
    tx_id: bytes,
    group_roots: Sequence[bytes],
    index: int,
    nonce: bytes,
    component: bytes,
    partial_tree: bytes,
    package_nonce: bytes,
    package_component: bytes,
) -> bytes:
    """Canonical bytes of an output proof."""
    return deterministic_bytes(
        pb.OutputProof(
            tx_id=tx_id,
            group_roots=group_roots,
            index=index,
            nonce=nonce,
            component=component,
            partial_tree=partial_tree,
            package_nonce=package_nonce,
            package_component=package_component,
        )
    )


def decode_output_proof(data: bytes) -> RawOutputProof:
    """The output proof in ``data``; raises DecodeError."""
    message = strict_parse(pb.OutputProof, data, max_bytes=MAX_OUTPUT_PROOF_BYTES)
    return RawOutputProof(
        message.tx_id,
        tuple(message.group_roots),
        message.index,
        message.nonce,
        message.component,
        message.partial_tree,
        message.package_nonce,
        message.package_component,
    )


def encode_attestation(tx_id: bytes, parameters_hash: bytes, signatures: Sequence[RawSignature]) -> bytes:
    """Canonical bytes of an attestation."""
    return deterministic_bytes(
        pb.Attestation(
            tx_id=tx_id,
            parameters_hash=parameters_hash,
            signatures=[pb.AttestationSignature(by=by.encoded(), signature=made) for by, made in signatures],
        )
    )


def decode_attestation(data: bytes) -> tuple[bytes, bytes, tuple[RawSignature, ...]]:
    """Transaction id, hash of the parameters and signatures in ``data``; raises DecodeError."""
    message = strict_parse(pb.Attestation, data, max_bytes=MAX_ATTESTATION_BYTES)
    check_range("attestation's signatures", len(message.signatures), 1, MAX_ATTESTATION_SIGNATURES)
    signatures = tuple((decode_single_key(item.by), item.signature) for item in message.signatures)
    return message.tx_id, message.parameters_hash, signatures


def encode_attestation_signature(by: PublicKey, signature: bytes) -> bytes:
    """Canonical bytes of one Validator's signature."""
    return deterministic_bytes(pb.AttestationSignature(by=by.encoded(), signature=signature))


def decode_attestation_signature(data: bytes) -> RawSignature:
    """One Validator's signature; raises DecodeError."""
    message = strict_parse(pb.AttestationSignature, data, max_bytes=512)
    return decode_single_key(message.by), message.signature


def encode_attested_outputs(attestation: bytes, outputs: Sequence[bytes]) -> bytes:
    """Canonical bytes of an attestation with outputs, each given as its canonical bytes."""
    return deterministic_bytes(pb.AttestedOutputs(attestation=attestation, outputs=outputs))


def decode_attested_outputs(data: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Bytes of the attestation and of each output proof; raises DecodeError."""
    message = strict_parse(pb.AttestedOutputs, data, max_bytes=MAX_ATTESTED_OUTPUTS_BYTES)
    check_range("attested outputs shown", len(message.outputs), 1, MAX_OUTPUTS_SHOWN)
    return message.attestation, tuple(message.outputs)
