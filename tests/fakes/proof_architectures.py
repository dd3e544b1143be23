"""One packet to the EVM chain through each proof architecture: what it costs there, and what carries it.

Berlin rules, gas of the whole transaction through the router (intrinsic, calldata, execution, less refund). Four
Validators of which three sign, four validators of the hub of which three seal; proofs of depth 20 with no empty
sibling; the hub's state has 400 accounts, and its client's ring is full. Everything else is as in `dvp_gas`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.evm.client.qbft_messages import FarState, HeaderEvidence, RingKind, VerifiedBlock, hub_message
from tests.fakes.dvp_deployment import CLIENT_ID, LEDGER_CLIENT_ID, LEDGER_ID, RELAYER, DvpDeployment, deploy_dvp
from tests.fakes.dvp_gas import PROOF_DEPTH
from tests.fakes.evm_sandbox import Contract
from tests.fakes.hub_model import CONTRACT, FROZEN_MASK, HEAD_SLOT, RING_SLOT, HubModel
from tests.fakes.ibc_oracle import Packet

TRUST: Final = (7 * 86400, 30)
HUB_CHAIN_ID: Final = 77
ACCOUNTS: Final = 400
RING: Final = 256


@dataclass(frozen=True)
class ArchitectureGas:
    """``update``: the light client alone; ``membership``: a proof alone; ``packet``: update, receive and delivery."""

    update: int
    membership: int
    packet: int
    update_bytes: int


def measure_direct() -> ArchitectureGas:
    """The ledger's checkpoint, straight to the chain."""
    deployment, packet = _prepared()
    header = deployment.header()
    return _measure(deployment, deployment.light_client, packet, header)


def measure_hub() -> ArchitectureGas:
    """The same checkpoint as the hub keeps it, under a block of the hub."""
    deployment, packet = _prepared()
    start = _hub(deployment, FarState(deployment.height, deployment.checkpoint_s, bytes(32)))
    hub_client = _put_behind(deployment, start)
    checkpoint = deployment.checkpoint()
    far = FarState(checkpoint.height, checkpoint.timestamp_s, checkpoint.root)
    return _measure(deployment, hub_client, packet, _message(start, far))


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
    sealed = hub.block.sealed_by(hub.keys[:3])
    evidence = HeaderEvidence(sealed, hub.state.account_proof())
    return hub_message(evidence, trusted, hub.head_proof, hub.ring_proof(far.height), far)


def _measure(deployment: DvpDeployment, client: Contract, packet: Packet, message: bytes) -> ArchitectureGas:
    deployment.sandbox.now_s += 2
    router = deployment.router
    calls = [router.encode("updateClient", CLIENT_ID, message)]
    calls.append(router.encode("recvPacket", deployment.recv_args(packet)))
    with deployment.sandbox.undone():
        receipt = router.transact("multicall", calls, sender=RELAYER, gas=50_000_000)
        if not receipt.named("Delivered"):
            raise AssertionError("the packet was not delivered: the measurement means nothing")
    update = router.transact("updateClient", CLIENT_ID, message, sender=RELAYER).gas_used
    query = (deployment.proof(packet.commitment_path), (0, deployment.height), [packet.commitment_path])
    membership = client.transact("verifyMembership", (*query, packet.commitment), sender=RELAYER).gas_used
    return ArchitectureGas(update, membership, receipt.gas_used, len(message))
