"""``crossdvp ledger flows``: what a node's flows wait for, since when; and an operator's hand on them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from chains.console import EXIT_REFUSED, JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.client.flow_operator import FlowExplanation, FlowLine, FlowOperator

app = node_commands("A node's flows: find, explain, retry, park, abort; and what it missed.")

FlowArgument = Annotated[str, typer.Argument(help="the flow's id: the request id it was started with")]
WhyOption = Annotated[str, typer.Option("--reason", help="Why, in words; kept for ever in the record of acts.")]


@app.command("list")
def find(
    context: typer.Context,
    kind: Annotated[list[str] | None, typer.Option(help="Only of this kind (move_cash …); may be repeated.")] = None,
    step: Annotated[list[str] | None, typer.Option(help="Only at this step (APPROVED …); may be repeated.")] = None,
    stuck_for_s: Annotated[int, typer.Option(min=0, help="Only those at their step for this many seconds.")] = 0,
    waiting_on: Annotated[str, typer.Option(help="Only those that wait for this party.")] = "",
    after: Annotated[str, typer.Option(help="Go on after this flow id, the last of the page before.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """Flows, newest first, each with what it waits for, since when, and its next attempt."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, FlowOperator) as node:
            found, more = await node.find(kind or (), step or (), stuck_for_s * 1000, waiting_on, after, limit)
        if output is Output.PROGRAMS:
            show_json({"flows": [_document(flow) for flow in found], "more": more})
            return
        for flow in found:
            out.print(_text(flow), soft_wrap=True)
        if more:
            out.print(f"[dim]more: --after {found[-1].flow_id}[/dim]")

    run(main, output)


@app.command()
def explain(context: typer.Context, flow: FlowArgument, as_json: JsonFlag = False) -> None:
    """The whole story of one flow: its steps, what failed, what it holds, what you can do now."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, FlowOperator) as node:
            told = await node.explain(flow)
        if output is Output.PROGRAMS:
            show_json(_document(told))
        else:
            _show(told)

    run(main, output)


@app.command()
def retry(context: typer.Context, flow: FlowArgument, reason: WhyOption, as_json: JsonFlag = False) -> None:
    """Make the flow's next attempt, or its next deliveries, now."""
    _act(context, "RETRY", flow, reason, output_of(as_json))


@app.command()
def park(context: typer.Context, flow: FlowArgument, reason: WhyOption, as_json: JsonFlag = False) -> None:
    """Have nobody drive the flow until it is unparked; what it reserved becomes free when the reservation expires."""
    _act(context, "PARK", flow, reason, output_of(as_json))


@app.command()
def unpark(context: typer.Context, flow: FlowArgument, reason: WhyOption, as_json: JsonFlag = False) -> None:
    """Have a parked flow driven again."""
    _act(context, "UNPARK", flow, reason, output_of(as_json))


@app.command()
def abort(context: typer.Context, flow: FlowArgument, reason: WhyOption, as_json: JsonFlag = False) -> None:
    """End the flow without effect on the ledger, now or as soon as the notary makes that certain."""
    _act(context, "ABORT", flow, reason, output_of(as_json))


@app.command()
def acts(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this number.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """What operators did to flows, oldest first; exit 1 if the record was tampered with."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, FlowOperator) as node:
            found, broken = await node.acts(after, 500)
        if output is Output.PROGRAMS:
            show_json({"acts": [_document(entry) for entry in found], "first_broken_entry": broken})
        else:
            for entry in found:
                out.print(f"{entry.number:>5}  {_time(entry.at_ms)}  {entry.operator}  {entry.act} {entry.flow_id}")
                out.print(f"       [dim]at {entry.step}: {entry.reason}[/dim]", soft_wrap=True)
        if broken:
            out.print(f"[red]entry {broken} does not follow from the one before: the record was tampered with[/red]")
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


@app.command()
def recover(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Ask every peer for final transactions that this node missed; exit 1 if any could not be had or asked."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, FlowOperator) as node:
            peers, complete = await node.recover()
        if output is Output.PROGRAMS:
            show_json({"peers": [_document(peer) for peer in peers], "complete": complete})
        else:
            for peer in peers:
                mark = "[red]open[/red]" if peer.problem else "[green]done[/green]"
                out.print(
                    f"  {mark}  {peer.peer}: {peer.listed} listed, {peer.fetched} fetched, {peer.missing} missing"
                )
                if peer.problem:
                    out.print(f"        {peer.problem}", soft_wrap=True)
        if not complete:
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


@app.command()
def pending(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Transactions of other nodes' flows that this node signed and that are not final here, oldest first."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, FlowOperator) as node:
            found = await node.pending(limit)
        if output is Output.PROGRAMS:
            show_json({"pending": [_document(line) for line in found]})
            return
        for line in found:
            why = f": {line.last_error_reason} {line.last_error_message}" if line.last_error_reason else ""
            tries = f"{line.attempts} attempts, next {_time(line.next_attempt_ms)}"
            out.print(f"{line.tx_id.hex()}  of {line.asker} since {_time(line.since_ms)}, {tries}{why}", soft_wrap=True)

    run(main, output)


def _act(context: typer.Context, act: str, flow_id: str, reason: str, output: Output) -> None:
    async def main() -> None:
        async with connected(context, FlowOperator) as node:
            flow = await node.act(act, flow_id, reason)
        if output is Output.PROGRAMS:
            show_json(_document(flow))
        else:
            out.print(_text(flow), soft_wrap=True)

    run(main, output)


def _show(told: FlowExplanation) -> None:
    out.print(_text(told.flow), soft_wrap=True)
    reserved = f"{told.held_states} states, {told.held_yen:,} yen, until {_time(told.held_until_s * 1000)}"
    facts(
        {
            "asked for": told.request,
            "ledger_tx": told.flow.tx_id.hex() or "none yet",
            "reserves": reserved if told.held_states else "nothing",
            "last error": f"{told.flow.last_error_reason} {told.flow.last_error_message}".strip() or "none",
        }
    )
    for what, at_ms in told.story:
        failure = what.startswith("!")
        out.print(f"  {_time(at_ms)}  {'[red]failed[/red] ' + what[1:] if failure else what}")
    for entry in told.acts:
        out.print(f"  {_time(entry.at_ms)}  {entry.operator}: {entry.act}, {entry.reason}", soft_wrap=True)
    for act, why_not in told.chances.items():
        can = (
            f"[dim]no: {why_not}[/dim]"
            if why_not
            else f"crossdvp ledger flows {act.lower()} {told.flow.flow_id} --reason …"
        )
        out.print(f"  {act.lower():<7} {can}", soft_wrap=True)


def _text(flow: FlowLine) -> str:
    state = f"{flow.step}{' (' + flow.wish.lower() + ')' if flow.wish else ''}"
    waits = f", waits for {flow.waiting_on}" if flow.waiting_on else ""
    tries = f", {flow.attempts} attempts, next {_time(flow.next_attempt_ms)}" if flow.attempts else ""
    why = f": {flow.last_error_reason}" if flow.last_error_reason else ""
    return f"{flow.flow_id}  {flow.kind}  [bold]{state}[/bold] since {_time(flow.since_ms)}{waits}{tries}{why}"


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") if at_ms else "-"


def _document(value: Any) -> dict[str, object]:  # noqa: ANN401 # any of the client's values
    document: dict[str, object] = json.loads(json.dumps(asdict(value), default=bytes.hex))
    return document
