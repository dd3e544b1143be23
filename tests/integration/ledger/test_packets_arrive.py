"""Packets of the EVM chain, securities leading, on a whole ledger: paid, declined, refused as late."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.flows.arrival_errors import PacketNotExpected, RefusalTooEarly
from chains.progmat.flows.errors import LockTimePassed, PacketAlreadyProcessed, TradeIdUsed
from chains.progmat.flows.requests import CancelTrade, MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.views import IbcEventKind, TradeStatus
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.schema import entries
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import terms_hash
from ibc.packet import Packet, packet_commitment_receipt
from ibc.paths import ack_path, receipt_path
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, WAIT_S, LedgerNetwork, running_ledger
from tests.integration.ledger.settlement import CLIENT_ID, Settlements
from tests.integration.ledger.test_a_node_killed_at_any_step import killed_when_stored


async def _written(world: Settlements, position: int, packet: Packet) -> tuple[bytes | None, bytes | None]:
    """What k Validators prove of the receipt and the acknowledgement at a position."""
    collector: CheckpointCollector = world.collector()
    assert await collector.head(position, 5000) >= position
    checkpoint = await collector.collect(position)
    receipt = await collector.prove(receipt_path(CLIENT_ID, packet.sequence), checkpoint)
    ack = await collector.prove(ack_path(CLIENT_ID, packet.sequence), checkpoint)
    return receipt.value, ack.value


def _kinds_of_entries(connection: Connection, tx_id: bytes) -> set[str]:
    return set(connection.execute(select(entries.c.kind).where(entries.c.tx_id == tx_id)).scalars())


async def _balances(ledger: LedgerNetwork) -> tuple[int, int]:
    return await ledger.free_yen(CN_B, BUYER_ACCOUNT), await ledger.free_yen(CN_A, SELLER_ACCOUNT)


async def test_an_authorised_packet_is_paid_once_and_receipt_and_answer_are_provable(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.leading_terms(amount_yen=400)
        await world.authorise(terms)
        request = await world.sent(terms)
        paid = await ledger.done(CN_B, request)
        assert await _balances(ledger) == (600, 400)
        assert await _written(world, paid.journal_position, request.packet) == (
            packet_commitment_receipt(request.packet),
            ack_commitment([terms_hash(terms)]),
        )
        for party in (CN_A, CN_B):
            database = ledger.vault(party).node.parts.database
            kinds = await database.read(partial(_kinds_of_entries, tx_id=bytes(paid.tx_id or b"")))
            assert kinds == {EntryKind.PAYMENT.value}
        for party in (SN, CN_A, CN_B):
            trade = await ledger.operations(party).trade(terms.trade_id)
            assert (trade.status, trade.opening_tx_id) == (TradeStatus.PAID, paid.tx_id)
            (event,) = await ledger.operations(party).ibc_events(0, 5, 10)
            assert (event.kind, event.decoded_packet) == (IbcEventKind.ACK_WRITTEN, request.packet)
            assert (event.acknowledgement, event.journal_position) == (terms_hash(terms), paid.journal_position)
        for party in (CN_B, SN):
            with pytest.raises(PacketAlreadyProcessed):
                await ledger.operations(party).receive_packet(world.again(request), 5)
        again = await ledger.operations(CN_B).receive_packet(request, 5)
        assert again.tx_id == paid.tx_id


async def test_a_packet_that_nobody_here_wants_starts_no_flow(tmp_path: Path) -> None:
    """Anybody can send words on the other chain; they cost a custodian's node one look at its database."""
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        wanted = world.leading_terms()
        await world.authorise(replace(wanted, security=replace(wanted.security, quantity=11)))
        request = await world.sent(wanted)
        for party in (CN_A, CN_B):
            before = await ledger.operations(party).flows(frozenset(), 100)
            with pytest.raises(PacketNotExpected):
                await ledger.operations(party).receive_packet(request, 5)
            assert await ledger.operations(party).flows(frozenset(), 100) == before
        with pytest.raises(RefusalTooEarly):
            await ledger.operations(SN).receive_packet(request, 5)


async def test_terms_authorised_for_another_chain_are_not_paid_on_this_ones_packet(tmp_path: Path) -> None:
    """The eight words are the same; the acknowledgement would deliver nothing, and no time-out would be left."""
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.leading_terms()
        elsewhere = replace(terms, security=replace(terms.security, chain_id=terms.security.chain_id + 1))
        await world.authorise(elsewhere)
        record = await ledger.run(CN_B, await world.sent(elsewhere))
        assert (record.step, record.last_error_reason) == (FlowStep.FAILED, "TERMS_OF_ANOTHER_CHAIN")
        assert await _balances(ledger) == (1000, 0)


async def test_corrected_terms_put_the_earlier_authorisation_out_of_force(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        first = world.leading_terms(amount_yen=400)
        await world.authorise(first)
        await world.authorise(replace(first, cash=replace(first.cash, amount_yen=300)))
        with pytest.raises(PacketNotExpected):
            await ledger.operations(CN_B).receive_packet(await world.sent(first), 5)


async def test_what_is_not_paid_by_lock_by_is_refused_by_the_issuer_and_everybody_knows(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.leading_terms()
        await world.authorise(terms)
        request = await world.sent(terms)
        ledger.clock.advance_s(terms.lock_by_s - ledger.clock.now_s())
        with pytest.raises(LockTimePassed):
            await ledger.operations(CN_B).receive_packet(request, 5)
        refused = await ledger.done(SN, request)
        assert await _balances(ledger) == (1000, 0)
        assert await _written(world, refused.journal_position, request.packet) == (
            packet_commitment_receipt(request.packet),
            ack_commitment([UNIVERSAL_ERROR_ACK]),
        )
        for party in (SN, CN_A, CN_B):
            (event,) = await ledger.operations(party).ibc_events(0, 5, 10)
            assert (event.kind, event.acknowledgement) == (IbcEventKind.ACK_WRITTEN, UNIVERSAL_ERROR_ACK)


async def test_a_buyers_custodian_that_authorised_and_spent_the_coin_pays_nothing(tmp_path: Path) -> None:
    """Until lock-by the payment is tried again; then the seller gets his securities back."""
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(400)
        terms = world.leading_terms(amount_yen=400)
        await world.authorise(terms)
        await ledger.done(CN_B, MoveCash("spend", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        request = await world.sent(terms)
        short = await ledger.run(CN_B, request)
        assert (short.step, short.last_error_reason) == (FlowStep.FAILED, "INSUFFICIENT_FUNDS")
        await ledger.issue(100)
        paid = await ledger.done(CN_B, world.again(request))
        assert await _balances(ledger) == (0, 500)
        assert (await ledger.operations(CN_B).trade(terms.trade_id)).closing_tx_id == paid.tx_id


async def test_a_trade_that_was_cancelled_before_its_packet_arrives_is_declined_at_once(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.leading_terms()
        await world.authorise(terms)
        await ledger.done(CN_B, CancelTrade("cancel", terms))
        request = await world.sent(terms)
        declined = await ledger.done(CN_B, request)
        assert await _balances(ledger) == (1000, 0)
        receipt, ack = await _written(world, declined.journal_position, request.packet)
        assert (receipt, ack) == (packet_commitment_receipt(request.packet), ack_commitment([UNIVERSAL_ERROR_ACK]))
        other = await world.sent(replace(terms, security=replace(terms.security, quantity=3)), sequence=2)
        with pytest.raises(TradeIdUsed):
            await ledger.operations(CN_B).receive_packet(other, 5)


async def test_the_sellers_custodian_cannot_cancel_what_leads_on_the_other_chain(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        terms = world.leading_terms()
        refused = await ledger.run(CN_A, CancelTrade("cancel", terms))
        assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "ACCOUNT_UNKNOWN")


async def test_an_issuer_that_censors_delays_a_payment_and_can_neither_pay_nor_refuse_by_itself(
    tmp_path: Path,
) -> None:
    """It neither countersigns nor may refuse; past lock-by the payment ends by itself, and nothing is lost."""
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.leading_terms()
        await world.authorise(terms)
        request = await world.sent(terms)
        with pytest.raises(RefusalTooEarly):
            await ledger.operations(SN).receive_packet(request, 5)
        await ledger.everything_delivered(SN)
        await ledger.stop(SN)
        waiting = await ledger.run(CN_B, request, wait_s=1)
        assert (waiting.step, waiting.waiting_on) == (FlowStep.BUILT, SN.name)
        ledger.clock.advance_s(terms.lock_by_s - ledger.clock.now_s())
        await ledger.start(SN)
        ended = waiting
        async with asyncio.timeout(WAIT_S):
            while not ended.is_ended:
                ledger.clock.advance_s(1)  # as long as each pause of the flow lasts
                ended = await ledger.run(CN_B, request, wait_s=0)
        assert (ended.step, ended.last_error_reason) == (FlowStep.FAILED, "LOCK_TIME_PASSED")
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000


@pytest.mark.parametrize("step", [FlowStep.BUILT, FlowStep.APPROVED])
async def test_a_refusal_whose_node_is_killed_at_a_step_happens_once(tmp_path: Path, step: FlowStep) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        terms = world.leading_terms()
        request = await world.sent(terms)
        ledger.clock.advance_s(terms.lock_by_s - ledger.clock.now_s())
        await killed_when_stored(ledger, SN, request, step)
        await ledger.start(SN)
        refused = await ledger.done(SN, request)
        for party in (SN, CN_A, CN_B):
            (event,) = await ledger.operations(party).ibc_events(0, 5, 10)
            assert event.tx_id == refused.tx_id
