"""The node that began a flow is destroyed between the notary's commit and its first delivery: its folder is gone.

Then the notary knows that the ledger_tx is final and not what it says; who countersigned knows what it says. Whoever
was paid has its money nevertheless, once, whether the destroyed node ever comes back or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from chains.progmat.flows import pending_rows
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.flows.peer_codec import COUNTERSIGN, FINALISE
from chains.progmat.flows.pending import ASK_AFTER_MS, LOOK_EVERY_MS, WRITE_AFTER_MS
from chains.progmat.flows.pending_rows import PendingRow
from chains.progmat.flows.requests import LockCash, MoveCash, RedeemCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.database_location import DatabaseLocation, postgres_database
from chains.progmat.node.peers import Delivery
from chains.progmat.node.storage import unknown_transactions
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, EN, SN, LedgerParty
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    SETTLEMENT_PARTIES,
    TOKEN_PARTIES,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.settlement import Settlements
from tests.integration.ledger.test_a_node_killed_at_any_step import killed_when_asked, killed_when_stored
from tests.integration.ledger.test_recovery import forget_everything, received, recovery

MOVE = MoveCash("the-move", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
REDEEM = RedeemCash("the-redemption", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key)
Destroy = Callable[[LedgerNetwork, LedgerParty, AnyRequest], Awaitable[None]]


async def _killed_before_any_delivery_arrives(ledger: LedgerNetwork, party: LedgerParty, request: AnyRequest) -> None:
    lost = asyncio.Event()

    async def lose(asker: str, _asked: str, method: str) -> Delivery:
        if (asker, method) != (party.name, FINALISE):
            return Delivery.DELIVER
        lost.set()
        return Delivery.LOSE_REQUEST

    ledger.hub.policy = lose
    await ledger.operations(party).submit(request, 0)
    async with asyncio.timeout(WAIT_S):
        await lost.wait()
    await ledger.kill(party)
    ledger.hub.policy = ledger.deliver_all


POINTS: dict[str, Destroy] = {
    "the notary's answer is lost": partial(killed_when_asked, method=NOTARISE),
    "the notary's answer is stored": partial(killed_when_stored, step=FlowStep.NOTARISED),
    "it is recorded": partial(killed_when_stored, step=FlowStep.RECORDED),
    "its deliveries are lost": _killed_before_any_delivery_arrives,
}
at_every_point = pytest.mark.parametrize("destroyed", POINTS.values(), ids=POINTS)


async def destroy(ledger: LedgerNetwork, party: LedgerParty, request: AnyRequest, destroyed: Destroy) -> None:
    await destroyed(ledger, party, request)
    forget_everything(ledger.folder / party.name)


async def pending(ledger: LedgerNetwork, party: LedgerParty) -> tuple[PendingRow, ...]:
    return await ledger.vault(party).node.parts.database.read(partial(pending_rows.oldest, limit=500))


async def written_down(ledger: LedgerNetwork, party: LedgerParty) -> PendingRow:
    """Some seconds pass; the one transaction that a node has in its table afterwards."""
    ledger.clock.advance_ms(WRITE_AFTER_MS + 1)
    await ledger.vault(party).node.pending.look()
    (row,) = await pending(ledger, party)
    return row


async def settled(ledger: LedgerNetwork, party: LedgerParty, tx_id: bytes) -> None:
    """The time to ask the notary comes; the node has the transaction."""
    ledger.clock.advance_ms(ASK_AFTER_MS)
    node = ledger.vault(party).node
    await node.pending.look()
    assert await pending(ledger, party) == ()
    assert not await node.parts.database.read(partial(unknown_transactions, tx_ids=[tx_id]))


@at_every_point
async def test_the_payee_of_a_payment_has_its_money(tmp_path: Path, destroyed: Destroy) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await destroy(ledger, CN_B, MOVE, destroyed)
        row = await written_down(ledger, SN)
        assert (row.asker, row.attempts) == (CN_B.name, 0)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 0
        await settled(ledger, SN, row.tx_id)
        await received(ledger, CN_A, row.tx_id)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300
        assert await ledger.total_yen(SN) == 1000


@at_every_point
async def test_a_redemption_is_carried_out_though_its_node_is_gone(tmp_path: Path, destroyed: Destroy) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await destroy(ledger, CN_B, REDEEM, destroyed)
        await settled(ledger, SN, (await written_down(ledger, SN)).tx_id)
        assert await ledger.total_yen(SN) == 700


@at_every_point
@pytest.mark.parametrize("first", [SN, AN, CN_B], ids=lambda party: party.name)
async def test_a_native_trade_settles_though_the_seller_is_gone(
    tmp_path: Path, destroyed: Destroy, first: LedgerParty
) -> None:
    """Each of the countersigners can complete it: it asks the others for what they gave the seller."""
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        await destroy(ledger, CN_A, trades.settle(terms), destroyed)
        row = await written_down(ledger, first)
        await settled(ledger, first, row.tx_id)
        for party in (SN, AN, CN_B):
            await received(ledger, party, row.tx_id)
        assert await trades.units(CN_B, BUYER_ACCOUNT) == 10
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 600
        assert await trades.totals() == (100, 1000)
        await ledger.start(CN_A)
        report = await recovery(ledger, CN_A).reconcile()
        assert {peer.peer for peer in report.peers if peer.problem} <= {EN.name}  # which was never there
        assert await trades.holdings() == (90, 10, 400, 600)


async def test_a_lock_is_recorded_with_the_approvals_that_the_notary_kept(tmp_path: Path) -> None:
    """Its time window is over by then: no Validator would approve it again."""
    async with running_ledger(tmp_path, SETTLEMENT_PARTIES) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.terms(1, amount_yen=30)
        lock: LockCash = await world.lock_request(terms)
        await destroy(ledger, CN_B, lock, partial(killed_when_asked, method=NOTARISE))
        row = await written_down(ledger, SN)
        ledger.clock.advance_s(900)
        await settled(ledger, SN, row.tx_id)
        (event,) = await ledger.operations(SN).ibc_events(0, 0, 100)
        assert event.tx_id == row.tx_id


@at_every_point
async def test_a_destroyed_node_that_comes_back_pays_once(tmp_path: Path, destroyed: Destroy) -> None:
    """It comes back at once, asks its peers what it had done, and its platform repeats the request."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.issue(1000)
        await destroy(ledger, CN_B, MOVE, destroyed)
        ledger.recover_first = True
        await ledger.start(CN_B)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1700
        again = await ledger.run(CN_B, MOVE)
        await received(ledger, CN_A, again.tx_id)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1700
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300


async def test_a_destroyed_node_that_is_sent_what_it_made_before_it_asks_pays_once(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.issue(1000)
        await destroy(ledger, CN_B, MOVE, partial(killed_when_asked, method=NOTARISE))
        row = await written_down(ledger, SN)
        await settled(ledger, SN, row.tx_id)
        await ledger.start(CN_B)
        ledger.clock.advance_s(60)
        await received(ledger, CN_B, row.tx_id)
        assert (await recovery(ledger, CN_B).reconcile()).is_complete
        again = await ledger.run(CN_B, MOVE)
        assert again.tx_id == row.tx_id
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300


async def test_a_listing_does_not_end_while_the_notary_cannot_say_what_is_final(tmp_path: Path) -> None:
    """The asker would take it for all there is, and pay again."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await destroy(ledger, CN_B, MOVE, partial(killed_when_asked, method=NOTARISE))
        ledger.hub.leave("nn")
        await ledger.start(CN_B)
        report = await recovery(ledger, CN_B).reconcile()
        assert not report.is_complete
        (of_issuer,) = [peer for peer in report.peers if peer.peer == SN.name]
        assert "nn" in of_issuer.problem
        assert of_issuer.fetched > 0  # all the same
        assert not (await recovery(ledger, CN_B).reconcile()).is_complete


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("moment", ["written down", "stopped in good order", "recorded"])
async def test_an_issuer_that_dies_too_goes_on_after_its_restart(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str, moment: str
) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else ""

    def database_of(name: str, folder: Path) -> DatabaseLocation:
        return postgres_database(url, folder) if url and name == SN.name else folder / "node.sqlite3"

    async with running_ledger(tmp_path, CASH_PARTIES, database_of=database_of) as ledger:
        await ledger.issue(1000)
        await destroy(ledger, CN_B, MOVE, partial(killed_when_asked, method=NOTARISE))
        if moment == "stopped in good order":
            await ledger.stop(SN)
            await ledger.start(SN)
            (row,) = await pending(ledger, SN)
        else:
            row = await written_down(ledger, SN)
            if moment == "recorded":
                ledger.hub.leave(CN_A.name)
                await settled(ledger, SN, row.tx_id)
            await ledger.kill(SN)
            if moment == "recorded":
                await ledger.stop(CN_A)
                await ledger.start(CN_A)
            await ledger.start(SN)
        await settled(ledger, SN, row.tx_id)
        ledger.clock.advance_s(60)
        await received(ledger, CN_A, row.tx_id)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300
        assert await ledger.total_yen(SN) == 1000


async def test_nothing_is_written_on_the_usual_way_and_memory_is_empty_after_it(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.done(CN_B, MOVE)
        watch = ledger.vault(SN).node.pending
        assert len(watch.book) == 0
        ledger.clock.advance_ms(LOOK_EVERY_MS + WRITE_AFTER_MS)
        await watch.look()
        assert await pending(ledger, SN) == ()


async def test_the_watch_does_all_this_by_itself(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await destroy(ledger, CN_B, MOVE, partial(killed_when_asked, method=NOTARISE))
        changed = ledger.vault(CN_A).node.records_changed.next()
        async with asyncio.timeout(WAIT_S):
            while not changed.is_set():
                ledger.clock.advance_ms(1000)
                await ledger.vault(SN).node.parts.database.submit(lambda _connection: None)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300


async def test_a_peer_that_is_merely_slow_delivers_as_ever(tmp_path: Path) -> None:
    """Its flow goes on after it was completed elsewhere, and ends with the same transaction."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await killed_when_asked(ledger, CN_B, MOVE, NOTARISE)
        row = await written_down(ledger, SN)
        await settled(ledger, SN, row.tx_id)
        await received(ledger, CN_A, row.tx_id)
        await ledger.start(CN_B)
        ledger.clock.advance_s(60)
        done = await ledger.vault(CN_B).node.engine.outcome(MOVE.request_id, WAIT_S)
        assert done.tx_id == row.tx_id
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300


async def test_what_never_reached_the_notary_is_forgotten_when_its_time_is_over(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await killed_when_asked(ledger, CN_B, MOVE, COUNTERSIGN)
        await written_down(ledger, SN)
        ledger.clock.advance_ms(ASK_AFTER_MS)
        watch = ledger.vault(SN).node.pending
        await watch.look()
        (row,) = await pending(ledger, SN)
        assert (row.attempts, row.last_error_reason) == (1, "")
        ledger.clock.advance_s(1200)
        await ledger.nodes["nn"].role._service.tick()  # type: ignore[attr-defined] # time passes for the notary, too
        ledger.clock.advance_s(1200)
        await watch.look()
        assert await pending(ledger, SN) == ()
        assert len(watch.book) == 0
        assert not watch.book.is_anything_written
        assert await ledger.total_yen(SN) == 1000
