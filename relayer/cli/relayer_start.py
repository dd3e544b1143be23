"""``crossdvp relayer start``: the daemon. Nothing else of the command line imports what a relayer is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.app import serve
from relayer.process import LogFormat, keep_what_is_loaded, run_process, share_one_heap

app = typer.Typer(add_completion=False)


@app.command()
def start(
    config: Annotated[Path, typer.Option("--config", help="The relayer's file.", show_default=False)],
    log_format: Annotated[LogFormat, typer.Option(help="Log lines for people, or JSON.")] = LogFormat.TEXT,
    json_flag: Annotated[bool, typer.Option("--json", help="The same as --log-format json.")] = False,
) -> None:
    """Run the relayer until it is stopped by SIGTERM or Ctrl-C. Exit code 2: its file cannot be used.

    Example: crossdvp relayer start --config relayer.toml --log-format json
    """
    lines = LogFormat.JSON if json_flag else log_format
    share_one_heap()
    keep_what_is_loaded()
    raise typer.Exit(run_process("relayer", serve, ["--config", str(config), "--log-format", lines.value]))
