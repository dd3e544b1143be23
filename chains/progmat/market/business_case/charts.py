"""The case as pictures: what each process costs today and on the ledgers, and where the two lines cross.

Charts say nothing of when or with what they were made, and name no other file: the same numbers give the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final
from xml.etree import ElementTree as ET  # charts made here, not documents of others

import pygal
from pygal.style import Style

from chains.progmat.market.business_case.model import (
    BP_PER_UNIT,
    BusinessCase,
    Process,
    business_case,
    tenths_of_million,
)
from chains.progmat.market.business_case.numbers import Numbers

# The library looks for plugins by a finder of the old kind, which warns at every later import; none is used here.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

_SVG: Final = "http://www.w3.org/2000/svg"
_STEPS: Final = 20
_STYLE: Final = Style(background="#ffffff", plot_background="#ffffff", colors=("#8a8f98", "#0b6e4f"))
_BILLION: Final = 10**9
_MILLION: Final = 10**6


def charts(numbers: Numbers) -> dict[str, bytes]:
    """SVG documents by file name; a break-even that does not exist has no chart."""
    case = business_case(numbers)
    made = {"business-case.svg": _costs(case)}
    if case.balance_break_even_yen is not None:
        made["break-even-balance.svg"] = _balance_lines(numbers, case.balance_break_even_yen)
    if case.cash_break_even_settlements is not None:
        made["break-even-cash.svg"] = _cash_lines(numbers, case)
    return made


def _costs(case: BusinessCase) -> bytes:
    chart = pygal.Bar(_config("One broker's year, million yen"), style=_STYLE, print_values=True)
    chart.x_labels = [*(cost.process.value for cost in case.costs), "total"]
    as_is, to_be = [cost.as_is_yen for cost in case.costs], [cost.to_be_yen for cost in case.costs]
    chart.add("as is", [tenths_of_million(yen) / 10 for yen in (*as_is, case.as_is_yen)])
    chart.add("to be", [tenths_of_million(yen) / 10 for yen in (*to_be, case.to_be_yen)])
    return _bytes(chart)


def _balance_lines(numbers: Numbers, even_yen: int) -> bytes:
    today, days = numbers.today, numbers.volumes.business_days

    def as_is_yen(balance_yen: int) -> int:
        return balance_yen * today.balance_bp // BP_PER_UNIT + days * today.balance_day_yen

    return _lines(
        f"Balance: the licence pays from {even_yen / _BILLION:.1f} bn yen on",
        ("balance, bn yen", _BILLION),
        2 * even_yen,
        as_is_yen,
        lambda _balance_yen: numbers.ledger.licence_yen,
    )


def _cash_lines(numbers: Numbers, case: BusinessCase) -> bytes:
    even = case.cash_break_even_settlements or 0
    today_yen = next(cost.as_is_yen for cost in case.costs if cost.process is Process.CASH)
    return _lines(
        f"Cash: the ledger pays up to {even:,} settlements a year",
        ("settlements a year", 1),
        2 * max(even, 1),
        lambda _settlements: today_yen,
        lambda settlements: settlements * numbers.ledger.cash_settlement_yen,
    )


def _lines(
    title: str, axis: tuple[str, int], most: int, as_is_yen: Callable[[int], int], to_be_yen: Callable[[int], int]
) -> bytes:
    what, unit = axis
    chart = pygal.XY(_config(f"{title} (million yen)"), style=_STYLE, x_title=what)
    steps = [most * step // _STEPS for step in range(_STEPS + 1)]
    chart.add("as is", [(at / unit, as_is_yen(at) / _MILLION) for at in steps])
    chart.add("to be", [(at / unit, to_be_yen(at) / _MILLION) for at in steps])
    return _bytes(chart)


def _config(title: str) -> pygal.Config:
    config = pygal.Config()
    config.js = []
    config.title = title
    config.legend_at_bottom = True
    return config


def _bytes(chart: pygal.graph.graph.Graph) -> bytes:
    """Without the library's comments (a date, addresses) and its script."""
    chart.uuid = "chart"  # random otherwise
    root = ET.fromstring(chart.render())  # noqa: S314 - made by the library a line ago
    for parent in root.iter():
        for script in parent.findall(f"{{{_SVG}}}script"):
            parent.remove(script)
    ET.register_namespace("", _SVG)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document
