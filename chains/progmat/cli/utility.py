"""``crossdvp ledger utility``: utility tokens granted to the holders of a security, used, and expired."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Annotated

import typer

from chains.console import JsonFlag, Output, output_of, run
from chains.progmat.cli.arguments import BadArgument, RequestOption, hex_bytes, id_of_request
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.distribution_orders import (
    ApproverOption,
    AuthorOption,
    CutOffOption,
    DateOption,
    FollowOption,
    NameOption,
    SecurityOption,
    cut_off_of,
    followed,
    name_of,
    record_date_of,
    show_totals,
    show_view,
)
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.client.distribution_client import DistributionClient
from chains.progmat.contracts.distribution import DistributionMedium
from chains.progmat.flows.distribution_requests import ExpireUtility, UseUtility
from chains.progmat.market.distribution.arithmetic import parse_rate
from chains.progmat.market.distribution.terms import AmountKind, Terms

app = node_commands("Utility tokens: grant them to holders of a security, use them, expire them.")

TokenArgument = Annotated[str, typer.Argument(help="Id of the utility token.")]
RegistrarOption = Annotated[str, typer.Option("--registrar", help="Name of the utility token's issuer.")]


@app.command()
def grant(
    context: typer.Context,
    *,
    token: TokenArgument,
    security: SecurityOption,
    record_date: DateOption,
    registrar: RegistrarOption,
    author: AuthorOption,
    approver: ApproverOption,
    per_unit: Annotated[str, typer.Option("--per-unit", help="Utility units for each unit held: 0.1, or 1/10.")] = "",
    per_holder: Annotated[int, typer.Option("--per-holder", min=0, help="Utility units for each holder.")] = 0,
    expires: Annotated[str, typer.Option("--expires", help="ISO time after which they lapse; never if none.")] = "",
    cut_off: CutOffOption = "",
    name: NameOption = "",
    follow: FollowOption = True,
    as_json: JsonFlag = False,
) -> None:
    """Grant units to the holders of a record date (at the node of the security's registrar)."""
    output = output_of(as_json)

    async def main() -> None:
        terms = _terms(name, token, security, record_date, cut_off, registrar, per_unit, per_holder, expires)
        async with connected(context, DistributionClient) as client:
            order = await client.order(terms, author, approver)
            about = {"grant": order.distribution_id.hex(), "parts": order.parts}
            if output is Output.PEOPLE or not follow:
                show_totals(order.totals, order.held_amount, output, "units", **about)
            if follow and not order.held_amount:
                show_view(await followed(client, order.distribution_id, output), output)

    run(main, output)


@app.command()
def use(
    context: typer.Context,
    token: TokenArgument,
    quantity: Annotated[int, typer.Argument(min=1, help="Units.")],
    registrar: RegistrarOption,
    source: Annotated[str, typer.Option("--from", help="Key of the holder's account here, hexadecimal.")],
    reference: Annotated[str, typer.Option("--reference", help="Of what they are used for; no personal data.")],
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Use units of an account kept here: they are burned; the issuer countersigns. Not after they have expired."""

    def request() -> UseUtility:
        wanted = id_of_request(request_id, "use")
        return UseUtility(wanted, token, registrar, quantity, hex_bytes(source, "--from"), reference)

    run_flow(context, DistributionClient, DistributionClient.use, request, output_of(as_json))


@app.command()
def expire(
    context: typer.Context, token: TokenArgument, request_id: RequestOption = "", as_json: JsonFlag = False
) -> None:
    """Destroy units whose time is over (at their issuer's node), some at a time: run it until NOTHING_TO_EXPIRE."""

    def request() -> ExpireUtility:
        return ExpireUtility(id_of_request(request_id, "expire"), token)

    run_flow(context, DistributionClient, DistributionClient.expire, request, output_of(as_json))


def _terms(
    name: str,
    token: str,
    security: str,
    record_date: str,
    cut_off: str,
    registrar: str,
    per_unit: str,
    per_holder: int,
    expires: str,
) -> Terms:
    if bool(per_unit) == bool(per_holder):
        raise BadArgument("one of --per-unit and --per-holder is wanted")
    day = record_date_of(record_date)
    return Terms(
        name=name_of(name, f"grant-{token}", security, day),
        security_id=security,
        record_date=day,
        cut_off_s=cut_off_of(cut_off, day),
        amount_kind=AmountKind.PER_UNIT if per_unit else AmountKind.PER_HOLDER,
        amount=parse_rate(per_unit) if per_unit else Fraction(per_holder),
        medium=DistributionMedium.UTILITY,
        asset_id=token,
        keeper=registrar,
        expires_s=_expiry_of(expires),
    )


def _expiry_of(text: str) -> int:
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadArgument(f"{text!r} is no time: 2027-03-31T23:59:59+09:00 is one") from error
    if moment.tzinfo is None:
        raise BadArgument(f"{text!r} does not say of which zone it is: 2027-03-31T23:59:59+09:00 does")
    return int(moment.timestamp())
