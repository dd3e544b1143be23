"""Any life of a settlement, with holds, tolerances and affirmations in it: what always holds, at every step."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ibc.dvp import SettlementTerms, terms_hash
from primitives.errors import CallerError
from relayer.gateway.instructing import (
    Affirmed,
    InstructionRules,
    affirm,
    amend,
    hold,
    instruct,
    release,
    retry,
    withdraw,
)
from relayer.gateway.lifecycle import HoldReason, SettlementState
from relayer.gateway.matching import Side, Tolerances
from relayer.gateway.model import UNAGREED, Said
from relayer.gateway.settlement_writes import Change
from tests.fakes.settlement_sides import MemoryLedger
from tests.fakes.settlement_terms import some_terms
from tests.unit.gateway.test_following_settlements import Desk

LIMIT_YEN = 1_000_040
NEAR = Tolerances(amount_yen=100, time_s=5)
RULES = {Side.SELLER: InstructionRules(NEAR, LIMIT_YEN), Side.BUYER: InstructionRules(NEAR)}
SIDES = st.sampled_from(list(Side))
USERS = st.sampled_from(["ann", "ben"])


class Lives(RuleBasedStateMachine):
    """One trade, two platforms with two people each, both ledgers."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(ledger=MemoryLedger(cash_yen=10_000_000))
        self.trade_id = some_terms().trade_id
        self.agreed: bytes = b""

    def teardown(self) -> None:
        self.desk.store.close()

    def do(self, change: Change) -> bool:
        try:
            self.desk.store.change(self.trade_id, change, self.desk.now_s)
        except CallerError:
            return False
        return True

    def known(self) -> Any:  # noqa: ANN401  # a settlement, once there is one
        found = self.desk.store.find([self.trade_id])
        return found[0].settlement if found else None

    @rule(side=SIDES, user=USERS, extra=st.integers(0, 130), held=st.booleans())
    def instructs(self, side: Side, user: str, extra: int, held: bool) -> None:  # noqa: FBT001  # hypothesis gives them by name
        said = Said(side.value, user, holds=frozenset({HoldReason.PARTY}) if held else frozenset())
        self.do(instruct(side, some_terms(amount_yen=1_000_000 + extra), self.desk.now_s, said, RULES[side]))

    @precondition(lambda self: self.known() is not None)
    @rule(side=SIDES, user=USERS)
    def affirms(self, side: Side, user: str) -> None:
        affirmed = Affirmed(self.known().terms_hash)
        self.do(affirm(side, affirmed, Said(side.value, user), RULES[side], self.desk.now_s))

    @rule(side=SIDES, user=USERS)
    def holds(self, side: Side, user: str) -> None:
        self.do(hold(side, Said(side.value, user)))

    @rule(side=SIDES, user=USERS, reason=st.sampled_from([None, *HoldReason]))
    def releases(self, side: Side, user: str, reason: HoldReason | None) -> None:
        before = self.known()
        lifted = self.do(release(side, Said(side.value, user), reason))
        if lifted:
            gone = before.instructions[side].said.holds - self.known().instructions[side].said.holds
            assert HoldReason.FOUR_EYES not in gone or before.instructions[side].said.user != user

    @rule(side=SIDES, user=USERS)
    def updates(self, side: Side, user: str) -> None:
        self.do(amend(side, Said(side.value, user), {"hold": False}))

    @rule()
    def retries(self) -> None:
        self.do(retry(self.desk.now_s))

    @rule()
    def withdraws(self) -> None:
        self.do(withdraw())

    @precondition(lambda self: self.known() is not None and not self.desk.evm.earmarks)
    @rule()
    def seller_earmarks(self) -> None:
        self.desk.evm.earmark(self.known().terms)

    @rule()
    def delivers_and_pays(self) -> None:
        facts = self.desk.ledger.trades.get(self.trade_id, [])
        if len(facts) == 1 and facts[0].fact.what == "cash locked":
            terms: SettlementTerms = self.known().terms
            self.desk.evm.deliver(terms)
            self.desk.ledger.release(terms)

    @rule()
    def follows(self) -> None:
        before, attempts = self.known(), len(self.desk.ledger.attempts)
        asyncio.run(self.desk.rounds(2))
        if before is not None and before.held_sides:
            assert len(self.desk.ledger.attempts) == attempts  # nothing starts on hold

    @invariant()
    def what_is_matched_is_what_both_named_and_stays_so(self) -> None:
        settlement = self.known()
        if settlement is None or settlement.state in UNAGREED | {SettlementState.CANCELLED}:
            return
        assert {terms_hash(each.terms) for each in settlement.instructions.values()} == {settlement.terms_hash}
        assert len(settlement.instructions) == len(Side)
        assert self.agreed in {b"", settlement.terms_hash}
        self.agreed = settlement.terms_hash

    @invariant()
    def a_settlement_that_is_not_at_its_end_says_what_it_waits_for(self) -> None:
        settlement = self.known()
        assert settlement is None or (settlement.waiting is None) == settlement.state.is_final
        assert settlement is None or (settlement.agreed is not None) == (
            settlement.state is SettlementState.WITHIN_TOLERANCE
        )

    @invariant()
    def no_large_amount_is_locked_on_one_persons_word(self) -> None:
        settlement = self.known()
        if settlement is not None and settlement.terms.cash.amount_yen > LIMIT_YEN and self.desk.ledger.attempts:
            assert not settlement.instructions[Side.SELLER].said.holds & {HoldReason.FOUR_EYES}

    @invariant()
    def the_stream_tells_every_version_once(self) -> None:
        events = self.desk.store.events({"cn-a"}, 0, self.trade_id, 1000).events
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        settlement = self.known()
        assert len(events) == (settlement.revision if settlement is not None else 0)


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
