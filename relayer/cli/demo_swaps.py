"""How swaps of the demo are shown: one with its timeline, many in a summary; balances before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.table import Table

from chains.console import Output, out, show_json
from relayer.cli.settlement_view import as_document, coloured_state, timeline
from relayer.devnet.instruments import instrument_of
from relayer.devnet.orders import ORDERS
from relayer.devnet.stage import Holdings, Stage
from relayer.devnet.swaps import Settled, Swap, SwapRun, run_swaps


async def play_swaps(stage: Stage, swaps: Sequence[Swap], say: Callable[[str], None], output: Output) -> None:
    """Run them and show what became of them. Raises as ``run_swaps``."""
    done = await run_swaps(stage, swaps, say)
    if output is Output.PROGRAMS:
        show_json([_document(each, done, stage.state.block_period_ms) for each in done.settled])
        return
    if len(done.settled) == 1:
        followed = done.settled[0].followed
        out.print(f"\n[bold]{done.settled[0].swap.title}[/bold]")
        periods = followed.elapsed_periods(stage.state.block_period_ms)
        out.print(timeline(followed.settlement, periods, followed.proofs))
    else:
        out.print(_summary(done, stage.state.block_period_ms))
    out.print(balances(_by_token(stage, done)))
    swap_or_swaps = "1 swap" if len(done.settled) == 1 else f"{len(done.settled)} swaps"
    out.print(f"\n[green]{swap_or_swaps}: both ledgers hold what each end says[/green]")


def balances(rows: Mapping[str, Holdings]) -> Table:
    """What both parties hold, a row a label."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for header in ("", "seller's ST", "buyer's ST", "seller's SC (yen)", "buyer's SC (yen)"):
        table.add_column(header, justify="right" if header else "left", no_wrap=True)
    for label, held in rows.items():
        numbers = (held.seller_units, held.buyer_units, held.seller_yen, held.buyer_yen)
        table.add_row(label, *(f"{number:,}" for number in numbers))
    return table


def _summary(done: SwapRun, block_period_ms: int) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for header in ("adapter", "order", "end", "steps"):
        table.add_column(header, no_wrap=header != "steps")
    for header in ("proofs", "block periods"):
        table.add_column(header, justify="right", no_wrap=True)
    for each in done.settled:
        settlement, followed = each.followed.settlement, each.followed
        order = next(name for name, lead in ORDERS.items() if lead is each.swap.lead)
        steps = " > ".join(fact.what for fact in settlement.facts)
        periods = max(followed.elapsed_periods(block_period_ms).values(), default=0.0)
        proofs = f"{sum(followed.proofs.values()):,} B"
        table.add_row(each.swap.family, f"{order} first", coloured_state(settlement), steps, proofs, f"{periods:.1f}")
    return table


def _by_token(stage: Stage, done: SwapRun) -> dict[str, Holdings]:
    """Families that share a token are one row."""
    families: dict[str, list[str]] = {}
    for family in done.before:
        families.setdefault(instrument_of(stage.state, family).token, []).append(family)
    rows: dict[str, Holdings] = {}
    for family, before in done.before.items():
        sharing = families[instrument_of(stage.state, family).token]
        if sharing[0] == family:
            label = ", ".join(sharing)
            rows |= {f"{label}: before": before, f"{label}: after": done.after[family]}
    return rows


def _document(each: Settled, done: SwapRun, block_period_ms: int) -> dict[str, object]:
    followed, family = each.followed, each.swap.family
    return {
        "adapter": family.value,
        "order": next(name for name, lead in ORDERS.items() if lead is each.swap.lead),
        "settlement": as_document(followed.settlement),
        "elapsed_block_periods": followed.elapsed_periods(block_period_ms),
        "proof_bytes": followed.proofs,
        "before": vars(done.before[family]),
        "after": vars(done.after[family]),
        "took_s": round(each.took_s, 2),
    }
