"""Packets and answers between a ledger and an EVM chain, every proof of both through two operators' enclaves.

The EVM chain is our devnet over HTTP; the ledger's side is a tree and Validators' keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chains.evm.client.abi import AbiFunction
from chains.evm.client.account import created_address
from chains.evm.client.deployment import address_bytes
from chains.evm.client.enclave_deployment import (
    EnclaveAnchor,
    EnclaveOperators,
    enclave_client_creation,
    verifier_creation,
)
from chains.evm.client.enclave_light_client import EnclaveLightClientBinding
from chains.evm.client.proofs import TrustTerms
from ibc.acknowledgement import ack_commitment
from ibc.light_client import ConsensusAt, LightClientStatus, TimeBounds
from ibc.packet import Packet, packet_commitment
from ibc.paths import ack_path, commitment_path
from light_clients.enclave import (
    AttestationPolicy,
    EnclaveClientState,
    EnclaveConsensusState,
    EnclaveLightClient,
    KeyRegistration,
    verify_stated_storage,
)
from light_clients.enclave.attestation import TcbStatus
from light_clients.enclave.codec import encode_client_state, encode_consensus_state
from light_clients.enclave.keys import verify_attestation
from light_clients.enclave.verdict import (
    AttestationVerdict,
    encode_validator_signatures,
    encode_verdict,
    verdict_digest,
)
from light_clients.progmat import ProgmatClientState
from light_clients.progmat.client_state import encode_client_state as encode_progmat_state
from primitives.hashing import sha256
from primitives.keccak import keccak256
from primitives.secp256k1 import compact
from relayer.chains.enclave_hosting import EnclaveHostingEvm
from relayer.chains.evm import EvmEndpoint
from relayer.core.chain import (
    ClientUpdate,
    EventPage,
    Head,
    HostedClient,
    MessageKind,
    Outcome,
    PacketMessage,
    ProofKind,
    Verdict,
)
from relayer.enclave.devices import SimulatedDevice
from relayer.enclave.operator import answer_for, compact_answer
from relayer.enclave.program import Snapshot
from relayer.enclave.sealed import SealedEnclave
from relayer.enclave.simulation import SimulatedRoot
from relayer.provers.enclave_endpoint import EnclaveProvedEndpoint, stated_header, stated_storage
from relayer.provers.enclave_forms import LedgerForm, SolidityForm
from relayer.provers.enclave_path import checkpoint_time_s
from relayer.provers.enclave_quorum import EnclaveQuorum
from relayer.provers.enclave_states import QbftStates
from tests.fakes.enclave_world import ENCLAVES, MEASUREMENT
from tests.fakes.evm_devnet_world import CHAIN_ID, GENESIS_TIME_S
from tests.fakes.evm_settlement_world import (
    CLIENT_ID,
    LEDGER_CLIENT_ID,
    LEDGER_ID,
    TIMEOUT_S,
    EvmSettlementWorld,
    LedgerSide,
    settlement_world,
)

ROOT = SimulatedRoot.generate(GENESIS_TIME_S)
POLICY = AttestationPolicy((ROOT.pin,), (MEASUREMENT,), (TcbStatus.UP_TO_DATE,), ())
OPERATORS = EnclaveOperators(tuple(each.named.operator for each in ENCLAVES), 2, 86_400)
TRUST = TrustTerms(7 * 86_400, 30)
MIGRATE = AbiFunction("migrateClient", ("string", "(string,bytes[])", "address"))


def sealed(number: int) -> SealedEnclave:
    device = SimulatedDevice(ROOT.platform(GENESIS_TIME_S), MEASUREMENT)
    secret = hashlib.sha256(b"inside %d" % number).digest()
    return SealedEnclave(ENCLAVES[number].named.operator, device, lambda _: secret)


INSIDE = tuple(sealed(number) for number in range(2))
QUORUM = EnclaveQuorum(INSIDE, 2)


async def registrations() -> Sequence[KeyRegistration]:
    """What the two operators answer for."""
    collateral = ROOT.collateral(GENESIS_TIME_S)
    return [
        answer_for(await enclave.identity(), collateral, operator.operator_secret)
        for enclave, operator in zip(INSIDE, ENCLAVES, strict=False)
    ]


@dataclass
class LedgerEnd:
    """The proving half of a ledger's endpoint, and its states."""

    ledger: LedgerSide
    chain_name: str = LEDGER_ID
    client_id: str = LEDGER_CLIENT_ID

    async def head(self) -> Head:
        return Head(self.ledger.height, self.ledger.now_s)

    async def events(self, cursor: int, limit: int) -> EventPage:
        del limit
        return EventPage((), cursor)

    async def hosted_client(self) -> HostedClient:
        return HostedClient(self.client_id, 1, self.ledger.now_s, 1, LightClientStatus.ACTIVE)

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        assert trusted_height < at_least <= self.ledger.height
        return ClientUpdate(self.ledger.height, self.ledger.now_s, self.ledger.header())

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        assert (kind, height) == (ProofKind.COMMITMENT, self.ledger.height)
        return self.ledger.proof(commitment_path(packet.source_client, packet.sequence))

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        raise AssertionError((update, messages))

    async def close(self) -> None:
        pass


class LedgerSnapshots:
    """`InnerStates` of the test's ledger: what was true at each height it was asked for."""

    def __init__(self, ledger: LedgerSide) -> None:
        self._ledger = ledger
        self._kept: dict[int, Snapshot] = {}
        self.values: dict[bytes, bytes] = {}
        self.keep()

    def keep(self) -> Snapshot:
        ledger = self._ledger
        client = ProgmatClientState(
            LEDGER_ID,
            ledger.height,
            TRUST.trusting_period_s,
            TRUST.max_clock_drift_s,
            frozen=False,
            validator_set_hash=ledger.validator_set.hash(),
        )
        consensus = ledger.now_s.to_bytes(8, "big") + ledger.tree.root
        self._kept[ledger.height] = Snapshot("progmat", encode_progmat_state(client), ledger.height, consensus)
        return self._kept[ledger.height]

    async def snapshot_at(self, height: int) -> Snapshot:
        if height == self._ledger.height:
            self.keep()
        return self._kept[height]

    async def value_at(self, snapshot: Snapshot, proof: bytes, path: bytes) -> bytes:
        del snapshot, proof
        return self.values[path]


async def put_enclave_client(world: EvmSettlementWorld, snapshot: Snapshot) -> EvmSettlementWorld:
    """Put an enclave light client in the place of the direct one; it knows no key yet."""
    nonce = await world.rpc.nonce(world.admin.address)
    verifier, client = (created_address(world.admin.address, nonce + step) for step in range(2))
    ledger = world.ledger
    anchor = EnclaveAnchor(
        snapshot.height, ledger.now_s, snapshot.state_id, TRUST.trusting_period_s, TRUST.max_clock_drift_s
    )
    creation = enclave_client_creation(world.router.address, verifier, anchor, POLICY, OPERATORS)
    migrate = MIGRATE.call(world.router.address, CLIENT_ID, (LEDGER_CLIENT_ID, [b""]), client)
    for call in (verifier_creation(LEDGER_ID, ledger.validator_set.hash()), creation, replace(migrate, gas=500_000)):
        await world.admin.execute(call, TIMEOUT_S)
    return replace(world, deployment=world.deployment.model_copy(update={"light_client": "0x" + client.hex()}))


async def host_enclave_client(world: EvmSettlementWorld, snapshot: Snapshot) -> EvmSettlementWorld:
    """The same, with both enclaves registered there."""
    world = await put_enclave_client(world, snapshot)
    client, ledger = address_bytes(world.deployment.light_client), world.ledger
    binding = EnclaveLightClientBinding(client)
    for registration, operator in zip(await registrations(), ENCLAVES, strict=False):
        attestation = verify_attestation(registration, {ROOT.pin}, TimeBounds.at(GENESIS_TIME_S))
        verdict = AttestationVerdict(sha256(registration.attestation), attestation)
        digest = verdict_digest(LEDGER_ID, verdict)
        signatures = [(place, compact(key.seal(digest))) for place, key in enumerate(ledger.keys[:3])]
        evidence = encode_verdict(verdict, encode_validator_signatures(ledger.validator_set.packed(), signatures))
        enclave_key = attestation.report_data[1:21]
        call = binding.register(evidence, compact_answer(verdict, enclave_key, operator.operator_secret))
        await world.relayer.execute(replace(call, gas=500_000), TIMEOUT_S)
        known = await binding.enclave_key(world.rpc, enclave_key)
        assert known is not None
        assert known.operator == operator.named.operator
    return world


async def test_a_packet_and_its_answer_travel_through_enclaves_both_ways() -> None:
    async with settlement_world() as direct:
        states = LedgerSnapshots(direct.ledger)
        world = await host_enclave_client(direct, await states.snapshot_at(direct.ledger.height))
        evm = EnclaveHostingEvm(world.rpc, world.deployment, world.relayer)
        form = SolidityForm(checkpoint_time_s)
        ledger = EnclaveProvedEndpoint(LedgerEnd(world.ledger), states, QUORUM, form)

        terms = world.terms()
        await world.earmark(terms)
        packet = world.lock_on_ledger(terms)
        states.values[commitment_path(LEDGER_CLIENT_ID, packet.sequence)] = packet_commitment(packet)
        hosted = await evm.hosted_client()
        assert hosted.status is LightClientStatus.ACTIVE
        update = await ledger.update_for_counterparty(hosted.latest_height, world.ledger.height)
        proof = await ledger.prove(ProofKind.COMMITMENT, packet, update.height)
        receive = PacketMessage(MessageKind.RECEIVE, packet, proof, update.height)
        (outcome,) = await evm.submit(update, [receive])
        assert outcome.verdict is Verdict.DONE, outcome
        assert await world.token.balance_of(world.rpc, world.buyer.address) == terms.security.quantity
        assert (await evm.hosted_client()).latest_height == world.ledger.height

        await the_answer_is_stated_to_the_ledger(world, packet, outcome.height)


async def the_answer_is_stated_to_the_ledger(world: EvmSettlementWorld, packet: Packet, height: int) -> None:
    """The EVM chain's header and proofs, through enclaves, in the form the ledger's client takes."""
    light_client = EnclaveLightClient({ROOT.pin})
    qbft = QbftStates(world.prover, CHAIN_ID, TRUST)
    anchor_height = height - 1
    anchor = await qbft.snapshot_at(anchor_height)
    block = await world.rpc.get_block(anchor_height)
    consensus = encode_consensus_state(EnclaveConsensusState(block.timestamp_s, anchor.state_id, (), 0))
    client_state = encode_client_state(
        EnclaveClientState(
            POLICY, OPERATORS.operators, 2, 86_400, anchor_height, 7 * 86_400, 30, frozen=False, chain_id=CHAIN_ID
        )
    )
    assert light_client.initialise(client_state, consensus) == anchor_height

    async def kept(at: int) -> bytes:
        assert at == anchor_height
        return consensus

    inner = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    form = LedgerForm(kept, registrations, 3600)
    evm = EnclaveProvedEndpoint(inner, qbft, QUORUM, form)
    update = await evm.update_for_counterparty(anchor_height, height)
    by_hand = await stated_header(world.prover, qbft, QUORUM, form, (anchor_height, update.height))
    assert light_client.message_height(by_hand) == update.height
    now = TimeBounds.at(update.timestamp_s)
    trusted = ConsensusAt(anchor_height, consensus)
    light_client.verify_client_message(client_state, trusted, update.client_message, now)
    (new,) = light_client.update_state(client_state, update.client_message).consensus_states

    path = ack_path(packet.destination_client, packet.sequence)
    proof = await evm.prove(ProofKind.ACKNOWLEDGEMENT, packet, new.height)
    log = (await evm.events(0, 100)).events
    acknowledgement = next(event.ack for event in log if event.ack is not None)
    value = ack_commitment([acknowledgement])
    assert light_client.verify_membership(client_state, new, proof, path, value, now) == update.timestamp_s

    slot = keccak256(b"no earmark")
    evidence = await stated_storage(world.prover, qbft, QUORUM, world.app.address, slot, new.height)
    storage = (evidence.account_proof, evidence.storage_proof)
    assert verify_stated_storage(client_state, new, world.app.address, slot, *storage, now) is None
