"""Amounts to the holders of a record date: exact to the yen, by the written rule."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.market.distribution.arithmetic import (
    Account,
    Due,
    Remainders,
    Withholding,
    by_rate,
    by_total,
    each_the_same,
    parse_rate,
    withheld,
)
from chains.progmat.market.distribution.errors import BadRate, NothingToDistribute

HOLDERS = st.dictionaries(
    st.tuples(st.sampled_from(["cn-a", "cn-b"]), st.binary(min_size=2, max_size=2)),
    st.integers(1, 10**9),
    min_size=1,
    max_size=40,
)


def _gross(dues: list[Due]) -> dict[Account, int]:
    return {due.account: due.gross for due in dues}


@given(HOLDERS, st.integers(1, 10**12))
def test_of_a_total_nothing_is_left_and_nobody_is_a_yen_off(units: dict[Account, int], total: int) -> None:
    dues = _gross(by_total(units, total, Remainders.LARGEST_REMAINDER))
    assert sum(dues.values()) == total
    for account, held in units.items():
        assert abs(dues.get(account, 0) - Fraction(held * total, sum(units.values()))) < 1


@given(HOLDERS, st.fractions(Fraction(1, 1000), 10**6, max_denominator=10**6), st.sampled_from(Remainders))
def test_of_a_rate_nobody_is_a_yen_off_and_the_payer_pays_no_more_than_is_due(
    units: dict[Account, int], rate: Fraction, remainders: Remainders
) -> None:
    try:
        dues = _gross(by_rate(units, rate, remainders))
    except NothingToDistribute:
        dues = {}
    due = sum(units.values()) * rate
    assert sum(dues.values()) <= due
    if remainders is Remainders.LARGEST_REMAINDER:
        assert sum(dues.values()) == int(due)
    for account, held in units.items():
        off = dues.get(account, 0) - held * rate
        assert -1 < off < (1 if remainders is Remainders.LARGEST_REMAINDER else Fraction(1, 10**9))


@given(HOLDERS, st.integers(1, 10**9))
def test_equal_holders_differ_by_a_yen_at_most_and_the_smaller_key_comes_first(
    units: dict[Account, int], total: int
) -> None:
    same = dict.fromkeys(units, 7)
    try:
        dues = _gross(by_total(same, total, Remainders.LARGEST_REMAINDER))
    except NothingToDistribute:
        return
    in_order = [dues.get(account, 0) for account in sorted(units, key=lambda account: (account[1], account[0]))]
    assert in_order == sorted(in_order, reverse=True)
    assert in_order[0] - in_order[-1] <= 1


def test_the_largest_fractions_get_what_is_left() -> None:
    units = {("cn-a", b"a"): 1, ("cn-a", b"b"): 2, ("cn-b", b"c"): 4}
    assert _gross(by_total(units, 100, Remainders.LARGEST_REMAINDER)) == {
        ("cn-a", b"a"): 14,  # 14.29
        ("cn-a", b"b"): 29,  # 28.57
        ("cn-b", b"c"): 57,  # 57.14
    }
    assert sum(_gross(by_total(units, 100, Remainders.PAYER_KEEPS)).values()) == 99


def test_who_is_due_less_than_a_yen_has_no_line() -> None:
    units = {("cn-a", b"a"): 1, ("cn-a", b"b"): 1000}
    assert _gross(by_rate(units, Fraction(1, 1000), Remainders.PAYER_KEEPS)) == {("cn-a", b"b"): 1}
    with pytest.raises(NothingToDistribute):
        by_rate(units, Fraction(1, 10**6), Remainders.LARGEST_REMAINDER)


def test_each_holder_gets_the_same_units() -> None:
    units = {("cn-a", b"a"): 1, ("cn-b", b"b"): 1000}
    assert set(_gross(each_the_same(units, 3)).values()) == {3}


@pytest.mark.parametrize(
    ("text", "rate"),
    [("12.5", Fraction(25, 2)), ("25/2", Fraction(25, 2)), ("0.000000000001", Fraction(1, 10**12)), ("7", Fraction(7))],
)
def test_a_rate_is_read_exactly(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "0", "0.0", "-1", "1e3", "1,5", "01", ".5", "1.", "1/0", "0/1", "٣", "1.0000000000001"]
)
def test_what_is_no_exact_rate_is_refused(text: str) -> None:
    with pytest.raises(BadRate):
        parse_rate(text)


def test_tax_at_source_is_withheld_without_its_fractions() -> None:
    (due,) = withheld([Due(("cn-a", b"a"), 1, 1000)], Withholding.INDIVIDUAL)
    assert (due.national_tax, due.local_tax, due.net) == (153, 50, 797)
    (small,) = withheld([Due(("cn-a", b"a"), 1, 6)], Withholding.INDIVIDUAL)
    assert (small.national_tax, small.local_tax, small.net) == (0, 0, 6)


@given(st.integers(1, 10**12))
def test_net_and_taxes_are_the_gross_again(gross: int) -> None:
    (due,) = withheld([Due(("cn-a", b"a"), 1, gross)], Withholding.INDIVIDUAL)
    assert due.net + due.national_tax + due.local_tax == gross
    assert 0 <= due.net - gross * Fraction(79_685, 100_000) < 2
