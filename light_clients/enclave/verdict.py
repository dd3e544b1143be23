"""What Validators sign about an attestation they verified, for chains that cannot afford to verify it themselves.

EIP-712 typed data. The domain names the Validators' ledger and the purpose, never a verifying contract: a verdict is a
fact about a quote. `ValidatorAttestationVerifier.sol` takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from light_clients.enclave.attestation.verified import VerifiedAttestation
from primitives import abi
from primitives.keccak import keccak256
from primitives.types import Hash32

_DOMAIN_TYPEHASH: Final = keccak256(b"EIP712Domain(string name,string version,bytes32 salt)")
_NAME_HASH: Final = keccak256(b"Progmat Quote Verification")
_VERSION_HASH: Final = keccak256(b"1")
_VERDICT_TYPEHASH: Final = keccak256(
    b"QuoteVerification(uint8 technology,bytes32 attestationHash,bytes32 rootPin,bytes32 measurement,bytes reportData,"
    b"uint8 tcbStatus,string[] advisories,uint32 tcbEvaluationNumber,bool isDebug,uint64 validFrom,uint64 validUntil)"
)
_CHANGE_TYPEHASH: Final = keccak256(b"ValidatorSetChange(uint64 number,bytes32 validatorSetHash)")
_ATTESTATION_TYPE: Final = "(uint8,bytes32,bytes32,bytes32,bytes,uint8,string[],uint32,bool,uint64,uint64)"


@dataclass(frozen=True, slots=True)
class AttestationVerdict:
    """A verified attestation, and the SHA-256 of the quote or document it was."""

    attestation_hash: bytes
    attestation: VerifiedAttestation


def verdict_digest(ledger_id: str, verdict: AttestationVerdict) -> Hash32:
    """The 32 bytes a Validator signs."""
    verified = verdict.attestation
    advisories = keccak256(b"".join(keccak256(each.encode()) for each in verified.advisories))
    struct = _VERDICT_TYPEHASH + abi.encode(
        (
            "uint8",
            "bytes32",
            "bytes32",
            "bytes32",
            "bytes32",
            "uint8",
            "bytes32",
            "uint32",
            "bool",
            "uint64",
            "uint64",
        ),
        (
            int(verified.technology),
            verdict.attestation_hash,
            verified.root_pin,
            verified.measurement,
            keccak256(verified.report_data),
            int(verified.tcb_status),
            advisories,
            verified.tcb_evaluation_number,
            verified.is_debug,
            verified.valid_from_s,
            verified.valid_until_s,
        ),
    )
    return _typed(ledger_id, keccak256(struct))


def set_change_digest(ledger_id: str, number: int, new_set_hash: bytes) -> Hash32:
    """What the present Validators sign to hand the verifier over to the next set; `number` counts from 1."""
    return _typed(ledger_id, keccak256(_CHANGE_TYPEHASH + number.to_bytes(32, "big") + new_set_hash))


def encode_verdict(verdict: AttestationVerdict, signatures: bytes) -> bytes:
    """The evidence the contract takes; `signatures` from `encode_validator_signatures`."""
    verified = verdict.attestation
    attestation = (
        int(verified.technology),
        verdict.attestation_hash,
        verified.root_pin,
        verified.measurement,
        verified.report_data,
        int(verified.tcb_status),
        verified.advisories,
        verified.tcb_evaluation_number,
        verified.is_debug,
        verified.valid_from_s,
        verified.valid_until_s,
    )
    return abi.encode((_ATTESTATION_TYPE, "bytes"), (attestation, signatures))


def encode_validator_signatures(packed_set: bytes, signatures: Sequence[tuple[int, bytes]]) -> bytes:
    """`packed set | signerBitmap 32 | 64-byte signatures`, pairs (index in the set, EIP-2098 signature), ascending."""
    bitmap = sum(1 << index for index, _ in signatures)
    return packed_set + bitmap.to_bytes(32, "big") + b"".join(signature for _, signature in signatures)


def _typed(ledger_id: str, struct_hash: bytes) -> Hash32:
    domain = keccak256(_DOMAIN_TYPEHASH + _NAME_HASH + _VERSION_HASH + keccak256(ledger_id.encode()))
    return keccak256(b"\x19\x01" + domain + struct_hash)
