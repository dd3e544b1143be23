"""A QBFT chain's blocks, with proofs of one account, as the Solidity clients that follow it take them."""

from __future__ import annotations

from chains.evm.client.qbft_messages import (
    HeaderEvidence,
    VerifiedBlock,
    header_message,
    storage_message,
)
from chains.evm.client.rpc import EvmRpc
from light_clients.qbft import IBC_STORE_SLOT, read_qbft_header
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot


class FollowedAccount:
    """Asks one node. Nothing is verified here: whoever receives the bytes verifies them."""

    def __init__(self, rpc: EvmRpc, account: bytes) -> None:
        self.rpc = rpc
        self.account = account

    async def verified(self, height: int) -> VerifiedBlock:
        """Give a block as a client that verified it keeps it. A first block is trusted: ask a node of your own."""
        block = await self.rpc.get_block(height)
        sealed = read_qbft_header(block.header_rlp)
        proof = await self.rpc.get_proof(self.account, (), height)
        hashes = (block.state_root, proof.storage_root, sealed.block_hash)
        return VerifiedBlock(height, block.timestamp_s, *hashes, sealed.validators)

    async def evidence(self, height: int) -> HeaderEvidence:
        """Give a block's header and the proof of the account under it."""
        block = await self.rpc.get_block(height)
        proof = await self.rpc.get_proof(self.account, (), height)
        return HeaderEvidence(block.header_rlp, proof.nodes)

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """Give the message that takes a client from one height to another."""
        return header_message(await self.evidence(height), await self.verified(trusted_height))

    async def commitment_proof(self, path: bytes, height: int) -> bytes:
        """Prove what stands under an IBC path of the account, a router, or that nothing does."""
        slot = mapping_slot(keccak256(path), IBC_STORE_SLOT)
        proof = await self.rpc.get_proof(self.account, (slot,), height)
        return storage_message(await self.verified(height), proof.slots[0].nodes)
