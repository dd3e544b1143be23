"""Whatever happens to a coin, in whatever order, and wherever following dies: unspent coin = yen in trust."""

from __future__ import annotations

import contextlib
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select

from chains.progmat.market.trust import redemptions
from chains.progmat.market.trust.deposits import Deposit
from chains.progmat.market.trust.following import follow
from chains.progmat.market.trust.postings import BANK, Side, YenAccount, balances_of
from chains.progmat.market.trust.redemptions import RedemptionStatus
from chains.progmat.market.trust.tables import postings
from chains.progmat.transactions.model import StateRef
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.fakes.trust_world import CLERK, PLACES, TrustWorld, frozen, trust_at

AMOUNTS = st.integers(min_value=1, max_value=100)
PLACE = st.sampled_from(PLACES)


class TrustMachine(RuleBasedStateMachine):
    """Deposits, issues, moves, freezes, forced transfers, locks, redemptions, payouts; following may die anywhere."""

    confirmed: list[Deposit]

    @initialize()
    def open(self) -> None:
        self.stack = contextlib.ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.world = TrustWorld.of(self.stack.enter_context(trust_at(Path(folder) / "node.sqlite")))
        self.confirmed = []
        self.paid_in_yen = 0
        self.paid_out_yen = 0

    @rule(amount_yen=AMOUNTS, place=PLACE, times=st.integers(min_value=1, max_value=2))
    def pay_in(self, amount_yen: int, place: tuple[LedgerParty, LedgerParty], times: int) -> None:
        announced = self.world.announce(amount_yen, place)
        for _ in range(times):
            known = self.world.confirm(announced)
        self.confirmed.append(known)
        self.paid_in_yen += amount_yen

    @precondition(lambda self: self.confirmed)
    @rule()
    def issue(self) -> None:
        self.world.issue(self.confirmed.pop())

    def pick(self, data: st.DataObject, *, are_frozen: bool) -> StateRef | None:
        free = [ref for ref, (coin, locked) in self.world.held.items() if coin.frozen is are_frozen and not locked]
        return data.draw(st.sampled_from(sorted(free, key=lambda ref: (ref.tx_id, ref.index)))) if free else None

    @rule(data=st.data(), place=PLACE)
    def move(self, data: st.DataObject, place: tuple[LedgerParty, LedgerParty]) -> None:
        self._give(data, place, are_frozen=False)

    @rule(data=st.data(), place=PLACE)
    def force(self, data: st.DataObject, place: tuple[LedgerParty, LedgerParty]) -> None:
        self._give(data, place, are_frozen=data.draw(st.booleans()))

    def _give(self, data: st.DataObject, place: tuple[LedgerParty, LedgerParty], *, are_frozen: bool) -> None:
        ref = self.pick(data, are_frozen=are_frozen)
        if ref is None:
            return
        coin, _ = self.world.held[ref]
        given_yen = data.draw(st.integers(min_value=1, max_value=coin.amount_yen))
        left = [replace(coin, amount_yen=coin.amount_yen - given_yen)] if given_yen < coin.amount_yen else []
        self.world.make([ref], self.world.coin(given_yen, place), *left)

    @rule(data=st.data(), are_frozen=st.booleans())
    def freeze_or_thaw(self, data: st.DataObject, are_frozen: bool) -> None:  # noqa: FBT001 # drawn
        ref = self.pick(data, are_frozen=are_frozen)
        if ref is not None:
            self.world.make([ref], frozen(self.world.held[ref][0]))

    @rule(data=st.data())
    def lock(self, data: st.DataObject) -> None:
        ref = self.pick(data, are_frozen=False)
        if ref is not None:
            self.world.make([ref], self.world.held[ref][0], locked=True)

    @rule(data=st.data(), place=PLACE)
    def unlock(self, data: st.DataObject, place: tuple[LedgerParty, LedgerParty]) -> None:
        held = [ref for ref, (_, locked) in self.world.held.items() if locked]
        if held:
            ref = data.draw(st.sampled_from(sorted(held, key=lambda each: (each.tx_id, each.index))))
            self.world.make([ref], self.world.coin(self.world.held[ref][0].amount_yen, place))

    @rule(data=st.data())
    def redeem(self, data: st.DataObject) -> None:
        ref = self.pick(data, are_frozen=False)
        if ref is None:
            return
        coin, _ = self.world.held[ref]
        left_yen = data.draw(st.integers(min_value=0, max_value=coin.amount_yen - 1))
        self.world.make([ref], *([replace(coin, amount_yen=left_yen)] if left_yen else []))

    @rule(times=st.integers(min_value=1, max_value=2))
    def pay_out(self, times: int) -> None:
        owed = redemptions.list_redemptions(self.world.connection, COIN_ID, RedemptionStatus.PENDING, 1)
        for each in owed:
            for _ in range(times):
                reference = f"out {each.redemption_id}"
                redemptions.confirm_paid(self.world.connection, each.redemption_id, reference, CLERK, 0)
            self.paid_out_yen += each.amount_yen

    @rule(most=st.integers(min_value=1, max_value=3))
    def following_dies(self, most: int) -> None:
        """Everything of the batch is undone, the cursor as well."""
        undone = self.world.connection.begin_nested()
        follow(self.world.connection, SN.name, self.world.now_ms, most)
        undone.rollback()

    @rule(most=st.integers(min_value=1, max_value=4))
    def follow_all(self, most: int) -> None:
        for done in self.world.follow(most):
            assert done.differences == ()
        self.agree()

    def agree(self) -> None:
        found = self.world.reconcile()
        assert (found.difference_yen, found.halted_because) == (0, "")
        trust = {line.node: line.trust_yen for line in found.lines if line.trust_yen}
        assert trust == self.world.unspent_by_node()
        assert {line.node: line.unspent.total_yen for line in found.lines if line.trust_yen} == trust
        yen = balances_of(self.world.connection, COIN_ID)
        assert yen.get(BANK, 0) == self.paid_in_yen - self.paid_out_yen
        assert yen.get(BANK, 0) == sum(each for side, each in yen.items() if side.account is not YenAccount.BANK)
        assert all(each >= 0 for each in yen.values())
        assert {side: each for side, each in yen.items() if each} == self.added_up()
        assert {line.node for line in found.lines} <= {CN_A.name, CN_B.name}

    def added_up(self) -> dict[Side, int]:
        """Every posting again, from the first."""
        totals: dict[Side, int] = defaultdict(int)
        for row in self.world.connection.execute(select(postings)):
            debit, credit = (
                Side(YenAccount(account), node)
                for account, node in ((row.debit, row.debit_node), (row.credit, row.credit_node))
            )
            totals[debit] += row.amount_yen if debit == BANK else -row.amount_yen
            totals[credit] += -row.amount_yen if credit == BANK else row.amount_yen
        return {side: total for side, total in totals.items() if total}

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.follow_all(1000)
        if hasattr(self, "stack"):
            self.stack.close()


TestTrust = TrustMachine.TestCase
TestTrust.settings = settings(
    max_examples=7, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
