"""Our contracts on our devnet, reached over HTTP by our client; the ledger's side is a tree and Validators' keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from chains.evm.client.account import EvmAccount
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.adapters import ESCROW, AdapterBinding, AdapterPlan
from chains.evm.client.deployment import (
    Deployment,
    DeploymentPlan,
    LedgerAnchor,
    adapter_address,
    address_bytes,
    deploy_all,
)
from chains.evm.client.dvp_app import DvpAppBinding
from chains.evm.client.progmat_light_client import ProgmatLightClientBinding
from chains.evm.client.proofs import QbftProver
from chains.evm.client.router import Router
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import MiningMode, Prefunded, derive_secret
from ibc.dvp import SecurityLeg, SettlementTerms, packet_of
from ibc.packet import Packet, packet_commitment
from ibc.paths import commitment_path
from light_clients.progmat import (
    Checkpoint,
    ValidatorSet,
    assemble_header,
    checkpoint_digest,
    encode_header,
    encode_proof,
)
from primitives.keccak import keccak256
from primitives.secp256k1 import address_of, compact
from primitives.smt_proof import encode_smt_proof
from primitives.sparse_merkle import MemoryNodeStore, SparseMerkleTree
from primitives.types import Address
from tests.fakes.evm_devnet_world import CHAIN_ID, GENESIS_TIME_S, TurnableClock, devnet_config, hex_of
from tests.fakes.qbft_headers import ValidatorKey, validator_keys
from tests.fakes.settlement_terms import some_terms

LEDGER_ID: Final = "progmat-test"
CLIENT_ID: Final = "progmat-0"
LEDGER_CLIENT_ID: Final = "qbft-0"
FIRST_HEIGHT: Final = 10
EARMARK_MARGIN_S: Final = 600
HOLDING: Final = 1000
TIMEOUT_S: Final = 10.0
Deploying = Callable[[EvmAccount, DeploymentPlan, int], Awaitable[Deployment]]
"""Puts a plan's contracts on a chain of this block period in milliseconds."""
ADMIN, SELLER, BUYER, RELAYER = (derive_secret("actors", index) for index in range(4))


@dataclass
class LedgerSide:
    """What three of four Validators say about a ledger whose tree the test writes."""

    now_s: int
    keys: tuple[ValidatorKey, ...] = field(default_factory=lambda: validator_keys(4, "ledger"))
    tree: SparseMerkleTree = field(default_factory=lambda: SparseMerkleTree(MemoryNodeStore()))
    height: int = FIRST_HEIGHT

    @property
    def validator_set(self) -> ValidatorSet:
        return ValidatorSet(3, tuple(key.address for key in self.keys))

    def anchor(self) -> LedgerAnchor:
        return LedgerAnchor(
            ledger_id=LEDGER_ID,
            height=self.height,
            timestamp_s=self.now_s,
            root=self.tree.root,
            validator_set_hash=self.validator_set.hash(),
            trusting_period_s=7 * 86_400,
            max_clock_drift_s=30,
        )

    def write(self, path: bytes, value: bytes) -> None:
        self.tree.set(path, value)
        self.height += 1

    def header(self) -> bytes:
        checkpoint = Checkpoint(
            LEDGER_ID, self.height, self.now_s, self.tree.root, keccak256(b"journal"), self.validator_set.hash()
        )
        digest = checkpoint_digest(checkpoint)
        signatures = {key.address: compact(key.seal(digest)) for key in self.keys[:3]}
        return encode_header(assemble_header(checkpoint, self.validator_set, signatures))

    def proof(self, path: bytes) -> bytes:
        return encode_proof(self.now_s, encode_smt_proof(self.tree.prove(path)))


@dataclass
class DeployedWorld:
    """Our contracts on some node, who acts there, and the ledger's side; accounts pay ``max_gas_price_wei`` at most."""

    rpc: EvmRpc
    deployment: Deployment
    ledger: LedgerSide
    max_gas_price_wei: int = 0

    def __post_init__(self) -> None:
        self.admin, self.seller, self.buyer, self.relayer = (
            EvmAccount(self.rpc, secret, CHAIN_ID, self.max_gas_price_wei) for secret in (ADMIN, SELLER, BUYER, RELAYER)
        )
        self.router = Router(address_bytes(self.deployment.router))
        self.app = DvpAppBinding(address_bytes(self.deployment.dvp_app))
        self.adapter = AdapterBinding(adapter_address(self.deployment, AdapterFamily.ESCROW))
        self.token = TokenBinding(address_bytes(self.deployment.token))
        self.light_client = ProgmatLightClientBinding(address_bytes(self.deployment.light_client))
        self.prover = QbftProver(self.rpc, self.deployment.commitments_contract, self.deployment.commitments_slot)

    def terms_at(self, now_s: int, trade: int, quantity: int = 10) -> SettlementTerms:
        """Locked within five minutes, settled within ten."""
        terms = some_terms(trade, lock_by_s=now_s + 300)
        security = SecurityLeg(
            chain_id=CHAIN_ID,
            token=Address(self.token.address),
            adapter=Address(self.adapter.address),
            quantity=quantity,
            seller=Address(self.seller.address),
            buyer=Address(self.buyer.address),
        )
        return replace(terms, security=security)

    async def earmark(self, terms: SettlementTerms) -> None:
        await self.seller.execute(self.token.approve(self.adapter.address, terms.security.quantity), TIMEOUT_S)
        await self.seller.execute(self.app.earmark(terms), TIMEOUT_S)


@dataclass
class EvmSettlementWorld(DeployedWorld):
    """Everything that one DvP needs, on the devnet."""

    devnet: Devnet = field(kw_only=True)
    clock: TurnableClock = field(kw_only=True)

    def terms(self, trade: int = 1, quantity: int = 10) -> SettlementTerms:
        return self.terms_at(self.devnet.chain.head.timestamp, trade, quantity)

    def advance_to(self, time_s: int) -> None:
        """Let the chain reach a time: a call sees the newest block's."""
        self.clock.now_s = float(time_s)
        self.devnet.mine()

    def lock_on_ledger(self, terms: SettlementTerms, sequence: int = 1) -> Packet:
        packet = packet_of(terms, sequence, LEDGER_CLIENT_ID, CLIENT_ID)
        self.ledger.now_s = self.devnet.chain.head.timestamp
        self.ledger.write(commitment_path(LEDGER_CLIENT_ID, sequence), packet_commitment(packet))
        return packet


@asynccontextmanager
async def settlement_world(
    *relayers: bytes,
    adapters: tuple[AdapterPlan, ...] = (ESCROW,),
    ledger: LedgerSide | None = None,
    listing_delay_s: int = 7 * 86_400,
    deploy: Deploying = deploy_all,
) -> AsyncIterator[EvmSettlementWorld]:
    """Deploy and go; `relayers` empty lets everybody relay. A `ledger` of the test's own begins in its own time."""
    clock = TurnableClock(GENESIS_TIME_S if ledger is None else ledger.now_s)
    prefunded = tuple(Prefunded(address=hex_of(address_of(key))) for key in (ADMIN, SELLER, BUYER, RELAYER))
    config = devnet_config(mining=MiningMode.INSTANT, prefunded=prefunded, genesis_time_s=int(clock.now_s))
    async with Devnet(config, clock) as devnet, EvmRpc(devnet.url) as rpc:
        ledger = ledger or LedgerSide(devnet.chain.head.timestamp)
        plan = replace(plan_of(ledger.anchor(), relayers, adapters), listing_delay_s=listing_delay_s)
        deployment = await deploy(EvmAccount(rpc, ADMIN, CHAIN_ID), plan, 1000)
        yield EvmSettlementWorld(rpc, deployment, ledger, devnet=devnet, clock=clock)


def plan_of(
    anchor: LedgerAnchor,
    relayers: tuple[bytes, ...] = (),
    adapters: tuple[AdapterPlan, ...] = (ESCROW,),
    holding: int = HOLDING,
) -> DeploymentPlan:
    """What is deployed: a token of which the seller has all, and the buyer may have some."""
    return DeploymentPlan(
        anchor=anchor,
        client_id=CLIENT_ID,
        counterparty_client_id=LEDGER_CLIENT_ID,
        earmark_margin_s=EARMARK_MARGIN_S,
        token_name="Security Token A",  # noqa: S106 # the name of a security, not a secret
        token_symbol="STA",  # noqa: S106 # as above
        holders=((address_of(SELLER), holding), (address_of(BUYER), 0)),
        relayers=relayers,
        adapters=adapters,
    )
