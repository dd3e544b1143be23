"""``crossdvp demo``: the main job on a fresh devnet, with every end it can come to; ``native`` is a trading day."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import typer

from chains.console import JsonFlag, Output, err, out, output_of, run, show_json
from chains.deferred_commands import Commands, deferred_group
from chains.evm.client.adapter_capabilities import adapter_capabilities
from chains.evm.client.adapter_family import AdapterFamily
from primitives.errors import CallerError
from relayer.cli.adapters import Order
from relayer.cli.demo_swaps import balances, play_swaps
from relayer.cli.settlement_view import as_document, timeline
from relayer.devnet.boot import boot, shut_down
from relayer.devnet.instruments import deployed_families
from relayer.devnet.layout import read_state
from relayer.devnet.scenarios import SCENARIOS, Scene, perform
from relayer.devnet.stage import Stage
from relayer.devnet.swaps import Swap, possible_swaps, require_possible
from relayer.proof_config import Architecture

SUBCOMMANDS: Final[Commands] = {
    "native": (
        "relayer.cli.demo_native",
        "A trading day on the ledger alone, from yen in trust to the books at night.",
    ),
}
app = typer.Typer(cls=deferred_group(SUBCOMMANDS), invoke_without_command=True, add_completion=False)


class UnknownScenario(CallerError):
    """No scenario of that letter."""

    reason = "UNKNOWN_SCENARIO"


class DemoUnclear(CallerError):
    """Options that do not go together."""

    reason = "DEMO_UNCLEAR"


AdapterFlag = Annotated[
    AdapterFamily | None,
    typer.Option("--adapter", help="One swap of this family of security tokens (ST) instead of the scenarios."),
]
OrderFlag = Annotated[
    Order | None, typer.Option("--order", help="One swap led by the coin (SC, cash) or by the security token (ST).")
]
ProofFlag = Annotated[
    Architecture | None, typer.Option("--proof", help="Who verifies the other ledger, on a fresh devnet.")
]
AllFlag = Annotated[bool, typer.Option("--all", help="One swap per adapter and order, side by side on one devnet.")]


@app.callback()
def demo(
    context: typer.Context,
    only: Annotated[str, typer.Option("--only", help="Letters of the scenarios to play, e.g. ac; all if empty.")] = "",
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Play on a running devnet instead of starting a fresh one.")
    ] = None,
    proof: ProofFlag = None,
    adapter: AdapterFlag = None,
    order: OrderFlag = None,
    every: AllFlag = False,
    json_flag: JsonFlag = False,
) -> None:
    """Start a devnet, settle four swaps with four different ends, show both ledgers before and after, and stop it.

    (a) settles; (b) the token refuses, cash goes back; (c) nobody relays, after the time-out cash goes back by a proof
    of absence; (d) the relayer is killed with -9 half way, started again, and the swap settles.

    With --adapter or --order: one swap of that kind instead. With --all: one per adapter and order. The families:
    escrow (ERC-20-like), erc3643 (genuine T-REX, by npm), erc7943, ibet-dvp and ibet-lock (our doubles of ibet's).
    """
    if context.invoked_subcommand is not None:
        return
    output = output_of(json_flag)

    async def main() -> None:
        unknown = set(only) - {scenario.key for scenario in SCENARIOS}
        if unknown:
            raise UnknownScenario(f"no scenario {', '.join(sorted(unknown))}: there are a, b, c, d")
        there = list(AdapterFamily) if directory is None else deployed_families(read_state(directory))
        swaps = chosen_swaps(adapter, order, Choice.ALL if every else Choice.ONE, there)
        if swaps and only:
            raise DemoUnclear(
                "--only chooses scenarios; --adapter, --order and --all play swaps: take one or the other"
            )
        if directory is not None:
            if proof is not None:
                raise DemoUnclear(f"the devnet in {directory} has its proof architecture: leave --proof out")
            await _play(directory, only, swaps, output)
            return
        with tempfile.TemporaryDirectory(prefix="crossdvp-demo-") as scratch:
            fresh = Path(scratch) / "devnet"
            try:
                await boot(fresh, _say, proof=proof or Architecture.DIRECT, families={swap.family for swap in swaps})
                await _play(fresh, only, swaps, output)
            finally:
                shut_down(fresh)

    run(main, output)


class Choice(Enum):
    """How many kinds of swaps to play."""

    ONE = "one"
    ALL = "all"


def chosen_swaps(
    adapter: AdapterFamily | None, order: Order | None, choice: Choice, there: Sequence[AdapterFamily]
) -> list[Swap]:
    """Empty: the scenarios. An option that is not given means every one with --all, else the usual one.

    ``there``: the families to choose from. Raises ``SwapNotPossible`` before a devnet is started.
    """
    if choice is Choice.ALL:
        families = [adapter] if adapter else there
        return possible_swaps(families, [order.lead] if order else [each.lead for each in Order])
    if adapter is None and order is None:
        return []
    swap = Swap(adapter or AdapterFamily.ESCROW, (order or Order.CASH).lead)
    require_possible(swap, adapter_capabilities(swap.family))
    return [swap]


async def _play(directory: Path, only: str, swaps: list[Swap], output: Output) -> None:
    async with Stage(directory, read_state(directory)) as stage:
        if swaps:
            await play_swaps(stage, swaps, _say, output)
        else:
            await _play_scenarios(stage, only, output)


def _say(text: str) -> None:
    err.print(f"[dim]{text}[/dim]", soft_wrap=True)


async def _play_scenarios(stage: Stage, only: str, output: Output) -> None:
    scenes: list[tuple[Scene, float]] = []
    for scenario in SCENARIOS:
        if only and scenario.key not in only:
            continue
        started_s = time.monotonic()
        err.print(f"\n[bold]({scenario.key}) {scenario.title}[/bold]")
        scene = await perform(scenario, stage, _say)
        scenes.append((scene, time.monotonic() - started_s))
        if output is Output.PEOPLE:
            _show(scene, stage.state.block_period_ms, scenes[-1][1])
    if output is Output.PROGRAMS:
        show_json([_document(scene, took_s, stage.state.block_period_ms) for scene, took_s in scenes])
    else:
        out.print(f"\n[green]{len(scenes)} scenarios: both ledgers hold what each end says[/green]")


def _show(scene: Scene, block_period_ms: int, took_s: float) -> None:
    followed = scene.followed
    out.print(timeline(followed.settlement, followed.elapsed_periods(block_period_ms), followed.proofs))
    out.print(balances({"before": scene.before, "after": scene.after}))
    out.print(f"  took {took_s:.1f} s")


def _document(scene: Scene, took_s: float, block_period_ms: int) -> dict[str, object]:
    followed = scene.followed
    return {
        "scenario": scene.key,
        "title": scene.title,
        "settlement": as_document(followed.settlement),
        "elapsed_block_periods": followed.elapsed_periods(block_period_ms),
        "proof_bytes": followed.proofs,
        "before": vars(scene.before),
        "after": vars(scene.after),
        "took_s": round(took_s, 2),
    }
