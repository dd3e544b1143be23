"""Securities lead on the devnet: the relayer brings answers back, and a refusing token blocks its packet only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.signing import SignedEvmTx
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import LeadLeg, SettlementTerms, packet_of, terms_hash
from ibc.packet import Packet, packet_commitment_receipt
from ibc.paths import ack_path, receipt_path
from relayer.chains.evm import EvmEndpoint
from relayer.core.chain import ClientUpdate, EventKind, MessageKind, Outcome, PacketMessage, Verdict
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


async def sent(world: EvmSettlementWorld, trade: int) -> tuple[SettlementTerms, Packet]:
    """The seller locks ten tokens; the packet's sequence is the trade's number if they come in order."""
    terms = replace(world.terms(trade), lead_leg=LeadLeg.SECURITIES)
    await world.seller.execute(world.token.approve(world.adapter.address, terms.security.quantity), TIMEOUT_S)
    await world.seller.execute(world.app.lock_and_send(terms), TIMEOUT_S)
    return terms, packet_of(terms, trade, CLIENT_ID, LEDGER_CLIENT_ID)


def answer(world: EvmSettlementWorld, packet: Packet, ack: bytes) -> PacketMessage:
    """The ledger has answered; the message that says so, for an update to the ledger's newest height."""
    world.ledger.now_s = world.devnet.chain.head.timestamp
    client, sequence = packet.destination_client, packet.sequence
    world.ledger.write(receipt_path(client, sequence), packet_commitment_receipt(packet))
    world.ledger.write(ack_path(client, sequence), ack_commitment([ack]))
    return PacketMessage(MessageKind.ACKNOWLEDGE, packet, b"", 0, ack)


async def bring(world: EvmSettlementWorld, endpoint: EvmEndpoint, *messages: PacketMessage) -> tuple[Outcome, ...]:
    """All messages under one update, proved at the ledger's newest height."""
    world.ledger.write(b"tick %d" % world.ledger.height, b"\x01" * 32)
    update = ClientUpdate(world.ledger.height, world.ledger.now_s, world.ledger.header())
    return await endpoint.submit(update, [proved(world, message) for message in messages])


def proved(world: EvmSettlementWorld, message: PacketMessage) -> PacketMessage:
    path = receipt_path if message.kind is MessageKind.TIME_OUT else ack_path
    proof = world.ledger.proof(path(LEDGER_CLIENT_ID, message.packet.sequence))
    return replace(message, proof=proof, proof_height=world.ledger.height)


async def holdings(world: EvmSettlementWorld) -> tuple[int, int, int]:
    owners = (world.seller.address, world.buyer.address, world.adapter.address)
    found = [await world.token.balance_of(world.rpc, owner) for owner in owners]
    return found[0], found[1], found[2]


async def test_a_refusing_token_blocks_its_own_packet_and_the_batch_goes_on(world: EvmSettlementWorld) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    (paid, first), (_, second) = await sent(world, 1), await sent(world, 2)
    events = (await endpoint.events(0, 100)).events
    assert [(event.kind, event.packet) for event in events] == [(EventKind.SENT, first), (EventKind.SENT, second)]
    assert await holdings(world) == (980, 0, 20)
    await world.admin.execute(world.token.disallow(world.buyer.address), TIMEOUT_S)
    success, refusal = answer(world, first, terms_hash(paid)), answer(world, second, UNIVERSAL_ERROR_ACK)
    blocked, released = await bring(world, endpoint, success, refusal)
    assert (blocked.verdict, released.verdict) == (Verdict.BLOCKED, Verdict.DONE)
    assert blocked.refusal.startswith("EVM_EXECUTION_REVERTED: ")
    assert await holdings(world) == (990, 0, 10)

    world.advance_to(paid.settle_by_s + 100_000)  # however late: paid for is owed, and no time-out exists any more
    world.ledger.now_s = world.devnet.chain.head.timestamp
    late, never = await bring(world, endpoint, success, PacketMessage(MessageKind.TIME_OUT, first, b"", 0))
    assert (late.verdict, never.verdict) == (Verdict.BLOCKED, Verdict.REFUSED)
    forged = replace(proved(world, success), ack=UNIVERSAL_ERROR_ACK)
    (lie,) = await endpoint.submit(None, [forged])
    assert lie.verdict is Verdict.REFUSED
    await world.admin.execute(world.token.allow(world.buyer.address), TIMEOUT_S)
    (delivered,) = await bring(world, endpoint, success)
    assert delivered.verdict is Verdict.DONE
    assert await holdings(world) == (990, 10, 0)
    ends = [event.kind for event in (await endpoint.events(0, 100)).events if event.kind is not EventKind.SENT]
    assert ends == [EventKind.ACK_PROCESSED] * 2


async def test_a_packet_the_ledger_never_received_gives_the_securities_back_and_only_after_its_time(
    world: EvmSettlementWorld,
) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    terms, packet = await sent(world, 1)
    message = PacketMessage(MessageKind.TIME_OUT, packet, b"", 0)
    world.ledger.now_s = world.devnet.chain.head.timestamp
    (early,) = await bring(world, endpoint, message)
    assert early.verdict is Verdict.REFUSED
    assert "IBCTimeoutNotReached" in early.refusal
    world.advance_to(terms.settle_by_s)
    world.ledger.now_s = terms.settle_by_s
    (done,) = await bring(world, endpoint, message)
    assert done.verdict is Verdict.DONE
    assert await holdings(world) == (1000, 0, 0)


class SlowAccount(EvmAccount):
    """An account whose transactions come second: ``ahead`` is executed by another account first."""

    ahead: EvmCall | None = None
    other: EvmAccount

    async def send(self, call: EvmCall) -> SignedEvmTx:
        if self.ahead is not None:
            ahead, self.ahead = self.ahead, None
            await self.other.execute(ahead, TIMEOUT_S)
        return await super().send(call)


async def test_a_batch_that_is_refused_as_a_whole_is_split_so_that_the_culprit_alone_is_left_out(
    world: EvmSettlementWorld,
) -> None:
    """The token begins to refuse between simulation and inclusion."""
    account = SlowAccount(world.rpc, RELAYER, CHAIN_ID)
    endpoint = EvmEndpoint(world.rpc, world.deployment, account)
    (paid, first), (_, second) = await sent(world, 1), await sent(world, 2)
    account.other, account.ahead = world.admin, world.token.disallow(world.buyer.address)
    success, refusal = answer(world, first, terms_hash(paid)), answer(world, second, UNIVERSAL_ERROR_ACK)
    culprit, other = await bring(world, endpoint, success, refusal)
    assert (culprit.verdict, other.verdict) == (Verdict.REFUSED, Verdict.DONE)
    assert culprit.refusal.startswith("CHAIN_MOVED_MEANWHILE: ")
    assert await holdings(world) == (990, 0, 10)
