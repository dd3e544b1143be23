"""What is asked of an EVM chain's proofs, whatever makes its blocks final."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chains.evm.client.proofs import InitialState, StorageEvidence, TrustTerms


class ConsensusProver(Protocol):
    """One node's headers and state as the client messages and proofs of one kind of light client.

    Every method raises what `EvmRpc` raises, and `NodeMisbehaved` for an answer that cannot be.
    """

    async def initial_state(self, chain_id: int, trust: TrustTerms, height: int | None = None) -> InitialState:
        """Give client and consensus state of a height, the newest by default, for a new light client."""

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """Give the client message that takes a client from `trusted_height` to `height`."""

    async def membership_proof(self, path: bytes, height: int) -> bytes:
        """Prove what stands under an IBC path after the block at `height`, or that nothing does."""

    async def storage_evidence(self, contract: bytes, slot: bytes, height: int) -> StorageEvidence:
        """Prove a slot (32 bytes) of any contract after the block at `height`, e.g. an earmark."""

    async def storage_evidences(
        self, contract: bytes, slots: Sequence[bytes], height: int
    ) -> tuple[StorageEvidence, ...]:
        """Prove several slots of one contract at once, in that order."""
