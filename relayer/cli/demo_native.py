"""``crossdvp demo native``: a trading day on the ledger alone, told scene by scene."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chains.console import EXIT_REFUSED, JsonFlag, Output, err, out, output_of, run, show_json
from primitives.errors import CallerError
from relayer.devnet.native.cast import COIN_ID, SECURITY_ID
from relayer.devnet.native.day import PlayedDay, play
from relayer.devnet.native.network import (
    PROCESSES_FILE,
    REGISTRAR,
    TRUSTEE,
    AtTheEnd,
    running_day_network,
    stop_day_network,
)
from relayer.devnet.native.telling import Told

app = typer.Typer(add_completion=False)


class DirectoryInUse(CallerError):
    """The day's files go into a directory of their own."""

    reason = "DEMO_DIRECTORY_IN_USE"


class NoDayThere(CallerError):
    """No day was played in that directory."""

    reason = "DEMO_NOT_THERE"


@app.command()
def native(
    directory: Annotated[
        Path | None, typer.Option("--dir", help="An empty directory to keep the day's files in.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the nodes running afterwards; wants --dir.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Only stop the nodes that a day left running in --dir.")] = False,
    json_flag: JsonFlag = False,
) -> None:
    """Play a trading day on the ledger: eight nodes as processes, two brokers, a custodian, a PTS, a trust bank.

    Yen in trust become coin, a security is issued; orders, executions, settlement by itself; a shortage cured by
    additional trust; a coupon; a court's forced transfer; an outage with emergency register and normalisation. Exit
    code 1 if any book differs at night.
    """
    output = output_of(json_flag)

    async def main() -> None:
        if stop:
            _stop(directory, output)
            return
        if keep and directory is None:
            raise DirectoryInUse("--keep wants --dir: whoever stops the nodes has to find them")
        with _files(directory) as files:
            await _play(files, AtTheEnd.KEEP if keep else AtTheEnd.STOP, output)
        if directory is not None and output is Output.PEOPLE:
            _show_further(files, AtTheEnd.KEEP if keep else AtTheEnd.STOP)

    run(main, output)


@contextmanager
def _files(directory: Path | None) -> Iterator[Path]:
    if directory is None:
        with tempfile.TemporaryDirectory(prefix="crossdvp-day-") as scratch:
            yield Path(scratch)
        return
    if directory.exists() and any(directory.iterdir()):
        raise DirectoryInUse(f"{directory} is not empty: a day wants a directory of its own")
    directory.mkdir(parents=True, exist_ok=True)
    yield directory.absolute()


async def _play(files: Path, at_the_end: AtTheEnd, output: Output) -> None:
    started_s = time.monotonic()
    show = _show if output is Output.PEOPLE else _say_title
    async with running_day_network(files, _say, at_the_end) as network:
        played = await play(network, _say, show)
    took_s = time.monotonic() - started_s
    if output is Output.PROGRAMS:
        show_json(_document(played, took_s))
    else:
        _show_end(played, took_s)
    if played.problems:
        raise typer.Exit(EXIT_REFUSED)


def _stop(directory: Path | None, output: Output) -> None:
    if directory is None or not (directory / PROCESSES_FILE).exists():
        raise NoDayThere("--stop wants --dir, the directory of a day that was played with --keep")
    stopped = stop_day_network(directory)
    if output is Output.PROGRAMS:
        show_json({"stopped": stopped})
    else:
        out.print(f"  {stopped} nodes stopped")


def _say(text: str) -> None:
    err.print(f"[dim]{text}[/dim]", soft_wrap=True)


def _say_title(told: Told) -> None:
    _say(told.title)


def _show(told: Told) -> None:
    out.print(f"\n[bold]{told.title}[/bold]")
    width = max(len(who) for who, _ in told.acts)
    for who, what in told.acts:
        out.print(f"  [cyan]{who:<{width}}[/cyan]  {what}", soft_wrap=True)
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for column, header in enumerate(told.headers):
        numbers = all(_is_number(row[column]) for row in told.rows)
        table.add_column(header, justify="right" if numbers else "left", no_wrap=True)
    for row in told.rows:
        table.add_row(*row)
    out.print(table)
    out.print(f"  [dim]took {told.took_s:.1f} s[/dim]")


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").lstrip("+-").isdigit()


def _show_end(played: PlayedDay, took_s: float) -> None:
    for problem in played.problems:
        out.print(f"  [red]differs[/red] {problem}", soft_wrap=True)
    if not played.problems:
        out.print(f"\n[green]{len(played.scenes)} scenes: register, vaults and trust agree to the unit[/green]")
    out.print(f"  the whole day took {took_s:.1f} s")


def _show_further(files: Path, at_the_end: AtTheEnd) -> None:
    registrar, trustee = (files / "network" / name / "node.toml" for name in (REGISTRAR, TRUSTEE))
    if at_the_end is AtTheEnd.STOP:
        out.print(f"  files in {files}; had the nodes been left running (--keep), they would answer")
    else:
        out.print("  the nodes go on running; to look further:")
    for command in (
        f"register --config {registrar} show {SECURITY_ID}",
        f"register --config {registrar} history {SECURITY_ID}",
        f"coin --config {trustee} reconcile {COIN_ID}",
        f"demo native --stop --dir {files}",
    ):
        out.print(f"    crossdvp {command}", soft_wrap=True)


def _document(played: PlayedDay, took_s: float) -> dict[str, object]:
    return {
        "trading_date": played.trading_date.isoformat(),
        "scenes": [told.document() for told in played.scenes],
        "problems": list(played.problems),
        "agree": not played.problems,
        "took_s": round(took_s, 2),
    }
