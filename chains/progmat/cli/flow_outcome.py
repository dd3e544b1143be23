"""How commands that start a flow tell what became of it: exit 0 when it is final, 1 when it failed, 3 when it waits."""

from __future__ import annotations

from typing import Final

import typer

from chains.console import EXIT_REFUSED, Output, facts, show_json
from chains.progmat.client import FlowView

EXIT_WAITING: Final = 3


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
