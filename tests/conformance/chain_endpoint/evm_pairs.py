"""Pairs whose one end is the relayer's EVM endpoint over a node: real contracts, real headers and proofs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from chains.evm.client.proofs import TrustTerms
from chains.evm.client.router import SendPacketEvent
from ibc.dvp import LeadLeg, SettlementTerms
from ibc.packet import Packet
from light_clients.mock import MockLightClient
from light_clients.registry import LightClientRegistry, RegistryProfile
from relayer.chains.evm import EvmEndpoint
from relayer.chains.evm_consensus import EVM_CONSENSUS
from relayer.evm_config import ConsensusKind
from tests.conformance.chain_endpoint.endpoint_pair import EndpointPair
from tests.fakes.anvil_world import anvil_world
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import TIMEOUT_S, DeployedWorld, settlement_world
from tests.fakes.ledger_side_endpoint import EvmClient, LedgerSideEndpoint

TRUST = TrustTerms(trusting_period_s=86_400, max_clock_drift_s=15)
LOCK_TO_SETTLE_S = 30
QUANTITY = 10


@dataclass
class Ends:
    """Both ends over one EVM node; ``advance`` lets its clock go on by some seconds, ``chain_now_s`` reads it."""

    world: DeployedWorld
    evm: EvmEndpoint
    ledger: LedgerSideEndpoint
    advance: Callable[[int], Awaitable[None]]
    chain_now_s: Callable[[], int]
    trades: int = 0

    async def pass_time(self, seconds: int) -> None:
        """See EndpointPair."""
        await self.advance(seconds)
        self.ledger.tick(self.chain_now_s())

    def clock_s(self) -> int:
        """See EndpointPair."""
        return self.chain_now_s()

    def next_terms(self, timeout_s: int, lead_leg: LeadLeg) -> SettlementTerms:
        """Of the next trade, which both sides want."""
        self.trades += 1
        terms = self.world.terms_at(self.chain_now_s(), self.trades, QUANTITY)
        terms = replace(terms, lead_leg=lead_leg, lock_by_s=timeout_s - LOCK_TO_SETTLE_S, settle_by_s=timeout_s)
        self.ledger.authorised[terms.trade_id] = terms
        return terms


@dataclass
class EvmSends(Ends):
    """Securities lead."""

    @property
    def source(self) -> EvmEndpoint:
        """See EndpointPair."""
        return self.evm

    @property
    def destination(self) -> LedgerSideEndpoint:
        """See EndpointPair."""
        return self.ledger

    async def send(self, timeout_s: int) -> Packet:
        """See EndpointPair."""
        world, terms = self.world, self.next_terms(timeout_s, LeadLeg.SECURITIES)
        await world.seller.execute(world.token.approve(world.adapter.address, QUANTITY), TIMEOUT_S)
        receipt = await world.seller.execute(world.app.lock_and_send(terms), TIMEOUT_S)
        self.ledger.tick(self.chain_now_s())
        (sent,) = [e for e in map(world.router.event_of, receipt.logs) if isinstance(e, SendPacketEvent)]
        return sent.packet

    async def refuse_outcome_of(self, packet: Packet) -> None:
        """See EndpointPair; whoever would get the tokens may not hold them."""
        del packet  # its outcome and every other's
        for holder in (self.world.seller, self.world.buyer):
            await self.world.admin.execute(self.world.token.disallow(holder.address), TIMEOUT_S)

    async def take_outcomes(self) -> None:
        """See EndpointPair."""
        for holder in (self.world.seller, self.world.buyer):
            await self.world.admin.execute(self.world.token.allow(holder.address), TIMEOUT_S)


@dataclass
class EvmReceives(Ends):
    """Cash leads."""

    @property
    def source(self) -> LedgerSideEndpoint:
        """See EndpointPair."""
        return self.ledger

    @property
    def destination(self) -> EvmEndpoint:
        """See EndpointPair."""
        return self.evm

    async def send(self, timeout_s: int) -> Packet:
        """See EndpointPair; the seller has earmarked."""
        terms = self.next_terms(timeout_s, LeadLeg.CASH)
        await self.world.earmark(terms)
        self.ledger.tick(self.chain_now_s())
        return self.ledger.lock(terms)

    async def refuse_outcome_of(self, packet: Packet) -> None:
        """See EndpointPair."""
        self.ledger.blocked.add(packet.sequence)

    async def take_outcomes(self) -> None:
        """See EndpointPair."""
        self.ledger.blocked.clear()


async def ends_of(world: DeployedWorld, kind: ConsensusKind) -> tuple[EvmEndpoint, LedgerSideEndpoint]:
    """Both ends of a path; the ledger's light client comes from a registry for tests."""
    consensus = EVM_CONSENSUS[kind]
    builder = LightClientRegistry.builder(RegistryProfile.TEST).register(MockLightClient())
    if kind is not ConsensusKind.MOCK:
        builder.register(consensus.light_client)
    light_client = builder.seal().get(consensus.light_client.client_type)
    prover = consensus.prover_over(world.rpc, world.deployment)
    client = EvmClient.beginning(light_client, consensus.decode_client, await prover.initial_state(CHAIN_ID, TRUST))
    return EvmEndpoint(world.rpc, world.deployment, world.relayer, prover), LedgerSideEndpoint(world.ledger, client)


@asynccontextmanager
async def sent_from_anvil() -> AsyncIterator[EndpointPair]:
    """Anvil's blocks are nobody's: the ledger's light client is the mock's."""
    async with anvil_world() as world:
        pair = EvmSends(world, *await ends_of(world, ConsensusKind.MOCK), world.advance, lambda: world.now_s)
        await pair.pass_time(1)
        yield pair


@asynccontextmanager
async def received_on_the_devnet() -> AsyncIterator[EndpointPair]:
    """The devnet's blocks are sealed: the ledger's light client is the one that ships."""
    async with settlement_world() as world:

        async def advance(seconds: int) -> None:
            world.advance_to(world.devnet.chain.head.timestamp + seconds)

        ends = await ends_of(world, ConsensusKind.QBFT)
        pair = EvmReceives(world, *ends, advance, lambda: world.devnet.chain.head.timestamp)
        await pair.pass_time(1)
        yield pair
