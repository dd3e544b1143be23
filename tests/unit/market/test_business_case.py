"""The published business case, figure by figure, and a broker's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from chains.progmat.market.business_case.charts import charts
from chains.progmat.market.business_case.model import Process, business_case, tenths_of_million
from chains.progmat.market.business_case.numbers import (
    Numbers,
    NumbersUnreadable,
    Volumes,
    read_numbers,
    template,
)
from relayer.cli.business_case import app

PRINTED = {
    Process.BALANCE: ("100.2", "15.0"),
    Process.TRANSFER: ("11.6", "2.3"),
    Process.INVESTORS: ("1.0", "0.1"),
    Process.CASH: ("7.1", "2.3"),
}


def printed(yen: int) -> str:
    return f"{tenths_of_million(yen) / 10:.1f}"


def test_each_printed_figure_comes_out_to_the_digit() -> None:
    case = business_case(Numbers())
    assert {cost.process: (printed(cost.as_is_yen), printed(cost.to_be_yen)) for cost in case.costs} == PRINTED
    assert (printed(case.as_is_yen), printed(case.to_be_yen)) == ("119.8", "19.6")
    assert case.change_percent == -84
    assert case.of_all_brokers(tenths_of_million(case.as_is_yen)) == 1797
    assert case.of_all_brokers(tenths_of_million(case.to_be_yen)) == 294


def test_the_break_evens_are_where_the_slides_say() -> None:
    case = business_case(Numbers())
    assert case.balance_break_even_yen is not None
    assert case.cash_break_even_settlements is not None
    assert f"{case.balance_break_even_yen / 10**9:.1f}" == "7.4"
    assert round(case.cash_break_even_settlements, -3) == 71_000


@given(st.integers(0, 10**13))
def test_the_licence_pays_exactly_from_its_break_even_on(balance_yen: int) -> None:
    case = business_case(Numbers(volumes=Volumes(balance_yen=balance_yen)))
    (balance,) = (cost for cost in case.costs if cost.process is Process.BALANCE)
    assert case.balance_break_even_yen is not None
    if balance_yen >= case.balance_break_even_yen:
        assert balance.to_be_yen <= balance.as_is_yen
    elif balance_yen < case.balance_break_even_yen - 500:  # fees are rounded to the yen, which is 500 yen of balance
        assert balance.to_be_yen > balance.as_is_yen


@given(st.integers(0, 10**6))
def test_cash_on_the_ledger_pays_exactly_up_to_its_break_even(moves: int) -> None:
    case = business_case(Numbers(volumes=Volumes(moves=moves)))
    (cash,) = (cost for cost in case.costs if cost.process is Process.CASH)
    assert case.cash_break_even_settlements is not None
    assert (cash.to_be_yen <= cash.as_is_yen) is (moves <= case.cash_break_even_settlements)


def test_prices_without_a_crossing_have_no_break_even() -> None:
    numbers = Numbers.model_validate({"today": {"balance_bp": 0}, "ledger": {"cash_settlement_yen": 0}})
    case = business_case(numbers)
    assert case.balance_break_even_yen is None
    assert case.cash_break_even_settlements is None
    assert list(charts(numbers)) == ["business-case.svg"]


def test_the_template_is_the_published_case(tmp_path: Path) -> None:
    file = tmp_path / "numbers.toml"
    file.write_text(template())
    assert read_numbers(file) == Numbers()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[volumes]\nmoves = -1\n", "volumes.moves"),
        ("[volumes]\nmoves = 1.5\n", "volumes.moves"),
        ("[volumes]\nmovs = 1\n", "volumes.movs"),
        ("[today]\nbalance_bp = 10001\n", "today.balance_bp"),
        ("volumes = [", "numbers.toml"),
        ("#" * 70_000, "65536"),
    ],
)
def test_numbers_that_cannot_be_are_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "numbers.toml"
    file.write_text(text)
    with pytest.raises(NumbersUnreadable, match=named):
        read_numbers(file)


def test_charts_are_the_same_bytes_again_and_load_nothing() -> None:
    made = charts(Numbers())
    assert made == charts(Numbers())
    assert set(made) == {"business-case.svg", "break-even-balance.svg", "break-even-cash.svg"}
    for document in made.values():
        assert b"<script" not in document
        assert b"http" not in document.replace(b"http://www.w3.org/", b"")


def test_the_command_prints_the_table_and_draws(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["--svg", str(tmp_path / "charts")])
    assert shown.exit_code == 0, shown.output
    assert "119.8" in shown.output
    assert "19.6 (-84 %)" in shown.output
    assert (tmp_path / "charts" / "business-case.svg").read_bytes().startswith(b"<?xml")
    refused = CliRunner().invoke(app, ["--numbers", str(tmp_path / "none.toml"), "--json"])
    assert refused.exit_code == 1
    assert "BUSINESS_CASE_NUMBERS_UNREADABLE" in refused.output
