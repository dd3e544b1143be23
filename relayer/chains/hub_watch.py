"""Both ends as the watches see them behind a hub: compared with what the hub should have shown of each height."""

from __future__ import annotations

from collections.abc import Sequence

from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.hub_proofs import HubAnchor, HubProver
from chains.evm.client.qbft_light_client import HubProgmatLightClientBinding
from chains.evm.client.rpc import EvmRpc
from primitives.errors import CallerError
from relayer.chains.evm_watch import EvmWatchSide


class OnlyTheHubIsEvidence(CallerError):
    """A client behind a hub freezes on two contradicting blocks of the hub: the far ledger's header shows nothing."""

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


class EndBehindHub(EvmWatchSide):
    """The EVM chain's client of the ledger, which hears the hub alone: compared, never reported to."""

    async def slots(self, heights: Sequence[int]) -> Sequence[bytes | None]:
        """See CheckpointHost."""
        address = await self._router.light_client_of(self._rpc, self.client_id)
        light_client = HubProgmatLightClientBinding(address)
        return [await light_client.far_slot(self._rpc, height) for height in heights]

    async def header_at(self, height: int) -> bytes | None:  # noqa: ARG002  # the protocol's signature
        """See CheckpointHost; its transactions hold the hub's headers. The ledger's are on the hub."""
        return None

    async def report_header(self, header: bytes) -> str:
        """See CheckpointHost. Raises OnlyTheHubIsEvidence."""
        raise OnlyTheHubIsEvidence(f"a checkpoint of {len(header)} bytes cannot be shown here: report it on the hub")

    async def report_misbehaviour(self, evidence: bytes) -> str:
        """See CheckpointHost. Raises OnlyTheHubIsEvidence."""
        raise OnlyTheHubIsEvidence(
            f"{len(evidence)} bytes against the ledger cannot be shown here: report them on the hub"
        )
