"""``crossdvp ledger clients``: light clients of other chains: show, recover, endorse, prune."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from chains.console import JsonFlag, Output, facts, output_of, run, show_json
from chains.progmat.cli.arguments import RequestOption, id_of_request
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.client.ledger_client import LedgerClient, LightClientInfo
from chains.progmat.flows.client_upkeep_requests import EndorseLightClient, PruneLightClient, RecoverLightClient
from chains.progmat.flows.views import FlowView
from primitives.errors import CallerError

SHOWN_HEIGHTS: Final = 3

app = node_commands("Light clients of other chains: show them, recover them, endorse a recovery, prune old heights.")

ClientArgument = Annotated[str, typer.Argument(help="The light client's id on the ledger.")]
SubstituteOption = Annotated[
    str, typer.Option("--by", help="The id of the active light client whose state and heights take its place.")
]


class ClientNotThere(CallerError):
    """The node knows no light client of that id."""

    reason = "LIGHT_CLIENT_UNKNOWN"


@app.command()
def show(context: typer.Context, client_id: ClientArgument, as_json: JsonFlag = False) -> None:
    """A light client: active, frozen or expired; whose heights it relies on, and which issuers endorsed that."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, LedgerClient) as node:
            found = await node.light_client(client_id)
        if found is None:
            raise ClientNotThere(f"this node knows no light client {client_id!r}")
        rows = _rows(client_id, found)
        if output is Output.PROGRAMS:
            show_json({name.replace(" ", "_"): value for name, value in rows.items()})
        else:
            facts({name: ", ".join(map(str, v)) if isinstance(v, list) else v for name, v in rows.items()})

    run(main, output)


@app.command()
def recover(
    context: typer.Context,
    client_id: ClientArgument,
    by: SubstituteOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Give a frozen or expired light client the state of another, as the network operator.

    No lock opens by that until the issuer of its coins endorses it at its own node.
    """
    name = id_of_request(request_id, "recover")
    run_flow(context, LedgerClient, _submit, lambda: RecoverLightClient(name, client_id, by), output_of(as_json))


@app.command()
def endorse(
    context: typer.Context,
    client_id: ClientArgument,
    by: SubstituteOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Let this issuer's coins follow a recovered light client: first compare the substitute with the chain yourself."""
    name = id_of_request(request_id, "endorse")
    run_flow(context, LedgerClient, _submit, lambda: EndorseLightClient(name, client_id, by), output_of(as_json))


@app.command()
def prune(
    context: typer.Context, client_id: ClientArgument, request_id: RequestOption = "", as_json: JsonFlag = False
) -> None:
    """Consume the oldest expired heights, at most 16; the newest height always stays. Run again for more."""
    name = id_of_request(request_id, "prune")
    run_flow(context, LedgerClient, _submit, lambda: PruneLightClient(name, client_id), output_of(as_json))


async def _submit(node: LedgerClient, request: RecoverLightClient | EndorseLightClient | PruneLightClient) -> FlowView:
    return await node.submit(request)


def _rows(client_id: str, found: LightClientInfo) -> dict[str, object]:
    return {
        "client": client_id,
        "type": found.client_type,
        "status": found.status,
        "counterparty": found.counterparty_client_id,
        "heights of": found.consensus_client_id,
        "endorsed by": list(found.endorsers),
        "newest heights": [height for height, _ in found.heights[:SHOWN_HEIGHTS]],
        "heights kept": len(found.heights),
    }
