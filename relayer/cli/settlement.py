"""``crossdvp settlement``: instruct, show, watch and prove settlements of a running devnet."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from chains.console import JsonFlag, Output, out, output_of, run, show_json
from chains.evm.client.adapter_family import AdapterFamily
from primitives.errors import CallerError
from relayer.cli.adapters import OneAdapterOption, Order, OrderOption
from relayer.cli.settlement_view import alarm_lines, as_document, coloured_state, is_final, one_line, page
from relayer.devnet.access import gateway_client
from relayer.devnet.layout import DevnetState, read_state
from relayer.gateway.client import GatewayClient
from relayer.gateway.matching import Side

app = typer.Typer(
    help="Settle a security token against coin: instruct, affirm, watch, hold, cancel.",
    no_args_is_help=True,
    add_completion=False,
)

DirOption = Annotated[Path, typer.Option("--dir", help="Directory of the devnet.", envvar="CROSSDVP_DEVNET")]
NameArgument = Annotated[str, typer.Argument(help="settlements/TRADE_ID, or the trade id alone.")]
DEFAULT_DIR = Path(".devnet")


class Sides(Enum):
    """Whose instruction to send."""

    SELLER = "seller"
    BUYER = "buyer"
    BOTH = "both"


class BadTradeId(CallerError):
    """A trade id is 32 bytes in hexadecimal."""

    reason = "BAD_TRADE_ID"


def resource_name(text: str) -> str:
    """``settlements/…`` from what a person typed. Raises ``BadTradeId``."""
    digits = text.removeprefix("settlements/").removeprefix("0x").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise BadTradeId(f"expected 64 hexadecimal digits, found {text[:80]!r}")
    return f"settlements/{digits}"


@asynccontextmanager
async def connected(directory: Path) -> AsyncIterator[tuple[DevnetState, GatewayClient]]:
    """The devnet's state and a client of its gateway."""
    state = read_state(directory)
    client = gateway_client(directory, state)
    try:
        yield state, client
    finally:
        await client.close()


@app.command()
def create(
    quantity: Annotated[int, typer.Option(min=1, help="Units of the security token.")] = 10,
    amount_yen: Annotated[int, typer.Option("--amount", min=1, help="Price of all units, in yen.")] = 1_000_000,
    lock_in_s: Annotated[int, typer.Option("--lock-in", min=5, help="Seconds until the cash must be locked.")] = 60,
    settle_in_s: Annotated[int, typer.Option("--settle-in", min=10, help="Seconds until the time-out.")] = 120,
    sides: Annotated[Sides, typer.Option("--side", help="Whose instruction to send.")] = Sides.BOTH,
    trade_id: Annotated[str, typer.Option(help="64 hexadecimal digits; a fresh one if not given.")] = "",
    adapter: OneAdapterOption = AdapterFamily.ESCROW,
    order: OrderOption = Order.CASH,
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Send the instructions of a trade between the devnet's two brokers: each side's by its own broker.

    The seller's broker also earmarks the securities, having done what the adapter's family needs before it (approve,
    lock, or create a delivery that the buyer confirms); the buyer's authorises its custodian node to lock or pay.

    Example: crossdvp settlement create --adapter ibet-lock --order securities --quantity 10 --amount 1000000
    """
    output = output_of(json_flag)

    async def main() -> None:
        from relayer.devnet.trading import (  # noqa: PLC0415  # with an EVM node's client
            TradePlan,
            earmark,
            instruct,
            plan_terms,
            require_sides,
        )

        state = read_state(directory)
        fixed = bytes.fromhex(resource_name(trade_id).removeprefix("settlements/")) if trade_id else None
        chosen = {Sides.SELLER: [Side.SELLER], Sides.BUYER: [Side.BUYER], Sides.BOTH: list(Side)}[sides]
        require_sides(adapter, chosen)
        plan = TradePlan(quantity, amount_yen, lock_in_s, settle_in_s, fixed, order.lead, adapter)
        terms = plan_terms(directory, state, plan)
        settlement = await instruct(directory, state, terms, chosen)
        if Side.SELLER in chosen:
            await earmark(directory, state, terms)
        if output is Output.PROGRAMS:
            show_json(as_document(settlement))
            return
        out.print(f"{settlement.name}  {coloured_state(settlement)}")
        out.print(f"follow it: crossdvp settlement watch {settlement.name}", soft_wrap=True)

    run(main, output)


@app.command()
def show(name: NameArgument, directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False) -> None:
    """One settlement: terms, state, what it waits for, and what happened on either ledger."""
    output = output_of(json_flag)

    async def main() -> None:
        async with connected(directory) as (_, gateway):
            settlement = await gateway.get(resource_name(name))
            if output is Output.PROGRAMS:
                show_json(as_document(settlement))
            else:
                page(settlement)

    run(main, output)


@app.command()
def watch(
    name: Annotated[str, typer.Argument(help="settlements/TRADE_ID or the trade id; all settlements if empty.")] = "",
    resume_token: Annotated[str, typer.Option("--resume", help="Go on after this token.")] = "",
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Follow a settlement live, from its beginning, until it ends (all settlements: until interrupted)."""
    output = output_of(json_flag)

    async def main() -> None:
        async with connected(directory) as (_, gateway):
            wanted = resource_name(name) if name else ""
            told: set[tuple[str, str]] = set()
            alarmed: set[tuple[str, str]] = set()
            async for event in gateway.watch(wanted, resume_token):
                settlement = event.settlement
                if output is Output.PROGRAMS:
                    show_json({"resume_token": event.resume_token, "settlement": as_document(settlement)})
                else:
                    stamp = event.at.ToDatetime().strftime("%H:%M:%S")
                    label = "" if wanted else f"{settlement.name[12:24]}…  "
                    out.print(f"[dim]{stamp}[/dim]  {label}{one_line(settlement)}", soft_wrap=True)
                    for fact in settlement.facts:
                        if (settlement.name, fact.what) not in told:
                            told.add((settlement.name, fact.what))
                            where = f"{fact.ledger} {fact.height}"
                            out.print(f"          {label}{fact.what} at {where}, {fact.tx_id}", soft_wrap=True)
                    now = {(settlement.name, line) for line in alarm_lines(settlement)}
                    for _, line in sorted(now - alarmed):
                        out.print(f"          {label}{line}", soft_wrap=True)
                    alarmed = {each for each in alarmed if each[0] != settlement.name} | now
                if wanted and is_final(settlement):
                    return

    run(main, output)


@app.command()
def evidence(
    name: NameArgument,
    into: Annotated[Path, typer.Option("--out", help="Directory for the files; made if missing.")] = Path("evidence"),
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Write what a third party needs to check a settlement offline, as files for `crossdvp verify`."""
    output = output_of(json_flag)

    async def main() -> None:
        from relayer.devnet.evidence import evidence_of  # noqa: PLC0415  # asks nodes of both chains

        async with connected(directory) as (state, gateway):
            documents = await evidence_of(directory, state, await gateway.get(resource_name(name)))
        if output is Output.PROGRAMS:
            show_json(documents)
            return
        into.mkdir(parents=True, exist_ok=True)
        for file_name, document in documents.items():
            (into / file_name).write_text(json.dumps(document, indent=2) + "\n")
            out.print(f"crossdvp verify {file_name.partition('.')[0]} {into / file_name}", soft_wrap=True)

    run(main, output)
