"""The vault on PostgreSQL says the same: books, selection, listings, updates. Skipped where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine

from chains.progmat.vault.errors import FundsSoftLocked, InsufficientFunds, OutOfRetention
from chains.progmat.vault.grooming import dustiest_account
from chains.progmat.vault.holdings import HoldingRequest, count_holdings, select_and_lock, select_small_and_lock
from chains.progmat.vault.lines import CoinStatus
from chains.progmat.vault.listing import Seen, list_accounts, list_coins, list_holds, list_soft_locks
from chains.progmat.vault.paging import page_token_key
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.schema import vault_metadata
from chains.progmat.vault.soft_locks import lock_states
from chains.progmat.vault.statement import (
    Period,
    balance_at_position,
    balance_at_sequence,
    balance_at_time,
    statement,
)
from chains.progmat.vault.updates import forget_updates
from chains.progmat.vault.watching import read_updates
from tests.fakes.vault_world import ALICE, BOB, NOTARY, RULES, WSC, cash, lock, tx
from tests.unit.vault.test_books import a_year, asset, mark
from tests.unit.vault.test_listing import every_page

EVERYTHING = Seen()


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Connection]:
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as opened, opened.begin():
        vault_metadata.create_all(opened)
        yield opened
    engine.dispose()


def test_the_books_say_what_they_say_on_sqlite(connection: Connection) -> None:
    made = a_year(connection)
    found = statement(connection, asset(ALICE), Period(20, 40, 4), 1)
    assert (found.opening.balance_amount, found.closing.balance_amount, found.closing.locked_amount) == (100, 70, 50)
    (entry,) = found.page.rows
    assert (entry.tx_id, entry.change_amount, entry.counterparty) == (made["pay"].id, -30, (BOB.node, BOB.key))
    (later,) = statement(connection, asset(ALICE), Period(20, 40, 4), 1, found.page.next_key).page.rows
    assert later.tx_id == made["lock"].id
    assert balance_at_time(connection, asset(ALICE), 19).balance_amount == 100
    assert balance_at_position(connection, asset(ALICE), 8).locked_amount == 50
    assert balance_at_sequence(connection, asset(BOB), 4).balance_amount == 80
    record_transaction(connection, tx("earlier clock", cash(BOB, 1)), RULES, mark(1))
    assert balance_at_time(connection, asset(BOB), 40).balance_amount == 81  # entered at 40: time never goes back


def test_selection_keeps_its_promises(connection: Connection) -> None:
    record_transaction(connection, tx("issue", *(cash(ALICE, amount) for amount in (10, 50, 30, 20))), RULES)
    first = select_and_lock(connection, HoldingRequest(WSC, ALICE, 70, "one", 100, 160, notary=NOTARY.name))
    second = select_and_lock(connection, HoldingRequest(WSC, ALICE, 20, "two", 100, 160, notary=NOTARY.name))
    assert not {each.ref for each in first} & {each.ref for each in second}
    with pytest.raises(FundsSoftLocked):
        select_and_lock(connection, HoldingRequest(WSC, ALICE, 100, "three", 100, 160, notary=NOTARY.name))
    with pytest.raises(InsufficientFunds):
        select_and_lock(connection, HoldingRequest(WSC, ALICE, 111, "three", 100, 160, notary=NOTARY.name))
    assert (
        len(select_small_and_lock(connection, HoldingRequest(WSC, ALICE, 0, "four", 160, 200, notary=NOTARY.name), 31))
        == 3
    )
    assert count_holdings(connection, WSC, ALICE, 3) == 3


@pytest.mark.parametrize("size", [1, 2, 50])
def test_listings_are_complete(connection: Connection, size: int) -> None:
    issue = tx("issue", cash(ALICE, 5), cash(ALICE, 7), cash(BOB, 3))
    record_transaction(connection, issue, RULES)
    far = 2**63 + 5
    for number, timeout_s in ((1, far), (2, 300)):
        made = tx(f"lock {number}", cash(ALICE, 9, 1), lock(bytes([number]) * 32, number, timeout_s=timeout_s))
        record_transaction(connection, made, RULES)
    lock_states(connection, [issue.ref(0), issue.ref(2)], lock_owner="flow", now_s=100, expires_s=160)
    coins = every_page(lambda key: list_coins(connection, EVERYTHING, 100, size, key))
    assert sorted((coin.amount, coin.status) for coin in coins if coin.status is not CoinStatus.LOCKED) == [
        (3, CoinStatus.RESERVED),
        (5, CoinStatus.RESERVED),
        (7, CoinStatus.FREE),
    ]
    accounts = every_page(lambda key: list_accounts(connection, EVERYTHING, 100, size, key))
    assert {line.account: line.balance.total for line in accounts} == {ALICE: 30, BOB: 3}
    held = every_page(lambda key: list_holds(connection, EVERYTHING, b"", 100, size, key))
    assert [hold.timeout_s for hold in held] == [300, far]
    locked = every_page(lambda key: list_soft_locks(connection, EVERYTHING, (), 100, size, key))
    assert sorted(each.ref.index for each in locked) == [0, 2]
    found = dustiest_account(connection, ALICE.node, 100, 0, 100)
    assert found is not None
    assert found.coins == 1


def test_updates_are_read_in_order_and_forgotten(connection: Connection) -> None:
    a_year(connection)
    batch = read_updates(connection, EVERYTHING, 1, 2)
    assert [update.update.sequence for update in batch.updates] == [2, 3]
    assert [len(update.consumed) for update in batch.updates] == [1, 1]
    assert forget_updates(connection, keep=2) == 2
    with pytest.raises(OutOfRetention):
        read_updates(connection, EVERYTHING, 1, 2)
    assert page_token_key(connection, lambda size: b"k" * size) == page_token_key(connection, lambda size: b"x" * size)
