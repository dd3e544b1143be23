"""Recovery after a freeze, end to end on the devnet: who may, what becomes of packets, and the relayer that goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chains.evm.client.deployment import LedgerAnchor
from chains.evm.client.recovery import replace_light_client
from chains.evm.errors import ExecutionReverted
from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from ibc.paths import ack_path, commitment_path, receipt_path
from light_clients.progmat import Checkpoint
from light_clients.progmat.misbehaviour import encode_misbehaviour
from primitives.keccak import keccak256
from relayer.chains.evm import EvmEndpoint
from relayer.chains.evm_submissions import ClientMovedMeanwhile
from relayer.core.chain import ClientUpdate, MessageKind, PacketMessage, Verdict
from tests.fakes.evm_settlement_world import (
    CLIENT_ID,
    LEDGER_CLIENT_ID,
    LEDGER_ID,
    EvmSettlementWorld,
    settlement_world,
)
from tests.fakes.qbft_headers import validator_keys
from tests.fakes.scripted_validators import header_of, set_of

NEW_KEYS = validator_keys(4, "after the incident")
NEW_SET = set_of(NEW_KEYS, 3)


@pytest.fixture
async def world() -> AsyncIterator[EvmSettlementWorld]:
    async with settlement_world() as world:
        yield world


def receive(world: EvmSettlementWorld, packet: Packet) -> PacketMessage:
    proof = world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, packet.sequence))
    return PacketMessage(MessageKind.RECEIVE, packet, proof, world.ledger.height)


def update_by_new_set(world: EvmSettlementWorld) -> ClientUpdate:
    ledger = world.ledger
    at = Checkpoint(LEDGER_ID, ledger.height, ledger.now_s, ledger.tree.root, keccak256(b"journal"), NEW_SET.hash())
    return ClientUpdate(at.height, at.timestamp_s, header_of(NEW_SET, at, *NEW_KEYS[:3]))


def anchor_after_the_incident(world: EvmSettlementWorld) -> LedgerAnchor:
    """What the ledger's operator says out of band: a checkpoint that holds, and the Validators of the next epoch."""
    return replace(world.ledger.anchor(), validator_set_hash=NEW_SET.hash())


async def freeze(world: EvmSettlementWorld) -> None:
    """Three of the old Validators sign two roots of one height; anybody may report it."""
    honest = world.ledger.header()
    other = Checkpoint(
        LEDGER_ID,
        world.ledger.height,
        world.ledger.now_s,
        bytes(32),
        keccak256(b"x"),
        world.ledger.validator_set.hash(),
    )
    lie = header_of(world.ledger.validator_set, other, *world.ledger.keys[:3])
    evidence = encode_misbehaviour(honest, lie)
    await world.buyer.execute(world.router.submit_misbehaviour(CLIENT_ID, evidence), 10)


async def test_a_frozen_client_is_replaced_by_governance_and_packets_on_their_way_arrive(
    world: EvmSettlementWorld,
) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    before, in_flight = world.terms(1), world.terms(2)
    for terms in (before, in_flight):
        await world.earmark(terms)
    delivered = world.lock_on_ledger(before, 1)
    update = ClientUpdate(world.ledger.height, world.ledger.now_s, world.ledger.header())
    assert (await endpoint.submit(update, [receive(world, delivered)]))[0].verdict is Verdict.DONE
    waiting = world.lock_on_ledger(in_flight, 2)
    await freeze(world)
    assert (await endpoint.hosted_client()).status is LightClientStatus.FROZEN
    stuck = ClientUpdate(world.ledger.height, world.ledger.now_s, world.ledger.header())
    with pytest.raises(ClientMovedMeanwhile, match="ProgmatClientFrozen"):
        await endpoint.submit(stuck, [receive(world, waiting)])

    with pytest.raises(ExecutionReverted, match="AccessControlUnauthorizedAccount"):
        await replace_light_client(world.seller, world.router, CLIENT_ID, anchor_after_the_incident(world))
    replaced = await replace_light_client(world.admin, world.router, CLIENT_ID, anchor_after_the_incident(world))
    assert await world.router.light_client_of(world.rpc, CLIENT_ID) == replaced
    assert (await world.router.counterparty_of(world.rpc, CLIENT_ID)).client_id == LEDGER_CLIENT_ID

    hosted = await endpoint.hosted_client()
    assert (hosted.status, hosted.latest_height) == (LightClientStatus.ACTIVE, world.ledger.height)
    world.ledger.write(b"the ledger goes on", b"\x01" * 32)
    (arrived,) = await endpoint.submit(update_by_new_set(world), [receive(world, waiting)])
    assert arrived.verdict is Verdict.DONE
    (again,) = await endpoint.submit(None, [receive(world, delivered)])
    assert again.verdict is Verdict.ALREADY_DONE, "what was received before stays received"
    assert await world.token.balance_of(world.rpc, world.buyer.address) == 20
    for sequence in (1, 2):
        for path in (receipt_path(CLIENT_ID, sequence), ack_path(CLIENT_ID, sequence)):
            assert await world.router.commitment(world.rpc, path) is not None


async def test_the_old_validators_sign_nothing_for_the_client_that_took_the_place(world: EvmSettlementWorld) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    packet = world.lock_on_ledger(world.terms(1), 1)
    await freeze(world)
    await replace_light_client(world.admin, world.router, CLIENT_ID, anchor_after_the_incident(world))
    world.ledger.write(b"more", b"\x01" * 32)
    old = ClientUpdate(world.ledger.height, world.ledger.now_s, world.ledger.header())
    with pytest.raises(ClientMovedMeanwhile):
        await endpoint.submit(old, [receive(world, packet)])
