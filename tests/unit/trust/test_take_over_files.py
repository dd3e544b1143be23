"""A file of a take-over is read strictly: nothing is moved for one bad row."""

from __future__ import annotations

import pytest

from chains.progmat.market.trust.errors import TakeOverRefused
from chains.progmat.market.trust.take_over import read_take_over
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, SELLER, STRANGER

HEAD = "from_node,from_key,to_node,to_key"
BUYERS, SELLERS, OTHERS = (party.key.encoded().hex() for party in (BUYER, SELLER, STRANGER))
GOOD = f"{CN_B.name},{BUYERS},{CN_A.name},{SELLERS}"


def read(*lines: str) -> list[int]:
    data = "\r\n".join([HEAD, *lines]).encode()
    return [row.number for row in read_take_over(data, CN_B.name).rows]


def test_rows_keep_their_numbers_and_a_spreadsheets_mark_is_no_matter() -> None:
    assert read(GOOD, f"{CN_B.name},{OTHERS},{CN_A.name},{SELLERS}") == [1, 2]
    with_mark = read_take_over(f"\ufeff{HEAD}\n{GOOD}\n".encode(), CN_B.name)
    assert with_mark.rows[0].source == BUYER.account_at(CN_B)


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ([], "1 to"),
        ([GOOD, GOOD], "row 2 .* each account once"),
        ([GOOD, f"{CN_A.name},{SELLERS},{CN_A.name},{OTHERS}"], "row 2 .* an account at cn-b"),
        ([f"{CN_B.name},{BUYERS},{CN_B.name},{OTHERS}"], "row 1 .* elsewhere"),
        ([f"{CN_B.name},{BUYERS}00,{CN_A.name},{SELLERS}"], "row 1 .* hexadecimal"),
        ([f"{CN_B.name},xyz,{CN_A.name},{SELLERS}"], "row 1 .* hexadecimal"),
        ([f"{GOOD},more"], "row 1 .* 4 columns"),
        ([f"{'x' * 600},{BUYERS},{CN_A.name},{SELLERS}"], "row 1 .* 512 characters"),
    ],
    ids=["empty", "twice", "another node", "to the failed node", "a long key", "no key", "five columns", "long"],
)
def test_the_first_bad_row_is_named(lines: list[str], rule: str) -> None:
    with pytest.raises(TakeOverRefused, match=rule):
        read(*lines)


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe", b"", b"a,b\n", b'"a"x,b\n', b"x" * (16 * 1024 * 1024 + 1)],
    ids=["utf-16", "nothing", "headings", "quotes", "size"],
)
def test_what_is_no_such_file_is_refused_whole(data: bytes) -> None:
    with pytest.raises(TakeOverRefused, match="row 0"):
        read_take_over(data, CN_B.name)


def test_request_ids_follow_from_file_coin_round_row_and_turn() -> None:
    wanted = read_take_over(f"{HEAD}\n{GOOD}\n".encode(), CN_B.name)
    again = read_take_over(f"{HEAD}\n{GOOD}\n".encode(), CN_B.name)
    row = wanted.rows[0]
    assert wanted.request_id("C", 1, row, 0) == again.request_id("C", 1, row, 0)
    others = {wanted.request_id(*which[:2], row, which[2]) for which in (("C", 1, 1), ("C", 2, 0), ("D", 1, 0))}
    assert wanted.request_id("C", 1, row, 0) not in others
    assert len(others) == 3
