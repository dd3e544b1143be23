"""``crossdvp relayer pending`` and ``explain``: what is on its way, and the whole story of one packet."""

from __future__ import annotations

import asyncio
import re
from enum import Enum
from typing import Annotated

import typer
from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from chains.console import JsonFlag, Output, out, output_of, show_json
from relayer.cli.relayer_target import (
    DEFAULT_DIR,
    ConfigOption,
    DirOption,
    TargetOption,
    TlsDirOption,
    Where,
    ask_relayer,
    document_of,
    show_documents,
)
from relayer.cli.relayer_view import packet_page, packet_table
from relayer.client import RelayerClient
from relayer.core.lifecycle import PacketState
from relayer.packet_states import STATES

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PAGE = 500
_OPEN = [state for state in PacketState if not state.is_final]
PacketArgument = Annotated[
    str,
    typer.Argument(help="CHAIN/CLIENT/SEQUENCE, CLIENT/SEQUENCE, PATH/SEQUENCE, a trade id or settlements/0x…"),
]


class StateChoice(Enum):
    """States as the command line takes them."""

    SENT = "sent"
    RECEIVED = "received"
    DELIVERY_BLOCKED = "delivery_blocked"
    RETURN_BLOCKED = "return_blocked"
    ACKNOWLEDGED = "acknowledged"
    TIMED_OUT = "timed_out"


def _seconds(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if match is None:
        raise typer.BadParameter(f"expected a number and s, m, h or d, as 10m, found {text[:20]!r}")
    return int(match[1]) * _SECONDS[match[2]]


def pending(
    *,
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    path: Annotated[str, typer.Option(help="Of this path only.")] = "",
    state: Annotated[list[StateChoice] | None, typer.Option(help="In this state; may be given again.")] = None,
    stuck_for: Annotated[
        int | None, typer.Option(parser=_seconds, metavar="AGE", help="Unchanged for this long, as 10m.")
    ] = None,
    parked: Annotated[bool, typer.Option("--parked", help="Parked ones only.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, until interrupted.")] = False,
    every: Annotated[float, typer.Option(min=0.1, help="With --watch: seconds between two looks.")] = 2.0,
    times: Annotated[int, typer.Option(min=0, help="With --watch: so many looks; 0 is until interrupted.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="So many packets at most.")] = 50,
    json_flag: JsonFlag = False,
) -> None:
    """Packets that are on their way: what each waits for, what was said last, when it is tried next.

    Example: crossdvp relayer pending --stuck-for 10m --config relayer.toml
    """
    output = output_of(json_flag)
    states = [PacketState(choice.value) for choice in state or ()] or _OPEN
    request = pb.ListPacketsRequest(
        path=path,
        states=[number for number, each in STATES.items() if each in states],
        parked=pb.PARKED_FILTER_PARKED if parked else pb.PARKED_FILTER_UNSPECIFIED,
        stuck_for=None if stuck_for is None else Duration(seconds=stuck_for),
    )

    async def main(client: RelayerClient) -> None:
        looks = 0
        while True:
            looks += 1
            await _look(client, request, limit, output)
            if not watch or looks == times:
                return
            await asyncio.sleep(every)

    ask_relayer(Where(directory, target, tls_dir, config), main, output)


async def _look(client: RelayerClient, request: pb.ListPacketsRequest, limit: int, output: Output) -> None:
    found: list[pb.Packet] = []
    token = ""
    while len(found) < limit:
        request.page_size, request.page_token = min(limit - len(found), _PAGE), token
        page = await client.packets(request)
        found += page.packets
        token = page.next_page_token
        if not token:
            break
    if output is Output.PROGRAMS:
        show_documents("packets", list(found))
        return
    if out.is_terminal and len(found) < limit:
        out.clear()
    out.print(packet_table(found) if found else "no packet is on its way")
    if token:
        out.print(f"  the first {limit}; there are more: raise --limit")


def explain(
    packet: PacketArgument,
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """A packet's whole story: what it waits for, since when, what was tried, what is next, what happens otherwise.

    Of an archived one: how, when and where it ended.

    Example: crossdvp relayer explain qbft-0/7 --config relayer.toml
    """
    output = output_of(json_flag)

    async def main(client: RelayerClient) -> None:
        found = await client.explained(packet)
        if output is Output.PROGRAMS:
            show_json(document_of(found))
        else:
            packet_page(found.packet, found.sentences, found.evidence)

    ask_relayer(Where(directory, target, tls_dir, config), main, output)
