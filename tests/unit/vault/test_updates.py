"""The update stream: in order, without gaps, as long as kept; who comes too late is told."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.books import RecordMark
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.errors import OutOfRetention, UnknownSequence
from chains.progmat.vault.indexing import IndexedClient
from chains.progmat.vault.lines import Coin
from chains.progmat.vault.listing import Seen, list_coins
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.updates import forget_updates, newest_sequence, updates_after
from chains.progmat.vault.watching import Batch, read_updates
from tests.fakes.vault_world import ALICE, BOB, RULES, Tx, cash, state, tx

EVERYTHING = Seen()


def record(connection: Connection, *transactions: Tx) -> None:
    for number, each in enumerate(transactions):
        record_transaction(connection, each, RULES, RecordMark(1000 + number, 0, EntryKind.MOVE))


def issues(connection: Connection, count: int) -> None:
    record(connection, *(tx(f"issue {number}", cash(ALICE, 1)) for number in range(count)))


def test_updates_tell_what_was_made_consumed_and_booked(connection: Connection) -> None:
    issue = tx("issue", cash(ALICE, 100))
    pay = tx("pay", cash(BOB, 30), cash(ALICE, 70), inputs=(issue.ref(0),))
    record(connection, issue, pay)
    first, second = read_updates(connection, EVERYTHING, 0, 10).updates
    assert [coin.amount for coin in first.made] == [100]  # though it is spent since
    assert first.consumed == ()
    assert second.consumed == (issue.ref(0),)
    assert {coin.account: coin.amount for coin in second.made} == {ALICE: 70, BOB: 30}
    assert sorted(entry.change_amount for entry in second.entries) == [-30, 30]
    assert (second.update.tx_id, second.update.recorded_ms) == (pay.id, 1001)


def test_reading_goes_on_after_any_sequence_in_any_steps(connection: Connection) -> None:
    issues(connection, 7)
    for step in (1, 2, 3, 10):
        seen: list[int] = []
        while (batch := read_updates(connection, EVERYTHING, seen[-1] if seen else 0, step)).updates:
            seen += [update.update.sequence for update in batch.updates]
        assert seen == list(range(1, 8))
    assert read_updates(connection, EVERYTHING, 7, 10) == Batch(7, ())


def test_a_reader_of_one_account_is_not_told_of_others_but_how_far_it_has_come(connection: Connection) -> None:
    record(connection, tx("a", cash(ALICE, 1)), tx("b", cash(BOB, 1)), tx("c", state(IndexedClient("q", "qbft", "p"))))
    batch = read_updates(connection, Seen(account_key=BOB.key), 0, 10)
    assert [update.update.sequence for update in batch.updates] == [2]
    assert batch.reached == 3
    assert len(read_updates(connection, EVERYTHING, 0, 10).updates) == 3
    assert read_updates(connection, Seen(node="CN-C"), 0, 10) == Batch(3, ())


def test_forgotten_updates_are_named_and_the_newest_are_kept(connection: Connection) -> None:
    issues(connection, 10)
    assert forget_updates(connection, keep=4) == 6
    assert forget_updates(connection, keep=4) == 0
    with pytest.raises(OutOfRetention) as late:
        updates_after(connection, 5, 10)
    assert (late.value.after, late.value.oldest, late.value.newest) == (5, 7, 10)
    assert [update.sequence for update in updates_after(connection, 6, 10)] == [7, 8, 9, 10]


def test_numbers_go_on_after_everything_that_may_be_forgotten_is(connection: Connection) -> None:
    issues(connection, 3)
    forget_updates(connection, keep=1)
    record(connection, tx("more", cash(ALICE, 1)))
    assert newest_sequence(connection) == 4
    with pytest.raises(ValueError, match="at least one"):
        forget_updates(connection, keep=0)


def test_an_empty_vault_has_nothing_to_forget_and_nothing_to_tell(connection: Connection) -> None:
    assert forget_updates(connection, keep=1) == 0
    assert updates_after(connection, 0, 10) == []


def test_a_sequence_that_was_never_reached_is_refused(connection: Connection) -> None:
    issues(connection, 2)
    assert updates_after(connection, 2, 10) == []
    with pytest.raises(UnknownSequence):
        updates_after(connection, 3, 10)


def test_a_snapshot_and_the_updates_after_its_sequence_make_the_present_state(connection: Connection) -> None:
    issues(connection, 5)
    first = list_coins(connection, EVERYTHING, 0, 3)
    sequence = newest_sequence(connection)
    spent, unspent = first.rows[0].ref, first.rows[1].ref
    record(connection, tx("pay", cash(BOB, 1), inputs=(spent,)), tx("fresh", cash(ALICE, 9)))
    second = list_coins(connection, EVERYTHING, 0, 100, first.next_key)
    replica: dict[StateRef, Coin] = {coin.ref: coin for coin in (*first.rows, *second.rows)}
    for update in read_updates(connection, EVERYTHING, sequence, 100).updates:
        replica |= {coin.ref: coin for coin in update.made}
        for ref in update.consumed:
            replica.pop(ref, None)
    assert unspent in replica
    assert set(replica) == {coin.ref for coin in list_coins(connection, EVERYTHING, 0, 100).rows}
