"""The EVM chain as the watch of a ledger's hub client sees it: what the hub should have shown of each block."""

from __future__ import annotations

from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.hub_proofs import HubAnchor, HubProver
from chains.evm.client.rpc import EvmRpc
from primitives.errors import CallerError


class OnlyTheHubIsEvidence(CallerError):
    """A client behind a hub freezes on two contradicting blocks of the hub: the EVM chain's header shows nothing."""

    reason = "ONLY_THE_HUB_IS_EVIDENCE"


class ChainSeenPastHub:
    """Implements ``CanonicalChain`` from nodes of the EVM chain and of the hub, for comparing only."""

    def __init__(self, chain: FollowedAccount, hub: EvmRpc, prover: HubProver) -> None:
        self._chain = chain
        self._hub = hub
        self._prover = prover

    async def head_height(self) -> int:
        """See CanonicalChain."""
        return await self._chain.rpc.block_number()

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """See CanonicalChain; only of the height itself. Raises OnlyTheHubIsEvidence for any other."""
        if height != trusted_height:
            raise OnlyTheHubIsEvidence(f"block {height} cannot be shown to a client that hears the hub alone")
        hub_height = await self._hub.block_number()
        block = await self._chain.verified(height)
        return await self._prover.ledger_message(block, hub_height, HubAnchor(height, hub_height))
