"""``crossdvp ledger node health``: whether each part of a running node can do its work, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import typer
from rich.markup import escape

from chains.console import EXIT_REFUSED, JsonFlag, Output, out, output_of, run, show_json
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.client.standing_client import PartLine, StandingClient

app = node_commands("A running node.")


@app.command()
def health(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Ask each part of the node: records, keys, notary, Validator. Answered also while its database hangs.

    Exit 0: all can do their work. 1: one cannot (its reason is told), or the node does not answer.
    """
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, StandingClient) as node:
            parts = await node.standing()
        _show(node.name, parts, output)
        if not all(part.is_able for part in parts):
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


def _show(node: str, parts: Sequence[PartLine], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({"node": node, "parts": [_document(part) for part in parts]})
        return
    for part in parts:
        since = datetime.fromtimestamp(part.since_ms / 1000, UTC)
        able = "[green]able  [/green]" if part.is_able else "[red]unable[/red]"
        out.print(f"  {part.name:<9}  {able}  since {since:%Y-%m-%d %H:%M:%S} UTC  {part.about}", soft_wrap=True)
        if not part.is_able:
            out.print(f"             {part.reason}: {escape(part.detail)}", soft_wrap=True)
    if not parts:
        out.print("  the node answers; it keeps no records and has no notary")


def _document(part: PartLine) -> dict[str, object]:
    return {
        "name": part.name,
        "able": part.is_able,
        "about": part.about,
        "since_ms": part.since_ms,
        "reason": part.reason,
        "detail": part.detail,
    }
