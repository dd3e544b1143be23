"""The EVM half of a DvP with real contracts, real checkpoints, real headers: nothing stands in for anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.dvp_app import SPENT_EARMARK, DeliveredEvent, EarmarkedEvent, ReleasedEvent, earmark_slot
from chains.evm.client.node_types import EvmReceipt, LogFilter
from chains.evm.client.proofs import TrustTerms
from chains.evm.client.router import PACKET_TOPICS, WriteAcknowledgementEvent
from chains.evm.errors import EvmTxFailed, ExecutionReverted
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import SettlementTerms, packet_of, terms_hash, trade_cancelled_value, trade_path
from ibc.light_client import ConsensusAt, TimeBounds
from ibc.packet import packet_receipt_value
from ibc.paths import ack_path, commitment_path, receipt_path
from light_clients.qbft import QbftLightClient, verify_storage_at
from primitives.secp256k1 import address_of
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import (
    CLIENT_ID,
    EARMARK_MARGIN_S,
    HOLDING,
    LEDGER_CLIENT_ID,
    RELAYER,
    SELLER,
    TIMEOUT_S,
    EvmSettlementWorld,
    settlement_world,
)
from tests.fakes.qbft_headers import evidence_of

TRUST = TrustTerms(trusting_period_s=86_400, max_clock_drift_s=15)


@pytest.fixture
async def world() -> AsyncIterator[EvmSettlementWorld]:
    async with settlement_world() as world:
        yield world


async def relay(world: EvmSettlementWorld, terms: SettlementTerms, sequence: int = 1) -> EvmReceipt:
    """Earmark, lock on the ledger, then update and receive in one transaction."""
    await world.earmark(terms)
    packet = world.lock_on_ledger(terms, sequence)
    proof = world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, sequence))
    bundle = world.router.multicall(
        world.router.update_client(CLIENT_ID, world.ledger.header()),
        world.router.recv_packet(packet, proof, world.ledger.height),
    )
    return await world.relayer.execute(bundle, TIMEOUT_S)


async def test_a_packet_delivers_the_tokens_and_writes_the_terms_hash_as_acknowledgement(
    world: EvmSettlementWorld,
) -> None:
    terms = world.terms()
    receipt = await relay(world, terms)
    events = [world.app.event_of(log) for log in receipt.logs]
    delivered = [event for event in events if isinstance(event, DeliveredEvent)]
    assert [event.terms_hash for event in delivered] == [terms_hash(terms)]
    written = [world.router.event_of(log) for log in receipt.logs]
    acks = [event.acknowledgements for event in written if isinstance(event, WriteAcknowledgementEvent)]
    assert acks == [(terms_hash(terms),)]
    assert await world.token.balance_of(world.rpc, world.buyer.address) == 10
    assert await world.token.balance_of(world.rpc, world.seller.address) == HOLDING - 10
    assert await world.app.earmark_of(world.rpc, terms.trade_id) == SPENT_EARMARK


async def test_the_acknowledgement_is_proved_to_the_qbft_light_client(world: EvmSettlementWorld) -> None:
    initial = await world.prover.initial_state(CHAIN_ID, TRUST)
    light_client = QbftLightClient()
    trusted = ConsensusAt(
        light_client.initialise(initial.client_state, initial.consensus_state), initial.consensus_state
    )
    terms = world.terms()
    receipt = await relay(world, terms)
    now = TimeBounds.at(world.devnet.chain.head.timestamp)

    message = await world.prover.header_message(receipt.height, trusted.height)
    light_client.verify_client_message(initial.client_state, trusted, message, now)
    updated = light_client.update_state(initial.client_state, message)
    (consensus,) = updated.consensus_states

    paths = (ack_path(CLIENT_ID, 1), receipt_path(CLIENT_ID, 1), receipt_path(CLIENT_ID, 2))
    ack, receipt_proof, absent = [await world.prover.membership_proof(path, receipt.height) for path in paths]
    packet = packet_of(terms, 1, LEDGER_CLIENT_ID, CLIENT_ID)
    proved = light_client.verify_membership(
        updated.client_state, consensus, ack, ack_path(CLIENT_ID, 1), ack_commitment([terms_hash(terms)]), now
    )
    assert proved == (await world.rpc.get_block(receipt.height)).timestamp_s
    light_client.verify_membership(
        updated.client_state, consensus, receipt_proof, receipt_path(CLIENT_ID, 1), packet_receipt_value(packet), now
    )
    light_client.verify_non_membership(updated.client_state, consensus, absent, receipt_path(CLIENT_ID, 2), now)
    assert await world.router.commitment(world.rpc, ack_path(CLIENT_ID, 1)) == ack_commitment([terms_hash(terms)])


async def test_what_a_light_client_keeps_is_read_from_its_storage_and_asked_for_where_that_is_laid_out_otherwise(
    world: EvmSettlementWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for trade in (1, 2):
        await relay(world, world.terms(trade), trade)
    client = world.light_client
    latest = (await client.client_state(world.rpc)).latest_height
    heights = [*range(latest + 3), latest + 256]
    asked = [await client.consensus_slot(world.rpc, height) for height in heights]
    assert sum(word is not None for word in asked) >= 3
    assert await client.consensus_slots(world.rpc, heights) == asked
    assert await client.consensus_slots(world.rpc, []) == []

    async def another_layout(_address: bytes, slots: Sequence[bytes]) -> list[bytes]:
        return [bytes(31) + b"\x07" for _ in slots]

    monkeypatch.setattr(world.rpc, "storage_words", another_layout)
    shown = heights[: latest + 1]
    assert await client.consensus_slots(world.rpc, shown) == asked[: latest + 1]


async def test_an_earmark_is_proved_before_cash_is_locked(world: EvmSettlementWorld) -> None:
    terms = world.terms()
    await world.earmark(terms)
    height = await world.rpc.block_number()
    initial = await world.prover.initial_state(CHAIN_ID, TRUST, height)
    evidence = await world.prover.storage_evidence(world.adapter.address, earmark_slot(terms.trade_id), height)
    word = verify_storage_at(
        initial.client_state,
        ConsensusAt(height, initial.consensus_state),
        world.adapter.address,
        earmark_slot(terms.trade_id),
        evidence.account_proof,
        evidence.storage_proof,
        TimeBounds.at(world.devnet.chain.head.timestamp),
    )
    assert word == terms_hash(terms) == await world.app.earmark_of(world.rpc, terms.trade_id)
    assert await world.app.terms_hash_of(world.rpc, terms) == terms_hash(terms)


async def test_a_second_receive_is_a_noop_and_delivers_nothing(world: EvmSettlementWorld) -> None:
    terms = world.terms()
    await relay(world, terms)
    packet = packet_of(terms, 1, LEDGER_CLIENT_ID, CLIENT_ID)
    proof = world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, 1))
    again = await world.relayer.execute(world.router.recv_packet(packet, proof, world.ledger.height), TIMEOUT_S)
    assert [world.router.event_of(log) for log in again.logs] == [None]
    assert await world.token.balance_of(world.rpc, world.buyer.address) == 10


async def test_a_token_that_refuses_on_arrival_gives_the_error_acknowledgement(world: EvmSettlementWorld) -> None:
    terms = world.terms()
    await world.earmark(terms)
    assert await world.app.preflight(world.rpc, terms) is None
    await world.admin.execute(world.token.disallow(world.buyer.address), TIMEOUT_S)
    reason = await world.app.preflight(world.rpc, terms)
    assert reason is not None
    assert reason.name == "ERC7943CannotReceive"
    packet = world.lock_on_ledger(terms)
    proof = world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, 1))
    bundle = world.router.multicall(
        world.router.update_client(CLIENT_ID, world.ledger.header()),
        world.router.recv_packet(packet, proof, world.ledger.height),
    )
    receipt = await world.relayer.execute(bundle, TIMEOUT_S)
    acks = [world.router.event_of(log) for log in receipt.logs]
    found = [event.acknowledgements for event in acks if isinstance(event, WriteAcknowledgementEvent)]
    assert found == [(UNIVERSAL_ERROR_ACK,)]
    assert await world.token.balance_of(world.rpc, world.buyer.address) == 0


async def test_a_receive_after_the_time_out_says_so_in_words(world: EvmSettlementWorld) -> None:
    terms = world.terms()
    await world.earmark(terms)
    packet = world.lock_on_ledger(terms)
    world.advance_to(terms.settle_by_s)
    call = world.router.recv_packet(
        packet, world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, 1)), world.ledger.height
    )
    with pytest.raises(ExecutionReverted, match="IBCTimeoutElapsed"):
        await world.relayer.execute(call, TIMEOUT_S)


async def test_an_earmark_is_reclaimed_after_its_margin_and_not_before(world: EvmSettlementWorld) -> None:
    terms = world.terms()
    await world.earmark(terms)
    assert await world.app.earmark_margin_s(world.rpc) == EARMARK_MARGIN_S
    with pytest.raises(ExecutionReverted, match="DvpReclaimTooEarly"):
        await world.seller.execute(world.app.reclaim(terms), TIMEOUT_S)
    world.advance_to(terms.settle_by_s + EARMARK_MARGIN_S)
    receipt = await world.seller.execute(world.app.reclaim(terms), TIMEOUT_S)
    assert any(isinstance(world.app.event_of(log), ReleasedEvent) for log in receipt.logs)
    assert await world.token.balance_of(world.rpc, world.seller.address) == HOLDING


async def test_a_cancelled_trade_releases_its_earmark_by_proof(world: EvmSettlementWorld) -> None:
    terms = world.terms()
    await world.earmark(terms)
    world.ledger.now_s = world.devnet.chain.head.timestamp
    world.ledger.write(trade_path(terms.trade_id), trade_cancelled_value(terms_hash(terms)))
    await world.relayer.execute(world.router.update_client(CLIENT_ID, world.ledger.header()), TIMEOUT_S)
    proof = world.ledger.proof(trade_path(terms.trade_id))
    await world.seller.execute(world.app.release_cancelled(terms, proof, world.ledger.height), TIMEOUT_S)
    assert await world.token.balance_of(world.rpc, world.seller.address) == HOLDING


async def test_an_update_moves_the_light_client_contract(world: EvmSettlementWorld) -> None:
    before = await world.light_client.client_state(world.rpc)
    assert await world.light_client.consensus_slot(world.rpc, before.latest_height + 1) is None
    world.ledger.now_s = world.devnet.chain.head.timestamp
    world.ledger.write(b"anything", b"\x01" * 32)
    await world.relayer.execute(world.router.update_client(CLIENT_ID, world.ledger.header()), TIMEOUT_S)
    after = await world.light_client.client_state(world.rpc)
    assert (after.latest_height, after.frozen) == (before.latest_height + 1, False)
    assert await world.light_client.latest_timestamp_s(world.rpc) == world.ledger.now_s
    assert await world.light_client.consensus_slot(world.rpc, after.latest_height) is not None


async def test_packets_are_found_in_the_logs_by_a_relayer_that_was_away(world: EvmSettlementWorld) -> None:
    for trade in (1, 2):
        await relay(world, world.terms(trade), sequence=trade)
    head = await world.rpc.block_number()
    logs = await world.rpc.get_logs(LogFilter(0, head, (world.router.address,), (PACKET_TOPICS,)))
    events = [world.router.event_of(log) for log in logs]
    assert [event.packet.sequence for event in events if event is not None] == [1, 2]
    earmarks = await world.rpc.get_logs(LogFilter(0, head, (world.app.address,)))
    kinds = [type(event) for event in map(world.app.event_of, earmarks) if event is not None]
    assert kinds == [EarmarkedEvent, DeliveredEvent] * 2


async def test_the_wiring_is_what_the_deployment_says(world: EvmSettlementWorld) -> None:
    assert await world.router.light_client_of(world.rpc, CLIENT_ID) == world.light_client.address
    assert (await world.router.counterparty_of(world.rpc, CLIENT_ID)).client_id == LEDGER_CLIENT_ID
    assert await world.router.app_of(world.rpc, "dvp") == world.app.address
    assert await world.app.usable_from_s(world.rpc, world.adapter.address)
    assert await world.app.usable_from_s(world.rpc, world.token.address) is None
    assert await world.adapter.family(world.rpc) is AdapterFamily.ESCROW
    assert await world.router.next_client_sequence(world.rpc) >= 0


async def test_only_a_named_relayer_relays_when_relayers_are_named() -> None:
    async with settlement_world(address_of(RELAYER)) as world:
        world.ledger.write(b"anything", b"\x01" * 32)
        update = world.router.update_client(CLIENT_ID, world.ledger.header())
        with pytest.raises(ExecutionReverted, match="AccessControlUnauthorizedAccount"):
            await world.seller.execute(update, TIMEOUT_S)
        await world.relayer.execute(update, TIMEOUT_S)


async def test_a_transaction_that_fails_in_its_block_names_the_rule(world: EvmSettlementWorld) -> None:
    call = world.token.transfer(b"\x05" * 20, 1)
    forced = type(call)(call.to, call.data, gas=200_000)
    with pytest.raises(EvmTxFailed, match="ERC7943CannotReceive"):
        await world.seller.execute(forced, TIMEOUT_S)


async def test_an_equivocating_chain_freezes_its_light_client_through_the_client(world: EvmSettlementWorld) -> None:
    initial = await world.prover.initial_state(CHAIN_ID, TRUST)
    world.devnet.mine(2)
    true_header = (await world.rpc.get_block(initial.height + 1)).header_rlp
    answer = await world.rpc.request("devnet_equivocate", hex(initial.height + 1))
    assert isinstance(answer, dict)
    false_header = bytes.fromhex(str(answer["headerRlp"])[2:])
    evidence = evidence_of(initial.height, true_header, false_header)
    light_client = QbftLightClient()
    trusted = ConsensusAt(initial.height, initial.consensus_state)
    now = TimeBounds.at(world.devnet.chain.head.timestamp)
    light_client.verify_client_message(initial.client_state, trusted, evidence, now)
    assert light_client.check_for_misbehaviour(initial.client_state, None, evidence)


async def test_the_seller_alone_earmarks_with_enough_allowance(world: EvmSettlementWorld) -> None:
    terms = world.terms()
    with pytest.raises(ExecutionReverted, match="ERC20InsufficientAllowance"):
        await world.seller.execute(world.app.earmark(terms), TIMEOUT_S)
    with pytest.raises(ExecutionReverted, match="DvpCallerNotSeller"):
        await world.buyer.execute(world.app.earmark(terms), TIMEOUT_S)
    assert await world.token.allowance(world.rpc, address_of(SELLER), world.adapter.address) == 0
