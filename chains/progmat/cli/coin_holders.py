"""``crossdvp coin holders`` and ``take-over``: what a trustee does when an intermediary fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from chains.console import EXIT_REFUSED, JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import BadArgument
from chains.progmat.cli.coin_arguments import (
    ApproverOption,
    AuthorOption,
    CoinArgument,
    ReasonOption,
    ReferenceOption,
    shown,
    time_ms,
)
from chains.progmat.cli.connecting import connected
from chains.progmat.client.coin_client import CoinClient, HolderBalance
from chains.progmat.flows.coin_requests import ForceCash
from chains.progmat.market.trust.holder_lines import HolderLine, as_csv
from chains.progmat.market.trust.take_over import TakeOverRow, read_take_over

MAX_TURNS: Final = 10_000
NOTHING_LEFT: Final = "COIN_NOTHING_TO_MOVE"
NodeOption = Annotated[str, typer.Option("--node", help="Only customers of this intermediary's node.")]


def holders(
    context: typer.Context,
    coin: CoinArgument,
    node: NodeOption = "",
    as_of: Annotated[str, typer.Option(help="ISO 8601 time; now if none is given.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write a CSV file (UTF-8 with a mark, for spreadsheets).")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Every account that holds a coin: the register for an intermediary's failure."""
    output = output_of(as_json)

    async def main() -> None:
        at_ms = time_ms(as_of)
        async with connected(context, CoinClient) as client:
            found = await client.holders(coin, node, at_ms)
        if csv is not None:
            _write(csv, found)
        if output is Output.PROGRAMS:
            show_json({"holders": [_row(line) for line in found], "total_yen": sum(line.balance_yen for line in found)})
            return
        for line in found:
            locked = f"{line.locked_yen:>16,} locked" if line.locked_yen else ""
            out.print(f"  {line.balance_yen:>20,} yen {locked:<23} {shown(line.account)}", soft_wrap=True)
        facts({"holders": len(found), "total yen": f"{sum(line.balance_yen for line in found):,}"})

    run(main, output)


def take_over(
    context: typer.Context,
    coin: CoinArgument,
    file: Annotated[Path, typer.Argument(help="CSV: from_node,from_key,to_node,to_key.")],
    node: Annotated[str, typer.Option("--node", help="The failed intermediary's node.")],
    author: AuthorOption,
    approver: ApproverOption,
    reason: ReasonOption = "INTERMEDIARY_FAILED",
    reference: ReferenceOption = "",
    round_number: Annotated[
        int, typer.Option("--round", min=1, help="Another one takes what the first could not: what a lock held.")
    ] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Move all coin of a failed intermediary's customers to the accounts that a file names.

    Run the same file again after an interruption: what was moved is not moved twice.
    """
    output = output_of(as_json)

    async def main() -> None:
        wanted = read_take_over(_read(file), node)
        moved = 0
        async with connected(context, CoinClient) as client:
            for row in wanted.rows:
                ids = partial(wanted.request_id, coin, round_number, row)
                moved += await _take(client, coin, row, ids, (reason, reference, author, approver))
            left = {line.account: line.balance_yen for line in await client.holders(coin, node)}
        listed = {row.source for row in wanted.rows}
        rows: dict[str, object] = {
            "accounts": len(wanted.rows),
            "transfers": moved,
            "left_yen": sum(yen for account, yen in left.items() if account in listed),
            "not_listed_yen": sum(yen for account, yen in left.items() if account not in listed),
        }
        if output is Output.PROGRAMS:
            show_json(rows)
        else:
            facts({name.replace("_", " "): value for name, value in rows.items()})
        if rows["left_yen"]:
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


async def _take(
    client: CoinClient, coin: str, row: TakeOverRow, ids: Callable[[int], str], why: tuple[str, str, str, str]
) -> int:
    """Forced transfers until the account has nothing that can be moved; returns how many there are now."""
    for turn in range(MAX_TURNS):
        flow = await client.submit(ForceCash(ids(turn), coin, row.source, 0, *why, row.target))
        if flow.last_error_reason == NOTHING_LEFT:
            return turn
        if not flow.is_final_on_ledger:
            told = flow.last_error or flow.waiting_on
            raise BadArgument(f"row {row.number} stands still at {flow.step.value}: {told}; run the same file again")
    raise BadArgument(f"row {row.number} has more than {MAX_TURNS} transfers' worth of states: merge them first")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadArgument(f"{path} cannot be read: {error.strerror}") from error


def _write(path: Path, found: tuple[HolderBalance, ...]) -> None:
    lines = [HolderLine(line.account, line.balance_yen, line.locked_yen) for line in found]
    try:
        path.write_text(as_csv(lines), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise BadArgument(f"{path} cannot be written: {error.strerror}") from error


def _row(line: HolderBalance) -> dict[str, object]:
    return {
        "node": line.account.node,
        "account_key": line.account.key.hex(),
        "balance_yen": line.balance_yen,
        "locked_yen": line.locked_yen,
    }
