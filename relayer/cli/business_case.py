"""``crossdvp business-case``: what a broker's year costs today and on the ledgers, in tables and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from chains.console import JsonFlag, Output, fail, out, output_of, show_json
from chains.progmat.market.business_case.model import BusinessCase, ProcessCost, business_case, tenths_of_million
from chains.progmat.market.business_case.numbers import Numbers, NumbersUnreadable, read_numbers, template

app = typer.Typer(add_completion=False)


@app.command("business-case")
def show_case(
    numbers: Annotated[
        Path | None, typer.Option("--numbers", help="TOML file of your own volumes and prices; see --template.")
    ] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Directory to draw the charts into, as SVG.")] = None,
    print_template: Annotated[bool, typer.Option("--template", help="Print the published numbers as TOML.")] = False,
    json_flag: JsonFlag = False,
) -> None:
    """Reproduce the published business case, or compute it with a broker's own numbers.

    Example: crossdvp business-case --template > mine.toml; crossdvp business-case --numbers mine.toml --svg charts
    """
    output = output_of(json_flag)
    if print_template:
        typer.echo(template(), nl=False)
        return
    try:
        used = read_numbers(numbers) if numbers else Numbers()
    except NumbersUnreadable as error:
        fail(error, output)
    case = business_case(used)
    drawn = _drawn(used, svg) if svg else []
    if output is Output.PROGRAMS:
        show_json({**_document(case), "charts": [str(file) for file in drawn]})
        return
    _show(case)
    for file in drawn:
        out.print(f"drawn: {file}", soft_wrap=True)


def _drawn(numbers: Numbers, folder: Path) -> list[Path]:
    from chains.progmat.market.business_case.charts import charts  # noqa: PLC0415 # only who draws needs the library

    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, document in charts(numbers).items():
        files.append(folder / name)
        files[-1].write_bytes(document)
    return files


def _show(case: BusinessCase) -> None:
    table = Table(title="One broker's year, million yen", title_justify="left")
    for column in ("process", "as is", "to be"):
        table.add_column(column)
    for cost in case.costs:
        table.add_row(cost.process.value, *_cells(cost))
    change = "" if case.change_percent is None else f" ({case.change_percent:+d} %)"
    as_is, to_be = tenths_of_million(case.as_is_yen), tenths_of_million(case.to_be_yen)
    table.add_row("total", f"{as_is / 10:.1f}", f"{to_be / 10:.1f}{change}")
    all_as_is, all_to_be = case.of_all_brokers(as_is), case.of_all_brokers(to_be)
    table.add_row(f"{case.brokers} brokers", f"{all_as_is:,}", f"{all_to_be:,}")
    out.print(table)
    if case.balance_break_even_yen is not None:
        out.print(f"the licence pays from a balance of {case.balance_break_even_yen / 10**9:.1f} bn yen on")
    if case.cash_break_even_settlements is not None:
        out.print(f"cash on the ledger pays up to {case.cash_break_even_settlements:,} settlements a year")


def _cells(cost: ProcessCost) -> tuple[str, str]:
    return (
        f"{tenths_of_million(cost.as_is_yen) / 10:.1f} = {' + '.join(item.words for item in cost.as_is)}",
        f"{tenths_of_million(cost.to_be_yen) / 10:.1f} = {' + '.join(item.words for item in cost.to_be)}",
    )


def _document(case: BusinessCase) -> dict[str, Any]:
    return {
        "processes": [
            {
                "process": cost.process.value,
                "as_is_yen": cost.as_is_yen,
                "to_be_yen": cost.to_be_yen,
                "as_is": [{"words": item.words, "yen": item.yen} for item in cost.as_is],
                "to_be": [{"words": item.words, "yen": item.yen} for item in cost.to_be],
            }
            for cost in case.costs
        ],
        "as_is_yen": case.as_is_yen,
        "to_be_yen": case.to_be_yen,
        "change_percent": case.change_percent,
        "brokers": case.brokers,
        "balance_break_even_yen": case.balance_break_even_yen,
        "cash_break_even_settlements": case.cash_break_even_settlements,
    }
