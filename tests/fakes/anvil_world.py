"""Our contracts on anvil, deployed by our own deployment: a node of others, whose blocks nobody seals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chains.evm.client.account import EvmAccount
from chains.evm.client.adapters import ESCROW, AdapterPlan
from chains.evm.client.deployment import deploy_all
from chains.evm.client.mock_proofs import MockConsensusProver
from chains.evm.client.rpc import EvmRpc
from tests.fakes.anvil import running_anvil
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import (
    ADMIN,
    BUYER,
    HOLDING,
    RELAYER,
    SELLER,
    DeployedWorld,
    LedgerSide,
    plan_of,
)

_NOT_AT_ONCE = False


@dataclass(frozen=True)
class AnvilSetting:
    """Which rules it keeps, and what gas costs: a base fee from london on, and the most that our accounts pay."""

    hardfork: str = "berlin"
    base_fee_wei: int = 0
    max_gas_price_wei: int = 0


BERLIN = AnvilSetting()


@dataclass
class AnvilWorld(DeployedWorld):
    """Everything that one DvP needs, on anvil. ``now_s`` is never ahead of the chain's clock."""

    now_s: int = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mock_prover = MockConsensusProver(self.rpc, self.router.address)

    async def advance(self, seconds: int) -> None:
        """The chain's clock goes on, by a block."""
        await self.rpc.request("evm_increaseTime", hex(seconds))
        await self.rpc.request("evm_mine")
        self.now_s += seconds

    async def make_blocks_every(self, period_s: int) -> None:
        """From now on a transaction waits for its block."""
        await self.rpc.request("evm_setAutomine", _NOT_AT_ONCE)
        await self.rpc.request("evm_setIntervalMining", period_s)


@asynccontextmanager
async def anvil_world(
    setting: AnvilSetting = BERLIN,
    adapters: tuple[AdapterPlan, ...] = (ESCROW,),
    ledger: LedgerSide | None = None,
    holding: int = HOLDING,
) -> AsyncIterator[AnvilWorld]:
    """Deploy and go; skips the test where there is no anvil. A ``ledger`` of the test's own begins in its own time.

    ``holding``: the seller's tokens.
    """
    keys = (ADMIN, SELLER, BUYER, RELAYER)
    node = running_anvil(
        CHAIN_ID,
        *keys,
        hardfork=setting.hardfork,
        base_fee_wei=setting.base_fee_wei,
        begin_s=None if ledger is None else ledger.now_s,
    )
    async with node as url, EvmRpc(url) as rpc:
        begun_s = (await rpc.get_block()).timestamp_s
        ledger = ledger or LedgerSide(begun_s)
        admin = EvmAccount(rpc, ADMIN, CHAIN_ID, setting.max_gas_price_wei)
        deployment = await deploy_all(admin, plan_of(ledger.anchor(), adapters=adapters, holding=holding), 1000)
        yield AnvilWorld(rpc, deployment, ledger, setting.max_gas_price_wei, now_s=begun_s)
