"""The relayer's EVM endpoint on the devnet: one transaction for all that the contracts take, and what they refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.node_types import EvmReceipt
from ibc.packet import Packet
from ibc.paths import commitment_path
from primitives.errors import UnavailableError
from relayer.chains.evm import ChainMovedMeanwhile, ClientMovedMeanwhile, EvmEndpoint
from relayer.core.chain import ClientUpdate, MessageKind, PacketMessage, Verdict
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import (
    CLIENT_ID,
    LEDGER_CLIENT_ID,
    RELAYER,
    EvmSettlementWorld,
    settlement_world,
)


@pytest.fixture
async def world() -> AsyncIterator[EvmSettlementWorld]:
    async with settlement_world() as world:
        yield world


async def locked(world: EvmSettlementWorld, *trades: int) -> list[Packet]:
    """Earmarked here and locked on the ledger; the trade's number is the packet's sequence."""
    terms = {trade: world.terms(trade) for trade in trades}
    for trade in trades:
        await world.earmark(terms[trade])
    return [world.lock_on_ledger(terms[trade], trade) for trade in trades]


def update_of(world: EvmSettlementWorld) -> ClientUpdate:
    return ClientUpdate(world.ledger.height, world.ledger.now_s, world.ledger.header())


def receive(world: EvmSettlementWorld, packet: Packet, proof: bytes = b"") -> PacketMessage:
    proof = proof or world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, packet.sequence))
    return PacketMessage(MessageKind.RECEIVE, packet, proof, world.ledger.height)


async def test_what_the_contracts_refuse_is_left_out_and_the_rest_goes_in_one_transaction(
    world: EvmSettlementWorld,
) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    packets = await locked(world, 1, 2, 3)
    of_another = world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, 1))
    messages = [receive(world, packets[0]), receive(world, packets[1], of_another), receive(world, packets[2])]
    before = await world.rpc.nonce(world.relayer.address)
    first, forged, third = await endpoint.submit(update_of(world), messages)
    assert (first.verdict, forged.verdict, third.verdict) == (Verdict.DONE, Verdict.REFUSED, Verdict.DONE)
    assert first.tx_id == third.tx_id
    assert (forged.tx_id, forged.refusal.split(":")[0]) == ("", "EVM_EXECUTION_REVERTED")
    assert await world.rpc.nonce(world.relayer.address) == before + 1
    assert await world.token.balance_of(world.rpc, world.buyer.address) == 20
    (again,) = await endpoint.submit(None, [receive(world, packets[0])])
    assert again.verdict is Verdict.ALREADY_DONE


async def test_where_everything_is_refused_nothing_is_sent(world: EvmSettlementWorld) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    (packet,) = await locked(world, 1)
    before = await world.rpc.nonce(world.relayer.address)
    (outcome,) = await endpoint.submit(update_of(world), [receive(world, packet, b"no proof")])
    assert outcome.verdict is Verdict.REFUSED
    assert await endpoint.submit(None, []) == ()
    assert await world.rpc.nonce(world.relayer.address) == before


class OvertakenAccount(EvmAccount):
    """An account whose transactions come second: ``ahead`` is executed by somebody else first."""

    ahead: EvmCall | None = None
    other: EvmAccount

    async def execute(self, call: EvmCall, timeout_s: float) -> EvmReceipt:
        if self.ahead is not None:
            await self.other.execute(self.ahead, timeout_s)
            self.ahead = None
        return await super().execute(call, timeout_s)


async def test_what_reverts_after_its_simulation_passed_is_tried_again_by_the_next_round(
    world: EvmSettlementWorld,
) -> None:
    account = OvertakenAccount(world.rpc, RELAYER, CHAIN_ID)
    endpoint = EvmEndpoint(world.rpc, world.deployment, account)
    (packet,) = await locked(world, 1)
    stale, message = update_of(world), receive(world, packet)
    world.ledger.write(b"anything", b"\x01" * 32)
    account.other = world.seller
    account.ahead = world.router.update_client(CLIENT_ID, world.ledger.header())
    with pytest.raises(ChainMovedMeanwhile, match="refused after simulation") as overtaken:
        await endpoint.submit(stale, [message])
    assert isinstance(overtaken.value, UnavailableError)
    assert await world.token.balance_of(world.rpc, world.buyer.address) == 0
    with pytest.raises(ClientMovedMeanwhile):
        await endpoint.submit(stale, [message])
    (outcome,) = await endpoint.submit(None, [receive(world, packet)])
    assert outcome.verdict is Verdict.DONE
