"""A node's proofs as the bytes the qbft light client takes: headers, membership, evidence, the first state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chains.evm.client.asked_together import AskedTogether
from chains.evm.client.rpc import EvmRpc
from light_clients.qbft import (
    IBC_STORE_SLOT,
    QBFT_FROM_GENESIS,
    EngineEra,
    QbftClientState,
    QbftConsensusState,
    QbftHeader,
    SealedHeader,
    ValidatorContract,
    ValidatorsProof,
    era_of,
    read_sealed_header,
)
from light_clients.qbft.codec import (
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_membership_proof,
)
from light_clients.qbft.own_validators import MAX_CONTRACT_VALIDATORS, element_slots
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

    def __init__(
        self,
        rpc: EvmRpc,
        router: bytes,
        store_slot: bytes = IBC_STORE_SLOT,
        eras: tuple[EngineEra, ...] = QBFT_FROM_GENESIS,
    ) -> None:
        self._rpc = rpc
        self._router = router
        self._store_slot = store_slot
        self._eras = eras
        self._slots = AskedTogether(self._slot_nodes)

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
            eras=self._eras,
        )
        sealed = await self._sealed(anchor, block.header_rlp)
        consensus_state = QbftConsensusState(
            timestamp_s=block.timestamp_s,
            state_root=block.state_root,
            storage_root=proof.storage_root,
            validators=sealed.validators,
            block_hash=sealed.block_hash,
        )
        return InitialState(anchor, encode_client_state(client_state), encode_consensus_state(consensus_state))

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """Give the client message that takes a client from `trusted_height` to `height`."""
        block = await self._rpc.get_block(height)
        proof = await self._rpc.get_proof(self._router, (), height)
        contract = era_of(self._eras, height).contract
        validators_proof = None if contract is None else await self.validators_proof(contract, height - 1)
        return encode_header(QbftHeader(block.header_rlp, trusted_height, proof.nodes, validators_proof))

    async def membership_proof(self, path: bytes, height: int) -> bytes:
        """Prove what stands under an IBC path after a block, or that nothing does."""
        slot = mapping_slot(keccak256(path), self._store_slot)
        return encode_membership_proof(await self._slots.about(slot, height))

    async def _slot_nodes(self, slots: Sequence[bytes], height: int) -> list[tuple[bytes, ...]]:
        proof = await self._rpc.get_proof(self._router, slots, height)
        return [slot.nodes for slot in proof.slots]

    async def storage_evidence(self, contract: bytes, slot: bytes, height: int) -> StorageEvidence:
        """Prove a slot of any contract, e.g. an earmark."""
        (evidence,) = await self.storage_evidences(contract, (slot,), height)
        return evidence

    async def storage_evidences(
        self, contract: bytes, slots: Sequence[bytes], height: int
    ) -> tuple[StorageEvidence, ...]:
        """Prove slots of one contract, in that order: one question, and one proof of the account for all of them."""
        proof = await self._rpc.get_proof(contract, slots, height)
        return tuple(StorageEvidence(height, proof.nodes, slot.nodes) for slot in proof.slots)

    async def _sealed(self, height: int, header_rlp: bytes) -> SealedHeader:
        """The header of an anchor, which is trusted, with its validators."""
        era = era_of(self._eras, height)
        sealed = read_sealed_header(era.engine, header_rlp)
        if era.contract is None:
            return sealed
        words = await self._array(era.contract, height - 1)
        return replace(sealed, validators=tuple(word[12:] for _, word in words[1:]))

    async def validators_proof(self, contract: ValidatorContract, parent: int) -> ValidatorsProof:
        """Prove the contract's whole array after a block."""
        block = await self._rpc.get_block(parent)
        slots = tuple(slot for slot, _ in await self._array(contract, parent))
        proof = await self._rpc.get_proof(contract.address, slots, parent)
        sealed = read_sealed_header(era_of(self._eras, parent).engine, block.header_rlp)
        return ValidatorsProof(sealed.hashed_rlp, proof.nodes, tuple(slot.nodes for slot in proof.slots))

    async def _array(self, contract: ValidatorContract, height: int) -> list[tuple[bytes, bytes]]:
        """Slots and words of the array: its length, then its elements."""
        length = await self._rpc.storage_at(contract.address, contract.slot, height)
        slots = element_slots(contract, min(int.from_bytes(length, "big"), MAX_CONTRACT_VALIDATORS))
        words = [await self._rpc.storage_at(contract.address, slot, height) for slot in slots]
        return [(contract.slot, length), *zip(slots, words, strict=True)]
