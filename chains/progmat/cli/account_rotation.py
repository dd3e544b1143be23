"""``crossdvp ledger network rotate-account``: everything of an account to a new key, batch by batch."""

from __future__ import annotations

from typing import Annotated

import typer

from chains.console import JsonFlag, Output, out, output_of, run, show_json
from chains.progmat.cli.arguments import hex_bytes
from chains.progmat.cli.connecting import connected
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.flows.requests import RotateAccountKey
from primitives.errors import CrossDvpError

WAIT_S = 30
MOST_BATCHES = 10_000


class RotationIncomplete(CrossDvpError):
    """A batch neither ended nor failed for want of cash."""

    reason = "ROTATION_INCOMPLETE"


def rotate_account(
    context: typer.Context,
    request_id: Annotated[str, typer.Option(help="Your own id of this rotation; the same again goes on where it was.")],
    from_account: Annotated[str, typer.Option("--from", help="Public key of the old account, hex.")],
    to_account: Annotated[str, typer.Option("--to", help="Public key of the new account, hex.")],
    coin: Annotated[str, typer.Option(help="The coin's id.")],
    issuer: Annotated[str, typer.Option(help="The coin's issuer.")],
    as_json: JsonFlag = False,
) -> None:
    """Move all free cash of an account to another key kept by the node; what is locked now stays for another run."""
    output = output_of(as_json)

    async def main() -> None:
        old, new = hex_bytes(from_account, "--from"), hex_bytes(to_account, "--to")
        async with connected(context, LedgerClient) as client:
            batches = await _batches(client, request_id, coin, issuer, old, new)
        if output is Output.PROGRAMS:
            show_json({"batches": batches})
        else:
            out.print(f"  {batches} transactions, nothing free is left under the old key")

    run(main, output)


async def _batches(client: LedgerClient, request_id: str, coin: str, issuer: str, old: bytes, new: bytes) -> int:
    for number in range(1, MOST_BATCHES + 1):
        request = RotateAccountKey(f"{request_id}/{number}", coin, issuer, old, new)
        flow = await client.submit(request, WAIT_S)
        if flow.is_final_on_ledger:
            continue
        if flow.is_failed and flow.last_error_reason == "INSUFFICIENT_FUNDS":
            return number - 1
        raise RotationIncomplete(
            f"batch {number} is at {flow.step.value}: {flow.last_error_reason} {flow.last_error}; run it again later"
        )
    raise RotationIncomplete(f"more than {MOST_BATCHES} batches: run it again under another request id")
