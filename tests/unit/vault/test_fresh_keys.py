"""Coins under fresh keys in the vault: whose they are once that is known, and which of them a request may take."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from chains.progmat.transactions.model import TransactionState
from chains.progmat.vault.books import RecordMark
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.errors import CoinsUnderFreshKeys, FundsSoftLocked, FundsTooFragmented, InsufficientFunds
from chains.progmat.vault.fresh_keys import (
    FreshKeyRecord,
    account_keys_of,
    enter_fresh_keys,
    fresh_key_records,
    fresh_keys_of_issuer,
    read_fresh_accounts,
    set_fresh_account,
    unset_fresh_account,
)
from chains.progmat.vault.holdings import CoinsUnder, HoldingRequest, balance, select_and_lock
from chains.progmat.vault.indexing import SC, IndexedHolding
from chains.progmat.vault.lines import Balance
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.statement import Period, statement
from ibc.dvp import CashAccount
from tests.fakes.vault_world import ALICE, BOB, COIN, ISSUER, NOTARY, RULES, WSC, cash, key_of, state, tx
from tests.unit.vault.test_books import asset

ALICES, BOBS = key_of("a key of alice's"), key_of("a key of bob's")
KNOWN = FreshKeyRecord(ALICES, ALICE.node, ALICE.key, "CN-B", b"\x01" * 32, b"")


def under(fresh_key: bytes, amount_yen: int, node: str = ALICE.node) -> TransactionState:
    """Cash as an indexer that knows no accounts reads it."""
    return state(IndexedHolding(SC, COIN, ISSUER, amount_yen, node, fresh_key, fresh_key))


def know(connection: Connection, record: FreshKeyRecord) -> None:
    enter_fresh_keys(connection, [record], fresh_key_records(connection, [record.fresh_key]))


def want(amount_yen: int, owner: str = "flow", max_inputs: int = 32, now_s: int = 100) -> HoldingRequest:
    request = HoldingRequest(WSC, ALICE, amount_yen, owner, now_s, now_s + 60, max_inputs, notary=NOTARY.name)
    return replace(request, under=CoinsUnder.ACCOUNT_KEY)


def test_a_coin_under_a_known_key_is_the_accounts_and_under_an_unknown_one_its_own(connection: Connection) -> None:
    know(connection, KNOWN)
    record_transaction(connection, tx("issue", under(ALICES, 5), under(BOBS, 7)), RULES)
    assert balance(connection, WSC, ALICE, 0) == Balance(5, 0, 0)
    assert balance(connection, WSC, CashAccount(ALICE.node, BOBS), 0) == Balance(7, 0, 0)


def test_a_key_of_another_node_is_not_believed(connection: Connection) -> None:
    know(connection, KNOWN)
    record_transaction(connection, tx("issue", under(ALICES, 5, BOB.node)), RULES)
    assert balance(connection, WSC, CashAccount(BOB.node, ALICE.key), 0) == Balance(0, 0, 0)
    assert balance(connection, WSC, CashAccount(BOB.node, ALICES), 0) == Balance(5, 0, 0)


def test_both_sides_of_a_payment_are_booked_by_account(connection: Connection) -> None:
    know(connection, KNOWN)
    know(connection, FreshKeyRecord(BOBS, BOB.node, BOB.key, "", b"\x02" * 32, b"said"))
    issue = tx("issue", under(ALICES, 100))
    record_transaction(connection, issue, RULES)
    pay = tx("pay", under(BOBS, 30, BOB.node), cash(ALICE, 70), inputs=(issue.ref(0),))
    record_transaction(connection, pay, RULES, RecordMark(1, 0, EntryKind.MOVE))
    (paid,) = statement(connection, asset(BOB), Period(0, None, 10), 10).page.rows
    assert (paid.change_amount, paid.counterparty) == (30, (ALICE.node, ALICE.key))


def test_what_is_known_of_a_key_grows_and_whose_it_is_stays(connection: Connection) -> None:
    know(connection, replace(KNOWN, asker="", statement=b"said"))
    know(connection, KNOWN)
    know(connection, replace(KNOWN, asker="CN-C", statement=b"said again", account_key=BOB.key))
    assert fresh_key_records(connection, [ALICES, BOBS]) == {ALICES: replace(KNOWN, statement=b"said")}
    assert account_keys_of(connection, [ALICES, BOBS]) == {ALICES: ALICE.key, BOBS: BOBS}


def test_an_issuer_asks_for_keys_of_its_own_coin(connection: Connection) -> None:
    know(connection, KNOWN)
    issue = tx("issue", under(ALICES, 5))
    record_transaction(connection, issue, RULES)
    record_transaction(connection, tx("spend", cash(BOB, 5), inputs=(issue.ref(0),)), RULES)
    assert fresh_keys_of_issuer(connection, [ALICES, BOBS], ISSUER) == {ALICES}
    assert fresh_keys_of_issuer(connection, [ALICES, BOBS], "another") == frozenset()


def test_a_flow_that_takes_any_coin_knows_the_key_that_signs(connection: Connection) -> None:
    know(connection, KNOWN)
    record_transaction(connection, tx("issue", under(ALICES, 5), cash(ALICE, 7)), RULES)
    chosen = select_and_lock(connection, replace(want(12), under=CoinsUnder.ANY_KEY))
    assert [(holding.amount, holding.fresh_key) for holding in chosen] == [(7, None), (5, ALICES)]


def test_a_lock_takes_no_coin_under_a_fresh_key(connection: Connection) -> None:
    know(connection, KNOWN)
    record_transaction(connection, tx("issue", under(ALICES, 50), cash(ALICE, 7), cash(ALICE, 3)), RULES)
    assert [holding.amount for holding in select_and_lock(connection, want(8))] == [7, 3]


def test_a_shortage_under_the_accounts_key_is_called_what_it_is(connection: Connection) -> None:
    know(connection, KNOWN)
    record_transaction(connection, tx("issue", under(ALICES, 50), cash(ALICE, 7), cash(ALICE, 3)), RULES)
    with pytest.raises(CoinsUnderFreshKeys) as home:
        select_and_lock(connection, want(11))
    assert home.value.under_account_key_yen == 10
    with pytest.raises(InsufficientFunds):
        select_and_lock(connection, want(61))
    with pytest.raises(FundsTooFragmented):
        select_and_lock(connection, want(10, max_inputs=1))
    select_and_lock(connection, want(10, "other"))
    with pytest.raises(FundsSoftLocked):
        select_and_lock(connection, want(8))
    assert select_and_lock(connection, replace(want(50), under=CoinsUnder.ANY_KEY))


def test_accounts_are_set_once_and_for_all_restarts(connection: Connection) -> None:
    for _ in range(2):
        set_fresh_account(connection, ALICE.key)
    assert read_fresh_accounts(connection) == {ALICE.key}
    for _ in range(2):
        unset_fresh_account(connection, ALICE.key)
    assert read_fresh_accounts(connection) == frozenset()
