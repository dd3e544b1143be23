"""What a relayer brings to the ledger: an update with new keys, or misbehaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from light_clients.enclave.attestation.sgx_collateral import SgxCollateral
from light_clients.enclave.errors import MalformedStatement
from light_clients.enclave.statements import MisbehaviourStatement, UpdateStatement

MAX_REGISTRATIONS: Final = 8
MAX_REVOCATIONS: Final = 16
MAX_SIGNATURES: Final = 16


@dataclass(frozen=True, slots=True)
class KeyRegistration:
    """An SGX quote with its collateral or, without one, a Nitro document; and the operator's 65-byte signature."""

    attestation: bytes
    collateral: SgxCollateral | None
    operator_signature: bytes


@dataclass(frozen=True, slots=True)
class KeyRevocation:
    """A key (20 bytes) that its operator takes back by a 65-byte signature."""

    enclave_key: bytes
    operator_signature: bytes


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A message and 65-byte signatures of enclave keys, ascending by operator."""

    message: bytes
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EnclaveUpdate:
    """`trusted_consensus_state` is the stored one that is built upon; `update` is what `statement` decodes to."""

    registrations: tuple[KeyRegistration, ...]
    revocations: tuple[KeyRevocation, ...]
    statement: SignedStatement
    trusted_consensus_state: bytes
    update: UpdateStatement

    def __post_init__(self) -> None:
        if len(self.registrations) > MAX_REGISTRATIONS or len(self.revocations) > MAX_REVOCATIONS:
            raise MalformedStatement(
                "too many registrations or revocations at once", expected=f"{MAX_REGISTRATIONS}, {MAX_REVOCATIONS}"
            )


@dataclass(frozen=True, slots=True)
class EnclaveMisbehaviour:
    """One statement of misbehaviour, or two updates that cannot both be true."""

    signed: tuple[SignedStatement, ...]
    statements: tuple[UpdateStatement | MisbehaviourStatement, ...]


EnclaveClientMessage = EnclaveUpdate | EnclaveMisbehaviour
