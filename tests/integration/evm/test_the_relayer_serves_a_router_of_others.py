"""Our relayer on a router that we did not write: another store at another slot, other errors, no batch entry.

The chain is our devnet behind HTTP, the ledger's contracts are real, and its qbft client is told store and slot.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.deployment import read_deployment
from chains.evm.client.node_types import LogFilter
from chains.evm.client.proofs import QbftProver, TrustTerms
from chains.evm.client.router import PACKET_TOPICS, SEND_PACKET_EVENT, SendPacketEvent
from ibc.dvp import LeadLeg, SettlementTerms, packet_of
from ibc.light_client import ConsensusAt
from ibc.paths import commitment_path
from light_clients.qbft import QbftLightClient
from light_clients.qbft.errors import CommitmentAbsent
from relayer.chains.evm import EvmEndpoint
from relayer.core.chain import EventKind
from relayer.core.lifecycle import PacketState
from relayer.path import Path as RelayPath
from relayer.path import PathSettings
from relayer.store import RelayerStore
from tests.fakes.evm_devnet_world import CHAIN_ID, creation_of
from tests.fakes.evm_settlement_world import (
    CLIENT_ID,
    HOLDING,
    LEDGER_CLIENT_ID,
    TIMEOUT_S,
    EvmSettlementWorld,
    settlement_world,
)
from tests.fakes.hub_ledger import AMOUNT_YEN
from tests.fakes.ledger_parties import CN_A, CN_B
from tests.fakes.relayed_ledger import RelayedLedger
from tests.fakes.second_router import deploy_behind_second_router

TRUST = TrustTerms(trusting_period_s=7 * 86_400, max_clock_drift_s=60)
QUANTITY = 10
# log3(calldata[96..], topics calldata[0], calldata[32], calldata[64])
LOG_ANYTHING_CODE = bytes.fromhex("604035602035600035 6060360380606060003760 00a300".replace(" ", ""))


@dataclass
class RelayedWorld:
    """Both chains and the relayer's loop between them."""

    chain: EvmSettlementWorld
    ledger: RelayedLedger
    store: RelayerStore
    path: RelayPath

    async def rounds(self, count: int = 4) -> None:
        for _ in range(count):
            self.pass_time()
            await self.path.round()

    def pass_time(self, to_s: int = 0) -> None:
        """All clocks show the same second, the next one by default."""
        now_s = max(to_s, int(self.chain.clock.now_s) + 1, self.chain.devnet.chain.head.timestamp + 1)
        self.chain.advance_to(now_s)
        self.ledger.at_time(now_s)

    def states(self) -> dict[int, PacketState]:
        """What the relayer says became of each packet, by sequence."""
        rows = self.store.page((), 0, 100)
        return {row.tracked.packet.sequence: row.tracked.state for row in rows}

    async def holdings(self) -> tuple[int, int, int]:
        """The seller's, the buyer's and the adapter's tokens."""
        chain = self.chain
        owners = (chain.seller.address, chain.buyer.address, chain.adapter.address)
        seller, buyer, adapter = [await chain.token.balance_of(chain.rpc, owner) for owner in owners]
        return seller, buyer, adapter

    def yen(self) -> tuple[int, int]:
        """Free coins of the seller's and the buyer's custodian."""
        return self.ledger.cash_of(CN_A.name), self.ledger.cash_of(CN_B.name)


@asynccontextmanager
async def relayed_world(folder: Path) -> AsyncIterator[RelayedWorld]:
    async with settlement_world(deploy=deploy_behind_second_router) as chain:
        chain.deployment.write(folder / "deployment.json")
        deployment = read_deployment(folder / "deployment.json")
        assert not deployment.router_takes_batches
        ledger = RelayedLedger(chain.ledger)
        ledger.at_time(chain.devnet.chain.head.timestamp)
        prover = QbftProver(chain.rpc, deployment.commitments_contract, deployment.commitments_slot)
        initial = await prover.initial_state(CHAIN_ID, TRUST)
        ledger.create_client(initial.client_state, initial.consensus_state)
        store = RelayerStore(folder / "relayer.sqlite3")
        try:
            ends = (ledger, EvmEndpoint(chain.rpc, deployment, chain.relayer))
            settings = PathSettings(receive_margin_s=10)
            path = RelayPath(ends, store, settings, lambda: chain.clock.now_s, lambda _: None)
            yield RelayedWorld(chain, ledger, store, path)
        finally:
            store.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[RelayedWorld]:
    async with relayed_world(tmp_path) as world:
        yield world


async def earmarked(world: RelayedWorld, trade: int) -> SettlementTerms:
    terms = world.ledger.cash_leg(world.chain.terms(trade, QUANTITY))
    await world.chain.earmark(terms)
    return terms


async def locked_and_sent(world: RelayedWorld, trade: int) -> SettlementTerms:
    """Securities lead: the router's sequence is the trade's number if trades come in order."""
    terms = replace(world.ledger.cash_leg(world.chain.terms(trade, QUANTITY)), lead_leg=LeadLeg.SECURITIES)
    await world.chain.seller.execute(world.chain.token.approve(world.chain.adapter.address, QUANTITY), TIMEOUT_S)
    await world.chain.seller.execute(world.chain.app.lock_and_send(terms), TIMEOUT_S)
    return terms


async def test_cash_leads_and_packets_are_delivered_refused_and_timed_out(world: RelayedWorld) -> None:
    chain, ledger = world.chain, world.ledger
    delivered, refused, late = [await earmarked(world, trade) for trade in (1, 2, 3)]
    ledger.lock(delivered, 1)
    await world.rounds()
    assert (await world.holdings(), world.yen()) == ((HOLDING - 30, 10, 20), (AMOUNT_YEN, 0))

    await chain.admin.execute(chain.token.disallow(chain.buyer.address), TIMEOUT_S)
    ledger.lock(refused, 2)
    await world.rounds()
    assert (await world.holdings(), world.yen()) == ((HOLDING - 30, 10, 20), (AMOUNT_YEN, AMOUNT_YEN))

    ledger.lock(late, 3)
    world.pass_time(late.settle_by_s)
    await world.rounds()
    assert (await world.holdings(), world.yen()) == ((HOLDING - 30, 10, 20), (AMOUNT_YEN, 2 * AMOUNT_YEN))
    ends = {1: PacketState.ACKNOWLEDGED, 2: PacketState.ACKNOWLEDGED, 3: PacketState.TIMED_OUT}
    assert world.states() == ends


async def test_securities_lead_and_packets_are_paid_for_blocked_declined_and_timed_out(world: RelayedWorld) -> None:
    chain, ledger = world.chain, world.ledger
    paid, declined, unanswered = [await locked_and_sent(world, trade) for trade in (1, 2, 3)]
    assert await world.holdings() == (HOLDING - 30, 0, 30)
    ledger.expected[1], ledger.declined[2] = paid, declined
    await chain.admin.execute(chain.token.disallow(chain.buyer.address), TIMEOUT_S)
    await world.rounds()
    blocked = {1: PacketState.DELIVERY_BLOCKED, 2: PacketState.ACKNOWLEDGED, 3: PacketState.SENT}
    assert (world.states(), world.yen()) == (blocked, (AMOUNT_YEN, 0))
    assert await world.holdings() == (HOLDING - 20, 0, 20), "the declined trade's tokens are the seller's again"

    world.pass_time(unanswered.settle_by_s)
    await world.rounds()
    assert world.states() == blocked | {3: PacketState.TIMED_OUT}
    await chain.admin.execute(chain.token.allow(chain.buyer.address), TIMEOUT_S)
    world.pass_time(paid.settle_by_s + 60)  # beyond the pause after the refusals
    await world.rounds()
    assert world.states() == blocked | {1: PacketState.ACKNOWLEDGED, 3: PacketState.TIMED_OUT}
    assert await world.holdings() == (HOLDING - 10, 10, 0)


async def test_a_stranger_who_emits_the_routers_events_is_not_heard(world: RelayedWorld) -> None:
    chain = world.chain
    terms = await locked_and_sent(world, 1)
    (genuine,) = await chain.rpc.get_logs(LogFilter(0, await chain.rpc.block_number(), (), (PACKET_TOPICS,)))
    created = await chain.admin.execute(EvmCall(b"", creation_of(LOG_ANYTHING_CODE), gas=200_000), TIMEOUT_S)
    assert created.contract_address is not None
    forged = EvmCall(created.contract_address, b"".join((*genuine.topics, genuine.data)), gas=200_000)
    receipt = await chain.buyer.execute(forged, TIMEOUT_S)
    assert [(log.topics, log.data) for log in receipt.logs] == [(genuine.topics, genuine.data)]
    assert genuine.topics[0] == SEND_PACKET_EVENT.topic0

    page = await world.path.endpoints[1].events(0, 100)
    packet = packet_of(terms, 1, CLIENT_ID, LEDGER_CLIENT_ID)
    assert [(event.kind, event.packet) for event in page.events] == [(EventKind.SENT, packet)]
    assert chain.router.event_of(receipt.logs[0]) is None
    assert chain.router.event_of(genuine) == SendPacketEvent(packet, genuine)


async def test_a_client_told_another_store_or_slot_finds_no_packet_of_this_router(world: RelayedWorld) -> None:
    chain = world.chain
    await locked_and_sent(world, 1)
    height, path = await chain.rpc.block_number(), commitment_path(CLIENT_ID, 1)
    value = await chain.router.commitment(chain.rpc, path)
    assert value is not None

    async def verify(prover: QbftProver) -> None:
        client, initial = QbftLightClient(), await prover.initial_state(CHAIN_ID, TRUST, height)
        at = client.initialise(initial.client_state, initial.consensus_state)
        proof = await prover.membership_proof(path, height)
        consensus = ConsensusAt(at, initial.consensus_state)
        client.verify_membership(initial.client_state, consensus, proof, path, value, world.ledger.now)

    await verify(chain.prover)
    store, slot = chain.deployment.commitments_contract, chain.deployment.commitments_slot
    for prover in (QbftProver(chain.rpc, chain.router.address, slot), QbftProver(chain.rpc, store)):
        with pytest.raises(CommitmentAbsent):
            await verify(prover)
