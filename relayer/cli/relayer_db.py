"""``crossdvp relayer db``: the relayer's database, shared by all its instances."""

from __future__ import annotations

import re
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from chains.console import JsonFlag, Output, out, output_of, show_json
from relayer.cli.database_commands import ConfigOption, database_of, migrate_and_tell, told
from relayer.store import RelayerStore

ARCHIVE_BATCH = 500
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

app = typer.Typer(
    help="The relayer's database: what is in it, its version, its archive.", no_args_is_help=True, add_completion=False
)


@app.callback()
def database() -> None:
    """The relayer's database: what is in it, its version, its archive."""


@app.command()
def migrate(config: ConfigOption, json_flag: JsonFlag = False) -> None:
    """Bring the tables to this program's version: all steps or none. Stop all instances and back it up before.

    Example: crossdvp relayer db migrate --config relayer.toml
    """
    migrate_and_tell("relayer", config, output_of(json_flag))


def _age_s(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if match is None:
        raise typer.BadParameter(f"expected a number and s, m, h or d, as 7d, found {text[:20]!r}")
    return int(match[1]) * SECONDS[match[2]]


@app.command()
def archive(
    config: ConfigOption,
    older_than: Annotated[
        int, typer.Option(parser=_age_s, metavar="AGE", help="Packets that ended longer ago, as 7d, 12h.")
    ],
    json_flag: JsonFlag = False,
) -> None:
    """Move packets that ended long ago out of the way, beside a running relayer; it does so itself, too.

    Example: crossdvp relayer db archive --config relayer.toml --older-than 1d
    """
    output, now_s = output_of(json_flag), time.time()

    def moved() -> dict[str, int]:
        with closing(RelayerStore(database_of("relayer", config))) as store:
            return {path: _archive_all(store, path, now_s - older_than, now_s) for path in store.paths()}

    found = told(moved, output)
    if output is Output.PROGRAMS:
        show_json({"archived": found})
    else:
        for path, count in found.items():
            out.print(f"  {escape(path)}: {count} archived")
        if not found:
            out.print("  no packets yet")


def _archive_all(store: RelayerStore, path: str, ended_before_s: float, now_s: float) -> int:
    total = 0
    while moved := store.archive(path, ended_before_s, now_s, ARCHIVE_BATCH):
        total += moved
    return total


@app.command()
def show(config: ConfigOption, json_flag: JsonFlag = False) -> None:
    """Version, rows, who holds which lease until when, and each path's packets; changes nothing.

    Example: crossdvp relayer db show --config relayer.toml
    """
    output = output_of(json_flag)

    def look() -> dict[str, Any]:
        with closing(RelayerStore(database_of("relayer", config))) as store:
            return {
                "database": store.database.shown,
                "version": store.database.schema_version,
                "rows": store.sizes(),
                "leases": [vars(row) for row in store.lease_rows()],
                "paths": {path: store.counts(path) for path in store.paths()},
            }

    found = told(look, output)
    if output is Output.PROGRAMS:
        show_json(found)
        return
    out.print(f"  {escape(found['database'])}, version {found['version']}", soft_wrap=True)
    out.print("  rows: " + ", ".join(f"{count} {name}" for name, count in found["rows"].items()), soft_wrap=True)
    for path, counts in found["paths"].items():
        told_counts = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        out.print(f"  {escape(path)}: {told_counts or 'all archived'}", soft_wrap=True)
    if found["leases"]:
        _show_leases(found["leases"])


def _show_leases(leases: list[dict[str, Any]]) -> None:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for header in ("lease", "holder", "until", "token"):
        table.add_column(header, justify="right" if header == "token" else "left", no_wrap=True)
    for lease in leases:
        until = datetime.fromtimestamp(lease["expires_s"], UTC).strftime("%Y-%m-%d %H:%M:%S")
        holder = lease["holder"] or "nobody"
        table.add_row(lease["name"], holder, until if lease["holder"] else "", str(lease["token"]))
    out.print(table)
