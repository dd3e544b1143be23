"""``crossdvp ledger storage``: a node's database as a whole. The commands work on the database itself.

``status`` and ``backup`` may run beside the node, ``reconcile`` asks the node where one runs, the others then refuse.
"""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from chains.console import EXIT_UNREADABLE, JsonFlag, Output, err, facts, fail, out, output_of, run, show_json
from chains.progmat.cli.connecting import node_access
from chains.progmat.client.records_operator import RecordsOperator
from chains.progmat.node.config import BadNodeConfig, NodeConfig, load_node_config
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage.backup import Manifest, Subject, backup, manifest_path, restore
from chains.progmat.node.storage.errors import DatabaseInUse
from chains.progmat.node.storage.offline import confirm, head_of, migrate
from chains.progmat.node.storage.standing import Doubt, Head
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.rpc_status import RemoteUnavailableError
from primitives.errors import CrossDvpError

T = TypeVar("T")
ConfigFile = Annotated[Path, typer.Argument(help="the node's TOML file")]

app = typer.Typer(
    help="A node's database: its state, migration, backup, restore.", no_args_is_help=True, add_completion=False
)


@app.callback()
def storage() -> None:
    """A node's database: its state, migration, backup, restore."""


@app.command()
def status(file: ConfigFile, as_json: JsonFlag = False) -> None:
    """How far the database has come, who holds it, and whether its records are in doubt.

    Exit 0: current. 1: in doubt, or there is no database. 2: the configuration cannot be used.
    """
    output = output_of(as_json)
    config = _config(file, output)
    head = _done(lambda: head_of(config.database_at), output)
    _show_head(str(config.database_at), head, output)
    raise typer.Exit(0 if head.doubt is Doubt.NONE else 1)


@app.command("migrate")
def migrate_(file: ConfigFile, as_json: JsonFlag = False) -> None:
    """Bring the tables to this program's version: all steps or none. Take a backup before.

    Exit 0: they are at it now. 1: refused, with the reason. 2: the configuration cannot be used.
    """
    output = output_of(as_json)
    config = _config(file, output)
    done = _done(lambda: migrate(config.database_at), output)
    if output is Output.PROGRAMS:
        show_json({"before": done.before, "after": done.after})
    else:
        facts({"database": config.database_at, "before": done.before, "after": done.after})


@app.command("backup")
def backup_(
    file: ConfigFile,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="where the backup goes")],
    as_json: JsonFlag = False,
) -> None:
    """Copy the database as it is at one moment into FILE, with FILE.manifest.json beside it; the node keeps running.

    Exit 0: both are on disk. 1: refused, with the reason. 2: the configuration cannot be used.
    """
    output = output_of(as_json)
    config = _config(file, output)
    made = _done(
        lambda: backup(config.database_at, target, _subject(config), int(time.time()), _progress(output)), output
    )
    _show_manifest(target, made, output)


@app.command("restore")
def restore_(
    file: ConfigFile,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="a backup, its manifest beside it")],
    as_json: JsonFlag = False,
) -> None:
    """Put a backup in the place of the node's database; the node then signs nothing until it is reconciled.

    Exit 0: restored. 1: refused, with the reason. 2: the configuration cannot be used.
    """
    output = output_of(as_json)
    config = _config(file, output)
    found = _done(
        lambda: restore(config.database_at, source, _subject(config), int(time.time()), _progress(output)), output
    )
    _show_manifest(source, found, output)
    if output is Output.PEOPLE:
        out.print("  start the node: it asks its peers what it missed, and signs nothing until that is settled")


@app.command()
def reconcile(
    file: ConfigFile,
    confirm_it: Annotated[bool, typer.Option("--confirm", help="say that the node has all it missed")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show the doubt about a node's records; with --confirm settle it, in the audit trail under your name.

    A running node is asked to settle it, and does so once a round of asking its peers has brought nothing new; a
    stopped one's database takes your word: look into its log first, whom it could not ask, what it missed.
    Exit 0: no doubt, or settled. 1: in doubt, or refused. 2: the configuration cannot be used.
    """
    output = output_of(as_json)
    config = _config(file, output)
    at = config.database_at
    if confirm_it:
        try:
            confirm(at, operator=getpass.getuser(), now_s=int(time.time()))
        except DatabaseInUse as in_use:
            _ask_the_node(file, at, in_use, output)
        except CrossDvpError as error:
            fail(error, output)
    head = _done(lambda: head_of(at), output)
    _show_head(str(at), head, output)
    raise typer.Exit(0 if head.doubt is Doubt.NONE else 1)


def _ask_the_node(file: Path, at: DatabaseLocation, in_use: DatabaseInUse, output: Output) -> None:
    """Somebody holds the database: the node, if it answers."""

    async def main() -> None:
        access = node_access(file, "", "", None, None, None)
        operator = RecordsOperator(access.endpoint, access.tls)
        try:
            await operator.settle_doubt(head_of(at).doubt.value, getpass.getuser())
        except RemoteUnavailableError as error:
            if error.reason.startswith("GRPC_"):  # nobody answers there: what holds the database is no node
                raise in_use from error
            raise
        finally:
            await operator.close()

    run(main, output)


def _config(file: Path, output: Output) -> NodeConfig:
    try:
        return load_node_config(file)
    except BadNodeConfig as error:
        fail(error, output, EXIT_UNREADABLE)


def _done(work: Callable[[], T], output: Output) -> T:
    try:
        return work()
    except CrossDvpError as error:
        fail(error, output)
    except OSError as error:
        _unreadable(error, output)


def _unreadable(error: OSError, output: Output) -> NoReturn:
    if output is Output.PROGRAMS:
        show_json({"error": {"reason": "FILE_UNREADABLE", "message": str(error), "blame": "caller"}})
    else:
        err.print(f"[red]refused[/red] FILE_UNREADABLE: {error}", soft_wrap=True)
    raise typer.Exit(EXIT_UNREADABLE)


def _subject(config: NodeConfig) -> Subject:
    parameters = NetworkParameters.decode(config.parameters.read_bytes())
    return Subject(config.name, parameters.ledger_id, bytes(parameters.hash))


def _progress(output: Output) -> Callable[[str, int], None]:
    def told(what: str, rows: int) -> None:
        if output is Output.PEOPLE and rows:
            err.print(f"  [dim]{what}: {rows} rows[/dim]")

    return told


def _show_head(database: str, head: Head, output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(
            {
                "database": database,
                "databaseId": head.database_id,
                "start": head.incarnation,
                "commit": head.number,
                "holder": head.holder,
                "doubt": head.doubt.value,
                "doubtDetail": head.doubt_detail,
            }
        )
        return
    facts(
        {
            "database": database,
            "id": head.database_id,
            "start": head.incarnation,
            "commit": head.number,
            "last held by": head.holder,
        }
    )
    if head.doubt is Doubt.NONE:
        out.print("  [green]the records are current as far as this node can tell[/green]")
    else:
        out.print(f"  [red]in doubt[/red] {head.doubt.value}: {head.doubt_detail}", soft_wrap=True)
        out.print("  the node answers reads and signs nothing until this is settled")


def _show_manifest(file: Path, manifest: Manifest, output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({"file": str(file), "manifest": manifest.model_dump(mode="json")})
        return
    facts(
        {
            "backup": file,
            "manifest": manifest_path(file),
            "node": manifest.node,
            "ledger": manifest.ledger_id,
            "schema": manifest.schema_revision,
            "start, commit": f"{manifest.incarnation}, {manifest.commit}",
            "made": manifest.made_at,
            "SHA-256": manifest.sha256,
        }
    )
