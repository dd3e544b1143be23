"""``crossdvp demo``: the main job on a fresh devnet, with every end it can come to."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chains.console import JsonFlag, Output, err, out, output_of, run, show_json
from primitives.errors import CallerError
from relayer.cli.settlement_view import as_document, timeline
from relayer.devnet.boot import boot, shut_down
from relayer.devnet.layout import read_state
from relayer.devnet.scenarios import SCENARIOS, Scene, perform
from relayer.devnet.stage import Holdings, Stage
from relayer.proof_config import Architecture

app = typer.Typer(add_completion=False)


class UnknownScenario(CallerError):
    """No scenario of that letter."""

    reason = "UNKNOWN_SCENARIO"


@app.command()
def demo(
    only: Annotated[str, typer.Option("--only", help="Letters of the scenarios to play, e.g. ac; all if empty.")] = "",
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Play on a running devnet instead of starting a fresh one.")
    ] = None,
    proof: Annotated[
        Architecture, typer.Option("--proof", help="Who verifies the other ledger, on a fresh devnet.")
    ] = Architecture.DIRECT,
    json_flag: JsonFlag = False,
) -> None:
    """Start a devnet, settle four swaps with four different ends, show both ledgers before and after, and stop it.

    (a) settles; (b) the token refuses, cash goes back; (c) nobody relays, after the time-out cash goes back by a proof
    of absence; (d) the relayer is killed with -9 half way, started again, and the swap settles.
    """
    output = output_of(json_flag)

    async def main() -> None:
        unknown = set(only) - {scenario.key for scenario in SCENARIOS}
        if unknown:
            raise UnknownScenario(f"no scenario {', '.join(sorted(unknown))}: there are a, b, c, d")
        if directory is not None:
            await _play(directory, only, output)
            return
        with tempfile.TemporaryDirectory(prefix="crossdvp-demo-") as scratch:
            fresh = Path(scratch) / "devnet"
            try:
                await boot(fresh, _say, proof=proof)
                await _play(fresh, only, output)
            finally:
                shut_down(fresh)

    run(main, output)


def _say(text: str) -> None:
    err.print(f"[dim]{text}[/dim]", soft_wrap=True)


async def _play(directory: Path, only: str, output: Output) -> None:
    scenes: list[tuple[Scene, float]] = []
    async with Stage(directory, read_state(directory)) as stage:
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
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for header in ("", "seller's ST", "buyer's ST", "seller's SC (yen)", "buyer's SC (yen)"):
        table.add_column(header, justify="right" if header else "left", no_wrap=True)
    for label, holdings in (("before", scene.before), ("after", scene.after)):
        table.add_row(label, *(f"{number:,}" for number in _numbers(holdings)))
    out.print(table)
    out.print(f"  took {took_s:.1f} s")


def _numbers(holdings: Holdings) -> tuple[int, int, int, int]:
    return holdings.seller_units, holdings.buyer_units, holdings.seller_yen, holdings.buyer_yen


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
