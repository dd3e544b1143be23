"""``crossdvp relayer paths``, ``clients`` and ``alarms``: does it work, what expires, what should people look at."""

from __future__ import annotations

import typer
from rich.markup import escape
from rich.table import Table

from chains.console import EXIT_REFUSED, JsonFlag, Output, out, output_of
from relayer.cli.relayer_target import (
    DEFAULT_DIR,
    ConfigOption,
    DirOption,
    TargetOption,
    TlsDirOption,
    Where,
    ask_relayer,
    show_documents,
)
from relayer.cli.relayer_view import moment, span
from relayer.client import RelayerClient


def paths(
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """Every path: what its loop does, what it waits out or why it halted, and how to go on; exit code 1 if one halted.

    Example: crossdvp relayer paths --config relayer.toml
    """
    output = output_of(json_flag)

    async def main(client: RelayerClient) -> None:
        found = await client.paths()
        if output is Output.PROGRAMS:
            show_documents("paths", list(found))
        for path in [] if output is Output.PROGRAMS else found:
            counts = ", ".join(f"{count} {state}" for state, count in sorted(path.packets_by_state.items()) if count)
            colour = {"relaying": "green", "halted": "red"}.get(path.state, "yellow")
            ends = f"{path.first_chain} - {path.second_chain}"
            out.print(f"[bold]{path.name}[/bold]  {ends}  [{colour}]{path.state}[/{colour}]", soft_wrap=True)
            out.print(f"  packets: {counts or 'none yet'}; {path.parked} parked", soft_wrap=True)
            for what, text in (
                ("last error", path.last_error),
                ("go on", path.advice),
                ("standby", path.standby),
                *(("not watched", blind) for blind in path.not_watched),
            ):
                if text:
                    out.print(f"  {what}: {escape(text)}", soft_wrap=True)
        if any(path.state == "halted" for path in found):
            raise typer.Exit(EXIT_REFUSED)

    ask_relayer(Where(directory, target, tls_dir, config), main, output)


def clients(
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """Every hosted light client: status, age, when refresh is due, when it expires; exit code 1 if one is not active.

    Example: crossdvp relayer clients --config relayer.toml
    """
    output = output_of(json_flag)

    async def main(client: RelayerClient) -> None:
        found = await client.clients()
        if output is Output.PROGRAMS:
            show_documents("clients", list(found))
        else:
            table = Table(box=None, padding=(0, 2), header_style="dim")
            for header in ("client", "on", "of", "status", "height", "age", "refresh due", "expires"):
                table.add_column(header, no_wrap=True)
            for each in found:
                ages = (span(each.age.seconds), moment(each.refresh_due), moment(each.expires))
                table.add_row(*(each.client_id, each.chain, each.of_chain, each.status, str(each.latest_height)), *ages)
            out.print(table)
        if any(each.status != "active" for each in found):
            raise typer.Exit(EXIT_REFUSED)

    ask_relayer(Where(directory, target, tls_dir, config), main, output)


def alarms(
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """What people should look at, the oldest first; exit code 1 if there is anything.

    Example: crossdvp relayer alarms --config relayer.toml
    """
    output = output_of(json_flag)

    async def main(client: RelayerClient) -> None:
        found = await client.alarms()
        if output is Output.PROGRAMS:
            show_documents("alarms", list(found))
        else:
            for each in found:
                since = f"since {moment(each.since)} UTC"
                text = escape(f"{each.kind}: {each.subject}: {each.detail}")
                out.print(f"[red]ALARM[/red] {text} ({since})", soft_wrap=True)
            if not found:
                out.print("[green]no alarm[/green]")
        if found:
            raise typer.Exit(EXIT_REFUSED)

    ask_relayer(Where(directory, target, tls_dir, config), main, output)
