"""Commands that start a flow, and how they tell what became of it: exit 0 final, 1 failed, 3 it waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import typer

from chains.console import EXIT_REFUSED, Output, facts, run, show_json
from chains.progmat.cli.connecting import ClientT, connected
from chains.progmat.client.channel import ApiEndpoint, ApiTls
from chains.progmat.flows.views import FlowView

EXIT_WAITING: Final = 3

RequestT = TypeVar("RequestT")


def run_flow(
    context: typer.Context,
    client: Callable[[ApiEndpoint, ApiTls], ClientT],
    ask: Callable[[ClientT, RequestT], Awaitable[FlowView]],
    request: Callable[[], RequestT],
    output: Output,
) -> None:
    """Make the request, ask the node that was named for it, tell the outcome.

    What is wrong with the request is said before a node is looked for: it is made first, but where its errors are told.
    """

    async def main() -> None:
        wanted = request()
        async with connected(context, client) as node:
            show_outcome(await ask(node, wanted), output)

    run(main, output)


def show_outcome(flow: FlowView, output: Output) -> None:
    """One flow; raises ``typer.Exit`` unless it is final on the ledger."""
    rows: dict[str, object] = {"request": flow.flow_id, "step": flow.step.value, "transaction": flow.tx_id.hex()}
    if flow.last_error_reason:
        rows |= {"reason": flow.last_error_reason, "says": flow.last_error}
    if flow.waiting_on and not flow.is_ended:
        rows["waits for"] = flow.waiting_on
    if output is Output.PROGRAMS:
        show_json({name.replace(" ", "_"): value for name, value in rows.items()})
    else:
        facts(rows)
    if not flow.is_final_on_ledger:
        raise typer.Exit(EXIT_REFUSED if flow.is_failed else EXIT_WAITING)
