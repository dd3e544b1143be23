"""A client of an EVM chain behind a hub, with messages for it: real keys, real tries, hub and far chain as models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chains.evm.client.qbft_messages import RingKind, VerifiedBlock
from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.hub import (
    FarBlock,
    HubChain,
    HubClientState,
    HubConsensusState,
    HubHeader,
    HubLightClient,
    HubMisbehaviour,
    RingLayout,
)
from light_clients.hub.codec import encode_client_state, encode_consensus_state, encode_header, encode_misbehaviour
from light_clients.qbft import (
    IBC_STORE_SLOT,
    QbftClientState,
    QbftHeader,
    QbftLightClient,
    verify_storage_at,
)
from light_clients.qbft import codec as qbft_codec
from primitives.keccak import keccak256
from tests.fakes.hub_model import CONTRACT, FROZEN_MASK, HEAD_SLOT, HUB_HEIGHT, RING_SLOT, HubModel
from tests.fakes.qbft_client import commitments, slot_of
from tests.fakes.qbft_headers import ROUTER, TIME_0_S, QbftBlockBuilder, RouterState, ValidatorKey, evidence_of

HUB_CHAIN_ID: Final = 77
FAR_CHAIN_ID: Final = 1337
HUB_TRUSTING_PERIOD_S: Final = 1000
FAR_TRUSTING_PERIOD_S: Final = 600
DRIFT_S: Final = 15
NOW: Final = TimeBounds.at(TIME_0_S + 5)
FAR_VALIDATORS: Final = (b"\x01" * 20, b"\x02" * 20)
EMPTY: Final = RouterState({}, others=4)


def hub_light_client() -> HubLightClient:
    """Composed as a process does it."""
    return HubLightClient(HubChain(QbftLightClient(), verify_storage_at))


def far_block(height: int, timestamp_s: int, state: RouterState) -> VerifiedBlock:
    """A block of the far chain as its client on the hub verified it."""
    hashes = (state.state_root, state.storage_root, keccak256(b"far block %d" % height))
    return VerifiedBlock(height, timestamp_s, *hashes, FAR_VALIDATORS)


def as_shown(block: VerifiedBlock) -> FarBlock:
    """The same, as a message shows it."""
    hashes = (block.state_root, block.storage_root, block.block_hash, block.validators_hash)
    return FarBlock(block.height, block.timestamp_s, *hashes)


def hub_client_state() -> QbftClientState:
    """The hub's own client at the hub's first block."""
    return QbftClientState(
        chain_id=HUB_CHAIN_ID,
        router_address=CONTRACT,
        store_slot=IBC_STORE_SLOT,
        latest_height=HUB_HEIGHT,
        trusting_period_s=HUB_TRUSTING_PERIOD_S,
        max_clock_drift_s=DRIFT_S,
        frozen=False,
    )


FIRST: Final = far_block(20, TIME_0_S - 10, EMPTY)


@dataclass(frozen=True)
class HubScenario:
    """The client knows `FIRST` through the hub's first block; in ``hub`` the hub has verified ``far``, too."""

    state: RouterState = field(default_factory=lambda: RouterState(commitments(), others=4))
    frozen: bool = False

    @property
    def far(self) -> VerifiedBlock:
        return far_block(21, TIME_0_S, self.state)

    @property
    def first_hub(self) -> HubModel:
        kept = {FIRST.height: FIRST.slot}
        return HubModel(kept, FIRST.height, FIRST.timestamp_s, ring_kind=RingKind.ARRAY)

    @property
    def hub(self) -> HubModel:
        return self.first_hub.keeping(self.far.height, self.far.slot, self.far.timestamp_s)

    @property
    def client(self) -> HubClientState:
        return HubClientState(
            hub_client_state=qbft_codec.encode_client_state(hub_client_state()),
            contract=CONTRACT,
            head_slot=HEAD_SLOT,
            frozen_mask=FROZEN_MASK,
            ring_slot=RING_SLOT,
            ring_layout=RingLayout.ARRAY,
            chain_id=FAR_CHAIN_ID,
            router_address=ROUTER,
            store_slot=IBC_STORE_SLOT,
            latest_height=FIRST.height,
            trusting_period_s=FAR_TRUSTING_PERIOD_S,
            max_clock_drift_s=DRIFT_S,
            frozen=self.frozen,
        )

    @property
    def client_state(self) -> bytes:
        return encode_client_state(self.client)

    @property
    def trusted(self) -> ConsensusAt:
        return self.consensus(self.first_hub, FIRST)

    @staticmethod
    def consensus(hub: HubModel, far: VerifiedBlock) -> ConsensusAt:
        """What is kept of a far block that a block of the hub showed."""
        sealed = QbftHeader(hub.block.sealed_by(hub.keys), 0, hub.state.account_proof(CONTRACT))
        updated = QbftLightClient().update_state(
            qbft_codec.encode_client_state(hub_client_state()), qbft_codec.encode_header(sealed)
        )
        kept = HubConsensusState(
            timestamp_s=far.timestamp_s,
            state_root=far.state_root,
            storage_root=far.storage_root,
            block_hash=far.block_hash,
            hub_height=hub.number,
            hub_consensus_state=updated.consensus_states[0].consensus_state,
        )
        return ConsensusAt(far.height, encode_consensus_state(kept))

    def header(self, hub: HubModel, far: VerifiedBlock, signers: Sequence[ValidatorKey] | None = None) -> HubHeader:
        """A block of the hub that shows a far block, on the hub's first block."""
        sealed = hub.block.sealed_by(hub.keys if signers is None else signers)
        account_proof = hub.state.account_proof(hub.contract)
        hub_message = QbftHeader(sealed, self.first_hub.number, hub.state.account_proof(CONTRACT))
        return HubHeader(
            hub_message=qbft_codec.encode_header(hub_message),
            trusted_height=FIRST.height,
            account_proof=account_proof,
            head_proof=hub.head_proof,
            ring_proof=hub.ring_proof(far.height),
            shown=as_shown(far),
        )

    def message(self, hub: HubModel, far: VerifiedBlock, **changes: object) -> bytes:
        """The same as bytes, with fields changed."""
        return encode_header(replace(self.header(hub, far), **changes))  # type: ignore[arg-type]  # types differ

    def evidence(self, one: QbftBlockBuilder, other: QbftBlockBuilder) -> bytes:
        """Two blocks of the hub, sealed by all of their validators."""
        headers = [block.sealed_by(block.validators) for block in (one, other)]
        return encode_misbehaviour(HubMisbehaviour(evidence_of(self.first_hub.number, *headers), FIRST.height))

    def proof(self, path: bytes) -> bytes:
        """A direct client's proof under the far block."""
        return qbft_codec.encode_membership_proof(self.state.storage_proof(slot_of(path)))
