"""A relayer, or whoever got its certificate, asks the issuer for unlocks and updates it has no proof for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import AckPacket, LockCash, SubmitMisbehaviour, UpdateLightClient
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.views import TradeStatus
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import SettlementTerms, terms_hash
from ibc.packet import Packet
from ibc.paths import ack_path, receipt_path
from tests.fakes.ledger_parties import CN_A, CN_B, SN
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, LedgerNetwork, running_ledger
from tests.integration.ledger.settlement import CLIENT_ID, Settlements


async def world_with_lock(ledger: LedgerNetwork) -> tuple[Settlements, SettlementTerms, Packet]:
    world = await Settlements.connect(ledger)
    await ledger.issue(1000)
    terms = world.terms(amount_yen=400)
    return world, terms, await world.lock(terms)


def refused(record: FlowRecord, *reasons: str) -> None:
    assert record.step is FlowStep.FAILED, record
    assert record.last_error_reason in reasons, record


async def test_no_false_proof_unlocks_and_the_true_one_still_does_afterwards(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world, terms, packet = await world_with_lock(ledger)
        true = await world.refused(packet)
        other = replace(packet, sequence=packet.sequence + 1)
        receipt = world.evm.proof(true.height, receipt_path(packet.destination_client, packet.sequence))
        lies = {
            "another outcome": replace(true, acknowledgement=terms_hash(terms)),
            "another proof": replace(true, proof=receipt),
            "a truncated proof": replace(true, proof=true.proof[:-1]),
            "a trusted height without the ack": replace(true, height=1),
            "an unknown height": replace(true, height=true.height + 1),
            "another packet": replace(true, packet=other),
            "an outcome that is none": replace(true, acknowledgement=b"paid"),
        }
        expected = {
            "an unknown height": "LIGHT_CLIENT_UNKNOWN",
            "another packet": "PACKET_UNKNOWN",
            "an outcome that is none": "DVP_LOCK_RULE_BROKEN",
        }
        for number, (name, lie) in enumerate(lies.items()):
            record = await ledger.run(SN, replace(lie, request_id=f"lie-{number}"))
            assert record.step is FlowStep.FAILED, name
            assert record.last_error_reason == expected.get(name, record.last_error_reason), name
            assert "DEFECT" not in record.last_error_reason, name
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 600
        await ledger.done(SN, true)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000


async def test_a_packet_is_processed_once_whatever_is_replayed(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world, terms, packet = await world_with_lock(ledger)
        unlock = await world.delivered(packet, terms)
        first = await ledger.done(SN, unlock)
        replayed = await ledger.run(SN, replace(unlock, request_id="again"))
        refused(replayed, "PACKET_ALREADY_PROCESSED")
        assert first.tx_id is not None
        assert first.tx_id.hex() in replayed.last_error
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 400


async def test_a_time_out_is_not_proved_before_its_time_nor_after_a_receipt(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world, terms, packet = await world_with_lock(ledger)
        height = await world.update()
        path = receipt_path(packet.destination_client, packet.sequence)
        timed_out = await world.timed_out(packet)
        early = replace(timed_out, request_id="early", height=height, proof=world.evm.proof(height, path))
        refused(await ledger.run(SN, early), "TIMEOUT_NOT_REACHED")
        delivered = await world.delivered(packet, terms)
        late = replace(timed_out, request_id="late", height=delivered.height)
        late = replace(late, proof=world.evm.proof(delivered.height, path))
        assert (await ledger.run(SN, late)).step is FlowStep.FAILED
        await ledger.done(SN, delivered)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 400


async def test_headers_with_too_few_seals_are_refused_and_equivocation_ends_the_client(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world, terms, packet = await world_with_lock(ledger)
        height = world.evm.seal()
        weak = UpdateLightClient("weak", CLIENT_ID, world.evm.header(height, 1, signers=2))
        assert (await ledger.run(SN, weak)).step is FlowStep.FAILED
        unlock = await world.delivered(packet, terms)
        await ledger.done(SN, SubmitMisbehaviour("evidence", CLIENT_ID, world.evm.equivocation(2, 1)))
        assert (await ledger.operations(SN).light_client(CLIENT_ID)).is_frozen
        refused(await ledger.run(SN, unlock), "LIGHT_CLIENT_FROZEN")
        update = UpdateLightClient("after", CLIENT_ID, world.evm.header(height, 1))
        refused(await ledger.run(SN, update), "LIGHT_CLIENT_FROZEN")
        assert (await ledger.operations(SN).trade(terms.trade_id)).status is TradeStatus.LOCKED


async def test_no_cash_is_locked_without_the_earmark_of_exactly_these_terms(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms, others = world.terms(1), world.terms(2)
        await world.lock_request(others)
        changed = replace(others, settle_by_s=others.settle_by_s + 1)
        for wanted in (terms, changed):
            await world.authorise(wanted)
        for name, lock in {
            "no earmark": LockCash("none", terms, CLIENT_ID, world.evm.earmark_proof(terms)),
            "another trade's": LockCash("other", terms, CLIENT_ID, world.evm.earmark_proof(others)),
            "other terms": LockCash("terms", changed, CLIENT_ID, world.evm.earmark_proof(others)),
        }.items():
            record = await ledger.run(CN_B, lock)
            assert record.step is FlowStep.FAILED, name
            assert record.last_error_reason != "TRADE_NOT_AUTHORISED", name
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000


async def test_a_false_outcome_that_the_issuer_itself_signs_is_stopped_by_the_validators(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world, terms, packet = await world_with_lock(ledger)
        true = await world.refused(packet)
        proof = world.evm.proof(true.height, ack_path(packet.destination_client, packet.sequence))
        lie = AckPacket("lie", packet, terms_hash(terms), proof, true.height)
        verifier = ledger.vault(SN).node.parts.verifier
        verifier._contracts = Everything()  # type: ignore[assignment] # an issuer whose own check is switched off
        record = await ledger.run(SN, lie)
        assert record.step is FlowStep.FAILED
        assert record.tx_id is not None
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 0
        assert true.acknowledgement == UNIVERSAL_ERROR_ACK


class Everything:
    """Contains whatever is asked for."""

    def __contains__(self, _fact: object) -> bool:
        return True

    def add(self, _fact: object) -> None:
        pass
