"""``crossdvp relayer doctor``: dials everything that the configuration names; each line good or bad, with the fix."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from chains.console import EXIT_REFUSED, JsonFlag, Output, out, output_of, run, show_json
from chains.evm.client.examination import Finding, Fitness
from relayer.config import RelayerConfig, load_config
from relayer.doctor import RelayerExamination, examine_relayer

_COLOURS = {Fitness.GOOD: "green", Fitness.LIMITED: "yellow", Fitness.UNFIT: "red"}

app = typer.Typer(add_completion=False)


@app.command()
def doctor(
    config: Annotated[Path, typer.Option("--config", help="The relayer's file.", show_default=False)],
    json_flag: JsonFlag = False,
) -> None:
    """Files, certificates, database, disk; every node dialled; clocks, balance, light clients. Exit code 1: not fit.

    Example: crossdvp relayer doctor --config relayer.toml
    """
    output = output_of(json_flag)

    async def main() -> None:
        tell(await examine_relayer(load_config(RelayerConfig, config), time.time), output)

    run(main, output)


def tell(examined: RelayerExamination, output: Output) -> None:
    """Show an examination; exit code 1 if something is bad."""
    if output is Output.PROGRAMS:
        show_json(
            {
                "canWork": examined.can_work,
                "findings": [{"of": where, **finding_document(finding)} for where, finding in examined.findings],
            }
        )
    else:
        for where, finding in examined.findings:
            show_finding(where, finding)
        out.print("this relayer can work" if examined.can_work else "this relayer cannot work as it is", style="bold")
    if not examined.can_work:
        raise typer.Exit(EXIT_REFUSED)


def finding_document(finding: Finding) -> dict[str, str]:
    """For programs."""
    return {
        "question": finding.question,
        "fitness": finding.fitness.value,
        "found": finding.found,
        "advice": finding.advice,
    }


def show_finding(where: str, finding: Finding) -> None:
    """For people: a line, and a second one with the fix."""
    colour = _COLOURS[finding.fitness]
    verdict = f"[{colour}]{finding.fitness.value:<7}[/{colour}]"
    out.print(f"  {verdict}  {where}: {escape(f'{finding.question}: {finding.found}')}", soft_wrap=True)
    if finding.advice:
        out.print(f"           [dim]{escape(finding.advice)}[/dim]", soft_wrap=True)
