"""Two QBFT chains on py-evm, the securities' and the hub, and a ledger; each end's client goes through the hub."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.hub_proofs import PROGMAT_CLIENT_LAYOUT, QBFT_CLIENT_LAYOUT, HubProver
from chains.evm.client.proofs import TrustTerms
from chains.evm.client.rpc import EvmRpc
from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import MiningMode, Prefunded
from primitives.secp256k1 import address_of
from relayer.chains.evm import EvmEndpoint
from relayer.hub.boot import HubEnds, raise_hub
from relayer.hub.upkeep import HubSite
from relayer.hub.wiring import DirectPath, EndsBehindHub, ends_behind_hub
from relayer.path import Path as RelayPath
from relayer.path import PathSettings
from relayer.store import RelayerStore
from tests.fakes.evm_devnet_world import CHAIN_ID, devnet_config, hex_of
from tests.fakes.evm_settlement_world import ADMIN, LEDGER_CLIENT_ID, RELAYER, EvmSettlementWorld, settlement_world
from tests.fakes.hub_ledger import HubLedger
from tests.fakes.ledger_parties import LEDGER_ID

HUB_CHAIN_ID: Final = 919_192
TRUST: Final = TrustTerms(trusting_period_s=7 * 86_400, max_clock_drift_s=60)


@dataclass
class HubWorld:
    """``chain`` is where the securities are; ``deployment`` has its light client behind the hub."""

    chain: EvmSettlementWorld
    hub_devnet: Devnet
    site: HubSite
    deployment: Deployment
    ledger: HubLedger

    @property
    def of_ledger(self) -> HubProver:
        """Proofs of what the hub keeps of the ledger."""
        return HubProver(self.site.rpc, address_bytes(self.site.deployment.ledger_client), PROGMAT_CLIENT_LAYOUT)

    @property
    def of_chain(self) -> HubProver:
        """Proofs of what the hub keeps of the chain of the securities."""
        return HubProver(self.site.rpc, address_bytes(self.site.deployment.chain_client), QBFT_CLIENT_LAYOUT)

    @property
    def ends(self) -> EndsBehindHub:
        """Both ends, as relayer and gateway have them."""
        rpc = self.chain.rpc
        direct = EvmEndpoint(rpc, self.deployment, EvmAccount(rpc, RELAYER, CHAIN_ID))
        path = DirectPath(self.ledger, LEDGER_ID, direct, rpc, self.deployment, self.ledger.read_hub_client)
        return ends_behind_hub(path, self.site, self.now_s)

    @contextmanager
    def relay_path(self, folder: Path) -> Iterator[RelayPath]:
        """The relayer's own loop over both ends."""
        store = RelayerStore(folder / "relayer.sqlite3")
        try:
            ends = (self.ends.ledger, self.ends.chain)
            yield RelayPath(ends, store, PathSettings(receive_margin_s=10), self.now_s, lambda _: None)
        finally:
            store.close()

    def now_s(self) -> float:
        return self.chain.clock.now_s

    def pass_time(self) -> int:
        """Bring all clocks to the fastest chain's next second; returns it."""
        heads = (self.chain.devnet.chain.head.timestamp, self.hub_devnet.chain.head.timestamp)
        now_s = max(int(self.now_s()), *heads) + 1
        self.chain.clock.now_s = float(now_s)
        self.ledger.at_time(now_s)
        self.chain.devnet.mine()
        self.hub_devnet.mine()
        return now_s


@asynccontextmanager
async def hub_world() -> AsyncIterator[HubWorld]:
    """Deploy all, create the ledger's hub client, and go."""
    async with settlement_world() as chain:
        prefunded = (Prefunded(address=hex_of(address_of(ADMIN))),)
        config = devnet_config(
            chain_id=HUB_CHAIN_ID, validator_seed="hub", mining=MiningMode.INSTANT, prefunded=prefunded
        )
        async with Devnet(config, chain.clock) as hub_devnet, EvmRpc(hub_devnet.url) as hub_rpc:
            account = EvmAccount(hub_rpc, ADMIN, HUB_CHAIN_ID)
            ends = HubEnds(chain.admin, chain.deployment, chain.ledger.anchor(), LEDGER_CLIENT_ID, TRUST)
            raised = await raise_hub(account, ends)
            site = HubSite(hub_rpc, account, raised.hub)
            world = HubWorld(chain, hub_devnet, site, raised.deployment, HubLedger(chain.ledger))
            world.pass_time()
            world.ledger.create_client(raised.ledger_state.client_state, raised.ledger_state.consensus_state)
            yield world
