"""Light client of a chain that is followed by light clients in enclaves: the proxy in a TEE.

Safety: fewer than `threshold` operators' enclaves broken. An enclave key counts once its attestation is verified under
a pinned root, its program is one of the allowed ones, its operator answers for it, and until it expires or is revoked.
"""

from __future__ import annotations

from light_clients.enclave.client_message import KeyRegistration, KeyRevocation, SignedStatement
from light_clients.enclave.client_state import EnclaveClientState
from light_clients.enclave.consensus_state import EnclaveConsensusState, EnclaveKey
from light_clients.enclave.light_client import EnclaveLightClient, verify_stated_storage
from light_clients.enclave.policy import AttestationPolicy
from light_clients.enclave.registration import NamedKey, registration_digest, revocation_digest
from light_clients.enclave.statements import (
    MisbehaviourStatement,
    StateStatement,
    TrustingContext,
    UpdateStatement,
    decode_statement,
    encode_statement,
    state_id,
    statement_digest,
)

__all__ = [
    "AttestationPolicy",
    "EnclaveClientState",
    "EnclaveConsensusState",
    "EnclaveKey",
    "EnclaveLightClient",
    "KeyRegistration",
    "KeyRevocation",
    "MisbehaviourStatement",
    "NamedKey",
    "SignedStatement",
    "StateStatement",
    "TrustingContext",
    "UpdateStatement",
    "decode_statement",
    "encode_statement",
    "registration_digest",
    "revocation_digest",
    "state_id",
    "statement_digest",
    "verify_stated_storage",
]
