"""The inside: a program, a key that was made here and never leaves, and the attestation that names it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from light_clients.enclave.registration import NamedKey
from light_clients.enclave.statements import Statement, encode_statement, statement_digest
from primitives.secp256k1 import ORDER, address_of, sign_digest
from relayer.enclave.devices import AttestationDevice
from relayer.enclave.enclave import EnclaveIdentity, Stated
from relayer.enclave.program import EnclaveProgram, Snapshot

_SECRET_BYTES = 32


class SealedEnclave:
    """Implements `Enclave` where the program runs. A restart makes a new key, which must be registered again."""

    def __init__(
        self,
        operator: bytes,
        device: AttestationDevice,
        random_bytes: Callable[[int], bytes],
        program: EnclaveProgram | None = None,
    ) -> None:
        self._program = program or EnclaveProgram()
        self._secret = _new_secret(random_bytes)
        named = NamedKey(address_of(self._secret), operator)
        self._identity = EnclaveIdentity(named.enclave_key, operator, device.attest(named.report_data()))

    async def identity(self) -> EnclaveIdentity:
        """See Enclave."""
        return self._identity

    async def update(self, snapshot: Snapshot, client_message: bytes) -> tuple[Stated, Snapshot]:
        """See Enclave."""
        step = self._program.update(snapshot, client_message)
        return self._sign(step.statement), step.after

    async def membership(self, snapshot: Snapshot, proof: bytes, path: bytes, value: bytes | None) -> Stated:
        """See Enclave."""
        if value is None:
            return self._sign(self._program.non_membership(snapshot, proof, path))
        return self._sign(self._program.membership(snapshot, proof, path, value))

    async def storage(
        self,
        snapshot: Snapshot,
        address: bytes,
        slot: bytes,
        account_proof: Sequence[bytes],
        storage_proof: Sequence[bytes],
    ) -> Stated:
        """See Enclave."""
        statement, _ = self._program.storage(snapshot, address, slot, account_proof, storage_proof)
        return self._sign(statement)

    async def misbehaviour(self, snapshot: Snapshot, client_message: bytes) -> Stated:
        """See Enclave."""
        return self._sign(self._program.misbehaviour(snapshot, client_message))

    async def close(self) -> None:
        """See Enclave; nothing is open."""

    def _sign(self, statement: Statement) -> Stated:
        message = encode_statement(statement)
        return Stated(message, sign_digest(self._secret, statement_digest(message)))


def _new_secret(random_bytes: Callable[[int], bytes]) -> bytes:
    """A scalar in 1..order-1; outside that range about once in 2^128 draws."""
    while not 0 < int.from_bytes(secret := random_bytes(_SECRET_BYTES), "big") < ORDER:
        pass
    return secret
