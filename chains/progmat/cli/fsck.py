"""``crossdvp ledger fsck``: does what the node holds hold?"""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from chains.console import EXIT_UNREADABLE, JsonFlag, Output, err, fail, out, output_of, show_json
from chains.progmat.flows.seams import NodeSelf
from chains.progmat.identity import NetworkMap
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.node.config import BadNodeConfig, NodeConfig, load_node_config
from chains.progmat.node.errors import NotOnNetworkMap
from chains.progmat.node.fsck import Progress, Subject, check_database
from chains.progmat.node.light_client_kinds import production_package
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.errors import CrossDvpError

app = typer.Typer(help="Verify everything a node holds.", add_completion=False)


@app.command()
def fsck(file: Annotated[Path, typer.Argument(help="the node's TOML file")], as_json: JsonFlag = False) -> None:
    """Verify again everything the node's database holds; read one snapshot, change nothing, ask nobody.

    Exit 0: all of it holds. 1: defects, each with its row and what to do. 2: it could not be checked.
    """
    output = output_of(as_json)
    started_s = time.monotonic()
    try:
        defects = list(check_database(_subject(load_node_config(file)), int(time.time()), _progress(output)))
    except BadNodeConfig as error:
        fail(error, output, EXIT_UNREADABLE)
    except CrossDvpError as error:
        fail(error, output, EXIT_UNREADABLE)
    except OSError as error:
        err.print(f"[red]refused[/red] FILE_UNREADABLE: {error}", soft_wrap=True)
        raise typer.Exit(EXIT_UNREADABLE) from error
    if output is Output.PROGRAMS:
        show_json({"defects": [asdict(defect) for defect in defects]})
    else:
        for defect in defects:
            out.print(f"  [red]{defect.table}[/red] {escape(defect.row)}", soft_wrap=True)
            for name, text in (("expected", defect.expected), ("found", defect.found), ("do", defect.advice)):
                out.print(f"      [dim]{name:<8}[/dim] {escape(text)}", soft_wrap=True)
        seconds = time.monotonic() - started_s
        out.print(f"  {len(defects)} defects, {seconds:.1f} s" if defects else f"  all of it holds, {seconds:.1f} s")
    raise typer.Exit(1 if defects else 0)


def _subject(config: NodeConfig) -> Subject:
    directory = NetworkMap.load(config.network_map)
    entry = directory.entry(config.name)
    if entry is None:
        raise NotOnNetworkMap(config.name, "it is not on the network map")
    return Subject(
        at=config.database_at,
        folder=config.data_dir,
        me=NodeSelf(entry.party, entry.roles, entry.index),
        directory=directory,
        parameters=ParametersBook.look(
            config.name, config.data_dir / "network", NetworkParameters.decode(config.parameters.read_bytes())
        ),
        package=production_package(config.attestation_root_pins),
    )


def _progress(output: Output) -> Progress:
    def told(what: str, done: int) -> None:
        if output is Output.PEOPLE:
            err.print(f"  [dim]{what}{f': {done}' if done else ''}[/dim]")

    return told
