"""How change is split."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.flows.change import MOST_PIECES, TARGET_COINS, pieces_of_change


def never_asked() -> int:
    raise AssertionError("the coins are counted only where it matters")


def test_without_anybody_waiting_change_is_one_coin_and_nothing_is_counted() -> None:
    assert pieces_of_change(900, 100, 0, never_asked) == (900,)


def test_nothing_left_is_no_change() -> None:
    assert pieces_of_change(0, 100, 50, never_asked) == ()


def test_the_only_coin_goes_back_in_as_many_as_flows_wait_and_one_more() -> None:
    assert pieces_of_change(1000, 100, 3, lambda: 0) == (400, 200, 200, 200)
    assert pieces_of_change(1203, 100, 3, lambda: 0) == (303, 300, 300, 300)


def test_coins_at_work_share_what_is_wanted() -> None:
    assert len(pieces_of_change(10_000, 1, 60, lambda: 0)) == MOST_PIECES
    assert len(pieces_of_change(10_000, 1, 60, lambda: 3)) == 16
    assert len(pieces_of_change(10_000, 1, 48, lambda: 15)) == 4
    assert len(pieces_of_change(10_000, 1, 1, lambda: 15)) == 2


def test_a_piece_is_a_multiple_of_what_was_paid_so_that_like_payments_leave_no_dust() -> None:
    assert pieces_of_change(299, 100, 60, lambda: 0) == (199, 100)
    assert pieces_of_change(199, 100, 60, never_asked) == (199,)


def test_an_account_with_enough_coins_is_not_split_further() -> None:
    assert pieces_of_change(10_000, 1, 60, lambda: TARGET_COINS) == (10_000,)
    assert pieces_of_change(10_000, 1, 60, lambda: TARGET_COINS // 2) == (10_000,)


@given(st.integers(1, TARGET_COINS), st.integers(1, 1000))
def test_all_coins_at_work_together_do_not_pass_the_target(coins: int, waiting: int) -> None:
    made = [pieces_of_change(10**9, 1, waiting, lambda: coins - 1) for _ in range(coins)]
    assert coins <= sum(map(len, made)) <= TARGET_COINS


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 1000), st.integers(0, 300))
def test_no_yen_is_made_or_lost_and_every_piece_is_a_coin(left: int, paid: int, waiting: int, coins: int) -> None:
    pieces = pieces_of_change(left, paid, waiting, lambda: coins)
    assert sum(pieces) == left
    assert all(piece >= 1 for piece in pieces)
    assert len(pieces) <= MOST_PIECES
    assert list(pieces) == sorted(pieces, reverse=True)
