"""Many flows pay from one account at once: never a false shortage, never one coin for two, never more than is owned.

The flows are played over the real tables: each reserves, then its ledger_tx is recorded, or it gives up, or it is
forgotten and its reservation expires. Waiting flows make the change of others split, as in the node.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chains.progmat.flows.change import pieces_of_change
from chains.progmat.vault.errors import FundsSoftLocked, FundsTooFragmented, InsufficientFunds, NothingToMerge
from chains.progmat.vault.holdings import (
    Holding,
    HoldingRequest,
    balance,
    count_holdings,
    select_and_lock,
    select_small_and_lock,
    total,
)
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.soft_locks import release_soft_locks, renew_soft_locks
from tests.fakes.vault_world import ALICE, BOB, NOTARY, RULES, WSC, cash, soft_locked_refs, tx, vault_at

HOLD_S = 30
MAX_INPUTS = 8


@dataclass
class Flow:
    """A payment at work: what it reserved, and until when that is its own."""

    amount_yen: int
    coins: tuple[Holding, ...]
    expires_s: int


class HotAccountMachine(RuleBasedStateMachine):
    """The model owns a number of yen and knows who has reserved what until when."""

    @initialize(amounts=st.lists(st.integers(1, 500), min_size=1, max_size=6))
    def open(self, amounts: list[int]) -> None:
        self.stack = contextlib.ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.connection = self.stack.enter_context(vault_at(Path(folder) / "node.sqlite"))
        self.now_s = 1000
        self.count = 0
        self.owned_yen = sum(amounts)
        self.flows: dict[str, Flow] = {}
        self.waiting: dict[str, int] = {}
        record_transaction(self.connection, tx("issue", *(cash(ALICE, amount) for amount in amounts)), RULES)

    def name(self, what: str) -> str:
        self.count += 1
        return f"{what} {self.count}"

    def live(self) -> dict[str, Flow]:
        return {name: flow for name, flow in self.flows.items() if flow.expires_s > self.now_s}

    def request(self, flow: str, amount_yen: int) -> HoldingRequest:
        return HoldingRequest(
            WSC, ALICE, amount_yen, flow, self.now_s, self.now_s + HOLD_S, MAX_INPUTS, notary=NOTARY.name
        )

    def try_to_pay(self, name: str, amount_yen: int) -> None:
        reserved_yen = sum(total(flow.coins) for flow in self.live().values())
        self.waiting.pop(name, None)
        free_yen = self.owned_yen - reserved_yen
        match self.reserved(name, amount_yen):
            case InsufficientFunds():
                assert self.owned_yen < amount_yen
            case FundsSoftLocked(retry_after_s=retry_after_s, account_key=account_key):
                assert free_yen < amount_yen <= self.owned_yen
                assert retry_after_s == min(flow.expires_s for flow in self.live().values()) - self.now_s > 0
                assert account_key == ALICE.key
                self.waiting[name] = amount_yen
            case FundsTooFragmented(reached=reached):
                assert free_yen >= amount_yen > reached
            case tuple() as coins:
                assert total(coins) >= amount_yen
                assert len(coins) <= MAX_INPUTS
                taken = {holding.ref for flow in self.live().values() for holding in flow.coins}
                assert not taken.intersection(holding.ref for holding in coins)
                self.flows[name] = Flow(amount_yen, coins, self.now_s + HOLD_S)

    def reserved(
        self, name: str, amount_yen: int
    ) -> tuple[Holding, ...] | InsufficientFunds | FundsSoftLocked | FundsTooFragmented:
        try:
            return select_and_lock(self.connection, self.request(name, amount_yen))
        except (InsufficientFunds, FundsSoftLocked, FundsTooFragmented) as error:
            return error

    @rule(amount=st.integers(1, 300))
    def a_payment_begins(self, amount: int) -> None:
        self.try_to_pay(self.name("pay"), amount)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def one_that_waits_tries_again(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(list(self.waiting)))
        self.try_to_pay(name, self.waiting[name])

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def a_payment_becomes_final(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(list(self.live())))
        flow = self.flows.pop(name)
        left_yen = total(flow.coins) - flow.amount_yen
        pieces = pieces_of_change(
            left_yen,
            flow.amount_yen,
            len(self.waiting),
            lambda: count_holdings(self.connection, WSC, ALICE, 1000) - len(flow.coins),
        )
        assert sum(pieces) == left_yen
        outputs = [cash(BOB, flow.amount_yen)] if flow.amount_yen else []
        outputs += [cash(ALICE, piece) for piece in pieces]
        inputs = tuple(holding.ref for holding in flow.coins)
        record_transaction(self.connection, tx(self.name("final"), *outputs, inputs=inputs), RULES)
        self.owned_yen -= flow.amount_yen

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def a_payment_is_aborted(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(list(self.live())))
        assert release_soft_locks(self.connection, lock_owner=name) == len(self.flows.pop(name).coins)

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def a_payment_takes_longer(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(list(self.live())))
        flow = self.flows[name]
        flow.expires_s = self.now_s + HOLD_S
        assert renew_soft_locks(self.connection, lock_owner=name, expires_s=flow.expires_s) == len(flow.coins)

    @rule(below=st.integers(2, 200))
    def dust_is_merged(self, below: int) -> None:
        name = self.name("merge")
        try:
            small = select_small_and_lock(self.connection, self.request(name, 0), below)
        except NothingToMerge:
            return
        assert all(holding.amount < below for holding in small)
        assert not {h.ref for h in small} & {h.ref for flow in self.live().values() for h in flow.coins}
        self.flows[name] = Flow(0, small, self.now_s + HOLD_S)

    @rule(amount=st.integers(1, 100))
    def cash_comes_in(self, amount: int) -> None:
        record_transaction(self.connection, tx(self.name("receive"), cash(ALICE, amount)), RULES)
        self.owned_yen += amount

    @rule(seconds=st.integers(1, HOLD_S + 5))
    def time_passes(self, seconds: int) -> None:
        self.now_s += seconds
        self.flows = self.live()

    @invariant()
    def what_is_reserved_is_owned_and_each_coin_has_one_flow(self) -> None:
        if not hasattr(self, "connection"):
            return
        found = balance(self.connection, WSC, ALICE, self.now_s)
        assert found.total == self.owned_yen
        assert found.soft_locked == sum(total(flow.coins) for flow in self.live().values())
        for name, flow in self.live().items():
            held = soft_locked_refs(self.connection, lock_owner=name, now_s=self.now_s)
            assert set(held) == {holding.ref for holding in flow.coins}

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()


HotAccountMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
TestHotAccount = HotAccountMachine.TestCase
