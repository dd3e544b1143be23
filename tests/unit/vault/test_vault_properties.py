"""Properties of the vault under any interleaving of issues, moves, locks, unlocks, soft locks and time."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chains.progmat.vault.errors import FundsSoftLocked, FundsTooFragmented, InsufficientFunds
from chains.progmat.vault.holdings import HoldingRequest, balance, select_and_lock
from chains.progmat.vault.queries import hold, holds
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.soft_locks import release_soft_locks
from ibc.dvp import CashAccount
from tests.fakes.vault_world import ALICE, BOB, NOTARY, RULES, WSC, Tx, cash, lock, soft_locked_refs, tx, vault_at

FLOWS = st.sampled_from(["one", "two", "three"])
ACCOUNTS = st.sampled_from([ALICE, BOB])
AMOUNTS = st.integers(min_value=1, max_value=100)


class VaultMachine(RuleBasedStateMachine):
    """The model is the plain sum of what was issued; soft locks are checked against each other."""

    @initialize()
    def open(self) -> None:
        self.stack = contextlib.ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.connection = self.stack.enter_context(vault_at(Path(folder) / "node.sqlite"))
        self.issued_yen = 0
        self.now_s = 1000
        self.count = 0
        self.history: list[Tx] = []
        self.trades: list[bytes] = []

    def record(self, made: Tx) -> None:
        record_transaction(self.connection, made, RULES)
        self.history.append(made)

    def name(self) -> str:
        self.count += 1
        return f"tx {self.count}"

    @rule(account=ACCOUNTS, amounts=st.lists(AMOUNTS, min_size=1, max_size=4))
    def issue(self, account: CashAccount, amounts: list[int]) -> None:
        self.record(tx(self.name(), *(cash(account, amount) for amount in amounts)))
        self.issued_yen += sum(amounts)

    def choose(self, account: CashAccount, amount_yen: int, flow: str) -> HoldingRequest:
        return HoldingRequest(
            WSC, account, amount_yen, flow, self.now_s, self.now_s + 30, max_inputs=3, notary=NOTARY.name
        )

    @rule(account=ACCOUNTS, amount=AMOUNTS, flow=FLOWS)
    def reserve(self, account: CashAccount, amount: int, flow: str) -> None:
        free = balance(self.connection, WSC, account, self.now_s)
        try:
            select_and_lock(self.connection, self.choose(account, amount, flow))
        except InsufficientFunds:
            assert free.free + free.soft_locked < amount
        except FundsSoftLocked:
            assert free.free < amount <= free.free + free.soft_locked
        except FundsTooFragmented:
            assert free.free + free.soft_locked >= amount

    @rule(payer=ACCOUNTS, payee=ACCOUNTS, amount=AMOUNTS, flow=FLOWS)
    def move(self, payer: CashAccount, payee: CashAccount, amount: int, flow: str) -> None:
        try:
            chosen = select_and_lock(self.connection, self.choose(payer, amount, flow))
        except (InsufficientFunds, FundsSoftLocked, FundsTooFragmented):
            return
        change = sum(holding.amount for holding in chosen) - amount
        outputs = [cash(payee, amount), *([cash(payer, change)] if change else [])]
        self.record(tx(self.name(), *outputs, inputs=tuple(holding.ref for holding in chosen)))

    @rule(payer=ACCOUNTS, amount=AMOUNTS, flow=FLOWS)
    def lock_for_trade(self, payer: CashAccount, amount: int, flow: str) -> None:
        try:
            chosen = select_and_lock(self.connection, self.choose(payer, amount, flow))
        except (InsufficientFunds, FundsSoftLocked, FundsTooFragmented):
            return
        trade_id = self.count.to_bytes(32, "big")
        change = sum(holding.amount for holding in chosen) - amount
        outputs = [cash(payer, amount, 1), lock(trade_id, self.count), *([cash(payer, change)] if change else [])]
        self.record(tx(self.name(), *outputs, inputs=tuple(holding.ref for holding in chosen)))
        self.trades.append(trade_id)

    @precondition(lambda self: self.trades)
    @rule(payee=ACCOUNTS, data=st.data())
    def unlock(self, payee: CashAccount, data: st.DataObject) -> None:
        trade_id = data.draw(st.sampled_from(self.trades))
        self.trades.remove(trade_id)
        held = hold(self.connection, trade_id)
        assert held is not None
        inputs = (held.lock.ref, *(each.ref for each in held.cash))
        self.record(tx(self.name(), cash(payee, held.amount), inputs=inputs))

    @rule(flow=FLOWS)
    def release(self, flow: str) -> None:
        release_soft_locks(self.connection, lock_owner=flow)

    @rule(seconds=st.integers(min_value=1, max_value=60))
    def pass_time(self, seconds: int) -> None:
        self.now_s += seconds

    @precondition(lambda self: self.history)
    @rule(data=st.data())
    def record_again(self, data: st.DataObject) -> None:
        record_transaction(self.connection, data.draw(st.sampled_from(self.history)), RULES)

    @invariant()
    def money_is_conserved(self) -> None:
        if not hasattr(self, "connection"):
            return
        found = [balance(self.connection, WSC, account, self.now_s) for account in (ALICE, BOB)]
        assert sum(each.total for each in found) == self.issued_yen
        held_yen = sum(each.amount for each in holds(self.connection, 1000))
        assert sum(each.encumbered for each in found) == held_yen

    @invariant()
    def no_state_is_held_twice(self) -> None:
        if not hasattr(self, "connection"):
            return
        held = [
            ref
            for flow in ("one", "two", "three")
            for ref in soft_locked_refs(self.connection, lock_owner=flow, now_s=self.now_s)
        ]
        assert len(held) == len(set(held))

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()


VaultMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestVault = VaultMachine.TestCase
