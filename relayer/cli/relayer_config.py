"""``crossdvp relayer config check``: a relayer's file looked at before it runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from chains.console import EXIT_REFUSED, JsonFlag, Output, out, output_of, run, show_json
from chains.evm.client.examination import Finding, Fitness
from relayer.cli.relayer_doctor import finding_document, show_finding, tell
from relayer.cli.toml_lines import line_of
from relayer.config import RelayerConfig, load_config
from relayer.doctor import examine_files, examine_relayer
from relayer.peer_config import ConfigInvalid

app = typer.Typer(help="The relayer's configuration file.", no_args_is_help=True, add_completion=False)


@app.callback()
def configuration() -> None:
    """The relayer's configuration file."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The relayer's file.")],
    live: Annotated[bool, typer.Option("--live", help="Dial everything that it names, as `doctor` does.")] = False,
    json_flag: JsonFlag = False,
) -> None:
    """Whether the file can be used, each problem with its line; then the files that it names, with --live everything.

    Example: crossdvp relayer config check relayer.toml --live
    """
    output = output_of(json_flag)
    try:
        config = load_config(RelayerConfig, file)
    except ConfigInvalid as invalid:
        _tell_problems(file, invalid, output)
        raise typer.Exit(EXIT_REFUSED) from None
    if live:

        async def dial() -> None:
            tell(await examine_relayer(config, time.time), output)

        run(dial, output)
        return
    findings = examine_files(config, time.time())
    _tell_findings(file, config, findings, output)
    if any(finding.fitness is Fitness.UNFIT for finding in findings):
        raise typer.Exit(EXIT_REFUSED)


def _tell_problems(file: Path, invalid: ConfigInvalid, output: Output) -> None:
    text = file.read_text(errors="replace") if file.is_file() else ""
    problems = [  # what follows from a problem further in is not told
        {"key": ".".join(map(str, place)) or "file", "line": line_of(text, place), "problem": problem}
        for place, problem in invalid.places
        if not any(other[: len(place)] == place and other != place for other, _ in invalid.places)
    ]
    if output is Output.PROGRAMS:
        error = {"reason": invalid.reason, "message": str(invalid), "blame": "caller"}
        show_json({"error": error, "problems": problems})
        return
    if not problems:
        out.print(f"[red]bad[/red]  {escape(str(invalid))}", soft_wrap=True)
    for each in problems:
        line, key, problem = each["line"], each["key"], each["problem"]
        where = f"{file}:{line}" if line else str(file)
        out.print(f"[red]bad[/red]  {escape(f'{where}: {key}: {problem}')}", soft_wrap=True)


def _tell_findings(file: Path, config: RelayerConfig, findings: list[Finding], output: Output) -> None:
    names = [path.name for path in config.paths]
    if output is Output.PROGRAMS:
        show_json({"paths": names, "findings": [finding_document(finding) for finding in findings]})
        return
    for finding in findings:
        show_finding("machine", finding)
    if all(finding.fitness is not Fitness.UNFIT for finding in findings):
        out.print(f"{file} can be used; paths: {', '.join(names)}", style="bold", soft_wrap=True)
