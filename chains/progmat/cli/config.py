"""``crossdvp ledger config check``: is this configuration one that a node can start from?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chains.console import EXIT_UNREADABLE, JsonFlag, Output, fail, out, output_of, show_json
from chains.progmat.node.config import BadNodeConfig, load_node_config
from chains.progmat.node.config_check import Finding, check_configuration
from primitives.errors import CrossDvpError

app = typer.Typer(help="Check a node's configuration.", no_args_is_help=True, add_completion=False)


@app.callback()
def config() -> None:
    """Check a node's configuration."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="the node's TOML file")],
    as_json: JsonFlag = False,
) -> None:
    """Read the file and everything it names, as the node would at its start; change nothing.

    Exit 0: a node can start from it. 1: it cannot, each problem with what to do. 2: the file itself cannot be used.
    """
    output = output_of(as_json)
    try:
        findings = check_configuration(load_node_config(file))
    except BadNodeConfig as error:
        fail(error, output, EXIT_UNREADABLE)
    except CrossDvpError as error:
        fail(error, output)
    _show(findings, output)
    raise typer.Exit(0 if all(finding.problem is None for finding in findings) else 1)


def _show(findings: tuple[Finding, ...], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({"findings": [{"what": item.what, "problem": item.problem, "is": item.found} for item in findings]})
        return
    for item in findings:
        mark = "[green]holds[/green]" if item.problem is None else "[red]wrong[/red]"
        out.print(f"  {mark}  {item.what:<18} {item.found if item.problem is None else item.problem}", soft_wrap=True)
