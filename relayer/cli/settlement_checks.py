"""``crossdvp settlement preflight`` and ``bundle``: why it would fail, beforehand; afterwards, that it did not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from crossdvp.gateway.v1 import party_service_pb2, preflight_service_pb2, proof_service_pb2
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from rich.markup import escape

from chains.console import EXIT_REFUSED, JsonFlag, Output, out, output_of, run, show_json
from primitives.errors import CallerError
from relayer.cli import settlement_acts, settlement_trace  # whose commands stand in the same group
from relayer.cli.settlement import DEFAULT_DIR, DirOption, NameArgument, app, resource_name
from relayer.cli.verify.json_reader import load_json_file
from relayer.devnet.access import tls_of
from relayer.devnet.layout import DevnetState, read_state
from relayer.gateway.services_client import ServicesClient

__all__ = ["app", "services", "settlement_acts", "settlement_trace"]

_COLOURS = {"PASS": "green", "WARN": "yellow", "FAIL": "red", "UNKNOWN": "magenta"}


class TermsUnreadable(CallerError):
    """The file does not hold settlement terms."""

    reason = "TERMS_UNREADABLE"


@asynccontextmanager
async def services(directory: Path) -> AsyncIterator[tuple[DevnetState, ServicesClient]]:
    """The devnet's state and a client of its gateway's other services."""
    state = read_state(directory)
    client = ServicesClient(state.gateway.endpoint(), tls_of(directory))
    try:
        yield state, client
    finally:
        await client.close()


@app.command()
def preflight(
    name: Annotated[str, typer.Argument(help="settlements/TRADE_ID or the trade id.", show_default=False)] = "",
    file: Annotated[Path | None, typer.Option("--file", help="Terms as JSON instead: a SettlementTerms.")] = None,
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Why would this settlement fail? Exit code 1 if something stands against it or could not be found out.

    Example: crossdvp settlement preflight --file terms.json
    """
    output = output_of(json_flag)
    verdicts: list[int] = []

    async def main() -> None:
        async with services(directory) as (_, client):
            answer = await client.call(_request(name, file))
        verdicts.append(answer.verdict)
        if output is Output.PROGRAMS:
            show_json(MessageToDict(answer, preserving_proto_field_name=True))
            return
        for check in answer.checks:
            word = party_service_pb2.Verdict.Name(check.verdict).removeprefix("VERDICT_")
            out.print(f"[{_COLOURS[word]}]{word:<8}[/] {check.name:<22} {escape(check.summary)}", soft_wrap=True)
            for label, text in (("seen", check.evidence), ("do", check.advice)):
                if text:
                    out.print(f"[dim]{'':<8} {label:<22} {escape(text)}[/dim]", soft_wrap=True)

    run(main, output)
    if verdicts[0] not in {party_service_pb2.VERDICT_PASS, party_service_pb2.VERDICT_WARN}:
        raise typer.Exit(EXIT_REFUSED)


def _request(name: str, file: Path | None) -> preflight_service_pb2.CheckSettlementRequest:
    if (file is None) == (not name):
        raise TermsUnreadable("name a settlement, or give --file with terms: one of both")
    if file is None:
        return preflight_service_pb2.CheckSettlementRequest(name=resource_name(name))
    document = load_json_file(file)
    try:
        terms = ParseDict(document, pb.SettlementTerms())  # type: ignore[arg-type]  # it raises for anything else
    except (ParseError, TypeError, AttributeError) as error:
        raise TermsUnreadable(f"{file}: {error}") from error
    return preflight_service_pb2.CheckSettlementRequest(terms=terms)


@app.command()
def bundle(
    name: NameArgument,
    into: Annotated[Path, typer.Option("--out", help="File for the bundle.")] = Path("bundle.json"),
    trust: Annotated[Path, typer.Option("--trust-out", help="File for what the devnet's own files say.")] = Path(
        "trust.json"
    ),
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Write the proof bundle of a settlement that has ended, and the devnet's trust file beside it.

    On a real network the trust file is the verifier's own work: nothing that a bundle proves is worth more than that.

    Example: crossdvp settlement bundle TRADE_ID && crossdvp verify bundle bundle.json --trust trust.json
    """
    output = output_of(json_flag)

    async def main() -> None:
        from relayer.devnet.trust import trust_of  # noqa: PLC0415  # asks nodes of both chains

        async with services(directory) as (state, client):
            answer = await client.call(proof_service_pb2.GetProofBundleRequest(name=resource_name(name)))
            trusted = await trust_of(directory, state)
        into.write_bytes(answer.bundle)
        trust.write_text(json.dumps(trusted, indent=1) + "\n")
        if output is Output.PROGRAMS:
            show_json({"bundle": str(into), "sha256": answer.sha256.hex(), "trust": str(trust)})
            return
        out.print(f"{into}: {len(answer.bundle)} bytes, SHA-256 {answer.sha256.hex()}", soft_wrap=True)
        out.print(f"check it: crossdvp verify bundle {into} --trust {trust}", soft_wrap=True)

    run(main, output)
