"""A second version of the program, with another layout of coins: states are converted, paid with and unlocked."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.market_requests import MoveToken
from chains.progmat.flows.replacement_requests import MAX_REPLACED
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.seams import NodeSelf
from chains.progmat.flows.signed_records import signed_of
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.attesting import attest_unspent
from chains.progmat.node.fsck import Defect, Subject, check_database
from chains.progmat.node.storage.attested_store import attestations_of
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.queries import hold
from chains.progmat.vault.unspent import unspent_pages
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SN, VALIDATORS, LedgerParty
from tests.fakes.second_package import MARK, second_version
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.kinds_of_replacements import SAME_LAYOUT, ledger_of_two_packages
from tests.integration.ledger.native_trades import TOKENS, YEN, NativeTrades
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
from tests.integration.ledger.second_version import SECOND, agree_on_the_second, upgrade
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.settlement import Settlements, packet_of_flow
from tests.integration.ledger.test_a_vault_over_its_api import BUYERS
from tests.integration.ledger.test_every_kind_killed_at_every_point import ended


def pay(request_id: str, amount_yen: int) -> MoveCash:
    return MoveCash(request_id, COIN_ID, SN.name, amount_yen, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def coins(ledger: LedgerNetwork, party: LedgerParty) -> list[bytes]:
    """The data of all unspent coins of a node."""
    database = ledger.vault(party).node.parts.database

    def found(connection: object) -> list[bytes]:
        pages = unspent_pages(connection, b"", "")  # type: ignore[arg-type] # a connection
        return [state.state.data for page in pages for state in page if state.state.contract == CASH]

    return await database.read(found)


async def has_attestation(ledger: LedgerNetwork, party: LedgerParty, tx_id: bytes) -> None:
    database = ledger.vault(party).node.parts.database
    async with asyncio.timeout(WAIT_S):
        while not await database.read(partial(attestations_of, tx_ids=[tx_id])):  # noqa: ASYNC110 - as in LedgerNetwork
            await asyncio.sleep(0)


def defects_of(ledger: LedgerNetwork, party: LedgerParty) -> list[Defect]:
    around = ledger.nodes[party.name].around
    me: NodeSelf = around.me
    subject = Subject(
        around.folder / "node.sqlite3", around.folder, me, around.directory, around.parameters_book, SECOND
    )
    return list(check_database(subject, 4_000_000_000, lambda _what, _done: None))


async def test_coins_and_a_lock_are_converted_paid_with_and_unlocked(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, SETTLEMENT_PARTIES, attest_every=1) as ledger:
        await agree_on_the_second(ledger)
        world = await Settlements.connect(ledger)
        issued = [await ledger.issue(yen) for yen in (700, 400)]
        terms = world.terms(amount_yen=400)
        locked = await ledger.done(CN_B, await world.lock_request(terms))
        packet = packet_of_flow(locked)
        for flow in (issued[0], locked):
            assert flow.tx_id is not None
            await has_attestation(ledger, CN_B, flow.tx_id)

        with second_version():
            await ledger.restart_all(SECOND)
            assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700
            refused = await ledger.run(CN_B, pay("too-early", 10))
            assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "CASH_RULE_BROKEN")

            await ledger.done(CN_B, upgrade("upgrade/1"))
            again = await ledger.run(CN_B, upgrade("upgrade/2"))
            assert (again.step, again.last_error_reason) == (FlowStep.FAILED, "NOTHING_TO_REPLACE")
            assert {data[:1] for data in await coins(ledger, CN_B)} == {MARK}
            assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700
            assert await ledger.total_yen(SN) == 1100

            await ledger.done(CN_B, pay("pay", 250))
            assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 250
            await ledger.done(SN, await world.delivered(packet, terms))
            assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 650
            assert await ledger.total_yen(SN) == 1100
            for party in (SN, CN_A, CN_B):
                assert defects_of(ledger, party) == []


async def test_the_lock_is_the_same_trade_and_packet_afterwards(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, SETTLEMENT_PARTIES) as ledger:
        await agree_on_the_second(ledger)
        world = await Settlements.connect(ledger)
        await ledger.issue(400)
        terms = world.terms(amount_yen=400)
        packet = await world.lock(terms)
        database = ledger.vault(CN_B).node.parts.database
        before = await database.read(partial(hold, trade_id=terms.trade_id))
        assert (await attest_unspent(ledger.vault(SN).node, 256)).left == 0
        assert (await attest_unspent(ledger.vault(SN).node, 256)).attested == 0
        events = await ledger.operations(SN).ibc_events(0, 0, 100)
        with second_version():
            await ledger.restart_all(SECOND)
            await ledger.done(CN_B, upgrade("upgrade", contract="dvp_lock"))
            database = ledger.vault(CN_B).node.parts.database
            after = await database.read(partial(hold, trade_id=terms.trade_id))
            assert before is not None
            assert after is not None
            assert after.lock.ref != before.lock.ref
            assert DvpLockState.of(after.lock.state) == DvpLockState.of(before.lock.state)
            assert DvpLockState.of(after.lock.state).packet == packet
            assert [CashState.of(held.state) for held in after.cash] == [CashState.of(h.state) for h in before.cash]
            assert await ledger.operations(SN).ibc_events(0, 0, 100) == events
            trade = await ledger.operations(CN_A).trade(terms.trade_id)
            assert trade.status.value == "LOCKED"
            await ledger.done(SN, await world.timed_out(packet))
            assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 400


async def test_many_coins_go_batch_after_batch_and_the_statement_tells(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await agree_on_the_second(ledger)
        for _ in range(MAX_REPLACED + 3):
            await ledger.issue(10)
        total = 10 * (MAX_REPLACED + 3)
        with second_version():
            await ledger.restart_all(SECOND)
            for number in (1, 2):
                await ledger.done(CN_B, upgrade(f"u/{number}", account_key=BUYER_ACCOUNT.key, asset_id=COIN_ID))
            assert (await ledger.run(CN_B, upgrade("u/3"))).last_error_reason == "NOTHING_TO_REPLACE"
            for party in (CN_B, SN):
                assert len(await coins(ledger, party)) == MAX_REPLACED + 3
                assert await ledger.total_yen(party) == total
            async with served(ledger, CN_B) as vault, vault.client() as client:
                *issues, first, second = (await client.statement(BUYERS)).entries.rows
                assert {entry.kind for entry in issues} == {EntryKind.ISSUE}
                for entry in (first, second):
                    assert (entry.kind, entry.change_amount, entry.balance_amount) == (
                        EntryKind.PACKAGE_UPGRADE,
                        0,
                        total,
                    )


async def test_tokens_are_upgraded_and_traded_afterwards(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, (*TOKEN_PARTIES, *VALIDATORS)) as ledger:
        trades = await NativeTrades.open(ledger)
        await agree_on_the_second(ledger)
        for party in (SN, AN):
            assert (await attest_unspent(ledger.vault(party).node, 256)).left == 0
        with second_version():
            await ledger.restart_all(SECOND)
            await ledger.done(CN_A, upgrade("tokens", asset_id=TOKEN_ID))
            assert (await ledger.run(CN_A, upgrade("again"))).last_error_reason == "NOTHING_TO_REPLACE"
            await ledger.done(CN_B, upgrade("coins"))
            await ledger.done(CN_A, MoveToken("move", ST, TOKEN_ID, AN.name, 1, SELLER_ACCOUNT.key, BUYER_ACCOUNT))
            assert await trades.holdings() == (TOKENS - 1, 1, 0, YEN)
            assert await trades.totals() == (TOKENS, YEN)


async def test_a_flow_under_way_is_built_again_by_the_new_program(tmp_path: Path) -> None:
    async with ledger_of_two_packages(tmp_path, SETTLEMENT_PARTIES) as ledger:
        await ledger.issue(100)
        assert (await attest_unspent(ledger.vault(SN).node, 256)).left == 0
        await ledger.stop(SN)
        await ledger.run(CN_B, pay("pay", 30), wait_s=0)
        engine = ledger.vault(CN_B).node.engine
        async with asyncio.timeout(WAIT_S):
            while (record := await engine.outcome("pay", 0)).attempts == 0:  # noqa: ASYNC110 - as in LedgerNetwork
                await asyncio.sleep(0)
        assert record.step is FlowStep.BUILT
        old = record.tx_id
        await ledger.restart_all(SAME_LAYOUT)
        await ledger.start(SN)
        await ended(ledger, CN_B, pay("pay", 30))
        done = await ledger.done(CN_B, pay("pay", 30))
        assert done.tx_id != old
        assert signed_of(done).wire.contract_package == SAME_LAYOUT.hash
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 30
