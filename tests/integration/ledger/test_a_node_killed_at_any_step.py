"""``kill -9`` of the node that runs a flow, after and in the middle of each step: it resumes and finishes exactly once.

Two moments for every step: when its result is stored and nothing else has happened, and when its effect on others has
happened and is not stored. A killed node writes nothing more: its database is cut off, its tasks vanish.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.collecting import APPROVE
from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.flows.peer_codec import COUNTERSIGN, FINALISE
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import LockCash, MoveCash
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.peers import Delivery
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.settlement import Settlements, packet_of_flow

ORDER = tuple(FlowStep)
STEPS = (FlowStep.PROPOSED, FlowStep.BUILT, FlowStep.COUNTERSIGNED, FlowStep.APPROVED, FlowStep.NOTARISED)
MOVE = MoveCash("the-move", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def killed_when_stored(ledger: LedgerNetwork, party: LedgerParty, request: AnyRequest, step: FlowStep) -> None:
    """Submit, and kill the node as soon as the flow stands at ``step``, or at the one it was stored together with."""
    reached = asyncio.Event()
    engine = ledger.vault(party).node.engine
    attempt, told = engine._attempt, engine._on_stored

    async def attempt_unless_reached(record: FlowRecord) -> FlowRecord:
        if ORDER.index(record.step) >= ORDER.index(step):
            reached.set()
            await asyncio.Event().wait()
        return await attempt(record)

    def stored(record: FlowRecord) -> None:
        if ORDER.index(record.step) < ORDER.index(FlowStep.RECORDED):
            told(record)
        else:  # nothing drives it any more: the deliveries it owes have not begun
            reached.set()

    engine._attempt = attempt_unless_reached  # type: ignore[method-assign] # the knife
    engine._on_stored = stored
    await ledger.operations(party).submit(request, 0)
    async with asyncio.timeout(WAIT_S):
        await reached.wait()
    await ledger.kill(party)


async def killed_when_asked(ledger: LedgerNetwork, party: LedgerParty, request: AnyRequest, method: str) -> None:
    """Submit, and kill the node when ``method`` has been carried out elsewhere and its answer is under way."""
    carried_out = asyncio.Event()

    async def lose_the_answer(asker: str, _asked: str, asked_method: str) -> Delivery:
        if (asker, asked_method) != (party.name, method):
            return Delivery.DELIVER
        carried_out.set()
        return Delivery.LOSE_ANSWER

    ledger.hub.policy = lose_the_answer
    await ledger.operations(party).submit(request, 0)
    async with asyncio.timeout(WAIT_S):
        await carried_out.wait()
        record = await ledger.vault(party).node.engine.outcome(request.request_id, 0)
        while method != FINALISE and record.attempts == 0:  # until the lost answer shows
            await asyncio.sleep(0)
            record = await ledger.vault(party).node.engine.outcome(request.request_id, 0)
    await ledger.kill(party)
    ledger.hub.policy = ledger.deliver_all


async def resumed(ledger: LedgerNetwork, party: LedgerParty, request: AnyRequest) -> FlowRecord:
    """Start the node again, without asking it anything, and wait for the flow's end; asking again changes nothing."""
    await ledger.start(party)
    ledger.clock.advance_s(60)
    record = await ledger.vault(party).node.engine.outcome(request.request_id, WAIT_S, ENDS)
    assert record.step is FlowStep.DONE, record
    assert (await ledger.run(party, request)).tx_id == record.tx_id
    return record


async def the_move_happened_once(ledger: LedgerNetwork) -> None:
    assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700
    assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300
    assert await ledger.total_yen(SN) == 1000


@pytest.mark.parametrize("step", [FlowStep.PROPOSED, FlowStep.BUILT, FlowStep.APPROVED, FlowStep.NOTARISED])
async def test_a_payer_killed_when_a_step_is_stored_moves_the_cash_once(tmp_path: Path, step: FlowStep) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await killed_when_stored(ledger, CN_B, MOVE, step)
        await resumed(ledger, CN_B, MOVE)
        await the_move_happened_once(ledger)


@pytest.mark.parametrize("method", [COUNTERSIGN, NOTARISE, FINALISE])
async def test_a_payer_killed_before_an_answer_arrives_moves_the_cash_once(tmp_path: Path, method: str) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await killed_when_asked(ledger, CN_B, MOVE, method)
        await resumed(ledger, CN_B, MOVE)
        await the_move_happened_once(ledger)


async def locked_once(ledger: LedgerNetwork, world: Settlements, record: FlowRecord, lock: LockCash) -> None:
    """One packet was sent, and settles."""
    events = await ledger.operations(SN).ibc_events(0, 5, 10)
    assert [event.decoded_packet for event in events] == [packet_of_flow(record)]
    assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 600
    await ledger.done(SN, await world.delivered(packet_of_flow(record), lock.terms))
    assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 400
    assert await ledger.total_yen(SN) == 1000


@pytest.mark.parametrize("step", STEPS)
async def test_a_custodian_killed_when_a_step_is_stored_locks_once(tmp_path: Path, step: FlowStep) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        lock = await world.lock_request(world.terms(amount_yen=400))
        await killed_when_stored(ledger, CN_B, lock, step)
        record = await resumed(ledger, CN_B, lock)
        await locked_once(ledger, world, record, lock)


@pytest.mark.parametrize("method", [COUNTERSIGN, APPROVE, NOTARISE, FINALISE])
async def test_a_custodian_killed_before_an_answer_arrives_locks_once(tmp_path: Path, method: str) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        lock = await world.lock_request(world.terms(amount_yen=400))
        await killed_when_asked(ledger, CN_B, lock, method)
        record = await resumed(ledger, CN_B, lock)
        await locked_once(ledger, world, record, lock)


@pytest.mark.parametrize("step", [FlowStep.PROPOSED, FlowStep.COUNTERSIGNED, FlowStep.APPROVED, FlowStep.NOTARISED])
async def test_an_issuer_killed_while_it_unlocks_pays_the_seller_once(tmp_path: Path, step: FlowStep) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.terms(amount_yen=400)
        unlock = await world.delivered(await world.lock(terms), terms)
        await killed_when_stored(ledger, SN, unlock, step)
        await resumed(ledger, SN, unlock)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 400
        assert await ledger.total_yen(SN) == 1000
