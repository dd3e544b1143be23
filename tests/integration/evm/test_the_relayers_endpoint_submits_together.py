"""The relayer's EVM endpoint on the devnet: one transaction for all that the contracts take, and what they refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.signing import SignedEvmTx
from ibc.packet import Packet
from ibc.paths import commitment_path
from primitives.errors import UnavailableError
from relayer.chains.evm import EvmEndpoint, EvmSettings
from relayer.chains.evm_batches import BatchLimits
from relayer.chains.evm_submissions import ChainMovedMeanwhile, ClientMovedMeanwhile
from relayer.core.chain import ClientUpdate, MessageKind, PacketMessage, Verdict
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import (
    CLIENT_ID,
    LEDGER_CLIENT_ID,
    RELAYER,
    TIMEOUT_S,
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


class CountingRpc(EvmRpc):
    """Counts what is simulated."""

    tried = 0

    async def estimate_gas(self, call: EvmCall, sender: bytes) -> int:
        self.tried += 1
        return await super().estimate_gas(call, sender)

    async def call(self, call: EvmCall, *rest: Any) -> bytes:  # noqa: ANN401 # block and sender
        self.tried += 1
        return await super().call(call, *rest)


async def test_a_batch_that_passes_costs_one_simulation_however_many_it_holds(world: EvmSettlementWorld) -> None:
    packets = await locked(world, *range(1, 21))
    async with CountingRpc(world.rpc.url) as rpc:
        endpoint = EvmEndpoint(rpc, world.deployment, EvmAccount(rpc, RELAYER, CHAIN_ID))
        outcomes = await endpoint.submit(update_of(world), [receive(world, packet) for packet in packets])
        assert {outcome.verdict for outcome in outcomes} == {Verdict.DONE}
        assert len({outcome.tx_id for outcome in outcomes}) == 1
        assert rpc.tried == 1


class EstimatingRpc(EvmRpc):
    """Counts estimates, for which a node runs a call many times over."""

    estimates = 0

    async def estimate_gas(self, call: EvmCall, sender: bytes) -> int:
        self.estimates += 1
        return await super().estimate_gas(call, sender)


async def test_gas_is_estimated_once_for_batches_of_a_kind_and_poison_is_found_all_the_same(
    world: EvmSettlementWorld,
) -> None:
    packets = await locked(world, *range(1, 21))
    async with EstimatingRpc(world.rpc.url) as rpc:
        settings = EvmSettings(batches=BatchLimits(messages=5))
        endpoint = EvmEndpoint(rpc, world.deployment, EvmAccount(rpc, RELAYER, CHAIN_ID), settings=settings)
        messages = [receive(world, packet) for packet in packets]
        messages[12] = receive(world, packets[12], b"no proof")
        outcomes = await endpoint.submit(update_of(world), messages[:10])
        assert rpc.estimates == 1
        outcomes += await endpoint.submit(update_of(world), messages[10:])
        verdicts = [outcome.verdict for outcome in outcomes]
        assert verdicts == [Verdict.DONE] * 12 + [Verdict.REFUSED] + [Verdict.DONE] * 7
    assert await world.token.balance_of(world.rpc, world.buyer.address) == 190


@pytest.mark.parametrize(
    ("limits", "transactions"),
    [
        (BatchLimits(messages=2), 3),
        (BatchLimits(calldata_bytes=2500), 4),
        (BatchLimits(gas=500_000), 4),
        (BatchLimits(gas=1), 5),
    ],
)
async def test_what_is_too_much_for_one_transaction_goes_in_several_that_do_not_wait_for_each_other(
    world: EvmSettlementWorld, limits: BatchLimits, transactions: int
) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer, settings=EvmSettings(batches=limits))
    packets = await locked(world, 1, 2, 3, 4, 5)
    forged = receive(world, packets[2], b"no proof")
    messages = [
        receive(world, packets[0]),
        receive(world, packets[1]),
        forged,
        *map(partial(receive, world), packets[3:]),
    ]
    before = await world.rpc.nonce(world.relayer.address)
    outcomes = await endpoint.submit(update_of(world), messages)
    verdicts = [outcome.verdict for outcome in outcomes]
    assert verdicts == [Verdict.DONE, Verdict.DONE, Verdict.REFUSED, Verdict.DONE, Verdict.DONE]
    sent = await world.rpc.nonce(world.relayer.address) - before
    assert sent == len({outcome.tx_id for outcome in outcomes} - {""})
    assert 2 <= sent <= transactions


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

    async def send(self, call: EvmCall) -> SignedEvmTx:
        if self.ahead is not None:
            await self.other.execute(self.ahead, TIMEOUT_S)
            self.ahead = None
        return await super().send(call)


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
