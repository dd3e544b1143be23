"""The books: every change of every account is entered once, with the balance after it, and the past can be read."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.books import RecordMark
from chains.progmat.vault.entry_lines import Entry, EntryKind, PastBalance
from chains.progmat.vault.errors import UnknownSequence
from chains.progmat.vault.indexing import SC, AccountAsset, IndexedClient, VaultRules, keep_for_custodian
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.statement import (
    NOTHING,
    Period,
    balance_at_position,
    balance_at_sequence,
    balance_at_time,
    statement,
)
from chains.progmat.vault.updates import newest_sequence
from ibc.dvp import CashAccount
from tests.fakes.vault_world import ALICE, BOB, COIN, ISSUER, RULES, Tx, cash, lock, state, tx

TRADE = b"\x07" * 32
ALL = Period(0, None, 2**62)


def asset(account: CashAccount) -> AccountAsset:
    return AccountAsset(SC, COIN, ISSUER, account.node, account.key)


def mark(recorded_ms: int, kind: EntryKind = EntryKind.MOVE, position: int = 0) -> RecordMark:
    return RecordMark(recorded_ms, position, kind)


def entries_of(connection: Connection, account: CashAccount, period: Period = ALL) -> tuple[Entry, ...]:
    return statement(connection, asset(account), period, 500).page.rows


def a_year(connection: Connection) -> dict[str, Tx]:
    """Issue 100 at 10, pay 30 to Bob at 20, lock 50 at 30 (position 7), pay the lock out at 40 (position 9)."""
    issue = tx("issue", cash(ALICE, 100))
    pay = tx("pay", cash(BOB, 30), cash(ALICE, 70), inputs=(issue.ref(0),))
    locked = tx("lock", cash(ALICE, 50, 1), lock(TRADE, 1), cash(ALICE, 20), inputs=(pay.ref(1),))
    unlock = tx("unlock", cash(BOB, 50), inputs=(locked.ref(0), locked.ref(1)))
    record_transaction(connection, issue, RULES, mark(10, EntryKind.ISSUE))
    record_transaction(connection, pay, RULES, mark(20))
    record_transaction(connection, locked, RULES, mark(30, EntryKind.LOCK, 7))
    record_transaction(connection, unlock, RULES, mark(40, EntryKind.UNLOCK, 9))
    return {"issue": issue, "pay": pay, "lock": locked, "unlock": unlock}


def test_each_change_is_entered_with_the_balance_after_it(connection: Connection) -> None:
    made = a_year(connection)
    lines = [
        (entry.tx_id, entry.kind, entry.in_amount, entry.out_amount, entry.balance_amount, entry.locked_amount)
        for entry in entries_of(connection, ALICE)
    ]
    assert lines == [
        (made["issue"].id, EntryKind.ISSUE, 100, 0, 100, 0),
        (made["pay"].id, EntryKind.MOVE, 0, 30, 70, 0),
        (made["lock"].id, EntryKind.LOCK, 0, 0, 70, 50),
        (made["unlock"].id, EntryKind.UNLOCK, 0, 50, 20, 0),
    ]


def test_the_other_side_is_named_where_there_is_exactly_one(connection: Connection) -> None:
    a_year(connection)
    assert [entry.counterparty for entry in entries_of(connection, ALICE)] == [
        None,
        (BOB.node, BOB.key),
        None,
        (BOB.node, BOB.key),
    ]
    assert [entry.counterparty for entry in entries_of(connection, BOB)] == [(ALICE.node, ALICE.key)] * 2


def test_a_custodian_names_the_payer_it_keeps_nothing_of_by_the_inputs_it_was_shown(connection: Connection) -> None:
    rules = VaultRules(RULES.indexers, keep_for_custodian(BOB.node))
    issue = tx("issue", cash(ALICE, 100))
    pay = tx("pay", cash(BOB, 30), cash(ALICE, 70), inputs=(issue.ref(0),))
    shown = RecordMark(20, 0, EntryKind.MOVE, {issue.ref(0): issue.outputs[0]})
    record_transaction(connection, pay, rules, shown)
    (entry,) = entries_of(connection, BOB)
    assert (entry.change_amount, entry.counterparty) == (30, (ALICE.node, ALICE.key))
    assert entries_of(connection, ALICE) == ()


def test_a_period_opens_with_what_was_there_and_closes_with_what_is(connection: Connection) -> None:
    a_year(connection)
    found = statement(connection, asset(ALICE), Period(20, 40, 2**62), 500)
    assert (found.opening.balance_amount, found.closing.balance_amount) == (100, 70)
    assert [entry.recorded_ms for entry in found.page.rows] == [20, 30]
    assert found.closing.locked_amount == 50


def test_a_statement_goes_page_by_page_and_what_comes_later_is_not_in_it(connection: Connection) -> None:
    a_year(connection)
    period = Period(0, None, newest_sequence(connection))
    first = statement(connection, asset(ALICE), period, 3)
    record_transaction(connection, tx("later", cash(ALICE, 9)), RULES, mark(41, EntryKind.ISSUE))
    assert first.page.next_key is not None
    second = statement(connection, asset(ALICE), period, 3, first.page.next_key)
    assert [entry.sequence for entry in (*first.page.rows, *second.page.rows)] == [1, 2, 3, 4]
    assert second.page.next_key is None
    assert (first.opening, first.closing) == (second.opening, second.closing)
    assert second.closing.balance_amount == 20


@pytest.mark.parametrize(
    ("at_ms", "balance", "locked"), [(9, 0, 0), (10, 100, 0), (19, 100, 0), (20, 70, 0), (35, 70, 50), (10**15, 20, 0)]
)
def test_a_balance_as_of_a_time_counts_what_was_recorded_by_then(
    connection: Connection, at_ms: int, balance: int, locked: int
) -> None:
    a_year(connection)
    found = balance_at_time(connection, asset(ALICE), at_ms)
    assert (found.balance_amount, found.locked_amount) == (balance, locked)


@pytest.mark.parametrize(("position", "balance"), [(0, 70), (6, 70), (7, 70), (8, 70), (9, 20), (99, 20)])
def test_a_balance_as_of_a_journal_position_stands_before_the_next_one_was_recorded(
    connection: Connection, position: int, balance: int
) -> None:
    a_year(connection)
    assert balance_at_position(connection, asset(ALICE), position).balance_amount == balance
    locked = balance_at_position(connection, asset(ALICE), position).locked_amount
    assert locked == (50 if position in {7, 8} else 0)


def test_a_balance_as_of_a_sequence_is_that_after_the_update(connection: Connection) -> None:
    a_year(connection)
    found = [balance_at_sequence(connection, asset(BOB), sequence).balance_amount for sequence in range(5)]
    assert found == [0, 0, 30, 30, 80]
    with pytest.raises(UnknownSequence):
        balance_at_sequence(connection, asset(BOB), 5)


def test_an_account_without_entries_had_nothing_at_any_time(connection: Connection) -> None:
    assert balance_at_time(connection, asset(ALICE), 5) == NOTHING == PastBalance(0, 0, 0, 0)
    assert balance_at_position(connection, asset(ALICE), 5) == NOTHING
    assert statement(connection, asset(ALICE), ALL, 5).closing == NOTHING


def test_time_never_goes_back_in_the_books_though_the_clock_does(connection: Connection) -> None:
    for number, recorded_ms in enumerate((50, 40, 60, 10)):
        record_transaction(connection, tx(f"issue {number}", cash(ALICE, 1)), RULES, mark(recorded_ms, EntryKind.ISSUE))
    assert [entry.recorded_ms for entry in entries_of(connection, ALICE)] == [50, 50, 60, 60]
    assert balance_at_time(connection, asset(ALICE), 50).balance_amount == 2


def test_recording_again_enters_nothing(connection: Connection) -> None:
    made = a_year(connection)
    before = entries_of(connection, ALICE)
    for each in made.values():
        record_transaction(connection, each, RULES, mark(99))
    assert entries_of(connection, ALICE) == before
    assert newest_sequence(connection) == 4


def test_a_state_that_arrives_after_it_was_spent_changes_no_balance(connection: Connection) -> None:
    issue = tx("issue", cash(ALICE, 100))
    pay = tx("pay", cash(BOB, 30), cash(ALICE, 70), inputs=(issue.ref(0),))
    record_transaction(connection, pay, RULES, mark(10))
    record_transaction(connection, issue, RULES, mark(20, EntryKind.ISSUE))
    assert [entry.balance_amount for entry in entries_of(connection, ALICE)] == [70]
    assert balance_at_time(connection, asset(ALICE), 99).balance_amount == 70


def test_what_is_not_an_amount_in_an_account_is_an_update_without_entries(connection: Connection) -> None:
    record_transaction(connection, tx("client", state(IndexedClient("qbft-0", "qbft", "p-0"))), RULES, mark(5))
    assert newest_sequence(connection) == 1
    assert entries_of(connection, ALICE) == ()


def test_a_ledger_tx_that_touches_nothing_kept_here_has_no_number(connection: Connection) -> None:
    rules = VaultRules(RULES.indexers, keep_for_custodian(BOB.node))
    record_transaction(connection, tx("strange", cash(ALICE, 5), inputs=(StateRef(tx("x").id, 0),)), rules, mark(5))
    assert newest_sequence(connection) == 0
