"""A ledger that follows the EVM chain through enclaves: everything else as in `settlement_world`."""

from __future__ import annotations

from chains.progmat.contracts.dvp_lock_codec import AckEvidence, TimeoutEvidence
from chains.progmat.contracts.ibc_records import ClientRecord, record_of
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.ibc_host.clients import ClientMessagePlan, build_client_creation, build_client_update
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef
from ibc.acknowledgement import ack_commitment
from ibc.paths import ack_path, receipt_path
from light_clients.enclave import EnclaveClientState, EnclaveConsensusState, EnclaveLightClient, StateStatement
from light_clients.enclave.codec import (
    decode_consensus_state,
    encode_client_state,
    encode_consensus_state,
    encode_membership_proof,
    encode_update,
)
from light_clients.registry import LightClientRegistry
from relayer.enclave.program import Snapshot
from tests.fakes.enclave_world import COLLATERAL, ENCLAVES, PROGRAM, ROOT, EnclaveScenario, OperatorEnclave, signed
from tests.fakes.evm_chain_model import CHAIN_ID, TRUSTING_PERIOD_S, EvmChainModel
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import CN_A, CN_B, SN
from tests.fakes.settlement_world import (
    CLIENT_ID,
    COUNTERPARTY_CLIENT_ID,
    NOW_S,
    Locked,
    SettlementWorld,
)

KEY_LIFETIME_S = 10_000
SIGNERS = ENCLAVES[:2]


class EnclaveSettlementWorld(SettlementWorld):
    """``client`` is of type ``enclave``; two of three operators must sign, registered with the first update."""

    def __init__(self) -> None:
        registry = LightClientRegistry.builder().register(EnclaveLightClient({ROOT.pin})).seal()
        self.ledger = LedgerModel(standard_package(registry), NOW_S)
        self.evm = EvmChainModel(NOW_S - 10)
        self.issuer_membership = self._member(SN.name, MemberRole.SC_ISSUER)
        self.custodian = self._member(CN_B.name, MemberRole.CUSTODIAN)
        self.seller_custodian = self._member(CN_A.name, MemberRole.CUSTODIAN)
        self.client, self.first_consensus = self.create_client(CLIENT_ID)
        self.consensus: dict[int, StateAndRef] = {1: self.first_consensus}

    def snapshot(self, height: int) -> Snapshot:
        """The QBFT client inside, at a height."""
        return Snapshot("qbft", self.evm.client_state(height), height, self.evm.consensus_state(height))

    def create_client(self, client_id: str, counterparty: str = COUNTERPARTY_CLIENT_ID) -> tuple[StateAndRef, ...]:
        client = EnclaveClientState(
            policy=EnclaveScenario().client.policy,
            operators=tuple(each.named.operator for each in ENCLAVES),
            threshold=2,
            key_lifetime_s=KEY_LIFETIME_S,
            latest_height=1,
            trusting_period_s=TRUSTING_PERIOD_S,
            max_clock_drift_s=15,
            frozen=False,
            chain_id=CHAIN_ID,
        )
        consensus = EnclaveConsensusState(self.evm.timestamp_s(1), self.snapshot(1).state_id, (), 0)
        record = ClientRecord(client_id, "enclave", encode_client_state(client), counterparty, (b"",))
        registry = self.ledger.package.light_clients
        state = encode_consensus_state(consensus)
        return self.ledger.commit(build_client_creation(self.ledger.frame, registry, record, state, self.window))

    def update_message(self, height: int, trusted_height: int, signers: tuple[OperatorEnclave, ...] = SIGNERS) -> bytes:
        """What two enclaves state of a header, with the registrations that are missing."""
        trusted = record_of(self.consensus[trusted_height].state)
        assert not isinstance(trusted, ClientRecord)
        header = self.evm.header(height, trusted_height)
        statement = PROGRAM.update(self.snapshot(trusted_height), header).statement
        known = {each.enclave_key for each in decode_consensus_state(trusted.consensus_state).keys}
        missing = [each.registration(collateral=COLLATERAL) for each in signers if each.named.enclave_key not in known]
        return encode_update(signed(statement, signers), trusted.consensus_state, missing)

    def update_builder(self, height: int, trusted_height: int = 1) -> TransactionBuilder:
        message = self.update_message(height, trusted_height)
        plan = ClientMessagePlan(self.client, self.consensus[trusted_height], message, CN_B.key, self.window)
        return build_client_update(self.ledger.frame, self.ledger.package.light_clients, plan)

    def stated(self, statement: StateStatement) -> bytes:
        return encode_membership_proof([each.sign(statement) for each in SIGNERS])

    def ack_evidence(self, locked: Locked, acknowledgement: bytes, height: int) -> AckEvidence:
        path = ack_path(COUNTERPARTY_CLIENT_ID, locked.sequence)
        proof = self.evm.proof(height, path)
        statement = PROGRAM.membership(self.snapshot(height), proof, path, ack_commitment([acknowledgement]))
        return AckEvidence(acknowledgement, self.stated(statement), height)

    def timeout_evidence(self, locked: Locked, height: int) -> TimeoutEvidence:
        path = receipt_path(COUNTERPARTY_CLIENT_ID, locked.sequence)
        statement = PROGRAM.non_membership(self.snapshot(height), self.evm.proof(height, path), path)
        return TimeoutEvidence(self.stated(statement), height)
