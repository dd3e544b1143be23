"""``crossdvp ledger notary status``: where the notary's journal stands, and which worker may commit."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from chains.console import EXIT_UNREADABLE, JsonFlag, Output, fail, out, output_of, show_json
from chains.progmat.node.config import BadNodeConfig, NodeConfig, load_node_config
from chains.progmat.notary.opening import NotaryOptions, conninfo_of
from chains.progmat.notary.status import StoreStatus, WriterStatus, read_postgres_status, read_sqlite_status
from primitives.errors import CrossDvpError

app = typer.Typer(help="Look at a notary's store.", no_args_is_help=True, add_completion=False)


@app.callback()
def notary() -> None:
    """Look at a notary's store."""


@app.command()
def status(
    file: Annotated[Path, typer.Argument(help="the TOML file of one of the notary's workers")],
    as_json: JsonFlag = False,
) -> None:
    """Read the store that the file names, whether or not a worker runs; change nothing.

    Exit 0: read. 1: the store cannot be read, or is no notary's. 2: the file itself cannot be used.
    """
    output = output_of(as_json)
    try:
        found = _read(load_node_config(file))
    except BadNodeConfig as error:
        fail(error, output, EXIT_UNREADABLE)
    except CrossDvpError as error:
        fail(error, output)
    _show(found, output)


def _read(config: NodeConfig) -> StoreStatus:
    section = config.notary
    if section.store is None:
        return read_sqlite_status(config.data_dir / "notary.sqlite3")
    return read_postgres_status(conninfo_of(NotaryOptions(section.store, section.passfile)))


def _show(found: StoreStatus, output: Output) -> None:
    head, writer = found.head, found.writer
    if output is Output.PROGRAMS:
        show_json(
            {
                "ledger_id": found.ledger_id,
                "journal": {"position": head.position, "time_s": head.time_s, "hash": head.entry_hash.hex()},
                "writer": None
                if writer is None
                else {"holder": writer.holder, "epoch": writer.epoch, "expires_ms": writer.expires_ms},
            }
        )
        return
    at = datetime.fromtimestamp(head.time_s, UTC)
    out.print(f"  ledger   {found.ledger_id}")
    out.print(
        f"  journal  position {head.position}, {at:%Y-%m-%d %H:%M:%S} UTC, {head.entry_hash.hex()}", soft_wrap=True
    )
    out.print(f"  writer   {_writer(writer, time.time_ns() // 1_000_000)}", soft_wrap=True)


def _writer(writer: WriterStatus | None, now_ms: int) -> str:
    if writer is None:
        return "the one process that uses the file"
    left_s = (writer.expires_ms - now_ms) / 1000
    if writer.expires_ms == 0:
        return f"nobody: {writer.holder} gave epoch {writer.epoch} back; a worker takes over as soon as one runs"
    if left_s <= 0:
        return f"{writer.holder}, epoch {writer.epoch}, silent for {-left_s:.1f} s past its lease: no worker runs"
    return f"{writer.holder}, epoch {writer.epoch}, for another {left_s:.1f} s unless renewed"
