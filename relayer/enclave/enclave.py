"""An enclave as its users see it, whatever makes it one: simulation, SGX under Gramine, AWS Nitro.

What differs between them is only how a key is attested (`relayer.enclave.devices`); program, process and calls are the
same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from relayer.enclave.program import Snapshot


@dataclass(frozen=True, slots=True)
class EnclaveIdentity:
    """The key inside and the operator it names (20 bytes each), and the attestation of both."""

    enclave_key: bytes
    operator: bytes
    attestation: bytes


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement's message, and the 65-byte signature of the key inside."""

    message: bytes
    signature: bytes


class Enclave(Protocol):
    """Raises the light clients' errors for what is refused, and UnavailableError when it does not answer."""

    async def identity(self) -> EnclaveIdentity:
        """Which key signs here; the same for as long as the enclave runs."""
        ...

    async def update(self, snapshot: Snapshot, client_message: bytes) -> tuple[Stated, Snapshot]:
        """A header verified on a state, and the next state."""
        ...

    async def membership(self, snapshot: Snapshot, proof: bytes, path: bytes, value: bytes | None) -> Stated:
        """A value under an IBC path; None: nothing there."""
        ...

    async def storage(
        self,
        snapshot: Snapshot,
        address: bytes,
        slot: bytes,
        account_proof: Sequence[bytes],
        storage_proof: Sequence[bytes],
    ) -> Stated:
        """A word in a contract's storage."""
        ...

    async def misbehaviour(self, snapshot: Snapshot, client_message: bytes) -> Stated:
        """A chain contradicts itself."""
        ...

    async def close(self) -> None:
        """Stop using it; safe to call twice."""
        ...
