"""Statement files of banks: both layouts and encodings, what is refused and where, files that come twice, matching."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from chains.progmat.market.bank import desk
from chains.progmat.market.bank.errors import (
    BankLineUnknown,
    ExpectedPaymentUnknown,
    ImportFileRefused,
    MatchRefused,
    StatementRefused,
)
from chains.progmat.market.bank.import_files import list_imports
from chains.progmat.market.bank.kana import normal_name
from chains.progmat.market.bank.matching import match_line
from chains.progmat.market.bank.model import Direction, ExpectedPayment, PaymentStatus, StatementLine
from chains.progmat.market.bank.payments import expect_payment, find_payment, withdraw_payment
from chains.progmat.market.bank.statements import (
    BANK_LAYOUT,
    SIMPLE_LAYOUT,
    payer_in,
    read_statement,
    require_continues,
)
from chains.progmat.market.bank.strict_csv import MAX_FILE_BYTES, MAX_ROWS
from chains.progmat.market.bank.tables import bank_metadata
from chains.progmat.market.trades.instructions import EXAMPLE, HEADER

BANK_HEADER, SIMPLE_HEADER = ",".join(BANK_LAYOUT), ",".join(SIMPLE_LAYOUT)
BANK_ROWS = (
    '2026/11/30,2026/11/30,振込 カ)シヨウケンエー TABC123,,"1,000,000","1,500,000"\n'
    "2026/11/30,,フリコミ ｶ)ｼﾖｳｹﾝﾋﾞ-,400000,,1100000\n"
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as opened:
        bank_metadata.create_all(opened)
        yield opened
    engine.dispose()


def bank_file(rows: str, encoding: str = "utf-8") -> bytes:
    return f"{BANK_HEADER}\n{rows}".encode(encoding)


def simple_file(*rows: str) -> bytes:
    return "\n".join((SIMPLE_HEADER, *rows)).encode()


def problems_of(content: bytes, opening_yen: int | None = None) -> list[tuple[int, str]]:
    with pytest.raises(StatementRefused) as refused:
        require_continues(read_statement(content), opening_yen)
    return [(problem.row, problem.column) for problem in refused.value.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_bank_layout_reads_alike_in_every_encoding_and_width(encoding: str) -> None:
    first, second = read_statement(bank_file(BANK_ROWS, encoding))
    assert (first.direction, first.amount_yen, first.balance_yen) == (Direction.DEPOSIT, 1_000_000, 1_500_000)
    assert first.payer_name == normal_name("ｶ)ｼｮｳｹﾝｴｰTABC123")
    assert (second.direction, second.amount_yen, second.value_day) == (
        Direction.WITHDRAWAL,
        400_000,
        date(2026, 11, 30),
    )
    assert second.payer_name == normal_name("カ)ショウケンビー")


def test_the_examples_of_the_documentation_are_read() -> None:
    page = (Path(__file__).parents[3] / "docs" / "ledger" / "native-settlement.md").read_text()
    blocks = [block.split("```")[0] for block in page.split("```csv\n")[1:]]
    of_bank, simple, instructions = blocks
    assert [line.amount_yen for line in read_statement(of_bank.encode("cp932"))] == [1_000_000, 400_000]
    assert [line.text for line in read_statement(simple.encode())] == ["TA1B2C3D4E5F6078"]
    assert instructions.splitlines() == [",".join(HEADER), EXAMPLE]


def test_full_width_digits_and_the_simple_layout_are_read() -> None:
    wide = "\uff11\uff12\uff13"
    (line,) = read_statement(simple_file(f"20261130,,DEPOSIT,{wide},{wide},\uff34\uff11"))
    assert (line.amount_yen, line.text) == (123, "T1")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("2026/13/01,,x,,1,1", "取引日"),
        ("2026/11/30,30.11.2026,x,,1,1", "起算日"),
        ("2026/11/30,,x,,1.5,1", "お預り金額"),
        ("2026/11/30,,x,,-1,1", "お預り金額"),
        ('2026/11/30,,x,,"1,00",1', "お預り金額"),
        ("2026/11/30,,x,1,1,1", "お預り金額"),
        ("2026/11/30,,x,,,1", "お預り金額"),
        ("2026/11/30,,x,,1,", "残高"),
        ("2026/11/30,,x,,1,٣", "残高"),
        ("2026/11/30,,x,,1", "columns"),
        (f"2026/11/30,,{'x' * 300},,1,1", "columns"),
        ("2026/11/30,,x,,9999999999999999,1", "お預り金額"),
    ],
)
def test_a_wrong_field_is_named_by_row_and_column(row: str, column: str) -> None:
    assert (2, column) in problems_of(bank_file(row + "\n"))


def test_every_wrong_row_is_named_at_once_and_nothing_is_taken(connection: Connection) -> None:
    content = simple_file("x,,DEPOSIT,1,1,a", "2026-11-30,,UP,1,2,b", "2026-11-30,,DEPOSIT,1,3,c")
    assert problems_of(content) == [(2, "date"), (3, "direction")]
    with pytest.raises(StatementRefused):
        desk.import_statement(connection, desk.read_file("BANK-1", "a.csv", content), "EMP-1", 1)
    assert desk.unmatched_lines(connection, 10) == []
    assert list_imports(connection, 10) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x81",
        b"a,b\n1,2\n",
        b'"open',
        simple_file("2026-11-30,,DEPOSIT,1,1,\x00"),
        b"x" * (MAX_FILE_BYTES + 1),
        (SIMPLE_HEADER + "\n" + "2026-11-30,,DEPOSIT,1,1,\n" * (MAX_ROWS + 1)).encode(),
    ],
    ids=["empty", "no encoding", "header", "quotes", "nul", "size", "rows"],
)
def test_what_is_no_statement_file_is_refused_whole(content: bytes) -> None:
    with pytest.raises(ImportFileRefused):
        read_statement(content)


def test_a_balance_that_does_not_add_up_or_a_day_that_goes_back_is_refused() -> None:
    assert problems_of(simple_file("2026-11-30,,DEPOSIT,5,5,a", "2026-11-30,,WITHDRAWAL,2,4,b")) == [(3, "balance")]
    assert problems_of(simple_file("2026-11-30,,DEPOSIT,5,5,a", "2026-11-29,,DEPOSIT,1,6,b")) == [(3, "date")]
    assert problems_of(simple_file("2026-11-30,,DEPOSIT,5,5,a"), opening_yen=1) == [(2, "balance")]


def test_a_file_that_comes_twice_changes_nothing_and_one_that_leaves_a_gap_is_refused(connection: Connection) -> None:
    content = simple_file("2026-11-30,,DEPOSIT,5,5,a")
    first = desk.import_statement(connection, desk.read_file("BANK-1", "a.csv", content), "EMP-1", 1)
    again = desk.import_statement(connection, desk.read_file("BANK-1", "other.csv", content), "EMP-2", 2)
    assert again.was_imported_before
    assert (again.lines, again.matched) == (first.lines, first.matched)
    assert len(desk.unmatched_lines(connection, 10)) == 1

    gap = simple_file("2026-12-01,,DEPOSIT,5,15,b")
    with pytest.raises(StatementRefused):
        desk.import_statement(connection, desk.read_file("BANK-1", "b.csv", gap), "EMP-1", 3)
    desk.import_statement(connection, desk.read_file("BANK-2", "b.csv", gap), "EMP-1", 3)
    (newest, oldest) = list_imports(connection, 10)
    assert (oldest.target, oldest.registrant, oldest.size_bytes) == ("BANK-1/a.csv", "EMP-1", len(content))
    assert newest.target == "BANK-2/b.csv"


def expected(reference: str, amount: int = 100, payer: str = "カ)エー") -> ExpectedPayment:
    return ExpectedPayment(reference, Direction.DEPOSIT, amount, normal_name(payer))


def line(text: str, amount: int = 100, direction: Direction = Direction.DEPOSIT) -> StatementLine:
    day = date(2026, 11, 30)
    return StatementLine(2, day, day, direction, amount, 0, text, payer_in(text))


def test_a_reference_decides_and_without_one_payer_and_amount_do() -> None:
    payments = [expected("T0000000000000A1"), expected("T0000000000000B2", payer="カ)ビー")]
    assert match_line(line("振込 カ)ビー T0000000000000A1"), payments).reference == "T0000000000000A1"
    assert match_line(line("振込 ｶ)ﾋﾞｰ"), payments).reference == "T0000000000000B2"
    assert match_line(line("振込 ダレカ"), payments).reference == ""
    assert match_line(line("T0000000000000A1", amount=99), payments).candidates == ()
    assert match_line(line("T0000000000000A1", direction=Direction.WITHDRAWAL), payments).candidates == ()


def test_two_payments_alike_and_two_lines_alike_are_left_to_a_person(connection: Connection) -> None:
    for reference in ("T0000000000000A1", "T0000000000000B2", "T0000000000000C3"):
        payer = "カ)エー" if reference != "T0000000000000C3" else "カ)シー"
        expect_payment(connection, expected(reference, payer=payer), 1)
    content = simple_file(
        "2026-11-30,,DEPOSIT,100,100,カ)エー",
        "2026-11-30,,DEPOSIT,100,200,カ)シー",
        "2026-11-30,,DEPOSIT,100,300,カ)シー",
    )
    done = desk.import_statement(connection, desk.read_file("BANK-1", "a.csv", content), "EMP-1", 2)
    assert (done.matched, done.ambiguous) == (0, (1, 2, 3))
    first, *_ = desk.unmatched_lines(connection, 10)
    assert first.candidates == ("T0000000000000A1", "T0000000000000B2")

    matched = desk.match_by_hand(connection, 1, "T0000000000000B2", "EMP-1", "EMP-2", 3)
    assert (matched.status, matched.line) == (PaymentStatus.CONFIRMED, 1)
    assert desk.match_by_hand(connection, 1, "T0000000000000B2", "EMP-1", "EMP-2", 4) == matched
    with pytest.raises(BankLineUnknown):
        desk.match_by_hand(connection, 1, "T0000000000000A1", "EMP-1", "EMP-2", 5)
    with pytest.raises(ExpectedPaymentUnknown):
        desk.match_by_hand(connection, 2, "T0000000000000B2", "EMP-1", "EMP-2", 5)


def test_a_person_cannot_make_another_amount_the_payment_nor_confirm_what_was_withdrawn(connection: Connection) -> None:
    expect_payment(connection, expected("T0000000000000A1", amount=101), 1)
    expect_payment(connection, expected("T0000000000000B2"), 1)
    withdraw_payment(connection, "T0000000000000B2")
    desk.import_statement(
        connection, desk.read_file("B", "a.csv", simple_file("2026-11-30,,DEPOSIT,100,100,x")), "EMP-1", 2
    )
    with pytest.raises(MatchRefused):
        desk.match_by_hand(connection, 1, "T0000000000000A1", "EMP-1", "EMP-2", 3)
    with pytest.raises(ExpectedPaymentUnknown):
        desk.match_by_hand(connection, 1, "T0000000000000B2", "EMP-1", "EMP-2", 3)
    found = find_payment(connection, "T0000000000000A1")
    assert found is not None
    assert found.status is PaymentStatus.EXPECTED


@given(st.text(alphabet="ｱｶﾞｰャヤあゃ-―カ)A a\uff21\u3000", max_size=40))
def test_names_compare_the_same_however_often_they_are_normalised(text: str) -> None:
    assert normal_name(normal_name(text)) == normal_name(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_statement_or_refused_by_name(content: bytes) -> None:
    for data in (content, SIMPLE_HEADER.encode() + b"\n" + content):
        with contextlib.suppress(ImportFileRefused, StatementRefused):
            read_statement(data)
