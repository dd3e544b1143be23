"""A node's proofs as the bytes the qbft light client takes: headers, membership, evidence, the first state."""

from __future__ import annotations

from dataclasses import dataclass

from chains.evm.client.rpc import EvmRpc
from light_clients.qbft import (
    IBC_STORE_SLOT,
    QbftClientState,
    QbftConsensusState,
    QbftHeader,
    read_qbft_header,
)
from light_clients.qbft.codec import (
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_membership_proof,
)
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot


@dataclass(frozen=True)
class InitialState:
    """What a new light client of this chain begins with. It is trusted: take it from a node of your own."""

    height: int
    client_state: bytes
    consensus_state: bytes


@dataclass(frozen=True)
class StorageEvidence:
    """A slot of any contract under a block's state root: nodes of both proofs, root first."""

    height: int
    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]


@dataclass(frozen=True)
class TrustTerms:
    """What a light client is told about the passing of time, in seconds."""

    trusting_period_s: int
    max_clock_drift_s: int


class QbftProver:
    """Asks one node. Nothing is verified here: whoever receives the bytes verifies them."""

    def __init__(self, rpc: EvmRpc, router: bytes, store_slot: bytes = IBC_STORE_SLOT) -> None:
        self._rpc = rpc
        self._router = router
        self._store_slot = store_slot

    async def initial_state(self, chain_id: int, trust: TrustTerms, height: int | None = None) -> InitialState:
        """Give client and consensus state of a height, the newest by default."""
        anchor = await self._rpc.block_number() if height is None else height
        block = await self._rpc.get_block(anchor)
        proof = await self._rpc.get_proof(self._router, (), anchor)
        client_state = QbftClientState(
            chain_id=chain_id,
            router_address=self._router,
            store_slot=self._store_slot,
            latest_height=anchor,
            trusting_period_s=trust.trusting_period_s,
            max_clock_drift_s=trust.max_clock_drift_s,
            frozen=False,
        )
        consensus_state = QbftConsensusState(
            timestamp_s=block.timestamp_s,
            state_root=block.state_root,
            storage_root=proof.storage_root,
            validators=read_qbft_header(block.header_rlp).validators,
        )
        return InitialState(anchor, encode_client_state(client_state), encode_consensus_state(consensus_state))

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """Give the client message that takes a client from `trusted_height` to `height`."""
        block = await self._rpc.get_block(height)
        proof = await self._rpc.get_proof(self._router, (), height)
        return encode_header(QbftHeader(block.header_rlp, trusted_height, proof.nodes))

    async def membership_proof(self, path: bytes, height: int) -> bytes:
        """Prove what stands under an IBC path after a block, or that nothing does."""
        slot = mapping_slot(keccak256(path), self._store_slot)
        proof = await self._rpc.get_proof(self._router, (slot,), height)
        return encode_membership_proof(proof.slots[0].nodes)

    async def storage_evidence(self, contract: bytes, slot: bytes, height: int) -> StorageEvidence:
        """Prove a slot of any contract, e.g. an earmark."""
        proof = await self._rpc.get_proof(contract, (slot,), height)
        return StorageEvidence(height, proof.nodes, proof.slots[0].nodes)
