"""``crossdvp relayer retry``, ``park``, ``unpark`` and ``acts``: what people do to packets, and what they did."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from crossdvp.relayer.v1 import relayer_service_pb2 as pb

from chains.console import JsonFlag, Output, out, output_of, show_json
from relayer.cli.relayer_packets import PacketArgument
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
from relayer.cli.relayer_view import act_line, packet_table
from relayer.client import RelayerClient

WhyOption = Annotated[str, typer.Option("--why", help="Your reason; it is kept with your name.", show_default=False)]
RequestIdOption = Annotated[
    str | None, typer.Option("--request-id", help="Say the same again to be sure that it is done once.")
]
Done = tuple[pb.Act, pb.Packet]


def retry(
    packet: PacketArgument,
    why: WhyOption,
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    request_id: RequestIdOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """Have a packet tried at once, with a clean record.

    Example: crossdvp relayer retry qbft-0/7 --why "the token is no longer paused"
    """
    _act(RelayerClient.retry, packet, why, request_id, Where(directory, target, tls_dir, config), output_of(json_flag))


def park(
    packet: PacketArgument,
    why: WhyOption,
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    request_id: RequestIdOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """Set a packet aside until somebody unparks it. Its time-out still runs, and is not proved by this relayer.

    Example: crossdvp relayer park qbft-0/7 --why "the issuer asked us to wait"
    """
    _act(RelayerClient.park, packet, why, request_id, Where(directory, target, tls_dir, config), output_of(json_flag))


def unpark(
    packet: PacketArgument,
    why: WhyOption,
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    request_id: RequestIdOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """Take a parked packet up again, whoever parked it, at once.

    Example: crossdvp relayer unpark qbft-0/7 --why "the issuer agreed"
    """
    _act(RelayerClient.unpark, packet, why, request_id, Where(directory, target, tls_dir, config), output_of(json_flag))


def _act(
    what: Callable[[RelayerClient, str, str, str], Awaitable[Done]],
    packet: str,
    why: str,
    request_id: str | None,
    where: Where,
    output: Output,
) -> None:
    async def main(client: RelayerClient) -> None:
        act, after = await what(client, request_id or uuid.uuid4().hex, packet, why)
        if output is Output.PROGRAMS:
            show_json({"act": document_of(act), "packet": document_of(after)})
        else:
            out.print(act_line(act), soft_wrap=True)
            out.print(packet_table([after]))

    ask_relayer(where, main, output)


def acts(
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    packet: Annotated[str, typer.Option(help="Of this packet only.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="So many at most.")] = 50,
    json_flag: JsonFlag = False,
) -> None:
    """What people did to this relayer, the newest first: who, when, why, and what it changed.

    Example: crossdvp relayer acts --config relayer.toml
    """
    output = output_of(json_flag)

    async def main(client: RelayerClient) -> None:
        found = await client.acts(pb.ListActsRequest(packet=packet, page_size=limit))
        if output is Output.PROGRAMS:
            show_documents("acts", list(found.acts))
            return
        for act in found.acts:
            out.print(act_line(act), soft_wrap=True)
        if not found.acts:
            out.print("nobody has done anything")

    ask_relayer(Where(directory, target, tls_dir, config), main, output)
