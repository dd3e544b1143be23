"""Holds stop what the gateway would start; one for four eyes is lifted by a second person only."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from ibc.dvp import terms_hash
from relayer.gateway.errors import (
    EtagMismatch,
    FourEyesSameUser,
    HoldAmbiguous,
    NotInstructed,
    NotOnHold,
    NotYourInstruction,
    SettlementEnded,
    TradeAlreadyLocked,
)
from relayer.gateway.instructing import Affirmed, InstructionRules, affirm, amend, hold, instruct, release
from relayer.gateway.lifecycle import HoldReason, SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Priority, Said, Settlement
from relayer.gateway.settlement_writes import Change, changed
from tests.fakes.settlement_terms import T0_S, some_terms

LIMIT_YEN = 1_000_000
RULES, NO_LIMIT = InstructionRules(four_eyes_above_yen=LIMIT_YEN), InstructionRules()
ANN, BEN, STRANGER = Said("broker-a", "ann"), Said("broker-a", "ben"), Said("broker-x", "xen")
BUYER = Said("broker-b", "bob")
LARGE, SMALL = some_terms(amount_yen=LIMIT_YEN + 1), some_terms(amount_yen=LIMIT_YEN)


@dataclass
class Case:
    settlement: Settlement | None = None

    def after(self, change: Change) -> Settlement:
        self.settlement = changed(self.settlement, change, T0_S)
        assert self.settlement is not None
        return self.settlement

    def holds(self, side: Side = Side.SELLER) -> frozenset[HoldReason]:
        assert self.settlement is not None
        return self.settlement.instructions[side].said.holds


def large() -> Case:
    case = Case()
    case.after(instruct(Side.SELLER, LARGE, T0_S, ANN, RULES))
    return case


def test_an_amount_above_the_platforms_limit_waits_for_a_second_person_and_one_at_it_does_not() -> None:
    assert large().holds() == {HoldReason.FOUR_EYES}
    case = Case()
    case.after(instruct(Side.SELLER, SMALL, T0_S, ANN, RULES))
    case.after(instruct(Side.BUYER, SMALL, T0_S, BUYER, NO_LIMIT))
    assert case.holds() == case.holds(Side.BUYER) == frozenset()


def test_it_matches_on_hold_and_says_whom_it_waits_for() -> None:
    case = large()
    matched = case.after(instruct(Side.BUYER, LARGE, T0_S, BUYER, NO_LIMIT))
    assert matched.state is SettlementState.MATCHED
    assert matched.held_sides == (Side.SELLER,)
    assert matched.waiting is not None
    assert (matched.waiting.on, matched.waiting.what) == ("the seller", "the release of the hold (four eyes)")
    released = case.after(release(Side.SELLER, BEN, None))
    assert released.waiting is not None
    assert released.waiting.what == "the earmark of the securities on the EVM chain"


@pytest.mark.parametrize(
    "attempt",
    [
        release(Side.SELLER, ANN, None),
        release(Side.SELLER, ANN, HoldReason.FOUR_EYES),
        affirm(Side.SELLER, Affirmed(terms_hash(LARGE)), ANN, RULES, T0_S),
        affirm(Side.SELLER, Affirmed(etag="1"), ANN, RULES, T0_S),
    ],
)
def test_whoever_instructed_cannot_be_the_second_pair_of_eyes(attempt: Change) -> None:
    case = large()
    with pytest.raises(FourEyesSameUser):
        case.after(attempt)
    assert case.holds() == {HoldReason.FOUR_EYES}


@pytest.mark.parametrize("attempt", [release(Side.SELLER, STRANGER, None), hold(Side.SELLER, STRANGER)])
def test_another_platform_that_speaks_for_the_node_neither_holds_nor_releases(attempt: Change) -> None:
    with pytest.raises(NotYourInstruction):
        large().after(attempt)


def test_callers_without_names_of_their_own_never_make_four_eyes() -> None:
    case, nobody = Case(), Said("broker-a")
    case.after(instruct(Side.SELLER, LARGE, T0_S, nobody, RULES))
    with pytest.raises(FourEyesSameUser, match="token"):
        case.after(release(Side.SELLER, nobody, None))


def test_the_second_person_agrees_by_release_or_by_affirming_the_same_terms() -> None:
    for agree in (release(Side.SELLER, BEN, None), affirm(Side.SELLER, Affirmed(terms_hash(LARGE)), BEN, RULES, T0_S)):
        case = large()
        assert case.after(agree).held_sides == ()


@pytest.mark.parametrize(
    "bypass",
    [
        amend(Side.SELLER, ANN, {"hold": False}),
        instruct(Side.SELLER, LARGE, T0_S, ANN, RULES),
        instruct(Side.SELLER, LARGE, T0_S, replace(ANN, reference="again"), InstructionRules()),
    ],
)
def test_neither_an_update_nor_the_same_instruction_again_lifts_it(bypass: Change) -> None:
    case = large()
    case.after(bypass)
    assert case.holds() == {HoldReason.FOUR_EYES}


def test_new_terms_after_the_release_need_a_second_person_again() -> None:
    case = large()
    case.after(release(Side.SELLER, BEN, None))
    case.after(instruct(Side.SELLER, some_terms(amount_yen=LIMIT_YEN + 2), T0_S, BEN, RULES))
    assert case.holds() == {HoldReason.FOUR_EYES}
    with pytest.raises(FourEyesSameUser):
        case.after(release(Side.SELLER, BEN, None))


def test_affirming_an_amount_above_ones_own_limit_waits_for_a_second_person_too() -> None:
    case = Case()
    case.after(instruct(Side.SELLER, LARGE, T0_S, ANN, NO_LIMIT))
    case.after(affirm(Side.BUYER, Affirmed(terms_hash(LARGE)), BUYER, RULES, T0_S))
    assert case.holds(Side.BUYER) == {HoldReason.FOUR_EYES}


def test_of_two_holds_each_is_lifted_on_its_own() -> None:
    case = large()
    case.after(hold(Side.SELLER, ANN))
    with pytest.raises(HoldAmbiguous):
        case.after(release(Side.SELLER, BEN, None))
    case.after(affirm(Side.SELLER, Affirmed(terms_hash(LARGE)), BEN, RULES, T0_S))
    assert case.holds() == {HoldReason.PARTY}
    case.after(release(Side.SELLER, ANN, HoldReason.PARTY))
    with pytest.raises(NotOnHold):
        case.after(release(Side.SELLER, ANN, None))


def test_a_partys_hold_survives_new_terms() -> None:
    case = Case()
    case.after(instruct(Side.SELLER, SMALL, T0_S, replace(ANN, holds=frozenset({HoldReason.PARTY})), RULES))
    case.after(instruct(Side.SELLER, some_terms(amount_yen=5), T0_S, ANN, RULES))
    assert case.holds() == {HoldReason.PARTY}


def test_a_hold_that_would_stop_nothing_any_more_is_refused_by_name() -> None:
    case = large()
    assert case.settlement is not None
    with pytest.raises(NotInstructed):
        case.after(hold(Side.BUYER, BUYER))
    with pytest.raises(EtagMismatch, match="has etag 1"):
        case.after(hold(Side.SELLER, ANN, "0"))
    for state, refusal in (
        (SettlementState.LOCKED, TradeAlreadyLocked),
        (SettlementState.SECURITIES_LOCKED, TradeAlreadyLocked),
        (SettlementState.SETTLED, SettlementEnded),
    ):
        with pytest.raises(refusal):
            hold(Side.SELLER, ANN)(replace(case.settlement, state=state))


def test_the_higher_priority_of_both_sides_counts() -> None:
    case = large()
    case.after(instruct(Side.BUYER, LARGE, T0_S, BUYER, NO_LIMIT))
    assert case.settlement is not None
    assert case.settlement.priority is Priority.NORMAL
    assert case.after(amend(Side.BUYER, BUYER, {"priority": Priority.URGENT})).priority is Priority.URGENT
