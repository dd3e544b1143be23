"""A path's two ends behind a hub, from what a direct path is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.hub_proofs import PROGMAT_CLIENT_LAYOUT, QBFT_CLIENT_LAYOUT, HubProver
from chains.evm.client.proofs import QbftProver
from chains.evm.client.qbft_light_client import HubProgmatLightClientBinding
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.ledger_client import LedgerClient
from ibc.light_client import ConsensusAt
from relayer.chains.client_kind import require_kind
from relayer.chains.progmat import LightClientMissing
from relayer.core.chain import ChainEndpoint
from relayer.hub.endpoints import HUB_CLIENT, ChainBehindHub, ChainProverBehindHub, HubClientReader, LedgerBehindHub
from relayer.hub.upkeep import HubSite, HubUpkeep


@dataclass(frozen=True)
class DirectPath:
    """A path without a hub: the endpoints, the EVM chain's node and contracts, and how the ledger's client is read."""

    ledger: ChainEndpoint
    ledger_id: str
    chain: ChainEndpoint
    chain_rpc: EvmRpc
    deployment: Deployment
    read_hub_client: HubClientReader


@dataclass(frozen=True)
class EndsBehindHub:
    """For a relayer the two endpoints; for a gateway the prover of the EVM chain; for a watcher the hub's upkeep."""

    ledger: LedgerBehindHub
    chain: ChainBehindHub
    prover: ChainProverBehindHub
    upkeep: HubUpkeep


def ends_behind_hub(path: DirectPath, site: HubSite, now_s: Callable[[], float]) -> EndsBehindHub:
    """The same ends, whose clients of each other go through the hub."""
    router = address_bytes(path.deployment.router)
    upkeep = HubUpkeep(site, FollowedAccount(path.chain_rpc, router), path.ledger, path.ledger_id)
    of_chain = HubProver(site.rpc, address_bytes(site.deployment.chain_client), QBFT_CLIENT_LAYOUT)
    of_ledger = HubProver(site.rpc, address_bytes(site.deployment.ledger_client), PROGMAT_CLIENT_LAYOUT)
    hub_client = HubProgmatLightClientBinding(address_bytes(path.deployment.light_client))

    async def hub_height() -> int:
        return await hub_client.hub_height(path.chain_rpc)

    direct = QbftProver(path.chain_rpc, router)
    prover = ChainProverBehindHub(direct, upkeep, of_chain, path.read_hub_client)
    ledger = LedgerBehindHub(path.ledger, upkeep, of_ledger, hub_height, path.read_hub_client, now_s)
    return EndsBehindHub(ledger, ChainBehindHub(path.chain, prover), prover, upkeep)


def hub_client_of(issuer: LedgerClient, client_id: str) -> HubClientReader:
    """Reads the ledger's hub client through the issuer's node. Raises LightClientMissing."""

    async def read() -> tuple[bytes, ConsensusAt]:
        found = await issuer.light_client(client_id)
        if found is None or not found.heights:
            raise LightClientMissing(f"{issuer.name} knows no light client {client_id}")
        require_kind(issuer.name, client_id, HUB_CLIENT.client_type, found.client_type)
        return found.client_state, ConsensusAt(found.heights[0][0], found.newest_consensus_state)

    return read
