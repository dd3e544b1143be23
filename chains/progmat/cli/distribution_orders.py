"""What the commands about coupons and about grants share: options of an order, and how a distribution is shown."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime
from typing import Annotated, Final

import typer

from chains.console import Output, facts, out, show_json
from chains.progmat.cli.arguments import BadArgument, hex_bytes
from chains.progmat.client.distribution_client import DistributionClient
from chains.progmat.market.distribution.planning import HeldLine, Totals
from chains.progmat.market.distribution.views import DistributionView
from chains.progmat.market.register.record_dates import cut_off_ms
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

LOOK_S: Final = 0.5

SecurityOption = Annotated[str, typer.Option("--security", help="Id of the security whose holders are paid.")]
DateOption = Annotated[str, typer.Option("--record-date", help="YYYY-MM-DD (権利確定日).")]
CutOffOption = Annotated[
    str, typer.Option("--cut-off", help="ISO time before which one has to hold; close of business if none.")
]
NameOption = Annotated[str, typer.Option("--name", help="Names the distribution for ever; from security and date.")]
AuthorOption = Annotated[str, typer.Option("--author", help="Staff id of who asks for it.")]
ApproverOption = Annotated[str, typer.Option("--approver", help="Staff id of the other one, who approves it.")]
FollowOption = Annotated[bool, typer.Option("--follow/--no-follow", help="Show progress until all is paid.")]
IdArgument = Annotated[str, typer.Argument(help="The distribution's id, 64 hexadecimal digits.")]


def record_date_of(text: str) -> date:
    """A date; raises ``BadArgument``."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadArgument(f"{text!r} is no date: YYYY-MM-DD is wanted") from error


def cut_off_of(text: str, record_date: date) -> int:
    """Unix seconds; raises ``BadArgument`` for what is no ISO time with its offset."""
    if not text:
        return cut_off_ms(record_date) // 1000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadArgument(f"{text!r} is no time: 2026-09-30T15:00:00+09:00 is one") from error
    if moment.tzinfo is None:
        raise BadArgument(f"{text!r} does not say of which zone it is: 2026-09-30T15:00:00+09:00 does")
    return int(moment.astimezone(UTC).timestamp())


def name_of(given: str, what: str, security: str, record_date: date) -> str:
    """The name given, or one that follows from what is distributed: asked for twice it is one distribution."""
    return given or re.sub(r"[^A-Za-z0-9._-]", "-", f"{what}-{security}-{record_date.isoformat()}")[:64]


def account_of(text: str) -> CashAccount:
    """NODE:KEY; raises ``BadArgument``."""
    node, colon, key = text.partition(":")
    if not colon:
        raise BadArgument(f"{text!r} is no account: NODE:KEY is wanted")
    try:
        return CashAccount(node, hex_bytes(key, "the account's key"))
    except DecodeError as error:
        raise BadArgument(f"{text!r} is no account: {error}") from error


async def followed(client: DistributionClient, distribution_id: bytes, output: Output) -> DistributionView:
    """Ask until all is paid, and show how far it is."""
    told = ""
    while not (view := await client.distribution(distribution_id)).is_paid:
        paid = sum(part.paid_batches for part in view.parts)
        progress = f"  {paid} of {sum(part.batches for part in view.parts)} batches paid"
        if output is Output.PEOPLE and progress != told:
            out.print(progress)
            told = progress
        await asyncio.sleep(LOOK_S)
    return view


def show_totals(totals: Totals, held: int, output: Output, unit: str, **more: object) -> None:
    """What an order comes to."""
    rows: dict[str, object] = {**more, "holders": totals.holders, "units": totals.units, "gross": totals.gross}
    if totals.gross != totals.net:
        rows |= {"national_tax": totals.national_tax, "local_tax": totals.local_tax}
    rows |= {"net": totals.net, "held": held}
    if output is Output.PROGRAMS:
        show_json(rows)
    else:
        amounts = {"gross", "national_tax", "local_tax", "net", "held"}
        shown = {k: f"{v:,} {unit}" if k in amounts else v for k, v in rows.items()}
        facts({name.replace("_", " "): value for name, value in shown.items()})


def show_held(lines: tuple[HeldLine, ...]) -> None:
    """Lines that cannot be paid now, one a line."""
    for line in lines:
        out.print(f"  held  {line.amount:>15,}  {line.why}  {line.node}:{line.account_key.hex()}", soft_wrap=True)


def show_view(view: DistributionView, output: Output) -> None:
    """One distribution with its parts."""
    if output is Output.PROGRAMS:
        show_json(view_for_programs(view))
        return
    facts(
        {
            "distribution": view.distribution_id.hex(),
            "security": view.security_id,
            "record date": view.record_date,
            "all paid": "yes" if view.is_paid else "no",
        }
    )
    for part in view.parts:
        waiting = f"  waits: {part.waiting}" if part.waiting else ""
        batches = f"{part.paid_batches} of {part.batches} batches"
        out.print(f"  part {part.part:>3} {part.node:<16} {part.total:>15,}  {batches:<22} {part.status}{waiting}")
    show_held(view.held)


def view_for_programs(view: DistributionView) -> dict[str, object]:
    """For programs."""
    return {
        "distribution_id": view.distribution_id.hex(),
        "security_id": view.security_id,
        "record_date": view.record_date,
        "is_paid": view.is_paid,
        "held": view.held_amount,
        "parts": [
            {
                "part": part.part,
                "node": part.node,
                "status": part.status,
                "batches": part.batches,
                "paid_batches": part.paid_batches,
                "total": part.total,
                "waiting": part.waiting,
            }
            for part in view.parts
        ],
    }
