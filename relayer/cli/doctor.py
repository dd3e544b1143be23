"""``crossdvp doctor``: can this node serve? Asks it everything a settlement will ask, and says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from chains.console import EXIT_REFUSED, JsonFlag, Output, out, output_of, run, show_json
from chains.evm.client.deployment import address_bytes, read_deployment
from chains.evm.client.examination import ConsensusWanted, Examination, Examinee, Fitness, examine
from chains.evm.client.rpc import EvmRpc

TIMEOUT_S = 20.0
_COLOURS = {Fitness.GOOD: "green", Fitness.LIMITED: "yellow", Fitness.UNFIT: "red"}

app = typer.Typer(
    help="Ask a node everything a settlement will ask. Exit code 0: it can serve; 1: it cannot, and why.",
    add_completion=False,
)


@app.command()
def doctor(
    evm: Annotated[str, typer.Option(help="Address of the EVM node's JSON-RPC.", show_default=False)],
    chain_id: Annotated[int | None, typer.Option(help="The chain it must serve.", show_default=False)] = None,
    deployment: Annotated[
        Path | None, typer.Option(help="Deployment file: its chain id is expected, its router's storage is proved.")
    ] = None,
    consensus: Annotated[
        ConsensusWanted, typer.Option(help="What must make blocks final; mock is for tests.")
    ] = ConsensusWanted.SEALED,
    json_flag: JsonFlag = False,
) -> None:
    """Chain id, software, clock, finality, EVM rules, gas price, proofs and their depth, ranges of logs, limits."""
    output = output_of(json_flag)

    async def ask() -> None:
        contracts = None if deployment is None else read_deployment(deployment)
        expected = contracts.chain_id if chain_id is None and contracts is not None else chain_id
        router = None if contracts is None else address_bytes(contracts.router)
        async with EvmRpc(evm, TIMEOUT_S) as rpc:
            _tell(await examine(Examinee(rpc, expected, router, consensus)), output)

    run(ask, output)


def _tell(examination: Examination, output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(
            {
                "url": examination.url,
                "canServe": examination.can_serve,
                "findings": [
                    {"question": f.question, "fitness": f.fitness.value, "found": f.found, "advice": f.advice}
                    for f in examination.findings
                ],
            }
        )
    else:
        _show(examination)
    if not examination.can_serve:
        raise typer.Exit(EXIT_REFUSED)


def _show(examination: Examination) -> None:
    width = max(len(finding.question) for finding in examination.findings)
    for finding in examination.findings:
        colour = _COLOURS[finding.fitness]
        verdict = f"[{colour}]{finding.fitness.value:<7}[/{colour}]"
        out.print(f"  {verdict}  {finding.question:<{width}}  {escape(finding.found)}", soft_wrap=True)
        if finding.advice:
            out.print(f"  {'':<7}  {'':<{width}}  [dim]{escape(finding.advice)}[/dim]", soft_wrap=True)
    out.print("this node can serve" if examination.can_serve else "this node cannot serve", style="bold")
