"""``crossdvp call``: any method of a gateway, relayer or ledger node, as the server itself describes it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import grpc.aio
import typer

from chains.console import JsonFlag, Output, out, output_of, run, show_json
from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from primitives.errors import CallerError
from relayer.devnet.access import OPERATOR, tls_of
from relayer.devnet.layout import read_state
from relayer.peer_config import TlsFiles
from relayer.reflected import Reflected, RequestNotJson, call, fields_of, reflect

app = typer.Typer(help="Call any method of a server by reflection.", add_completion=False)

MAX_REQUEST_CHARS = 2 * 1024 * 1024
DEFAULT_DIR = Path(".devnet")


class ServerUnnamed(CallerError):
    """Which server to call is not said, or only half of it."""

    reason = "SERVER_UNNAMED"


@app.command(context_settings={"help_option_names": ["--help"]})
def call_method(  # noqa: PLR0917  # typer takes options as they come
    method: Annotated[str, typer.Argument(help="Method, Service/Method or its full name; lists all if empty.")] = "",
    request: Annotated[str, typer.Argument(help="The request as JSON; - or nothing: from standard input.")] = "",
    describe: Annotated[bool, typer.Option("--describe", help="Show the method's fields, do not call.")] = False,
    at: Annotated[
        str, typer.Option("--at", help="Server of the devnet: gateway, relayer, or a node's name.")
    ] = "gateway",
    caller: Annotated[str, typer.Option("--as", help="Whose certificate of the devnet to call with.")] = OPERATOR,
    target: Annotated[str, typer.Option(help="host:port of a server elsewhere; needs --name and the files.")] = "",
    name: Annotated[str, typer.Option(help="The name in that server's certificate.")] = "",
    authority: Annotated[Path | None, typer.Option(help="PEM of the authority both sides trust.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM of the caller's certificate.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="PEM of its key.")] = None,
    token: Annotated[str, typer.Option(help="Bearer token of the call.", envvar="CROSSDVP_TOKEN")] = "",
    timeout_s: Annotated[float, typer.Option("--timeout", min=0.1, max=600, help="Of a call of one answer, s.")] = 30.0,
    directory: Annotated[Path, typer.Option("--dir", help="The devnet.", envvar="CROSSDVP_DEVNET")] = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Call a method with a request in JSON and write each answer as a line of JSON.

    Without a method: the server's services and methods. Exit codes: 0 answered, 1 refused or unavailable, 2 misuse.

    Example: crossdvp call ListSettlements '{"pageSize": 5}' --as broker-a
    """
    output = output_of(json_flag)
    files = (authority, certificate, private_key)

    async def main() -> None:
        endpoint, tls = _server(directory, at, caller, target, name, files)
        async with _connected(endpoint, tls) as channel:
            known = await reflect(channel, endpoint.name)
            if not method:
                _list(known, output)
                return
            found = known.method(method)
            if describe:
                shown = {"request": fields_of(found.input_type), "response": fields_of(found.output_type)}
                show_json({"method": found.full_name, "streams": bool(found.server_streaming), **shown})
                return
            metadata = (("authorization", f"Bearer {token}"),) if token else ()
            text = _request_text(request)
            async for answer in call(channel, found, text, endpoint.name, metadata, timeout_s):
                show_json(answer)

    run(main, output)


@asynccontextmanager
async def _connected(endpoint: ApiEndpoint, tls: ApiTls) -> AsyncIterator[grpc.aio.Channel]:
    channel = open_channel(endpoint, tls)
    try:
        yield channel
    finally:
        await channel.close(grace=None)


def _server(
    directory: Path, at: str, caller: str, target: str, name: str, files: tuple[Path | None, ...]
) -> tuple[ApiEndpoint, ApiTls]:
    """The devnet's server of that name, or the one that ``target`` and the files say."""
    if target:
        authority, certificate, private_key = files
        if not name or authority is None or certificate is None or private_key is None:
            raise ServerUnnamed("--target needs --name, --authority, --certificate and --private-key")
        tls = TlsFiles(authority=authority, certificate=certificate, private_key=private_key).load()
        return ApiEndpoint(name, target), tls
    state = read_state(directory)
    servers = {"gateway": state.gateway, "relayer": state.relayer, **state.nodes}
    if at not in servers:
        raise ServerUnnamed(f"--at {at[:60]}: the devnet has {', '.join(servers)}")
    return servers[at].endpoint(), tls_of(directory, caller)


def _request_text(given: str) -> str:
    """The request: as given, or all of standard input where nothing was and somebody writes to it."""
    if given not in {"", "-"}:
        return given
    if not given and sys.stdin.isatty():
        return "{}"
    text = sys.stdin.read(MAX_REQUEST_CHARS + 1)
    if len(text) > MAX_REQUEST_CHARS:
        raise RequestNotJson(f"standard input has more than {MAX_REQUEST_CHARS} characters")
    return text.strip() or "{}"


def _list(known: Reflected, output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({service.full_name: [method.name for method in service.methods] for service in known.services})
        return
    for service in known.services:
        out.print(service.full_name)
        for method in service.methods:
            streams = " (stream)" if method.server_streaming else ""
            out.print(f"  {method.name}{streams}", soft_wrap=True)
