"""What a node should have and has not comes back from its peers, and nothing is done twice."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.recovery import PeerReport, Recovery
from chains.progmat.flows.request_codec import encode_request
from chains.progmat.flows.requests import MoveCash, RedeemCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.store import add_flow
from chains.progmat.node.storage import forget_done_effects, unknown_transactions
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)

KEYS = "keys.db"


def pay(request_id: str, amount_yen: int) -> MoveCash:
    return MoveCash(request_id, COIN_ID, SN.name, amount_yen, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


def proposed(request: MoveCash) -> FlowRecord:
    return FlowRecord(request.request_id, request.kind, encode_request(request), FlowStep.PROPOSED, 1, 1, 1)


def recovery(ledger: LedgerNetwork, party: LedgerParty) -> Recovery:
    return ledger.vault(party).node.recovery


@asynccontextmanager
async def without(ledger: LedgerNetwork, party: LedgerParty) -> AsyncIterator[Path]:
    """The node is stopped meanwhile; what happens to its folder is the test's doing."""
    await ledger.stop(party)
    yield ledger.folder / party.name
    await ledger.start(party)


def forget_everything(folder: Path) -> None:
    for kept in folder.iterdir():
        if kept.is_dir():
            shutil.rmtree(kept)
        elif kept.name != KEYS:
            kept.unlink()


def copy_of(folder: Path, to: Path) -> None:
    shutil.copytree(folder, to)


def put_back(copy: Path, folder: Path) -> None:
    forget_everything(folder)
    shutil.copytree(copy, folder, dirs_exist_ok=True)


async def received(ledger: LedgerNetwork, party: LedgerParty, tx_id: bytes | None) -> None:
    node = ledger.vault(party).node
    async with asyncio.timeout(20):
        while True:
            changed = node.records_changed.next()
            if not await node.parts.database.read(partial(unknown_transactions, tx_ids=[tx_id or b""])):
                return
            await changed.wait()


def report_of(peers: tuple[PeerReport, ...], party: LedgerParty) -> PeerReport:
    return next(peer for peer in peers if peer.peer == party.name)


async def test_nothing_is_fetched_when_nothing_is_missing_and_asking_again_is_cheap(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.done(CN_B, pay("p", 100))
        first = await recovery(ledger, CN_B).reconcile()
        assert (first.is_complete, first.fetched) == (True, 0)
        assert report_of(first.peers, SN).listed == 3  # its own admission, the issue, the payment
        assert report_of(first.peers, CN_A).listed == 3  # it fetched the issue with the payment
        again = await recovery(ledger, CN_B).reconcile()
        assert [peer.listed for peer in again.peers] == [0, 0]
        await ledger.done(CN_B, pay("q", 100))
        later = await recovery(ledger, CN_B).reconcile()
        assert [peer.listed for peer in later.peers] == [1, 1]


async def test_a_node_that_lost_its_database_gets_everything_back(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.done(CN_B, pay("p", 300))
        async with without(ledger, CN_B) as folder:
            forget_everything(folder)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 0
        report = await recovery(ledger, CN_B).reconcile()
        assert (report.is_complete, report.fetched) == (True, 3)  # and two memberships with them
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700
        await ledger.done(CN_B, pay("q", 700))
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 1000


async def test_what_was_delivered_comes_back_and_is_not_done_twice_after_its_deliveries_were_forgotten(
    tmp_path: Path,
) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        paid = await ledger.done(CN_B, pay("p", 300))
        for party in (SN, CN_A, CN_B):
            await ledger.vault(party).node.parts.database.submit(partial(forget_done_effects, before_s=2**40))
        assert (await ledger.run(CN_B, pay("p", 300))).tx_id == paid.tx_id
        async with without(ledger, CN_A) as folder:
            forget_everything(folder)
        assert (await recovery(ledger, CN_A).reconcile()).is_complete
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300
        async with without(ledger, CN_B):
            pass  # a restart looks into what is left of the outbox
        await ledger.done(CN_B, pay("q", 700))
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 1000


async def test_a_request_that_a_restored_node_has_forgotten_is_not_carried_out_twice(tmp_path: Path) -> None:
    """The platform repeats its request, as it may; the node finds by the salt what it had made of it."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        async with without(ledger, CN_B) as folder:
            copy_of(folder, tmp_path / "backup")
        paid = await ledger.done(CN_B, pay("p", 300))
        redeem = RedeemCash("r", COIN_ID, SN.name, 50, BUYER_ACCOUNT.key)
        redeemed = await ledger.done(CN_B, redeem)
        async with without(ledger, CN_B) as folder:
            put_back(tmp_path / "backup", folder)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000
        assert (await recovery(ledger, CN_B).reconcile()).fetched == 2
        for request, before in ((pay("p", 300), paid), (redeem, redeemed)):
            again = await ledger.run(CN_B, request)
            assert (again.step, again.tx_id, again.signed_tx) == (FlowStep.DONE, before.tx_id, before.signed_tx)
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 650
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300
        assert await ledger.total_yen(SN) == 950


async def test_a_flow_that_was_under_way_in_the_backup_ends_as_it_had_ended(tmp_path: Path) -> None:
    """Backed up before it was built (the node stopped with the flow PROPOSED), final since."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.vault(CN_B).node.parts.database.submit(partial(add_flow, record=proposed(pay("p", 300))))
        async with without(ledger, CN_B) as folder:
            copy_of(folder, tmp_path / "backup")
        done = await ledger.vault(CN_B).node.engine.outcome("p", 20)
        assert done.step in {FlowStep.RECORDED, FlowStep.DONE}
        async with without(ledger, CN_B) as folder:
            put_back(tmp_path / "backup", folder)
            ledger.recover_first = True
        again = await ledger.vault(CN_B).node.engine.outcome("p", 20)
        assert again.tx_id == done.tx_id
        await received(ledger, CN_A, done.tx_id)  # what had not been delivered when the backup came in
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300


async def test_a_peer_that_was_restored_is_listed_anew(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await recovery(ledger, CN_B).reconcile()
        async with without(ledger, SN) as folder:
            forget_everything(folder)
        assert (await recovery(ledger, SN).reconcile()).is_complete
        assert await ledger.total_yen(SN) == 1000
        listed = report_of((await recovery(ledger, CN_B).reconcile()).peers, SN)
        assert (listed.listed, listed.fetched, listed.problem) == (4, 0, "")


async def test_a_peer_that_is_away_leaves_the_report_incomplete_and_is_asked_from_where_it_was(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        ledger.hub.leave(SN.name)
        report = await recovery(ledger, CN_B).reconcile()
        assert not report.is_complete
        assert "PEER_UNREACHABLE" in report_of(report.peers, SN).problem
        assert report_of(report.peers, CN_A).problem == ""


@pytest.mark.parametrize("asker", [CN_A, CN_B])
async def test_only_what_the_asker_takes_part_in_is_listed(tmp_path: Path, asker: LedgerParty) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued = await ledger.issue(1000)
        async with without(ledger, asker) as folder:
            forget_everything(folder)
        await recovery(ledger, asker).reconcile()
        database = ledger.vault(asker).node.parts.database
        missing = await database.read(partial(unknown_transactions, tx_ids=[issued.tx_id or b""]))
        assert bool(missing) is (asker is CN_A)
