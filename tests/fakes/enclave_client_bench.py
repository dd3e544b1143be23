"""One `EnclaveLightClient` on the sandbox chain: it follows a Progmat ledger through the enclaves of three operators.

The test is its router, writes its ledger, and holds the Validators who sign what attestations say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from eth_abi import abi as eth_abi

from ibc.light_client import TimeBounds
from light_clients.enclave import KeyRegistration, StateStatement, registration_digest, revocation_digest
from light_clients.enclave.attestation import TcbStatus
from light_clients.enclave.keys import verify_attestation
from light_clients.enclave.solidity_form import (
    decode_solidity_client_state,
    encode_solidity_proof,
    encode_solidity_update,
)
from light_clients.enclave.statements import NANOSECONDS
from light_clients.enclave.verdict import (
    AttestationVerdict,
    encode_validator_signatures,
    encode_verdict,
    verdict_digest,
)
from light_clients.progmat import ProgmatClientState
from light_clients.progmat.client_state import encode_client_state
from primitives.hashing import sha256
from primitives.secp256k1 import compact, sign_digest
from relayer.enclave.program import Snapshot, Step
from tests.fakes import progmat_oracle as oracle
from tests.fakes.enclave_world import ENCLAVES, KEY_LIFETIME_S, MEASUREMENT, PROGRAM, ROOT, OperatorEnclave
from tests.fakes.evm_sandbox import Account, Contract, EvmSandbox
from tests.fakes.progmat_client_bench import (
    FIRST_HEIGHT,
    LEDGER_ID,
    MAX_CLOCK_DRIFT_S,
    TREE,
    TRUSTING_PERIOD_S,
)
from tests.fakes.progmat_oracle import Checkpoint, ValidatorSet
from tests.fakes.qbft_headers import TIME_0_S

ROUTER: Final = Account.named("router")
SIGNERS: Final = ENCLAVES[:2]
VALIDATORS: Final = ValidatorSet.of(3, 4)


def packed_checkpoint(height: int, timestamp_s: int, root: bytes) -> Checkpoint:
    return Checkpoint(height, timestamp_s, root, VALIDATORS.hash)


def snapshot_at(height: int, timestamp_s: int, root: bytes) -> Snapshot:
    """What an honest store holds of a checkpoint."""
    client = ProgmatClientState(
        LEDGER_ID, height, TRUSTING_PERIOD_S, MAX_CLOCK_DRIFT_S, frozen=False, validator_set_hash=VALIDATORS.hash
    )
    return Snapshot("progmat", encode_client_state(client), height, timestamp_s.to_bytes(8, "big") + root)


def verdict_of(registration: KeyRegistration, now_s: int) -> AttestationVerdict:
    """What a Validator finds in an attestation."""
    attestation = verify_attestation(registration, {ROOT.pin}, TimeBounds.at(now_s))
    return AttestationVerdict(sha256(registration.attestation), attestation)


def evidence_of(
    verdict: AttestationVerdict,
    signers: Sequence[int] = (0, 1, 2),
    validators: ValidatorSet = VALIDATORS,
    ledger_id: str = LEDGER_ID,
) -> bytes:
    """The verdict, signed by these Validators."""
    digest = verdict_digest(ledger_id, verdict)
    signatures = [(index, validators.validators[index].sign(digest)) for index in signers]
    return encode_verdict(verdict, encode_validator_signatures(validators.packed, signatures))


@dataclass
class EnclaveClientBench:
    """The light client, its verifier, and the state its enclaves build upon."""

    sandbox: EvmSandbox
    client: Contract
    verifier: Contract
    snapshot: Snapshot

    def register_verdict(
        self, verdict: AttestationVerdict, by: OperatorEnclave, signer: OperatorEnclave | None = None
    ) -> None:
        """Register `by`'s key with this verdict; `signer` (default: its operator) answers for it."""
        digest = registration_digest(verdict.attestation_hash, by.named.enclave_key)
        signature = compact(sign_digest((signer or by).operator_secret, digest))
        self.client.transact("registerEnclaveKey", evidence_of(verdict), signature)

    def register(self, enclave: OperatorEnclave, registration: KeyRegistration | None = None) -> None:
        self.register_verdict(verdict_of(registration or enclave.registration(), self.sandbox.now_s), enclave)

    def revoke(self, enclave: OperatorEnclave, signer: OperatorEnclave | None = None) -> None:
        digest = revocation_digest(enclave.named.enclave_key)
        signature = compact(sign_digest((signer or enclave).operator_secret, digest))
        self.client.transact("revokeEnclaveKey", enclave.named.enclave_key, signature)

    def key(self, enclave: OperatorEnclave) -> tuple[bytes, int]:
        operator, expires_at = self.client.call("getEnclaveKey", enclave.named.enclave_key)
        return bytes.fromhex(operator[2:]), expires_at

    def step(self, height: int | None = None, root: bytes = TREE.root, timestamp_s: int | None = None) -> Step:
        """What the program inside states of the ledger's next checkpoint."""
        at_s = self.sandbox.now_s if timestamp_s is None else timestamp_s
        checkpoint = packed_checkpoint(height or self.snapshot.height + 1, at_s, root)
        return PROGRAM.update(self.snapshot, oracle.header(checkpoint, VALIDATORS, LEDGER_ID))

    def message(self, step: Step, by: Sequence[OperatorEnclave] = SIGNERS) -> bytes:
        return encode_solidity_update(step.statement, [each.sign(step.statement) for each in by])

    def send(self, message: bytes) -> int:
        """Submit as the router; 0 update, 1 misbehaviour, 2 nothing new."""
        return int.from_bytes(self.client.transact("updateClient", message, sender=ROUTER).output, "big")

    def update(self, step: Step | None = None, by: Sequence[OperatorEnclave] = SIGNERS) -> int:
        """Bring the client one checkpoint on."""
        step = step or self.step()
        result = self.send(self.message(step, by))
        if result == 0:
            self.snapshot = step.after
        return result

    def proof(self, statement: StateStatement, by: Sequence[OperatorEnclave] = SIGNERS) -> bytes:
        timestamp_ns = int.from_bytes(self.snapshot.consensus_state[:8], "big") * NANOSECONDS
        return encode_solidity_proof(timestamp_ns, self.snapshot.state_id, [each.sign(statement) for each in by])

    def stated(self, key: bytes, value: bytes | None) -> StateStatement:
        """What the program inside finds under a key of `TREE`."""
        proof = self.snapshot.consensus_state[:8] + TREE.prove(key).encode()
        if value is None:
            return PROGRAM.non_membership(self.snapshot, proof, key)
        return PROGRAM.membership(self.snapshot, proof, key, value)

    def member(self, key: bytes, value: bytes, proof: bytes, height: int | None = None) -> int:
        at = (0, height or self.snapshot.height)
        return int(self.client.call("verifyMembership", (proof, at, [key], value)))

    def absent(self, key: bytes, proof: bytes, height: int | None = None) -> int:
        at = (0, height or self.snapshot.height)
        return int(self.client.call("verifyNonMembership", (proof, at, [key])))

    @property
    def frozen(self) -> bool:
        return decode_solidity_client_state(self.client.call("getClientState")).frozen


def policy(verifier: Contract, **changed: Any) -> tuple[Any, ...]:  # noqa: ANN401 # ABI values
    """What the client accepts, in the order of its struct."""
    fields = {
        "attestation_verifier": verifier.address,
        "root_pins": [ROOT.pin],
        "measurements": [MEASUREMENT],
        "tcb_statuses": [int(TcbStatus.UP_TO_DATE), int(TcbStatus.SW_HARDENING_NEEDED)],
        "advisories": ["INTEL-SA-00615"],
        "operators": [each.named.operator for each in ENCLAVES],
        "threshold": 2,
        "key_lifetime": KEY_LIFETIME_S,
    }
    return tuple((fields | changed).values())


def initial(router: bytes, snapshot: Snapshot) -> tuple[Any, ...]:
    """Where the client begins, in the order of its struct."""
    timestamp_ns = int.from_bytes(snapshot.consensus_state[:8], "big") * NANOSECONDS
    return (router, TRUSTING_PERIOD_S, MAX_CLOCK_DRIFT_S, snapshot.height, timestamp_ns, snapshot.state_id)


@cache
def _deployed() -> EnclaveClientBench:
    sandbox = EvmSandbox(TIME_0_S)
    verifier = sandbox.deploy("ValidatorAttestationVerifier", LEDGER_ID, VALIDATORS.hash)
    snapshot = snapshot_at(FIRST_HEIGHT, TIME_0_S, bytes(32))
    client = sandbox.deploy("EnclaveLightClient", initial(ROUTER.address, snapshot), policy(verifier))
    return EnclaveClientBench(sandbox, client, verifier, snapshot)


def fresh_bench() -> EnclaveClientBench:
    """A client without keys."""
    deployed = _deployed()
    sandbox = deployed.sandbox.fork()
    return replace(
        deployed, sandbox=sandbox, client=deployed.client.on(sandbox), verifier=deployed.verifier.on(sandbox)
    )


@cache
def _registered() -> EnclaveClientBench:
    bench = fresh_bench()
    for each in SIGNERS:
        bench.register(each)
    return bench


def registered_bench() -> EnclaveClientBench:
    """A client that knows the enclaves of two operators."""
    known = _registered()
    sandbox = known.sandbox.fork()
    return replace(known, sandbox=sandbox, client=known.client.on(sandbox), verifier=known.verifier.on(sandbox))


def updated_bench() -> EnclaveClientBench:
    """The same, a checkpoint over `TREE` on."""
    bench = registered_bench()
    bench.update()
    return bench


def client_state_of(bench: EnclaveClientBench) -> tuple[Any, ...]:
    return tuple(eth_abi.decode(["uint64", "uint64", "uint64", "uint64", "bool"], bench.client.call("getClientState")))
