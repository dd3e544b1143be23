"""``crossdvp gateway``: operating a gateway."""

from __future__ import annotations

import typer

from relayer.cli import gateway_db

app = typer.Typer(help="A gateway: its database.", no_args_is_help=True, add_completion=False)
app.add_typer(gateway_db.app, name="db")


@app.callback()
def gateway() -> None:
    """A gateway: its database."""
