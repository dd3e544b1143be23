"""``python -m chains.progmat.node --config FILE.toml``: run one node until SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from primitives.errors import CrossDvpError

EXIT_REFUSED = 1


def main(config: Annotated[Path, typer.Option(help="the node's TOML file")]) -> None:
    """Run one ledger node (SN, CN, NN or VALIDATOR) until it is told to stop."""
    gc.disable()  # a fifth of a start: what is loaded stays, and until ``calm_collector`` there is little else
    from chains.progmat.node.app import NodeApp  # noqa: PLC0415  # loaded without the collector
    from chains.progmat.node.config import load_node_config  # noqa: PLC0415  # as above

    try:
        asyncio.run(NodeApp(load_node_config(config)).run())
    except CrossDvpError as error:
        Console(stderr=True).print(f"[red]{error.reason}[/red] {error}", highlight=False)
        sys.exit(EXIT_REFUSED)
    except OSError as error:
        Console(stderr=True).print(f"[red]FILE_UNREADABLE[/red] {error}", highlight=False)
        sys.exit(EXIT_REFUSED)


if __name__ == "__main__":
    typer.run(main)
