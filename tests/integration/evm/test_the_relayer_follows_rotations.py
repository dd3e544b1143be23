"""The relayer's EVM endpoint brings the contract through Validators' hand-overs before any packet of the new set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from ibc.paths import commitment_path
from light_clients.progmat import Checkpoint, ValidatorSet
from primitives.keccak import keccak256
from relayer.chains.evm import MOST_UPDATES_A_SUBMISSION, EvmEndpoint, EvmSettings
from relayer.chains.evm_batches import BatchLimits
from relayer.chains.evm_submissions import ClientMovedMeanwhile
from relayer.core.chain import ClientUpdate, MessageKind, PacketMessage, Verdict
from tests.fakes.evm_settlement_world import LEDGER_CLIENT_ID, EvmSettlementWorld, settlement_world
from tests.fakes.qbft_headers import ValidatorKey, validator_keys
from tests.fakes.scripted_validators import LEDGER_ID, header_of, set_of


@pytest.fixture
async def world() -> AsyncIterator[EvmSettlementWorld]:
    async with settlement_world() as world:
        yield world


def rotated(world: EvmSettlementWorld, count: int) -> ClientUpdate:
    """Sets 1, 2, … each take over from the one before; the newest signs the last checkpoint, at the ledger's height."""
    groups: list[tuple[ValidatorKey, ...]] = [world.ledger.keys]
    groups += [validator_keys(4, f"set {number}") for number in range(1, count + 1)]
    sets: list[ValidatorSet] = [set_of(keys, 3) for keys in groups]
    headers = []
    for number in range(count):
        at = checkpoint(world, world.ledger.height + number, sets[number + 1])
        headers.append(header_of(sets[number], at, *groups[number][:3]))
    world.ledger.height += count
    last = checkpoint(world, world.ledger.height, sets[-1])
    message = header_of(sets[-1], last, *groups[-1][:3])
    return ClientUpdate(world.ledger.height, world.ledger.now_s, message, tuple(headers))


def checkpoint(world: EvmSettlementWorld, height: int, following: ValidatorSet) -> Checkpoint:
    ledger = world.ledger
    return Checkpoint(LEDGER_ID, height, ledger.now_s, ledger.tree.root, keccak256(b"journal"), following.hash())


@pytest.mark.parametrize("rotations", [1, 2, MOST_UPDATES_A_SUBMISSION + 3])
async def test_hand_overs_are_shown_in_order_and_the_packet_of_the_new_set_arrives(
    world: EvmSettlementWorld, rotations: int
) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    terms = world.terms(1)
    await world.earmark(terms)
    packet = world.lock_on_ledger(terms, 1)
    update = rotated(world, rotations)
    proof = world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, 1))
    message = PacketMessage(MessageKind.RECEIVE, packet, proof, update.height)
    before = await world.rpc.nonce(world.relayer.address)
    (outcome,) = await endpoint.submit(update, [message])
    assert outcome.verdict is Verdict.DONE
    state = await world.light_client.client_state(world.rpc)
    assert (state.latest_height, state.frozen) == (update.height, False)
    sent = await world.rpc.nonce(world.relayer.address) - before
    assert sent == 1 + rotations // MOST_UPDATES_A_SUBMISSION


async def test_later_transactions_of_a_submission_pass_although_its_hand_over_took_effect_before(
    world: EvmSettlementWorld,
) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer, settings=EvmSettings(batches=BatchLimits(1)))
    packets = []
    for trade in range(1, 6):
        await world.earmark(world.terms(trade))
        packets.append(world.lock_on_ledger(world.terms(trade), trade))
    update = rotated(world, 1)
    messages = [
        PacketMessage(
            *(MessageKind.RECEIVE, packet, world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, packet.sequence))),
            update.height,
        )
        for packet in packets
    ]
    outcomes = await endpoint.submit(update, messages)
    assert [outcome.verdict for outcome in outcomes] == [Verdict.DONE] * 5
    assert len({outcome.tx_id for outcome in outcomes}) == 5


async def test_a_hand_over_left_out_is_refused_and_nothing_is_sent(world: EvmSettlementWorld) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    terms = world.terms(1)
    await world.earmark(terms)
    world.lock_on_ledger(terms, 1)
    update = rotated(world, 2)
    before = await world.rpc.nonce(world.relayer.address)
    for earlier in ((), update.earlier[:1], update.earlier[1:], update.earlier[::-1]):
        with pytest.raises(ClientMovedMeanwhile):
            await endpoint.submit(replace(update, earlier=earlier), [])
    assert await world.rpc.nonce(world.relayer.address) == before
