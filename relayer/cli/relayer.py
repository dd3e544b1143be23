"""``crossdvp relayer``: what a running relayer sees, and what people should look at."""

from __future__ import annotations

from typing import Final

import typer
from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from google.protobuf.json_format import MessageToDict
from rich.markup import escape
from rich.table import Table

from chains.console import EXIT_REFUSED, JsonFlag, Output, out, output_of, show_json
from chains.deferred_commands import Commands, deferred_group
from relayer.cli import (
    relayer_acts,
    relayer_evidence,
    relayer_packets,
    relayer_paths,
)
from relayer.cli.relayer_target import (
    DEFAULT_DIR,
    ConfigOption,
    DirOption,
    TargetOption,
    TlsDirOption,
    Where,
    ask_relayer,
)
from relayer.cli.settlement_view import clock
from relayer.client import RelayerClient

COMMANDS: Final[Commands] = {
    "start": ("relayer.cli.relayer_start", "Run the relayer until it is stopped by SIGTERM or Ctrl-C."),
    "config": ("relayer.cli.relayer_config", "The relayer's configuration file."),
    "doctor": (
        "relayer.cli.relayer_doctor",
        "Dial everything that the configuration names; what is bad, the fix.",
    ),
    "db": ("relayer.cli.relayer_db", "The relayer's database: what is in it, its version, its archive."),
}
"""What works on a relayer's own files; the commands that follow ask a running one, which takes far less to import."""

app = typer.Typer(
    cls=deferred_group(COMMANDS),
    help="A relayer: run it, check it, see what it does, and act on its packets.",
    no_args_is_help=True,
    add_completion=False,
)

BLOCKED = ("delivery_blocked", "return_blocked")
"""Packets in these states are alarms: an application refuses what is proved."""


@app.callback()
def relayer() -> None:
    """A relayer: run it, check it, see what it does, and act on its packets."""


@app.command()
def status(
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """Chains and light clients, packets by state, and alarms; exit code 1 if an alarm stands.

    Example: crossdvp relayer status --config relayer.toml
    """
    output = output_of(json_flag)

    async def main(client: RelayerClient) -> None:
        found = await client.status()
        if output is Output.PROGRAMS:
            show_json(MessageToDict(found, preserving_proto_field_name=True, always_print_fields_with_no_presence=True))
        else:
            show(found)
        if alarms_of(found):
            raise typer.Exit(EXIT_REFUSED)

    ask_relayer(Where(directory, target, tls_dir, config), main, output)


app.command()(relayer_paths.paths)
app.command()(relayer_paths.clients)
app.command()(relayer_paths.alarms)
app.command()(relayer_packets.pending)
app.command()(relayer_packets.explain)
app.command()(relayer_acts.retry)
app.command()(relayer_acts.park)
app.command()(relayer_acts.unpark)
app.command()(relayer_acts.acts)
app.add_typer(relayer_evidence.app, name="evidence")


def alarms_of(found: pb.GetStatusResponse) -> list[tuple[str, str, str]]:
    """Kind, subject and detail of what people should look at: alarms of the watch, and packets that are blocked."""
    alarms = [(alarm.kind, alarm.subject, f"{alarm.detail} (since {clock(alarm.since)} UTC)") for alarm in found.alarms]
    for state in BLOCKED:
        count = found.packets_by_state.get(state, 0)
        if count:
            what = "an application refuses what is proved: `crossdvp settlement list` names the trades; tried for ever"
            alarms.append((state, f"{count} packet{'s' if count > 1 else ''}", what))
    return alarms


def show(found: pb.GetStatusResponse) -> None:
    """For people."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for header in ("chain", "height", "head at", "its light client", "knows height", "expires", "state"):
        table.add_column(header, justify="right" if "height" in header else "left", no_wrap=True)
    for chain in found.chains:
        hosted = chain.client_id or "unknown"
        expires = chain.client_expires.ToDatetime().strftime("%Y-%m-%d %H:%M") if chain.client_id else ""
        table.add_row(
            *(chain.chain, str(chain.height), clock(chain.head_time) if chain.height else "", hosted),
            *(str(chain.client_height), expires, chain.client_status),
        )
    out.print(table)
    for standby in dict.fromkeys(f"{chain.path}: {chain.standby}" for chain in found.chains if chain.standby):
        out.print(f"  {escape(standby)}", soft_wrap=True)
    for error in dict.fromkeys(chain.last_error for chain in found.chains if chain.last_error):
        out.print(f"  last error: {escape(error)}", soft_wrap=True)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(found.packets_by_state.items()) if count)
    out.print(f"  packets: {counts or 'none yet'}", soft_wrap=True)
    alarms = alarms_of(found)
    for kind, subject, detail in alarms:
        out.print(f"[red]ALARM[/red] {kind}: {escape(f'{subject}: {detail}')}", soft_wrap=True)
    if not alarms:
        out.print("  [green]no alarm[/green]")
