"""Tolerances: near terms are offered, never matched; each side names exactly what it is bound to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ibc.dvp import SettlementTerms, terms_hash
from relayer.gateway.errors import NothingToAffirm, SettlementEnded, TermsHashDiffers
from relayer.gateway.instructing import Affirmed, InstructionRules, affirm, instruct
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side, Tolerances, agreed_terms, compare
from relayer.gateway.model import Said, Settlement
from relayer.gateway.settlement_writes import changed
from tests.fakes.settlement_terms import T0_S, some_terms

NEAR = Tolerances(amount_yen=100, time_s=5)
RULES = InstructionRules(NEAR)
AMOUNTS = st.integers(1_000_000, 1_000_300)
TIMES = st.integers(T0_S + 300, T0_S + 312)
TERMS = st.builds(
    lambda amount_yen, lock_by_s, settle_s: some_terms(amount_yen=amount_yen, lock_by_s=lock_by_s, settle_s=settle_s),
    AMOUNTS,
    TIMES,
    st.integers(295, 305),
)


def said(side: Side) -> Said:
    return Said(f"platform of the {side.value}", "ann")


def instructed(*steps: tuple[Side, SettlementTerms], rules: InstructionRules = RULES) -> Settlement:
    settlement: Settlement | None = None
    for side, terms in steps:
        settlement = changed(settlement, instruct(side, terms, T0_S, said(side), rules), T0_S)
    assert settlement is not None
    return settlement


def affirmed(settlement: Settlement, side: Side, terms_hash_: bytes) -> Settlement:
    after = changed(settlement, affirm(side, Affirmed(terms_hash_), said(side), RULES, T0_S), T0_S)
    assert after is not None
    return after


@given(seller=TERMS, buyer=TERMS)
def test_the_agreed_terms_lie_within_the_tolerance_of_both_and_are_the_same_for_either_order_of_arrival(
    seller: SettlementTerms, buyer: SettlementTerms
) -> None:
    found = compare(seller, buyer, NEAR)
    one = instructed((Side.SELLER, seller), (Side.BUYER, buyer))
    other = instructed((Side.BUYER, buyer), (Side.SELLER, seller))
    assert (one.state, one.agreed, one.terms_hash) == (other.state, other.agreed, other.terms_hash)
    if found.agreed is None:
        assert one.state is SettlementState.MISMATCHED
        assert one.mismatched == tuple(difference.field for difference in found.differences) != ()
        return
    for terms in (seller, buyer):
        assert abs(found.agreed.cash.amount_yen - terms.cash.amount_yen) <= NEAR.amount_yen
        assert 0 <= terms.lock_by_s - found.agreed.lock_by_s <= NEAR.time_s
        assert 0 <= terms.settle_by_s - found.agreed.settle_by_s <= NEAR.time_s
    assert found.agreed.cash.amount_yen == seller.cash.amount_yen
    assert compare(found.agreed, found.agreed, NEAR).agreed == found.agreed
    assert one.state is (SettlementState.MATCHED if seller == buyer else SettlementState.WITHIN_TOLERANCE)


@given(seller=TERMS, buyer=TERMS)
def test_the_agreed_times_leave_at_least_the_smaller_and_at_most_the_larger_room(
    seller: SettlementTerms, buyer: SettlementTerms
) -> None:
    agreed = agreed_terms(seller, buyer)
    rooms = sorted(terms.settle_by_s - terms.lock_by_s for terms in (seller, buyer))
    assert rooms[0] <= agreed.settle_by_s - agreed.lock_by_s <= rooms[1]


@given(seller=TERMS, buyer=TERMS)
def test_nothing_starts_before_each_side_names_exactly_the_agreed_terms(
    seller: SettlementTerms, buyer: SettlementTerms
) -> None:
    settlement = instructed((Side.SELLER, seller), (Side.BUYER, buyer))
    assume(settlement.state is SettlementState.WITHIN_TOLERANCE)
    agreed = settlement.terms_hash
    unequal = [side for side in Side if settlement.instructions[side].terms != settlement.agreed]
    assert unequal
    assert settlement.waiting is not None
    assert all(side.value in settlement.waiting.on for side in unequal)
    for side in unequal:
        assert settlement.state is SettlementState.WITHIN_TOLERANCE
        settlement = affirmed(settlement, side, agreed)
    assert settlement.state is SettlementState.MATCHED
    assert {terms_hash(each.terms) for each in settlement.instructions.values()} == {agreed} == {settlement.terms_hash}
    told = {(each.field, each.agreed) for each in settlement.tolerated}
    assert ("cash.amount_yen", str(seller.cash.amount_yen)) in told or seller.cash == buyer.cash


def test_what_was_tolerated_stays_recorded_with_both_first_values() -> None:
    seller, buyer = some_terms(amount_yen=500_050, lock_by_s=T0_S + 305), some_terms(amount_yen=500_000)
    settlement = instructed((Side.SELLER, seller), (Side.BUYER, buyer))
    for side in Side:
        settlement = affirmed(settlement, side, settlement.terms_hash)
    assert settlement.state is SettlementState.MATCHED
    assert [(each.field, each.seller, each.buyer, each.agreed) for each in settlement.tolerated] == [
        ("cash.amount_yen", "500050", "500000", "500050"),
        ("lock_by_s", str(T0_S + 305), str(T0_S + 300), str(T0_S + 300)),
        ("settle_by_s", str(T0_S + 605), str(T0_S + 600), str(T0_S + 600)),
    ]


def test_moving_ones_terms_after_the_other_affirmed_binds_nobody_to_the_new_ones() -> None:
    seller, buyer = some_terms(amount_yen=1_000_050), some_terms(amount_yen=1_000_000)
    settlement = instructed((Side.SELLER, seller), (Side.BUYER, buyer))
    first = settlement.terms_hash
    moved = changed(
        settlement, instruct(Side.SELLER, some_terms(amount_yen=1_000_100), T0_S, said(Side.SELLER), RULES), 1
    )
    assert moved is not None
    assert moved.state is SettlementState.WITHIN_TOLERANCE
    with pytest.raises(TermsHashDiffers, match=moved.terms_hash.hex()):
        affirmed(moved, Side.BUYER, first)


@pytest.mark.parametrize("over", [101, -101])
def test_one_yen_beyond_the_tolerance_is_a_mismatch_with_both_values(over: int) -> None:
    settlement = instructed(
        (Side.SELLER, some_terms(amount_yen=1_000_000)), (Side.BUYER, some_terms(amount_yen=1_000_000 + over))
    )
    (difference,) = settlement.differences
    assert (difference.field, difference.seller, difference.buyer) == (
        "cash.amount_yen",
        "1000000",
        str(1_000_000 + over),
    )


def test_quantity_parties_and_salt_have_no_tolerance() -> None:
    base = some_terms()
    for other in (some_terms(quantity=11), replace(base, cash=replace(base.cash, salt=b"\x56" * 32))):
        assert instructed((Side.SELLER, base), (Side.BUYER, other)).state is SettlementState.MISMATCHED


def test_affirming_needs_the_other_sides_word_the_right_hash_and_an_open_settlement() -> None:
    terms = some_terms()
    alone = instructed((Side.SELLER, terms))
    with pytest.raises(NothingToAffirm):
        affirmed(alone, Side.SELLER, terms_hash(terms))
    with pytest.raises(TermsHashDiffers):
        affirmed(alone, Side.BUYER, b"\x01" * 32)
    matched = affirmed(alone, Side.BUYER, terms_hash(terms))
    assert matched.state is SettlementState.MATCHED
    assert affirmed(matched, Side.BUYER, terms_hash(terms)) == matched
    withdrawn = replace(matched, state=SettlementState.CANCELLED)
    del withdrawn.instructions[Side.BUYER]
    with pytest.raises(SettlementEnded):
        affirmed(withdrawn, Side.BUYER, terms_hash(terms))


def test_two_trade_references_that_differ_are_a_mismatch_and_one_alone_is_none() -> None:
    settlement: Settlement | None = None
    for side, reference in ((Side.SELLER, "T-1"), (Side.BUYER, "T-2"), (Side.BUYER, "T-1")):
        change = instruct(side, some_terms(), T0_S, replace(said(side), trade_reference=reference))
        settlement = changed(settlement, change, T0_S)
        assert settlement is not None
        if reference == "T-2":
            assert settlement.mismatched == ("trade_reference",)
    assert settlement is not None
    assert settlement.state is SettlementState.MATCHED
