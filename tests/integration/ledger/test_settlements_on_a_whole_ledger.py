"""Lock, unlock by acknowledgement and by time-out, cancel: real proofs, real Validators."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.flows.requests import CancelTrade, UpdateLightClient
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.views import IbcEventKind, TradeStatus
from ibc.dvp import terms_hash, trade_cancelled_value, trade_path
from ibc.packet import packet_commitment
from ibc.paths import commitment_path
from light_clients.progmat import decode_header
from tests.fakes.ledger_parties import CN_A, CN_B, LEDGER_ID, SN
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, running_ledger
from tests.integration.ledger.settlement import CLIENT_ID, Settlements


async def test_a_delivery_pays_the_seller_and_the_commitment_is_provable_until_then(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.terms(amount_yen=400)
        packet = await world.lock(terms)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 600
        (sent,) = await ledger.operations(SN).ibc_events(0, 5, 10)
        assert (sent.kind, sent.decoded_packet) == (IbcEventKind.SEND_PACKET, packet)

        collector = world.collector()
        assert await collector.head(sent.journal_position, 5000) >= sent.journal_position
        checkpoint = await collector.collect(sent.journal_position)
        path = commitment_path(CLIENT_ID, packet.sequence)
        proof = await collector.prove(path, checkpoint)
        assert proof.value == packet_commitment(packet)
        header = decode_header(checkpoint.header, LEDGER_ID)
        assert (header.checkpoint, len(header.signatures)) == (checkpoint.checkpoint, 3)

        unlock = await ledger.done(SN, await world.delivered(packet, terms))
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 400
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 600
        for party in (SN, CN_A, CN_B):
            trade = await ledger.operations(party).trade(terms.trade_id)
            assert (trade.status, trade.closing_tx_id) == (TradeStatus.PAID, unlock.tx_id)
        events = await ledger.operations(SN).ibc_events(sent.cursor, 0, 10)
        assert [event.kind for event in events] == [IbcEventKind.ACK_PROCESSED]
        await collector.head(unlock.journal_position, 5000)
        after = await collector.prove(path, await collector.collect(unlock.journal_position))
        assert after.value is None
        assert await ledger.total_yen(SN) == 1000


async def test_an_error_acknowledgement_gives_the_cash_back(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.terms(amount_yen=1000)
        packet = await world.lock(terms)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 0
        await ledger.done(SN, await world.refused(packet))
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000
        assert (await ledger.operations(CN_B).trade(terms.trade_id)).status is TradeStatus.RETURNED


async def test_a_packet_that_is_never_received_gives_the_cash_back_after_its_time_out(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(500)
        terms = world.terms(amount_yen=400)
        packet = await world.lock(terms)
        timed_out = await world.timed_out(packet)
        await ledger.done(SN, timed_out)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 500
        late = await ledger.run(SN, await world.delivered(packet, terms))
        assert (late.step, late.last_error_reason) == (FlowStep.FAILED, "PACKET_ALREADY_PROCESSED")


async def test_a_cancelled_trade_is_provable_and_can_never_be_locked(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(500)
        terms = world.terms(amount_yen=400)
        lock_request = await world.lock_request(terms)
        cancelled = await ledger.done(CN_B, CancelTrade("cancel-1", terms))
        collector = world.collector()
        await collector.head(cancelled.journal_position, 5000)
        proof = await collector.prove(trade_path(terms.trade_id), await collector.collect(cancelled.journal_position))
        assert proof.value == trade_cancelled_value(terms_hash(terms))
        lock = await ledger.run(CN_B, lock_request)
        assert (lock.step, lock.last_error_reason) == (FlowStep.FAILED, "TRADE_ID_USED")
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 500


async def test_a_header_that_is_recorded_already_is_done_with_the_first_transaction(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        height = await world.update()
        first = await ledger.operations(SN).flow("update-1")
        again = await ledger.done(SN, UpdateLightClient("again", CLIENT_ID, world.evm.header(height, 1)))
        assert (again.tx_id, again.journal_position) == (first.tx_id, first.journal_position)
        view = await ledger.operations(SN).light_client(CLIENT_ID)
        assert [at for at, _ in view.heights] == [2, 1]
        assert view.newest_consensus_state == world.evm.consensus_state(2)
