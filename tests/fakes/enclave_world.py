"""Operators whose enclaves follow a chain: real quotes under a simulated root, real keys, the real program inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.enclave import (
    AttestationPolicy,
    EnclaveClientState,
    EnclaveConsensusState,
    KeyRegistration,
    KeyRevocation,
    NamedKey,
    SignedStatement,
    StateStatement,
    UpdateStatement,
    encode_statement,
    registration_digest,
    revocation_digest,
    statement_digest,
)
from light_clients.enclave.attestation import SgxCollateral, TcbStatus
from light_clients.enclave.codec import encode_client_state, encode_consensus_state, encode_update
from light_clients.enclave.statements import MisbehaviourStatement
from primitives.hashing import sha256
from primitives.keccak import keccak256
from primitives.secp256k1 import address_of, sign_digest
from relayer.enclave.program import EnclaveProgram, Snapshot
from relayer.enclave.simulation import SimulatedPlatform, SimulatedRoot, TcbFacts
from tests.fakes.evm_chain_model import CHAIN_ID
from tests.fakes.qbft_client import DRIFT_S, TRUSTED_HEIGHT, TRUSTING_PERIOD_S, QbftScenario
from tests.fakes.qbft_headers import TIME_0_S

MEASUREMENT = sha256(b"the program")
KEY_LIFETIME_S = 500
ROOT = SimulatedRoot.generate(TIME_0_S)
COLLATERAL = ROOT.collateral(TIME_0_S)
PROGRAM = EnclaveProgram()
NOW = TimeBounds.at(TIME_0_S + 5)
Statement = UpdateStatement | StateStatement | MisbehaviourStatement


@dataclass(frozen=True)
class OperatorEnclave:
    """One operator with one machine and one enclave key in it."""

    name: str
    key_number: int = 0
    platform: SimulatedPlatform = field(default_factory=lambda: ROOT.platform(TIME_0_S))

    @property
    def operator_secret(self) -> bytes:
        return keccak256(f"operator {self.name}".encode())

    @property
    def enclave_secret(self) -> bytes:
        return keccak256(f"enclave {self.name} {self.key_number}".encode())

    @property
    def named(self) -> NamedKey:
        return NamedKey(address_of(self.enclave_secret), address_of(self.operator_secret))

    @property
    def quote(self) -> bytes:
        return self.platform.quote(self.named.report_data(), MEASUREMENT)

    def registration(
        self,
        quote: bytes | None = None,
        collateral: SgxCollateral = COLLATERAL,
        signer: OperatorEnclave | None = None,
    ) -> KeyRegistration:
        """The quote (default: this enclave's own), answered for by `signer` (default: this operator)."""
        attestation = self.quote if quote is None else quote
        digest = registration_digest(sha256(attestation), self.named.enclave_key)
        return KeyRegistration(attestation, collateral, sign_digest((signer or self).operator_secret, digest))

    def revocation(self, signer: OperatorEnclave | None = None) -> KeyRevocation:
        digest = revocation_digest(self.named.enclave_key)
        return KeyRevocation(self.named.enclave_key, sign_digest((signer or self).operator_secret, digest))

    def sign(self, statement: Statement) -> bytes:
        return sign_digest(self.enclave_secret, statement_digest(encode_statement(statement)))


def in_order(enclaves: Sequence[OperatorEnclave]) -> tuple[OperatorEnclave, ...]:
    return tuple(sorted(enclaves, key=lambda each: each.named.operator))


ENCLAVES = in_order([OperatorEnclave("bank"), OperatorEnclave("broker"), OperatorEnclave("exchange")])


def signed(statement: Statement, by: Sequence[OperatorEnclave]) -> SignedStatement:
    """The statement with the signatures in the order given."""
    return SignedStatement(encode_statement(statement), tuple(each.sign(statement) for each in by))


@dataclass(frozen=True)
class EnclaveScenario:
    """A client of a QBFT chain at height 10, two of three operators' enclaves needed, no key registered yet."""

    inner: QbftScenario = field(default_factory=QbftScenario)
    threshold: int = 2
    advisories: tuple[str, ...] = ()
    statuses: tuple[TcbStatus, ...] = (TcbStatus.UP_TO_DATE, TcbStatus.SW_HARDENING_NEEDED)

    @property
    def client(self) -> EnclaveClientState:
        policy = AttestationPolicy((ROOT.pin,), (MEASUREMENT,), self.statuses, self.advisories)
        return EnclaveClientState(
            policy=policy,
            operators=tuple(each.named.operator for each in ENCLAVES),
            threshold=self.threshold,
            key_lifetime_s=KEY_LIFETIME_S,
            latest_height=TRUSTED_HEIGHT,
            trusting_period_s=TRUSTING_PERIOD_S,
            max_clock_drift_s=DRIFT_S,
            frozen=False,
            chain_id=CHAIN_ID,
        )

    @property
    def client_state(self) -> bytes:
        return encode_client_state(self.client)

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot("qbft", self.inner.client_state, TRUSTED_HEIGHT, self.inner.trusted.consensus_state)

    @property
    def consensus_state(self) -> EnclaveConsensusState:
        return EnclaveConsensusState(TIME_0_S, self.snapshot.state_id, (), 0)

    @property
    def trusted(self) -> ConsensusAt:
        return ConsensusAt(TRUSTED_HEIGHT, encode_consensus_state(self.consensus_state))

    @property
    def header(self) -> bytes:
        return self.inner.message(self.inner.next_block)

    @property
    def statement(self) -> UpdateStatement:
        """What every honest enclave says of the next block."""
        return PROGRAM.update(self.snapshot, self.header).statement

    def message(
        self,
        change: Callable[[UpdateStatement], UpdateStatement] = lambda statement: statement,
        signers: Sequence[OperatorEnclave] = ENCLAVES[:2],
        registrations: Sequence[KeyRegistration] | None = None,
        revocations: Sequence[KeyRevocation] = (),
        trusted: ConsensusAt | None = None,
    ) -> bytes:
        """The next block as a client message, by default registering the signers' keys with it."""
        statement = change(self.statement)
        keys = [each.registration() for each in signers] if registrations is None else registrations
        trusted = trusted or self.trusted
        return encode_update(signed(statement, signers), trusted.consensus_state, keys, revocations)


def facts_collateral(facts: TcbFacts) -> SgxCollateral:
    """What the simulated maker says, other than usual."""
    return ROOT.collateral(TIME_0_S, facts)


__all__ = ["COLLATERAL", "ENCLAVES", "NOW", "PROGRAM", "ROOT", "EnclaveScenario", "OperatorEnclave"]
