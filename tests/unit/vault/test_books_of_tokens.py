"""Tokens in the books: as coins, each asset by itself, and a trade settled at once shows both its legs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection

from chains.progmat.vault.books import RecordMark
from chains.progmat.vault.counter_legs import with_counter_legs
from chains.progmat.vault.entry_lines import CounterLeg, Entry, EntryKind
from chains.progmat.vault.holdings import balance
from chains.progmat.vault.indexing import AccountAsset, Asset, IndexedHolding, VaultRules, keep_for_custodian
from chains.progmat.vault.listing import Seen, list_accounts, list_coins
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.statement import Period, balance_at_sequence, balance_at_time, statement
from chains.progmat.vault.watching import read_updates
from ibc.dvp import CashAccount
from tests.fakes.vault_world import ALICE, BOB, BOND, RULES, WSC, Tx, cash, state, tokens, tx

ALL = Period(0, None, 2**62)


def of(account: CashAccount, asset: Asset = BOND) -> AccountAsset:
    return AccountAsset(*asset, account.node, account.key)


def entries_of(connection: Connection, account: CashAccount, asset: Asset = BOND) -> tuple[Entry, ...]:
    return with_counter_legs(connection, statement(connection, of(account, asset), ALL, 500).page.rows, "")


def mark(recorded_ms: int, kind: EntryKind = EntryKind.MOVE) -> RecordMark:
    return RecordMark(recorded_ms, 0, kind)


def a_settled_trade(connection: Connection, rules: VaultRules = RULES) -> Tx:
    """Alice sells 10 of 100 bonds to Bob for 400 of 1000 yen; all of it is recorded here."""
    bonds, coins = tx("bonds", tokens(ALICE, 100)), tx("coins", cash(BOB, 1000))
    made = (tokens(BOB, 10), tokens(ALICE, 90), cash(ALICE, 400), cash(BOB, 600))
    trade = tx("trade", *made, inputs=(bonds.ref(0), coins.ref(0)))
    inputs = {bonds.ref(0): bonds.outputs[0], coins.ref(0): coins.outputs[0]}
    record_transaction(connection, bonds, rules, mark(10, EntryKind.ISSUE))
    record_transaction(connection, coins, rules, mark(20, EntryKind.ISSUE))
    record_transaction(connection, trade, rules, RecordMark(30, 0, EntryKind.DVP, inputs))
    return trade


def lines(found: Sequence[Entry]) -> list[tuple[EntryKind, int, int]]:
    return [(entry.kind, entry.change_amount, entry.balance_amount) for entry in found]


def test_issue_move_and_redemption_of_tokens_are_entered_as_those_of_coins(connection: Connection) -> None:
    issue = tx("issue", tokens(ALICE, 100))
    move = tx("move", tokens(BOB, 30), tokens(ALICE, 70), inputs=(issue.ref(0),))
    redeem = tx("redeem", tokens(BOB, 25), inputs=(move.ref(0),))
    for recorded_ms, made, kind in (
        (10, issue, EntryKind.ISSUE),
        (20, move, EntryKind.MOVE),
        (30, redeem, EntryKind.REDEEM),
    ):
        record_transaction(connection, made, RULES, mark(recorded_ms, kind))
    assert lines(entries_of(connection, ALICE)) == [(EntryKind.ISSUE, 100, 100), (EntryKind.MOVE, -30, 70)]
    assert lines(entries_of(connection, BOB)) == [(EntryKind.MOVE, 30, 30), (EntryKind.REDEEM, -5, 25)]
    assert entries_of(connection, BOB)[0].counterparty == (ALICE.node, ALICE.key)
    assert [balance_at_time(connection, of(ALICE), at).balance_amount for at in (9, 10, 19, 20)] == [0, 100, 100, 70]
    assert [balance_at_sequence(connection, of(BOB), number).balance_amount for number in range(4)] == [0, 0, 30, 25]


def test_a_settled_trade_shows_each_side_what_it_gave_for_what(connection: Connection) -> None:
    a_settled_trade(connection)
    sold, paid = entries_of(connection, ALICE)[-1], entries_of(connection, BOB, WSC)[-1]
    bought, earned = entries_of(connection, BOB)[-1], entries_of(connection, ALICE, WSC)[-1]
    assert lines([sold, bought, paid, earned]) == [
        (EntryKind.DVP, -10, 90),
        (EntryKind.DVP, 10, 10),
        (EntryKind.DVP, -400, 600),
        (EntryKind.DVP, 400, 400),
    ]
    assert sold.counter_leg == CounterLeg(of(ALICE, WSC), 400)
    assert earned.counter_leg == CounterLeg(of(ALICE), -10)
    assert bought.counter_leg == CounterLeg(of(BOB, WSC), -400)
    assert paid.counter_leg == CounterLeg(of(BOB), 10)
    assert [each.counterparty for each in (sold, bought)] == [(BOB.node, BOB.key), (ALICE.node, ALICE.key)]


def test_a_custodian_shows_the_leg_of_its_own_customer_and_no_other(connection: Connection) -> None:
    a_settled_trade(connection, VaultRules(RULES.indexers, keep_for_custodian(BOB.node)))
    (bought,) = entries_of(connection, BOB)
    assert (bought.counterparty, bought.counter_leg) == ((ALICE.node, ALICE.key), CounterLeg(of(BOB, WSC), -400))
    assert entries_of(connection, ALICE) == ()


def test_a_reader_of_one_nodes_accounts_is_shown_no_leg_of_another_node(connection: Connection) -> None:
    a_settled_trade(connection, VaultRules(RULES.indexers, _is_bobs_bond_or_alices_cash))
    (bought,) = statement(connection, of(BOB), ALL, 5).page.rows
    (shown,) = with_counter_legs(connection, [bought], BOB.node)
    assert shown.counter_leg is None
    seen = read_updates(connection, Seen(node=BOB.node), 0, 10).updates[-1]
    assert [entry.counter_leg for entry in seen.entries] == [None]


def _is_bobs_bond_or_alices_cash(each: object) -> bool:
    return isinstance(each, IndexedHolding) and (each.node == BOB.node) == (each.network == "ST")


def test_updates_tell_tokens_and_their_trades(connection: Connection) -> None:
    trade = a_settled_trade(connection)
    first, _, last = read_updates(connection, Seen(), 0, 10).updates
    assert [(coin.asset, coin.amount) for coin in first.made] == [(BOND, 100)]
    assert (last.update.tx_id, len(last.made), len(last.consumed), len(last.entries)) == (trade.id, 4, 2, 4)
    assert all(entry.counter_leg is not None for entry in last.entries)
    (only,) = read_updates(connection, Seen(network="ST", account_key=BOB.key), 0, 10).updates
    assert [entry.account.network for entry in only.entries] == ["ST"]


@pytest.mark.parametrize(
    "twin",
    [
        IndexedHolding("SC", "X", "N", 7, ALICE.node, ALICE.key),
        IndexedHolding("UT", "X", "N", 7, ALICE.node, ALICE.key),
        IndexedHolding("ST", "X", "M", 7, ALICE.node, ALICE.key),
        IndexedHolding("ST", "Y", "N", 7, ALICE.node, ALICE.key),
        IndexedHolding("ST", "X", "N", 7, BOB.node, ALICE.key),
        IndexedHolding("ST", "X", "N", 7, ALICE.node, BOB.key),
    ],
    ids=["coin", "utility token", "registrar", "id", "node", "key"],
)
def test_assets_that_share_a_name_are_never_added_together(connection: Connection, twin: IndexedHolding) -> None:
    """Somebody gives a worthless asset the id and issuer of a dear one."""
    dear = IndexedHolding("ST", "X", "N", 100, ALICE.node, ALICE.key)
    record_transaction(connection, tx("dear", state(dear)), RULES, mark(1, EntryKind.ISSUE))
    record_transaction(connection, tx("twin", state(twin)), RULES, mark(2, EntryKind.ISSUE))
    both = tx("both at once", state(dear), state(twin))
    record_transaction(connection, both, RULES, mark(3, EntryKind.ISSUE))
    for each in (dear, twin):
        account = CashAccount(each.node, each.owner_key)
        assert balance(connection, each.asset, account, 0).total == 2 * each.amount
        books = statement(connection, of(account, each.asset), ALL, 10)
        assert [entry.change_amount for entry in books.page.rows] == [each.amount] * 2
        assert books.closing.balance_amount == 2 * each.amount
    assert len(list_accounts(connection, Seen(), 0, 10).rows) == 2


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_of_coins_and_tokens_are_stable_while_others_come(connection: Connection, size: int) -> None:
    a_settled_trade(connection)
    before = {coin.ref for coin in list_coins(connection, Seen(), 0, 50).rows}
    found, key, number = [], None, 0
    while True:
        page = list_coins(connection, Seen(), 0, size, key)
        found += [coin.ref for coin in page.rows]
        key, number = page.next_key, number + 1
        if key is None:
            break
        record_transaction(connection, tx(f"later {number}", tokens(ALICE, 1), cash(BOB, 1)), RULES, mark(40))
        if number > 20:
            break
    assert before <= set(found)
    assert len(found) == len(set(found))


def test_the_account_lines_of_one_network_are_those_of_its_assets(connection: Connection) -> None:
    a_settled_trade(connection)
    for network, asset in (("ST", BOND), ("SC", WSC)):
        found = list_accounts(connection, Seen(network=network), 0, 10).rows
        assert {line.asset for line in found} == {asset}
        assert {line.account for line in found} == {ALICE, BOB}
    assert list_accounts(connection, Seen(network="UT"), 0, 10).rows == ()
