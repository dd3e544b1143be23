"""For tests only: a chain whose blocks nobody seals, shown to the mock light client.

Anvil and its like make blocks that no validator signs. The mock takes anybody's word for a header; so that everything
else of such a node is used as a sealed chain's is, its state proofs are verified here before the mock's are made.
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.evm.client.asked_together import AskedTogether
from chains.evm.client.node_types import AccountProof
from chains.evm.client.proofs import InitialState, StorageEvidence, TrustTerms
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import NodeMisbehaved
from light_clients.mock import (
    MockClientState,
    MockConsensusState,
    absence_proof,
    encode_client_state,
    encode_consensus_state,
    encode_header,
    presence_proof,
)
from light_clients.qbft import IBC_STORE_SLOT
from primitives.errors import DecodeError, MptError
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot, verify_account, verify_storage
from primitives.types import Address


class MockConsensusProver:
    """Implements `ConsensusProver`. The root in the mock's headers is the block's own state root."""

    def __init__(self, rpc: EvmRpc, router: bytes, store_slot: bytes = IBC_STORE_SLOT) -> None:
        self._rpc = rpc
        self._router = router
        self._store_slot = store_slot
        self._words = AskedTogether(self._words_at)

    async def initial_state(self, chain_id: int, trust: TrustTerms, height: int | None = None) -> InitialState:
        """See ConsensusProver; the mock's client state names neither the chain nor a clock drift."""
        await self._rpc.require_chain(chain_id)
        anchor = await self._rpc.block_number() if height is None else height
        client_state = MockClientState(anchor, trust.trusting_period_s, frozen=False)
        consensus_state = encode_consensus_state(await self._consensus_state(anchor))
        return InitialState(anchor, encode_client_state(client_state), consensus_state)

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """See ConsensusProver."""
        return encode_header(trusted_height, height, await self._consensus_state(height))

    async def membership_proof(self, path: bytes, height: int) -> bytes:
        """See ConsensusProver; raises `NodeMisbehaved` unless the node's own proof leads to the block's state root."""
        root, word = await self._words.about(mapping_slot(keccak256(path), self._store_slot), height)
        return absence_proof(root, path) if word is None else presence_proof(root, path, word)

    async def _words_at(self, slots: Sequence[bytes], height: int) -> list[tuple[bytes, bytes | None]]:
        """Of each slot the block's state root, and the word under it."""
        root = (await self._rpc.get_block(height)).state_root
        proof = await self._rpc.get_proof(self._router, slots, height)
        return [(root, word) for word in _verified_words(root, proof, height)]

    async def storage_evidence(self, contract: bytes, slot: bytes, height: int) -> StorageEvidence:
        """See ConsensusProver; the node's own proof, verified: the root in the mock's header is what it leads to."""
        root = (await self._rpc.get_block(height)).state_root
        proof = await self._rpc.get_proof(contract, (slot,), height)
        _verified_words(root, proof, height)
        return StorageEvidence(height, proof.nodes, proof.slots[0].nodes)

    async def storage_evidences(
        self, contract: bytes, slots: Sequence[bytes], height: int
    ) -> tuple[StorageEvidence, ...]:
        """See ConsensusProver."""
        return tuple([await self.storage_evidence(contract, slot, height) for slot in slots])

    async def _consensus_state(self, height: int) -> MockConsensusState:
        block = await self._rpc.get_block(height)
        return MockConsensusState(block.timestamp_s, block.state_root)


def _verified_words(state_root: bytes, proof: AccountProof, height: int) -> Sequence[bytes | None]:
    """Each slot's word, None if it is zero; all proofs must hold, and agree with what the node says besides."""
    what = f"state proof at {height}"
    try:
        account = verify_account(state_root, Address(proof.address), proof.nodes)
        if account is None:
            raise NodeMisbehaved(what, f"account 0x{proof.address.hex()}", "the proof of its absence")
        words = [verify_storage(account.storage_root, slot.slot, slot.nodes) for slot in proof.slots]
    except (MptError, DecodeError) as wrong:
        raise NodeMisbehaved(what, f"nodes under state root 0x{state_root.hex()}", str(wrong)) from wrong
    if account.storage_root != proof.storage_root:
        raise NodeMisbehaved(what, f"storage root 0x{account.storage_root.hex()}", f"0x{proof.storage_root.hex()}")
    for slot, word in zip(proof.slots, words, strict=True):
        if int.from_bytes(word or b"", "big") != slot.value:
            raise NodeMisbehaved(what, f"the word it proves, 0x{(word or bytes(32)).hex()}", hex(slot.value))
    return words
