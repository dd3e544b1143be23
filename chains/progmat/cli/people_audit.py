"""``crossdvp people audit``: read, verify and anchor the audit log of a node's people.

Verified is what the node tells, here: every entry, its note, the chain, and anchors that were kept elsewhere.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from chains.audit_anchors import anchor_text, read_anchor
from chains.audit_chain import AuditHead
from chains.console import JsonFlag, Output, out, output_of, run, show_json
from chains.progmat.cli.connecting import connected
from chains.progmat.client.user_client import UserClient
from chains.progmat.market.people.audit_lines import AuditLine

app = typer.Typer(help="The audit log: list, verify, anchor.", no_args_is_help=True, add_completion=False)


@app.command("list")
def list_entries(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, help="Only entries above this height.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Entries in order: who did what, who approved it, what became of it."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            page, _ = await client.audit_page(after, limit)
        if output is Output.PROGRAMS:
            show_json({"entries": [_document(line) for line in page]})
            return
        table = Table("height", "time", "act", "staff", "approver", "resource", "outcome", "note", box=None)
        for line in page:
            record = line.entry.record
            at = datetime.fromtimestamp(record.at_s, UTC).isoformat(timespec="seconds")
            who = (record.staff_id, record.approver_staff_id)
            cells = (str(line.entry.height), at, record.act, *who, record.resource, record.outcome, line.note)
            table.add_row(*(escape(cell) for cell in cells))
        out.print(table)

    run(main, output)


@app.command()
def verify(
    context: typer.Context,
    anchors: Annotated[
        list[Path] | None, typer.Option("--from-anchor", help="An anchor the log must pass through; repeatable.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Check every entry, its note, and the anchors; exit code 1 names the first that is not as it was written."""
    output = output_of(as_json)

    async def main() -> None:
        known = [read_anchor(path) for path in anchors or ()]
        async with connected(context, UserClient) as client:
            head = await client.verify_audit(known)
        if output is Output.PROGRAMS:
            show_json({"verified": True, "height": head.height, "hash": head.hash.hex(), "anchors": len(known)})
        else:
            held = f", and it passes through {len(known)} anchor(s)" if known else "; no anchor was compared"
            out.print(
                f"{head.height} entries are as they were written{held}\n  hash  {head.hash.hex()}", soft_wrap=True
            )

    run(main, output)


@app.command()
def anchor(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to write it: keep it where the node cannot write.")],
    as_json: JsonFlag = False,
) -> None:
    """Verify the log, and write where it ends."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, UserClient) as client:
            head = await client.verify_audit()
        _write(file, head)
        if output is Output.PROGRAMS:
            show_json({"height": head.height, "hash": head.hash.hex()})
        else:
            out.print(f"{file}: entry {head.height}", soft_wrap=True)

    run(main, output)


def _write(file: Path, head: AuditHead) -> None:
    file.write_text(anchor_text(head, int(time.time())))


def _document(line: AuditLine) -> dict[str, object]:
    record = line.entry.record
    return {
        "height": line.entry.height,
        "at_s": record.at_s,
        "act": record.act,
        "staff_id": record.staff_id,
        "approver_staff_id": record.approver_staff_id,
        "caller": record.caller,
        "resource": record.resource,
        "outcome": record.outcome,
        "note": line.note,
        "hash": line.entry.hash.hex(),
    }
