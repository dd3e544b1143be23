"""``crossdvp ledger distributions``: coupons and distributions paid in coin to the holders of a record date."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import Annotated

import typer

from chains.console import JsonFlag, Output, facts, output_of, run, show_json
from chains.progmat.cli.arguments import BadArgument, hex_bytes
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.distribution_orders import (
    ApproverOption,
    AuthorOption,
    CutOffOption,
    DateOption,
    FollowOption,
    IdArgument,
    NameOption,
    SecurityOption,
    account_of,
    cut_off_of,
    followed,
    name_of,
    record_date_of,
    show_held,
    show_totals,
    show_view,
    view_for_programs,
)
from chains.progmat.client.distribution_client import DistributionClient
from chains.progmat.contracts.distribution import DistributionMedium
from chains.progmat.market.distribution.arithmetic import Remainders, Withholding, parse_rate
from chains.progmat.market.distribution.terms import AmountKind, Terms

app = node_commands("Coupons and distributions paid in coin to the holders of a record date (利払・分配).")


class RemainderChoice(Enum):
    """Who gets the yen that the division leaves over."""

    HOLDERS = "holders"
    PAYER = "payer"


PerUnitOption = Annotated[str, typer.Option("--per-unit", help="Yen for each unit: 12.5, or 25/2.")]
TotalOption = Annotated[int, typer.Option("--total", min=0, help="Yen in all, in proportion to units.")]
CoinOption = Annotated[str, typer.Option("--coin", help="Id of the coin it is paid in.")]
IssuerOption = Annotated[str, typer.Option("--issuer", help="Name of the coin's issuer.")]
PayerOption = Annotated[str, typer.Option("--payer", help="The paying account: NODE:KEY, the key hexadecimal.")]
RemaindersOption = Annotated[RemainderChoice, typer.Option("--remainders", help="Who gets what is left over.")]
TaxOption = Annotated[bool, typer.Option("--withhold/--no-withhold", help="Tax at source, 15.315 % and 5 %.")]


@app.command()
def preview(
    context: typer.Context,
    security: SecurityOption,
    record_date: DateOption,
    coin: CoinOption,
    issuer: IssuerOption,
    payer: PayerOption,
    per_unit: PerUnitOption = "",
    total: TotalOption = 0,
    cut_off: CutOffOption = "",
    remainders: RemaindersOption = RemainderChoice.HOLDERS,
    withhold: TaxOption = False,
    as_json: JsonFlag = False,
) -> None:
    """What it would come to, and the lines that could not be paid now. Changes nothing."""
    output = output_of(as_json)

    async def main() -> None:
        terms = _terms("", security, record_date, cut_off, per_unit, total, coin, issuer, payer, remainders, withhold)
        async with connected(context, DistributionClient) as client:
            found = await client.preview(terms)
        show_totals(found.totals, found.held_amount, output, "yen")
        if output is Output.PEOPLE:
            show_held(found.unpayable)

    run(main, output)


@app.command()
def pay(
    context: typer.Context,
    *,
    security: SecurityOption,
    record_date: DateOption,
    coin: CoinOption,
    issuer: IssuerOption,
    payer: PayerOption,
    author: AuthorOption,
    approver: ApproverOption,
    per_unit: PerUnitOption = "",
    total: TotalOption = 0,
    cut_off: CutOffOption = "",
    remainders: RemaindersOption = RemainderChoice.HOLDERS,
    withhold: TaxOption = False,
    name: NameOption = "",
    follow: FollowOption = True,
    as_json: JsonFlag = False,
) -> None:
    """Pay the holders of a record date (registrar's node). The same command again goes on where it stands."""
    output = output_of(as_json)

    async def main() -> None:
        terms = _terms(name, security, record_date, cut_off, per_unit, total, coin, issuer, payer, remainders, withhold)
        async with connected(context, DistributionClient) as client:
            order = await client.order(terms, author, approver)
            about = {"distribution": order.distribution_id.hex(), "parts": order.parts}
            if output is Output.PEOPLE or not follow:
                show_totals(order.totals, order.held_amount, output, "yen", **about)
            if follow and not order.held_amount:
                show_view(await followed(client, order.distribution_id, output), output)

    run(main, output)


@app.command()
def show(
    context: typer.Context, distribution: IdArgument, follow: FollowOption = False, as_json: JsonFlag = False
) -> None:
    """How far it is paid, part by part, as far as this node takes part in it."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = hex_bytes(distribution, "the distribution's id")
        async with connected(context, DistributionClient) as client:
            look = followed(client, wanted, output) if follow else client.distribution(wanted)
            show_view(await look, output)

    run(main, output)


@app.command("list")
def list_distributions(
    context: typer.Context,
    security: Annotated[str, typer.Option("--security", help="Only of this security.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Distributions that this node takes part in."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, DistributionClient) as client:
            found = await client.distributions(security)
        if output is Output.PROGRAMS:
            show_json({"distributions": [view_for_programs(view) for view in found]})
            return
        for view in found:
            show_view(view, output)
        if not found:
            facts({"distributions": "none here"})

    run(main, output)


@app.command()
def release(
    context: typer.Context,
    distribution: IdArgument,
    author: AuthorOption,
    approver: ApproverOption,
    as_json: JsonFlag = False,
) -> None:
    """Pay the held lines that can be paid by now (registrar's node)."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = hex_bytes(distribution, "the distribution's id")
        async with connected(context, DistributionClient) as client:
            parts, held = await client.release(wanted, author, approver)
        _tell({"parts": parts, "held": held}, output)

    run(main, output)


@app.command()
def cancel(
    context: typer.Context,
    distribution: IdArgument,
    author: AuthorOption,
    approver: ApproverOption,
    as_json: JsonFlag = False,
) -> None:
    """Take back the parts of which nothing is paid (registrar's node)."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = hex_bytes(distribution, "the distribution's id")
        async with connected(context, DistributionClient) as client:
            cancelled = await client.cancel(wanted, author, approver)
        _tell({"cancelled": cancelled}, output)

    run(main, output)


@app.command()
def mandate(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="Key of the paying account here, hexadecimal.")],
    security: SecurityOption,
    registrar: Annotated[str, typer.Option("--registrar", help="Name of the node that keeps the security's register.")],
    coin: CoinOption,
    issuer: IssuerOption,
    most: Annotated[int, typer.Option("--most", min=0, help="Yen each distribution may cost; 0 ends the mandate.")],
    author: AuthorOption,
    approver: ApproverOption,
    as_json: JsonFlag = False,
) -> None:
    """Let an account of this node pay a registrar's distributions of a security."""
    output = output_of(as_json)

    async def main() -> None:
        key = hex_bytes(account, "the account's key")
        async with connected(context, DistributionClient) as client:
            await client.give_mandate(
                key,
                registrar=registrar,
                security_id=security,
                asset_id=coin,
                keeper=issuer,
                most=most,
                author=author,
                approver=approver,
            )
        _tell({"account": account, "most": most}, output)

    run(main, output)


def _tell(rows: dict[str, object], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(rows)
    else:
        facts(rows)


def _terms(
    name: str,
    security: str,
    record_date: str,
    cut_off: str,
    per_unit: str,
    total: int,
    coin: str,
    issuer: str,
    payer: str,
    remainders: RemainderChoice,
    withhold: bool,  # noqa: FBT001 - as the option is
) -> Terms:
    if bool(per_unit) == bool(total):
        raise BadArgument("one of --per-unit and --total is wanted")
    day = record_date_of(record_date)
    return Terms(
        name=name_of(name, "coupon", security, day),
        security_id=security,
        record_date=day,
        cut_off_s=cut_off_of(cut_off, day),
        amount_kind=AmountKind.PER_UNIT if per_unit else AmountKind.TOTAL,
        amount=parse_rate(per_unit) if per_unit else Fraction(total),
        medium=DistributionMedium.COIN,
        asset_id=coin,
        keeper=issuer,
        payer=account_of(payer),
        remainders=Remainders.PAYER_KEEPS if remainders is RemainderChoice.PAYER else Remainders.LARGEST_REMAINDER,
        withholding=Withholding.INDIVIDUAL if withhold else Withholding.NONE,
    )
