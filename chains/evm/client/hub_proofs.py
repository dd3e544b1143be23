"""What a hub's own light clients keep, proved under the hub's blocks: updates of clients that go through the hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.proofs import InitialState, QbftProver, TrustTerms
from chains.evm.client.qbft_messages import FarState, RingKind, VerifiedBlock, hub_message, ring_place
from chains.evm.client.rpc import EvmRpc
from light_clients.hub import FarBlock, HubClientState, HubConsensusState, HubHeader, RingLayout
from light_clients.hub.codec import encode_client_state, encode_consensus_state, encode_header
from light_clients.qbft import IBC_STORE_SLOT


def _slot(number: int) -> bytes:
    return number.to_bytes(32, "big")


_UPPER_HALF: Final = b"\xff" * 16 + bytes(16)
_LOWER_HALF: Final = bytes(16) + b"\xff" * 16


@dataclass(frozen=True)
class FarClientLayout:
    """Where a light client contract on the hub says that it is frozen (a bit of the mask), and where its ring is."""

    head_slot: bytes
    frozen_mask: bytes
    ring_slot: bytes
    ring_kind: RingKind


PROGMAT_CLIENT_LAYOUT: Final = FarClientLayout(_slot(0), _LOWER_HALF, _slot(3), RingKind.ARRAY)
"""Of ``ProgmatLightClient``."""
QBFT_CLIENT_LAYOUT: Final = FarClientLayout(_slot(0), _UPPER_HALF, _slot(1), RingKind.ARRAY)
"""Of ``QbftLightClient``."""


@dataclass(frozen=True)
class FarChain:
    """An EVM chain behind the hub: its id and its router, where commitments stand at the published slot."""

    chain_id: int
    router: bytes


@dataclass(frozen=True)
class _Shown:
    account_proof: tuple[bytes, ...]
    head_proof: tuple[bytes, ...]
    ring_proof: tuple[bytes, ...]


class HubProver:
    """Asks one node of the hub about one light client contract there. Nothing is verified here."""

    def __init__(self, rpc: EvmRpc, contract: bytes, layout: FarClientLayout) -> None:
        self._rpc = rpc
        self._contract = contract
        self._layout = layout
        self._followed = FollowedAccount(rpc, contract)
        self._hub = QbftProver(rpc, contract)

    async def contract_message(self, far: FarState, hub_height: int, trusted_hub_height: int) -> bytes:
        """Give the message for a ``HubProgmatLightClient``: a state of the ledger that a block of the hub shows."""
        shown = await self._shown(far.height, hub_height)
        evidence = await self._followed.evidence(hub_height)
        trusted = await self._followed.verified(trusted_hub_height)
        return hub_message(evidence, trusted, shown.head_proof, shown.ring_proof, far)

    async def ledger_message(self, far: VerifiedBlock, hub_height: int, trusted: HubAnchor) -> bytes:
        """Give the message for a ledger's hub client: a far block that a block of the hub shows."""
        shown = await self._shown(far.height, hub_height)
        header = HubHeader(
            hub_message=await self._hub.header_message(hub_height, trusted.hub_height),
            trusted_height=trusted.far_height,
            account_proof=shown.account_proof,
            head_proof=shown.head_proof,
            ring_proof=shown.ring_proof,
            shown=_far_block(far),
        )
        return encode_header(header)

    async def initial_hub_block(self, hub_height: int) -> VerifiedBlock:
        """Give the block of the hub that a ``HubProgmatLightClient`` begins with. Trusted: ask a node of your own."""
        return await self._followed.verified(hub_height)

    async def initial_ledger_state(
        self, hub_chain_id: int, chain: FarChain, far: VerifiedBlock, trust: TrustTerms, hub_height: int
    ) -> InitialState:
        """Give what a ledger's hub client begins with. It is trusted: take it from nodes of your own."""
        hub = await self._hub.initial_state(hub_chain_id, trust, hub_height)
        client_state = HubClientState(
            hub_client_state=hub.client_state,
            contract=self._contract,
            head_slot=self._layout.head_slot,
            frozen_mask=self._layout.frozen_mask,
            ring_slot=self._layout.ring_slot,
            ring_layout=RingLayout[self._layout.ring_kind.name],
            chain_id=chain.chain_id,
            router_address=chain.router,
            store_slot=IBC_STORE_SLOT,
            latest_height=far.height,
            trusting_period_s=trust.trusting_period_s,
            max_clock_drift_s=trust.max_clock_drift_s,
            frozen=False,
        )
        consensus_state = HubConsensusState(
            timestamp_s=far.timestamp_s,
            state_root=far.state_root,
            storage_root=far.storage_root,
            block_hash=far.block_hash,
            hub_height=hub_height,
            hub_consensus_state=hub.consensus_state,
        )
        return InitialState(far.height, encode_client_state(client_state), encode_consensus_state(consensus_state))

    async def _shown(self, far_height: int, hub_height: int) -> _Shown:
        slots = (self._layout.head_slot, ring_place(far_height, self._layout.ring_slot, self._layout.ring_kind))
        proof = await self._rpc.get_proof(self._contract, slots, hub_height)
        return _Shown(proof.nodes, proof.slots[0].nodes, proof.slots[1].nodes)


@dataclass(frozen=True)
class HubAnchor:
    """What the next message to a ledger's hub client builds on: a far height it knows, and the hub's height there."""

    far_height: int
    hub_height: int


def _far_block(block: VerifiedBlock) -> FarBlock:
    return FarBlock(
        height=block.height,
        timestamp_s=block.timestamp_s,
        state_root=block.state_root,
        storage_root=block.storage_root,
        block_hash=block.block_hash,
        validators_hash=block.validators_hash,
    )
