"""One packet to the EVM chain through each proof architecture: what it costs there, and what carries it.

Berlin rules, gas of the whole transaction through the router (intrinsic, calldata, execution, less refund). Four
Validators of which three sign, four validators of the hub of which three seal, three operators' enclaves of which two
sign; proofs of depth 20 with no empty sibling; the hub's state has 400 accounts, and its client's ring is full.
Everything else is as in `dvp_gas`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from chains.evm.client.qbft_messages import FarState, HeaderEvidence, RingKind, VerifiedBlock, hub_message
from ibc.light_client import TimeBounds
from light_clients.enclave import registration_digest
from light_clients.enclave.keys import verify_attestation
from light_clients.enclave.solidity_form import encode_solidity_proof, encode_solidity_update
from light_clients.enclave.statements import NANOSECONDS
from light_clients.enclave.verdict import AttestationVerdict
from light_clients.progmat import ProgmatClientState, decode_header
from light_clients.progmat.client_state import encode_client_state
from primitives.hashing import sha256
from primitives.secp256k1 import compact, sign_digest
from relayer.enclave.program import Snapshot
from relayer.enclave.simulation import SimulatedRoot
from tests.fakes.dvp_deployment import CLIENT_ID, LEDGER_CLIENT_ID, LEDGER_ID, RELAYER, DvpDeployment, deploy_dvp
from tests.fakes.dvp_gas import PROOF_DEPTH
from tests.fakes.enclave_client_bench import SIGNERS, evidence_of, policy
from tests.fakes.enclave_world import PROGRAM
from tests.fakes.evm_sandbox import Contract
from tests.fakes.hub_model import CONTRACT, FROZEN_MASK, HEAD_SLOT, RING_SLOT, HubModel
from tests.fakes.ibc_oracle import Packet

TRUST: Final = (7 * 86400, 30)
HUB_CHAIN_ID: Final = 77
ACCOUNTS: Final = 400
RING: Final = 256
HUB_SEALS: Final = 3


@dataclass(frozen=True)
class ArchitectureGas:
    """``update``: the light client alone; ``membership``: a proof alone; ``packet``: update, receive and delivery.

    Signatures of one packet, update and proof: ``signatures`` verified on the chain, ``elsewhere`` on the hub or inside
    the enclaves.
    """

    update: int
    membership: int
    packet: int
    update_bytes: int
    proof_bytes: int
    signatures: int
    elsewhere: int


def measure_direct() -> ArchitectureGas:
    """The ledger's checkpoint, straight to the chain."""
    deployment, packet = _prepared()
    header = deployment.header()
    signatures = len(decode_header(header, LEDGER_ID).signatures)
    carried = _Carried(header, deployment.proof(packet.commitment_path), signatures, 0)
    return _measure(deployment, deployment.light_client, packet, carried)


def measure_hub() -> ArchitectureGas:
    """The same checkpoint as the hub keeps it, under a block of the hub."""
    deployment, packet = _prepared()
    start = _hub(deployment, FarState(deployment.height, deployment.checkpoint_s, bytes(32)))
    hub_client = _put_behind(deployment, start)
    on_hub = len(decode_header(deployment.header(), LEDGER_ID).signatures)
    far = FarState(deployment.height, deployment.checkpoint_s, deployment.tree.root)
    proof = deployment.proof(packet.commitment_path)
    return _measure(deployment, hub_client, packet, _Carried(_message(start, far), proof, HUB_SEALS, on_hub))


def measure_enclave() -> ArchitectureGas:
    """The same checkpoint, verified inside two operators' enclaves, and what both state of it."""
    deployment, packet = _prepared()
    before = _snapshot(deployment)
    client = _put_enclaves(deployment, before)
    header = deployment.header()
    step = PROGRAM.update(before, header)
    path = packet.commitment_path
    stated = PROGRAM.membership(step.after, deployment.proof(path), path, packet.commitment)
    signatures = [each.sign(stated) for each in SIGNERS]
    proof = encode_solidity_proof(deployment.checkpoint_s * NANOSECONDS, step.after.state_id, signatures)
    message = encode_solidity_update(step.statement, [each.sign(step.statement) for each in SIGNERS])
    inside = len(SIGNERS) * len(decode_header(header, LEDGER_ID).signatures)
    return _measure(deployment, client, packet, _Carried(message, proof, 2 * len(SIGNERS), inside))


@dataclass(frozen=True)
class _Carried:
    """What a relayer brings for one packet, and the signatures that are verified for it."""

    message: bytes
    proof: bytes
    signatures: int
    elsewhere: int


def _prepared() -> tuple[DvpDeployment, Packet]:
    deployment = deploy_dvp()
    deployment.tree_depth = PROOF_DEPTH
    deployment.earmark(deployment.terms(0))
    terms = deployment.terms(1)
    deployment.earmark(terms)
    packet = deployment.packet(terms)
    deployment.writes[packet.commitment_path] = packet.commitment
    deployment.update()  # one of many: nothing is written for the first time below
    return deployment, packet


def _hub(deployment: DvpDeployment, first: FarState) -> HubModel:
    ring = {height: FarState(height, 1, bytes(32)).slot for height in range(first.height + 1, first.height + RING)}
    kept = ring | {first.height: first.slot}
    now_s = deployment.sandbox.now_s
    return HubModel(kept, first.height, first.timestamp_s, timestamp_s=now_s, others=ACCOUNTS, ring_kind=RingKind.ARRAY)


def _put_behind(deployment: DvpDeployment, hub: HubModel) -> Contract:
    router = deployment.router
    first = FarState(deployment.height, deployment.checkpoint_s, bytes(32))
    config = (router.address, HUB_CHAIN_ID, CONTRACT, *TRUST, hub.number, hub.verified.values)
    layout = (HEAD_SLOT, FROZEN_MASK, RING_SLOT, hub.ring_kind.value)
    far = (LEDGER_ID, TRUST[0], *layout, first.height, first.timestamp_s, first.root)
    client = deployment.sandbox.deploy("HubProgmatLightClient", config, far)
    router.transact("migrateClient", CLIENT_ID, (LEDGER_CLIENT_ID, [b""]), client.address)
    return client


def _message(start: HubModel, far: FarState) -> bytes:
    trusted: VerifiedBlock = start.verified
    hub = start.keeping(far.height, far.slot, far.timestamp_s)
    sealed = hub.block.sealed_by(hub.keys[:HUB_SEALS])
    evidence = HeaderEvidence(sealed, hub.state.account_proof())
    return hub_message(evidence, trusted, hub.head_proof, hub.ring_proof(far.height), far)


def _snapshot(deployment: DvpDeployment) -> Snapshot:
    """What an honest store holds of the ledger's latest checkpoint."""
    set_hash = deployment.validators.hash
    inner = ProgmatClientState(LEDGER_ID, deployment.height, *TRUST, frozen=False, validator_set_hash=set_hash)
    consensus = deployment.checkpoint_s.to_bytes(8, "big") + deployment.tree.root
    return Snapshot("progmat", encode_client_state(inner), deployment.height, consensus)


def _put_enclaves(deployment: DvpDeployment, first: Snapshot) -> Contract:
    """The enclave client in the direct one's place, both signers' keys registered."""
    sandbox, router = deployment.sandbox, deployment.router
    verifier = sandbox.deploy("ValidatorAttestationVerifier", LEDGER_ID, deployment.validators.hash)
    begin = (router.address, *TRUST, first.height, deployment.checkpoint_s * NANOSECONDS, first.state_id)
    maker = SimulatedRoot.generate(sandbox.now_s)
    client = sandbox.deploy("EnclaveLightClient", begin, policy(verifier, root_pins=[maker.pin]))
    router.transact("migrateClient", CLIENT_ID, (LEDGER_CLIENT_ID, [b""]), client.address)
    for each in SIGNERS:
        machine = replace(each, platform=maker.platform(sandbox.now_s))
        registration = machine.registration(collateral=maker.collateral(sandbox.now_s))
        attestation = verify_attestation(registration, {maker.pin}, TimeBounds.at(sandbox.now_s))
        verdict = AttestationVerdict(sha256(registration.attestation), attestation)
        digest = registration_digest(verdict.attestation_hash, each.named.enclave_key)
        evidence = evidence_of(verdict, validators=deployment.validators, ledger_id=LEDGER_ID)
        client.transact("registerEnclaveKey", evidence, compact(sign_digest(each.operator_secret, digest)))
    return client


def _measure(deployment: DvpDeployment, client: Contract, packet: Packet, carried: _Carried) -> ArchitectureGas:
    deployment.sandbox.now_s += 2
    router, message, at = deployment.router, carried.message, (0, deployment.height)
    calls = [router.encode("updateClient", CLIENT_ID, message)]
    calls.append(router.encode("recvPacket", (packet.abi, carried.proof, at)))
    with deployment.sandbox.undone():
        receipt = router.transact("multicall", calls, sender=RELAYER, gas=50_000_000)
        if not receipt.named("Delivered"):
            raise AssertionError("the packet was not delivered: the measurement means nothing")
    update = router.transact("updateClient", CLIENT_ID, message, sender=RELAYER).gas_used
    query = (carried.proof, at, [packet.commitment_path])
    membership = client.transact("verifyMembership", (*query, packet.commitment), sender=RELAYER).gas_used
    return ArchitectureGas(
        update,
        membership,
        receipt.gas_used,
        len(message),
        len(carried.proof),
        carried.signatures,
        carried.elsewhere,
    )
