"""The hub's own light clients, kept as fresh as a packet needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chains.evm.client.account import EvmSender
from chains.evm.client.deployment import address_bytes
from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.hub_deployment import CHAIN_CLIENT_ID, LEDGER_CLIENT_ID, HubDeployment
from chains.evm.client.progmat_light_client import ProgmatLightClientBinding
from chains.evm.client.qbft_light_client import QbftLightClientBinding
from chains.evm.client.qbft_messages import FarState, VerifiedBlock
from chains.evm.client.router import Router
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import BlockUnavailable, EvmTxFailed, ExecutionReverted
from light_clients.progmat import decode_header
from primitives.errors import PeerError, UnavailableError
from relayer.core.chain import ClientUpdate

INCLUSION_TIMEOUT_S = 30.0


class HubMovedMeanwhile(UnavailableError):
    """The hub refuses an update that somebody else was faster with, or its client is behind: read it again."""

    reason = "HUB_MOVED_MEANWHILE"


class HubsClientFrozen(PeerError):
    """The hub's own client saw misbehaviour: nothing of that end comes through until an operator has replaced it."""

    reason = "HUBS_CLIENT_FROZEN"


class UpdateSource(Protocol):
    """What gives a direct client's updates; a ``ChainEndpoint`` does."""

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ``ChainEndpoint``."""


@dataclass(frozen=True)
class HubSite:
    """A hub's node, its contracts, and the account that brings them headers."""

    rpc: EvmRpc
    account: EvmSender
    deployment: HubDeployment


@dataclass(frozen=True)
class ShownBlock:
    """A block of the EVM chain that the hub verified, and a block of the hub that shows it."""

    block: VerifiedBlock
    hub_height: int


@dataclass(frozen=True)
class ShownState:
    """A state of the ledger that the hub verified, and a block of the hub that shows it."""

    state: FarState
    hub_height: int


class HubUpkeep:
    """Holds connections, never decisions; every method is safe to repeat and to abandon anywhere."""

    def __init__(self, site: HubSite, chain: FollowedAccount, ledger: UpdateSource, ledger_id: str) -> None:
        self.site = site
        self._chain = chain
        self._ledger = ledger
        self._ledger_id = ledger_id
        self._router = Router(address_bytes(site.deployment.router))
        self._chain_client = QbftLightClientBinding(address_bytes(site.deployment.chain_client))
        self._ledger_client = ProgmatLightClientBinding(address_bytes(site.deployment.ledger_client))
        self._states: dict[int, FarState] = {}

    async def follow_chain(self, at_least: int) -> ShownBlock:
        """Bring the hub's client of the EVM chain to ``at_least`` or above, if it is not there yet.

        Raises `BlockUnavailable` if the chain has not come so far, `HubMovedMeanwhile`, `HubsClientFrozen`, and what
        the nodes say.
        """
        known = await self._chain_height()
        if known >= at_least:
            return await self.show_block(known)
        newest = await self._chain.rpc.block_number()
        if newest < at_least:
            raise BlockUnavailable(str(at_least))
        return await self.show_block(newest)

    async def show_block(self, height: int) -> ShownBlock:
        """Bring the hub's client of the EVM chain to exactly this block, if it does not keep it already.

        Raises `HubMovedMeanwhile` for a block below the latest that the hub does not keep.
        """
        rpc = self.site.rpc
        known = await self._chain_height()
        if known < height:
            message = await self._chain.header_message(height, known)
            hub_height = await self._update(CHAIN_CLIENT_ID, message)
        elif await self._chain_client.consensus_slot(rpc, height) is not None:
            hub_height = await rpc.block_number()
        else:
            raise HubMovedMeanwhile(f"the hub is at block {known} and does not keep {height}: ask for a later one")
        return ShownBlock(await self._chain.verified(height), hub_height)

    async def follow_ledger(self, above: int, at_least: int) -> ShownState:
        """Bring the hub's client of the ledger to a height above ``above``, at least ``at_least``.

        The ledger's own header says what the hub will keep; a height that another relayer brought is passed over for a
        later one. Raises as `follow_chain`, and what the ledger's side raises.
        """
        client_state = await self._ledger_client.client_state(self.site.rpc)
        _require_active(LEDGER_CLIENT_ID, frozen=client_state.frozen)
        known = client_state.latest_height
        remembered = self._states.get(known)
        if remembered is not None and known > above and known >= at_least:
            return ShownState(remembered, await self.site.rpc.block_number())
        update = await self._ledger.update_for_counterparty(max(known, above), max(at_least, known + 1))
        checkpoint = decode_header(update.client_message, self._ledger_id).checkpoint
        state = FarState(checkpoint.height, checkpoint.timestamp_s, checkpoint.root)
        for handover in update.earlier:
            await self._update(LEDGER_CLIENT_ID, handover)
        hub_height = await self._update(LEDGER_CLIENT_ID, update.client_message)
        self._states = {state.height: state}
        return ShownState(state, hub_height)

    async def _chain_height(self) -> int:
        client_state = await self._chain_client.client_state(self.site.rpc)
        _require_active(CHAIN_CLIENT_ID, frozen=client_state.frozen)
        return client_state.latest_height

    async def _update(self, client_id: str, message: bytes) -> int:
        """The hub's block in which the message took effect."""
        call = self._router.update_client(client_id, message)
        try:
            return (await self.site.account.execute(call, INCLUSION_TIMEOUT_S)).height
        except (EvmTxFailed, ExecutionReverted) as refused:
            raise HubMovedMeanwhile(f"{client_id} on the hub: {refused}") from refused


def _require_active(client_id: str, *, frozen: bool) -> None:
    if frozen:
        raise HubsClientFrozen(f"{client_id} on the hub is frozen: misbehaviour was proved there; ask its operator")
