"""How packets and acts look to people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp
from rich.markup import escape
from rich.table import Table

from chains.console import facts, out


def state_name(packet: pb.Packet) -> str:
    """``sent`` and so on."""
    return pb.PacketState.Name(packet.state).removeprefix("PACKET_STATE_").lower()


def moment(stamp: Timestamp) -> str:
    """Date and time, UTC, to the second."""
    return datetime.fromtimestamp(stamp.seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def span(seconds: int) -> str:
    """A time in its two largest units, as 2h 5m."""
    sign, left, parts = "-" if seconds < 0 else "", abs(seconds), list[str]()
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if left >= size or (unit == "s" and not parts):
            parts.append(f"{left // size}{unit}")
            left %= size
    return sign + " ".join(parts[:2])


def packet_table(packets: Sequence[pb.Packet]) -> Table:
    """A line a packet."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for header in ("packet", "path", "state", "since", "to time-out", "attempts", "next", "what was said last"):
        table.add_column(
            header, justify="right" if header == "attempts" else "left", no_wrap=header in {"packet", "since"}
        )
    for packet in packets:
        state = state_name(packet)
        if packet.HasField("parking"):
            state += f", parked by {packet.parking.by}"
        left = span(packet.to_timeout.seconds) if packet.HasField("to_timeout") else ""
        following = moment(packet.next_attempt)[11:] if packet.HasField("next_attempt") else "at once"
        said = f"{packet.refusal_class}: {packet.last_error}" if packet.last_error else packet.refusal_class
        table.add_row(
            *(packet.name, packet.path, escape(state), moment(packet.since), left, str(packet.attempts)),
            *("" if packet.HasField("parking") else following, escape(said)),
        )
    return table


def packet_page(packet: pb.Packet, sentences: Sequence[str], evidence: Sequence[str]) -> None:
    """A packet, whole."""
    out.print(f"[bold]{packet.name}[/bold]  path {packet.path}", soft_wrap=True)
    for sentence in sentences:
        out.print(f"  {escape(sentence)}", soft_wrap=True)
    rows: dict[str, object] = {"times out": f"{moment(packet.timeout)} UTC"}
    if packet.HasField("send_by"):
        rows["sent until"] = f"{moment(packet.send_by)} UTC; later it is timed out instead"
    if packet.trade_id:
        rows["trade"] = f"settlements/0x{packet.trade_id}"
    facts(rows)
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for header in ("at", "chain", "what", "answer", "height", "proof"):
        table.add_column(header, justify="right" if header in {"height", "proof"} else "left")
    for step in packet.steps:
        answer = step.refusal or step.tx_id
        if step.refusal_class:
            answer = f"{step.refusal_class}: {answer}" if answer else step.refusal_class
        size = f"{step.proof_bytes:,} B" if step.proof_bytes else ""
        table.add_row(moment(step.at), step.chain, step.what, escape(answer), str(step.height or ""), size)
    if packet.steps:
        out.print(table)
    if evidence:
        out.print("  [dim]evidence[/dim]")
    for line in evidence:
        out.print(f"    {escape(line)}", soft_wrap=True)


def act_line(act: pb.Act) -> str:
    """What a person did, in a line."""
    return escape(f"{moment(act.at)} UTC  {act.who} {act.kind} {act.subject}: {act.why}  [{act.before} -> {act.after}]")
