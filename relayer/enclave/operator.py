"""What an operator does outside the enclave: answer for its key, or take it back. The operator's own key signs."""

from __future__ import annotations

from light_clients.enclave import KeyRegistration, KeyRevocation, registration_digest, revocation_digest
from light_clients.enclave.attestation import SgxCollateral
from light_clients.enclave.verdict import AttestationVerdict
from primitives.errors import InvalidArgument
from primitives.hashing import sha256
from primitives.secp256k1 import address_of, compact, sign_digest
from relayer.enclave.enclave import EnclaveIdentity


def answer_for(identity: EnclaveIdentity, collateral: SgxCollateral | None, secret: bytes) -> KeyRegistration:
    """The registration for a ledger. InvalidArgument if the enclave names another operator than `secret`'s.

    `collateral` goes with an SGX quote; a Nitro document needs none.
    """
    operator = address_of(secret)
    if identity.operator != operator:
        raise InvalidArgument(f"the enclave names operator {identity.operator.hex()}, this key is {operator.hex()}")
    digest = registration_digest(sha256(identity.attestation), identity.enclave_key)
    return KeyRegistration(identity.attestation, collateral, sign_digest(secret, digest))


def take_back(enclave_key: bytes, secret: bytes) -> KeyRevocation:
    """The revocation for a ledger; counts only if `secret` is the key's operator's."""
    return KeyRevocation(enclave_key, sign_digest(secret, revocation_digest(enclave_key)))


def compact_answer(verdict: AttestationVerdict, enclave_key: bytes, secret: bytes) -> bytes:
    """The operator's 64-byte signature beside the Validators' verdict, for an EVM chain."""
    return compact(sign_digest(secret, registration_digest(verdict.attestation_hash, enclave_key)))
