"""What ``crossdvp relayer db`` and ``crossdvp gateway db`` share: whose database, and bringing it up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from chains.console import EXIT_UNREADABLE, Output, fail, out, show_json
from primitives.errors import CallerError, CrossDvpError
from relayer.config import GatewayConfig, RelayerConfig, load_config
from relayer.database import Location
from relayer.migrations.running import migrate

ConfigOption = Annotated[Path, typer.Option("--config", help="The process's configuration file.", show_default=False)]
Found = TypeVar("Found")


def database_of(program: str, config: Path) -> Location:
    """Where the database of a process is. Raises ``ConfigInvalid``."""
    if program == "gateway":
        return load_config(GatewayConfig, config).database
    return load_config(RelayerConfig, config).database


def told(work: Callable[[], Found], output: Output) -> Found:
    """What ``work`` returns; our errors become exit codes: 2 for a configuration that cannot be used, 1 for others."""
    try:
        return work()
    except CrossDvpError as error:
        fail(error, output, EXIT_UNREADABLE if isinstance(error, CallerError) else 1)


def migrate_and_tell(program: str, config: Path, output: Output) -> None:
    """All missing steps, and from where to where."""
    done = told(lambda: migrate(database_of(program, config), program), output)
    if output is Output.PROGRAMS:
        show_json({"before": done.before, "after": done.after})
    elif done.before == done.after:
        out.print(f"the tables have version {done.after} already: nothing to do")
    else:
        out.print(f"the tables went from version {done.before} to {done.after}: start the {program}")
