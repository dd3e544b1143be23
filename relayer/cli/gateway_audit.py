"""``crossdvp gateway audit``: read, verify and anchor the audit log in a gateway's database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from chains.audit_anchors import anchor_text, read_anchor
from chains.audit_chain import AuditHead
from chains.console import JsonFlag, Output, fail, out, output_of, show_json
from primitives.errors import CrossDvpError
from relayer.config import GatewayConfig, load_config
from relayer.gateway.audit import AuditedCall, AuditLog
from relayer.gateway.audit_entries import AuditKind
from relayer.gateway.settlement_tables import AUDIT_TABLE
from relayer.gateway.store import GatewayStore

app = typer.Typer(help="The audit log: list, verify, anchor.", no_args_is_help=True, add_completion=False)

ConfigOption = Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")]
DEFAULT_CONFIG = Path(".devnet/gateway.toml")


@contextmanager
def opened_log(config_file: Path, output: Output) -> Iterator[AuditLog]:
    """The log of a gateway; what goes wrong is told by name and ends the command."""
    try:
        store = GatewayStore(load_config(GatewayConfig, config_file).database)
        try:
            yield AuditLog(store.database, AUDIT_TABLE)
        finally:
            store.close()
    except CrossDvpError as error:
        fail(error, output)


@app.command("list")
def list_calls(
    config_file: ConfigOption = DEFAULT_CONFIG,
    platform: Annotated[str, typer.Option("--platform", help="Only this platform's calls.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many, newest first.")] = 50,
    below: Annotated[int, typer.Option("--below", min=0, help="Only entries below this height; 0 = all.")] = 0,
    json_flag: JsonFlag = False,
) -> None:
    """List calls, newest first, each with what became of it.

    Example: crossdvp gateway audit list --config gateway.toml --platform broker-a
    """
    output = output_of(json_flag)
    with opened_log(config_file, output) as log:
        calls = log.calls(platform or None, below, limit)
    if output is Output.PROGRAMS:
        show_json({"calls": [_document(call) for call in calls]})
        return
    table = Table("height", "time", "platform", "user", "method", "outcome", "resource", box=None)
    for call in calls:
        record = call.entry.record
        method = record.method.rpartition("/")[2]
        cells = [str(call.entry.height), _time(record.at_s), record.platform, record.user, method, _outcome(call)]
        table.add_row(*(escape(cell) for cell in [*cells, _resource(call)]))
    out.print(table)


@app.command()
def verify(
    config_file: ConfigOption = DEFAULT_CONFIG,
    anchors: Annotated[
        list[Path] | None, typer.Option("--from-anchor", help="An anchor file the log must pass through; repeatable.")
    ] = None,
    json_flag: JsonFlag = False,
) -> None:
    """Check every entry, and the anchors; exit code 1 names the first entry that is not as it was written.

    Example: crossdvp gateway audit verify --config gateway.toml --from-anchor /mnt/elsewhere/anchor.json
    """
    output = output_of(json_flag)
    with opened_log(config_file, output) as log:
        head = log.verify([read_anchor(path) for path in anchors or ()])
    if output is Output.PROGRAMS:
        show_json({"verified": True, **_head(head), "anchors": len(anchors or ())})
    else:
        held = f", and it passes through {len(anchors)} anchor(s)" if anchors else "; no anchor was compared"
        out.print(f"{head.height} entries are as they were written{held}\n  hash  {head.hash.hex()}", soft_wrap=True)


@app.command()
def anchor(
    config_file: ConfigOption = DEFAULT_CONFIG,
    to: Annotated[Path | None, typer.Option("--to", help="File to write; standard output if not given.")] = None,
    json_flag: JsonFlag = False,
) -> None:
    """Verify the log and write its height and hash: keep the file where the gateway's machine cannot write.

    Example: crossdvp gateway audit anchor --config gateway.toml --to anchor.json
    """
    output = output_of(json_flag)
    with opened_log(config_file, output) as log:
        head = log.verify()
    text = anchor_text(head, int(time.time()))
    if to is None:
        typer.echo(text, nl=False)
        return
    to.write_text(text)
    if output is Output.PROGRAMS:
        show_json({"file": str(to), **_head(head)})
    else:
        out.print(f"anchored {head.height} entries in {to}")


def _head(head: AuditHead) -> dict[str, object]:
    return {"height": head.height, "hash": head.hash.hex()}


def _outcome(call: AuditedCall) -> str:
    if call.entry.record.kind is AuditKind.REFUSED:
        return f"refused {call.entry.record.outcome}"
    return "no outcome" if call.outcome is None else call.outcome.record.outcome


def _resource(call: AuditedCall) -> str:
    return (call.outcome or call.entry).record.resource


def _time(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _document(call: AuditedCall) -> dict[str, object]:
    record = call.entry.record
    return {
        "height": call.entry.height,
        "kind": record.kind.value,
        "at_s": record.at_s,
        "platform": record.platform,
        "user": record.user,
        "method": record.method,
        "request_id": record.request_id,
        "request_sha256": record.request_hash.hex(),
        "outcome": None if call.outcome is None and not record.outcome else _outcome(call),
        "resource": _resource(call),
        "hash": call.entry.hash.hex(),
    }
