"""Payments under fresh keys on a whole ledger: by account as before, found after a loss, brought home for a lock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.flows.errors import AccountUnknown
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import IssueCash, MergeCash, MoveCash, RedeemCash, RotateAccountKey
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.database_location import DatabaseLocation, database_location, postgres_database
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.fresh_keys import fresh_key_records
from chains.progmat.vault.indexing import SC, AccountAsset
from chains.progmat.vault.listing import Seen, list_coins
from chains.progmat.vault.statement import Period, statement
from ibc.dvp import CashAccount
from scripts.local_postgres import LocalPostgres
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, STRANGER, LedgerParty
from tests.integration.ledger.fresh_keys import coins_made, fresh_pay, fresh_return, holdings, known_of, register
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.settlement import Settlements
from tests.integration.ledger.test_fsck_finds_what_was_altered import defects_of
from tests.integration.ledger.test_recovery import forget_everything, recovery, without

BUYER_ENTRY, SELLER_ENTRY = (CN_B.name, BUYER_ACCOUNT.key), (CN_A.name, SELLER_ACCOUNT.key)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[LedgerNetwork]:
    async with running_ledger(tmp_path, CASH_PARTIES) as running:
        yield running


async def kinds_booked(ledger: LedgerNetwork, party: LedgerParty, account: CashAccount) -> list[EntryKind]:
    asset = AccountAsset(SC, COIN_ID, SN.name, account.node, account.key)
    read = partial(statement, account=asset, period=Period(0, None, 10**6), limit=100)
    page = (await ledger.vault(party).node.parts.database.read(read)).page
    return [entry.kind for entry in page.rows]


async def test_coins_under_fresh_keys_are_the_accounts_to_node_and_issuer(ledger: LedgerNetwork) -> None:
    await ledger.done(SN, IssueCash("issue", COIN_ID, 1000, BUYER_ACCOUNT, KeyChoice.FRESH))
    paid = await ledger.done(CN_B, fresh_pay("pay", 400))
    to_payee, change = coins_made(paid)
    assert {to_payee.owner_kind, change.owner_kind} == {OwnerKind.FRESH}
    assert len({to_payee.owner, change.owner}) == 2
    assert not {to_payee.owner.encoded(), change.owner.encoded()} & {BUYER_ACCOUNT.key, SELLER_ACCOUNT.key}
    assert await holdings(ledger) == (600, 400, 1000)
    assert await register(ledger) == {BUYER_ENTRY: 600, SELLER_ENTRY: 400}
    assert await kinds_booked(ledger, CN_B, BUYER_ACCOUNT) == [EntryKind.ISSUE, EntryKind.MOVE]
    assert await kinds_booked(ledger, SN, SELLER_ACCOUNT) == [EntryKind.MOVE]


async def test_they_are_spent_merged_rotated_and_redeemed_by_account(ledger: LedgerNetwork) -> None:
    await ledger.issue(1000)
    for number in range(3):
        await ledger.done(CN_B, fresh_pay(f"pay-{number}", 100))
    back = await ledger.done(CN_A, fresh_return("back", 250))  # three coins under three keys, one account
    assert len(coins_made(back)) == 2
    assert await holdings(ledger) == (950, 50, 1000)
    redeemed = await ledger.done(CN_A, RedeemCash("redeem", COIN_ID, SN.name, 20, SELLER_ACCOUNT.key))
    (left,) = coins_made(redeemed)
    assert (left.amount_yen, left.owner_kind) == (30, OwnerKind.FRESH)
    merge = MergeCash("merge", COIN_ID, SN.name, BUYER_ACCOUNT.key, 1001, 10, KeyChoice.FRESH)
    await ledger.done(CN_B, merge)
    assert (await kinds_booked(ledger, CN_B, BUYER_ACCOUNT))[-1] is EntryKind.MERGE
    second = await ledger.operations(CN_B).open_account("second")
    rotated = RotateAccountKey("rotate", COIN_ID, SN.name, BUYER_ACCOUNT.key, second.key)
    (coin,) = coins_made(await ledger.done(CN_B, rotated))
    assert (coin.amount_yen, coin.owner.encoded()) == (950, second.key)
    assert await register(ledger) == {(CN_B.name, second.key): 950, SELLER_ENTRY: 30}


async def test_an_account_that_is_set_to_it_receives_under_fresh_keys_what_its_node_decides(
    ledger: LedgerNetwork,
) -> None:
    await ledger.issue(1000)
    operations = ledger.operations(CN_B)
    assert await operations.set_account_keys(BUYER_ACCOUNT.key, KeyChoice.AS_SET) is KeyChoice.ACCOUNT
    assert await operations.set_account_keys(BUYER_ACCOUNT.key, KeyChoice.FRESH) is KeyChoice.FRESH
    await ledger.kill(CN_B)
    await ledger.start(CN_B)
    operations = ledger.operations(CN_B)
    assert await operations.set_account_keys(BUYER_ACCOUNT.key, KeyChoice.AS_SET) is KeyChoice.FRESH
    plain = replace(fresh_pay("pay", 400), keys=KeyChoice.AS_SET)
    assert {coin.owner_kind for coin in coins_made(await ledger.done(CN_B, plain))} == {OwnerKind.FRESH}
    own = replace(plain, request_id="own", keys=KeyChoice.ACCOUNT, amount_yen=1)
    assert {coin.owner_kind for coin in coins_made(await ledger.done(CN_B, own))} == {OwnerKind.ACCOUNT}
    assert await operations.set_account_keys(BUYER_ACCOUNT.key, KeyChoice.ACCOUNT) is KeyChoice.ACCOUNT
    again = replace(plain, request_id="again")
    assert {coin.owner_kind for coin in coins_made(await ledger.done(CN_B, again))} == {OwnerKind.ACCOUNT}
    with pytest.raises(AccountUnknown):
        await operations.set_account_keys(STRANGER.key.encoded(), KeyChoice.FRESH)


async def test_a_fresh_key_is_no_account(ledger: LedgerNetwork) -> None:
    await ledger.issue(1000)
    fresh_key = coins_made(await ledger.done(CN_B, fresh_pay("pay", 400)))[1].owner.encoded()
    spend = MoveCash("spend", COIN_ID, SN.name, 1, fresh_key, SELLER_ACCOUNT)
    refused = await ledger.run(CN_B, spend)
    assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "ACCOUNT_UNKNOWN")


# ---- what is lost comes back ----


@pytest.mark.parametrize("party", [CN_A, CN_B, SN], ids=lambda party: party.name)
async def test_a_node_that_lost_its_database_finds_all_its_coins_and_holders(
    ledger: LedgerNetwork, party: LedgerParty
) -> None:
    await ledger.issue(1000)
    paid = await ledger.done(CN_B, fresh_pay("pay", 400))
    await ledger.done(CN_A, fresh_return("back", 150))
    await ledger.done(CN_A, RedeemCash("redeem", COIN_ID, SN.name, 50, SELLER_ACCOUNT.key))
    before = await known_of(ledger, party, paid)
    async with without(ledger, party) as folder:
        forget_everything(folder)
    assert (await recovery(ledger, party).reconcile()).is_complete
    assert await known_of(ledger, party, paid) == before
    assert await holdings(ledger) == (750, 200, 950)
    assert await register(ledger) == {BUYER_ENTRY: 750, SELLER_ENTRY: 200}
    await ledger.done(CN_A, fresh_return("spend", 200))
    await ledger.done(CN_B, fresh_pay("all", 950))
    assert await holdings(ledger) == (0, 950, 950)


async def test_an_issuer_does_not_record_what_it_cannot_put_on_an_account(ledger: LedgerNetwork) -> None:
    await ledger.issue(1000)
    paid = await ledger.done(CN_B, fresh_pay("pay", 400))
    async with without(ledger, SN) as folder:
        forget_everything(folder)
    await ledger.stop(CN_A)
    report = await recovery(ledger, SN).reconcile()
    assert not report.is_complete
    assert await known_of(ledger, SN, paid) == {}
    await ledger.start(CN_A)
    assert (await recovery(ledger, SN).reconcile()).is_complete
    assert await register(ledger) == {BUYER_ENTRY: 600, SELLER_ENTRY: 400}


async def test_an_issuer_that_lost_its_database_knows_change_that_went_back_to_a_key_that_paid(
    ledger: LedgerNetwork,
) -> None:
    """Coin and redemption come back together, from the one node that has both."""
    await ledger.done(SN, IssueCash("issue", COIN_ID, 1000, SELLER_ACCOUNT, KeyChoice.FRESH))
    await ledger.done(CN_A, RedeemCash("redeem", COIN_ID, SN.name, 50, SELLER_ACCOUNT.key))
    async with without(ledger, SN) as folder:
        forget_everything(folder)
    assert (await recovery(ledger, SN).reconcile()).is_complete
    assert await register(ledger) == {SELLER_ENTRY: 950}


async def test_a_request_repeated_after_a_loss_is_the_payment_it_was(ledger: LedgerNetwork) -> None:
    await ledger.issue(1000)
    paid = await ledger.done(CN_B, fresh_pay("pay", 400))
    async with without(ledger, CN_B) as folder:
        forget_everything(folder)
    await recovery(ledger, CN_B).reconcile()
    again = await ledger.run(CN_B, fresh_pay("pay", 400))
    assert (again.step, again.tx_id) == (FlowStep.DONE, paid.tx_id)


async def test_on_postgresql_it_is_the_same(tmp_path: Path, postgres_server: LocalPostgres) -> None:
    databases = {party.name: postgres_server.fresh_database() for party in (SN, CN_A, CN_B)}

    def location(name: str, folder: Path) -> DatabaseLocation:
        return postgres_database(databases[name], folder) if name in databases else database_location(folder)

    async with running_ledger(tmp_path, CASH_PARTIES, database_of=location) as ledger:
        await ledger.operations(CN_B).set_account_keys(BUYER_ACCOUNT.key, KeyChoice.FRESH)
        await ledger.issue(1000)
        paid = await ledger.done(CN_B, replace(fresh_pay("pay", 400), keys=KeyChoice.AS_SET))
        await ledger.done(CN_A, fresh_return("back", 150))
        for party in (CN_A, SN):
            before = await known_of(ledger, party, paid)
            async with without(ledger, party) as folder:
                forget_everything(folder)
                databases[party.name] = postgres_server.fresh_database()
            assert (await recovery(ledger, party).reconcile()).is_complete
            assert await known_of(ledger, party, paid) == before
        assert await register(ledger) == {BUYER_ENTRY: 750, SELLER_ENTRY: 250}


# ---- where terms name the account's key ----


async def test_a_lock_wants_coins_under_the_accounts_own_key_and_says_how_to_get_them(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.done(SN, IssueCash("issue", COIN_ID, 1000, BUYER_ACCOUNT, KeyChoice.FRESH))
        terms = world.terms(amount_yen=400)
        refused = await ledger.run(CN_B, await world.lock_request(terms))
        assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "COINS_UNDER_FRESH_KEYS")
        home = MoveCash("home", COIN_ID, SN.name, 400, BUYER_ACCOUNT.key, BUYER_ACCOUNT, KeyChoice.ACCOUNT)
        await ledger.done(CN_B, home)
        locked = await ledger.done(CN_B, await world.lock_request(terms))
        assert {coin.owner.encoded() for coin in coins_made(locked)} == {BUYER_ACCOUNT.key}


async def test_a_native_trade_wants_coins_under_the_accounts_own_key(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        all_of_it = await ledger.free_yen(CN_B, BUYER_ACCOUNT)
        own = MoveCash("own", COIN_ID, SN.name, all_of_it, BUYER_ACCOUNT.key, BUYER_ACCOUNT, KeyChoice.FRESH)
        await ledger.done(CN_B, own)
        terms = trades.terms(1, quantity=1, amount_yen=10)
        await trades.authorise(terms)
        refused = await ledger.run(CN_A, trades.settle(terms))
        assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "COINS_UNDER_FRESH_KEYS")


# ---- records ----


async def test_fsck_finds_the_books_of_fresh_keys_in_order(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.done(CN_B, fresh_pay("pay", 400))
        await ledger.done(CN_A, fresh_return("back", 150))
    for party in (SN, CN_A, CN_B):
        assert defects_of(tmp_path, party) == []


async def test_a_coin_is_listed_under_its_account(ledger: LedgerNetwork) -> None:
    await ledger.issue(1000)
    fresh = {coin.owner.encoded() for coin in coins_made(await ledger.done(CN_B, fresh_pay("pay", 400)))}
    for party in (SN, CN_A, CN_B):
        database = ledger.vault(party).node.parts.database
        listed = await database.read(partial(list_coins, seen=Seen(), now_s=0, limit=100))
        assert {coin.account.key for coin in listed.rows} <= {BUYER_ACCOUNT.key, SELLER_ACCOUNT.key}
        known = await database.read(partial(fresh_key_records, keys=fresh))
        assert len(known) == (2 if party is SN else 1)
