"""``crossdvp gateway``: what the people who run or call a gateway need at a terminal."""

from __future__ import annotations

from typing import Final

import typer

from chains.deferred_commands import Commands, deferred_group

COMMANDS: Final[Commands] = {
    "audit": ("relayer.cli.gateway_audit", "The audit log: list, verify, anchor."),
    "db": ("relayer.cli.gateway_db", "Its database: show, migrate."),
    "token": ("relayer.cli.gateway_token", "Sign a token for calls to a gateway."),
}

app = typer.Typer(
    cls=deferred_group(COMMANDS),
    help="A gateway: its audit log and database, tokens for its callers.",
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def gateway() -> None:
    """A gateway: its audit log and database, tokens for its callers."""
