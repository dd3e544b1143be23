"""``crossdvp gateway db``: the gateway's database."""

from __future__ import annotations

import typer

from chains.console import JsonFlag, output_of
from relayer.cli.database_commands import ConfigOption, migrate_and_tell

app = typer.Typer(help="The gateway's database.", no_args_is_help=True, add_completion=False)


@app.callback()
def database() -> None:
    """The gateway's database."""


@app.command()
def migrate(config: ConfigOption, json_flag: JsonFlag = False) -> None:
    """Bring the tables to this program's version: all steps or none. Stop all instances and back it up before.

    Example: crossdvp gateway db migrate --config gateway.toml
    """
    migrate_and_tell("gateway", config, output_of(json_flag))
