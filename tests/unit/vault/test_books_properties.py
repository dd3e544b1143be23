"""The books against the states themselves: under any history, in any order of arrival, at every moment of the past."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault import schema
from chains.progmat.vault.books import RecordMark
from chains.progmat.vault.entry_lines import Entry, EntryKind
from chains.progmat.vault.holdings import balance
from chains.progmat.vault.pages import Key
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.statement import Period, balance_at_position, balance_at_sequence, balance_at_time, statement
from chains.progmat.vault.updates import newest_sequence, updates_after
from ibc.dvp import CashAccount
from tests.fakes.vault_world import ALICE, BOB, RULES, WSC, Tx, cash, lock, tx, vault_at
from tests.unit.vault.test_books import asset

ACCOUNTS = (ALICE, BOB)
Totals = dict[CashAccount, tuple[int, int]]


class BooksMachine(RuleBasedStateMachine):
    """The model remembers what the tables of states said after each record; the books must say the same for ever."""

    @initialize()
    def open(self) -> None:
        self.stack = contextlib.ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.connection = self.stack.enter_context(vault_at(Path(folder) / "node.sqlite"))
        self.now_ms = 1000
        self.count = 0
        self.position = 0
        self.coins: list[tuple[StateRef, CashAccount, int]] = []
        self.held: list[tuple[StateRef, StateRef, CashAccount, int]] = []
        self.withheld: list[tuple[Tx, int]] = []
        self.history: list[tuple[int, int, Totals]] = [(0, 0, dict.fromkeys(ACCOUNTS, (0, 0)))]

    def name(self) -> str:
        self.count += 1
        return f"tx {self.count}"

    def totals(self) -> Totals:
        found = {account: balance(self.connection, WSC, account, 0) for account in ACCOUNTS}
        return {account: (each.total, each.encumbered) for account, each in found.items()}

    def arrives(self, made: Tx, position: int) -> None:
        record_transaction(self.connection, made, RULES, RecordMark(self.now_ms, position, EntryKind.OTHER))
        if newest_sequence(self.connection) == len(self.history):
            at_ms = max(self.now_ms, self.history[-1][0])
            self.history.append((at_ms, position, self.totals()))

    def happens(self, made: Tx, later: bool, position: int = 0) -> None:  # noqa: FBT001 # drawn by hypothesis
        if later:
            self.withheld.append((made, position))
        else:
            self.arrives(made, position)

    def take(self, data: st.DataObject) -> list[tuple[StateRef, CashAccount, int]]:
        first = data.draw(st.sampled_from(self.coins))
        taken = [coin for coin in self.coins if coin[1] == first[1]][: data.draw(st.integers(1, 3))]
        for coin in taken:
            self.coins.remove(coin)
        return taken

    @rule(
        account=st.sampled_from(ACCOUNTS),
        amounts=st.lists(st.integers(1, 50), min_size=1, max_size=3),
        later=st.booleans(),
    )
    def issue(self, account: CashAccount, amounts: list[int], later: bool) -> None:  # noqa: FBT001 # as above
        made = tx(self.name(), *(cash(account, amount) for amount in amounts))
        self.coins += [(made.ref(n), account, amount) for n, amount in enumerate(amounts)]
        self.happens(made, later)

    @precondition(lambda self: self.coins)
    @rule(payee=st.sampled_from(ACCOUNTS), data=st.data(), later=st.booleans())
    def pay(self, payee: CashAccount, data: st.DataObject, later: bool) -> None:  # noqa: FBT001 # as above
        taken = self.take(data)
        payer, total = taken[0][1], sum(amount for _, _, amount in taken)
        paid = data.draw(st.integers(1, total))
        outputs = [(payee, paid), *([(payer, total - paid)] if total > paid else [])]
        made = tx(self.name(), *(cash(*each) for each in outputs), inputs=tuple(ref for ref, _, _ in taken))
        self.coins += [(made.ref(n), *each) for n, each in enumerate(outputs)]
        self.happens(made, later)

    @precondition(lambda self: self.coins)
    @rule(data=st.data(), later=st.booleans())
    def lock_for_trade(self, data: st.DataObject, later: bool) -> None:  # noqa: FBT001 # as above
        taken = self.take(data)
        total = sum(amount for _, _, amount in taken)
        self.position += 1
        trade_id = self.position.to_bytes(32, "big")
        outputs = (cash(taken[0][1], total, 1), lock(trade_id, self.position))
        made = tx(self.name(), *outputs, inputs=tuple(ref for ref, _, _ in taken))
        self.held.append((made.ref(0), made.ref(1), taken[0][1], total))
        self.happens(made, later, self.position)

    @precondition(lambda self: self.held)
    @rule(payee=st.sampled_from(ACCOUNTS), data=st.data(), later=st.booleans())
    def unlock(self, payee: CashAccount, data: st.DataObject, later: bool) -> None:  # noqa: FBT001 # as above
        held = data.draw(st.sampled_from(self.held))
        self.held.remove(held)
        self.position += 1
        made = tx(self.name(), cash(payee, held[3]), inputs=held[:2])
        self.coins.append((made.ref(0), payee, held[3]))
        self.happens(made, later, self.position)

    @precondition(lambda self: self.withheld)
    @rule(data=st.data())
    def a_late_one_arrives(self, data: st.DataObject) -> None:
        late = data.draw(st.sampled_from(self.withheld))
        self.withheld.remove(late)
        self.arrives(*late)

    @rule(milliseconds=st.integers(-20, 40))
    def the_clock_moves(self, milliseconds: int) -> None:
        self.now_ms += milliseconds

    @invariant()
    def the_last_entry_says_what_the_states_say(self) -> None:
        if not hasattr(self, "connection"):
            return
        totals = self.totals()
        for account in ACCOUNTS:
            found = balance_at_time(self.connection, asset(account), 2**53)
            assert (found.balance_amount, found.locked_amount) == totals[account]

    @precondition(lambda self: len(self.history) > 1)
    @rule(data=st.data(), account=st.sampled_from(ACCOUNTS))
    def the_past_is_as_it_was(self, data: st.DataObject, account: CashAccount) -> None:
        sequence = data.draw(st.integers(0, len(self.history) - 1))
        at_ms, _, totals = self.history[sequence]
        by_sequence = balance_at_sequence(self.connection, asset(account), sequence)
        assert (by_sequence.balance_amount, by_sequence.locked_amount) == totals[account]
        by_then = [totals for recorded_ms, _, totals in self.history if recorded_ms <= at_ms][-1]
        by_time = balance_at_time(self.connection, asset(account), at_ms)
        assert (by_time.balance_amount, by_time.locked_amount) == by_then[account]

    @precondition(lambda self: self.position)
    @rule(data=st.data(), account=st.sampled_from(ACCOUNTS))
    def a_journal_position_stands_before_the_first_later_one(self, data: st.DataObject, account: CashAccount) -> None:
        position = data.draw(st.integers(0, self.position))
        entered = set(
            self.connection.execute(select(schema.entries.c.sequence)).scalars()
        )  # not what changed no balance
        later = [n for n, (_, recorded, _) in enumerate(self.history) if recorded > position and n in entered]
        expected = self.history[later[0] - 1][2] if later else self.history[-1][2]
        found = balance_at_position(self.connection, asset(account), position)
        assert (found.balance_amount, found.locked_amount) == expected[account]

    @precondition(lambda self: len(self.history) > 1)
    @rule(data=st.data(), account=st.sampled_from(ACCOUNTS), size=st.integers(1, 5))
    def opening_and_changes_are_closing(self, data: st.DataObject, account: CashAccount, size: int) -> None:
        times = sorted({recorded_ms for recorded_ms, _, _ in self.history})
        from_ms, until_ms = data.draw(st.sampled_from(times)), data.draw(st.sampled_from([*times, None]))
        period = Period(from_ms, until_ms, newest_sequence(self.connection))
        entries: list[Entry] = []
        key: Key | None = None
        while True:
            found = statement(self.connection, asset(account), period, size, key)
            entries += found.page.rows
            key = found.page.next_key
            if key is None:
                break
        running = found.opening.balance_amount
        for entry in entries:
            running += entry.in_amount - entry.out_amount
            assert entry.balance_amount == running
            assert from_ms <= entry.recorded_ms < (until_ms or 2**53)
        assert running == found.closing.balance_amount
        assert found.closing.locked_amount == found.opening.locked_amount + sum(e.locked_change_amount for e in entries)

    @invariant()
    def updates_are_numbered_without_a_gap(self) -> None:
        if hasattr(self, "connection"):
            numbers = [update.sequence for update in updates_after(self.connection, 0, 1000)]
            assert numbers == list(range(1, len(self.history)))

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()


BooksMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestBooks = BooksMachine.TestCase
