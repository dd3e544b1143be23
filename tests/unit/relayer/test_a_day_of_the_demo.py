"""The demo's trading day without its nodes: which day is played, what the night tells, which options go together."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chains.business_calendar import JST
from relayer.cli.demo import app
from relayer.devnet.native.books import Holding, PaperBooks, differences
from relayer.devnet.native.cast import BROKERS, INVESTORS
from relayer.devnet.native.network import PLATFORMS
from relayer.devnet.native.stage import trading_day


@pytest.mark.parametrize(
    ("now", "played"),
    [
        (datetime(2026, 11, 27, 10, 0, tzinfo=JST), date(2026, 11, 27)),
        (datetime(2026, 11, 27, 16, 29, tzinfo=JST), date(2026, 11, 27)),
        (datetime(2026, 11, 27, 16, 30, tzinfo=JST), date(2026, 11, 30)),  # over the weekend
        (datetime(2026, 11, 28, 3, 0, tzinfo=JST), date(2026, 11, 30)),
        (datetime(2026, 12, 31, 9, 0, tzinfo=JST), date(2027, 1, 4)),  # the exchange's new year
        (datetime(2026, 11, 23, 23, 0, tzinfo=JST), date(2026, 11, 24)),  # a holiday, however late: its next day whole
    ],
)
def test_the_day_is_one_on_which_the_exchange_trades_and_there_is_time_to_settle(now: datetime, played: date) -> None:
    assert trading_day(int(now.timestamp())) == played


def test_a_unit_or_a_yen_that_is_not_where_it_was_agreed_is_told_at_night() -> None:
    paper = PaperBooks()
    paper.units["INV-1"], paper.coin_yen["broker-b"] = 10, 1000
    paper.trade("INV-1", "broker-a", "INV-2", "broker-b", 4, 400)
    ledger = {
        "INV-1": Holding(units=6),
        "INV-2": Holding(units=4),
        "broker-a": Holding(coin_yen=400),
        "broker-b": Holding(coin_yen=600),
    }
    assert differences(paper.holdings(), ledger) == []
    lost = ledger | {"INV-2": Holding(units=3), "broker-c": Holding(coin_yen=1)}
    assert [each.partition(":")[0] for each in differences(paper.holdings(), lost)] == ["INV-2", "broker-c"]


def test_every_broker_of_the_cast_is_known_to_the_node_that_keeps_its_customers() -> None:
    assert all(broker.name in PLATFORMS[broker.node] for broker in BROKERS)
    assert {investor.broker for investor in INVESTORS} == set(BROKERS)


def refused(*arguments: str) -> str:
    told = CliRunner().invoke(app, [*arguments, "--json"])
    assert told.exit_code == 1, told.output
    reason: str = json.loads(told.stdout)["error"]["reason"]
    return reason


def test_options_that_lose_the_nodes_or_overwrite_a_day_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("of somebody")
    assert refused("native", "--keep") == "DEMO_DIRECTORY_IN_USE"
    assert refused("native", "--dir", str(tmp_path)) == "DEMO_DIRECTORY_IN_USE"
    assert refused("native", "--stop", "--dir", str(tmp_path)) == "DEMO_NOT_THERE"
    assert (tmp_path / "a-file").read_text() == "of somebody"


def test_the_swaps_are_the_demo_when_nothing_else_is_named() -> None:
    assert refused("--only", "x") == "UNKNOWN_SCENARIO"
    assert refused("--only", "a", "--order", "cash") == "DEMO_UNCLEAR"
