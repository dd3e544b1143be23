"""Enclave keys: how an attestation names one, and what its operator signs.

An enclave writes `01 | enclave key 20 | operator 20 | 23 zeros` into its attestation. The operator named there answers
for the key by an EIP-712 signature over the attestation's hash; without it, nobody's quote makes anybody an operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from light_clients.enclave.attestation.verified import REPORT_DATA_BYTES
from light_clients.enclave.errors import KeyRefused
from primitives.keccak import keccak256
from primitives.types import Hash32

REPORT_DATA_VERSION: Final = 1
_ZERO_ADDRESS: Final = bytes(20)
_DOMAIN: Final = keccak256(
    keccak256(b"EIP712Domain(string name,string version)") + keccak256(b"Crossdvp Enclave Operator") + keccak256(b"1")
)
_REGISTER: Final = keccak256(b"RegisterEnclaveKey(bytes32 attestationHash,address enclaveKey)")
_REVOKE: Final = keccak256(b"RevokeEnclaveKey(address enclaveKey)")


@dataclass(frozen=True, slots=True)
class NamedKey:
    """The two addresses in an attestation, 20 bytes each."""

    enclave_key: bytes
    operator: bytes

    def report_data(self) -> bytes:
        """The 64 bytes an enclave attests."""
        return bytes((REPORT_DATA_VERSION,)) + self.enclave_key + self.operator + bytes(23)


def decode_report_data(report_data: bytes) -> NamedKey:
    """The inverse; KeyRefused for anything else, the zero addresses included."""
    named = NamedKey(report_data[1:21], report_data[21:41])
    if len(report_data) != REPORT_DATA_BYTES or named.report_data() != report_data:
        raise KeyRefused("attestation names no enclave key", expected="01 | key | operator | zeros", found=report_data)
    if _ZERO_ADDRESS in (named.enclave_key, named.operator):
        raise KeyRefused("attestation names a zero address", found=report_data)
    return named


def registration_digest(attestation_hash: bytes, enclave_key: bytes) -> Hash32:
    """What an operator signs to answer for a key; `attestation_hash` is the SHA-256 of the quote or document."""
    return _typed(keccak256(_REGISTER + attestation_hash + enclave_key.rjust(32, b"\0")))


def revocation_digest(enclave_key: bytes) -> Hash32:
    """What an operator signs to take a key back, everywhere and for good."""
    return _typed(keccak256(_REVOKE + enclave_key.rjust(32, b"\0")))


def _typed(struct_hash: bytes) -> Hash32:
    return keccak256(b"\x19\x01" + _DOMAIN + struct_hash)
