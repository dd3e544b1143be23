"""``crossdvp coin deposit`` and the payouts: yen into a coin's trust and out of it."""

from __future__ import annotations

from typing import Annotated

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import id_of_request
from chains.progmat.cli.coin_arguments import ApproverOption, AuthorOption, CoinArgument, ToOption, account_of, shown
from chains.progmat.cli.connecting import connected
from chains.progmat.client.coin_client import CoinClient, DepositLine, RedemptionLine

app = typer.Typer(help="Additional trust: yen announced, confirmed as paid in, issued.", no_args_is_help=True)

DepositArgument = Annotated[str, typer.Argument(help="The deposit's id.")]
ReferenceOption = Annotated[str, typer.Option("--bank-reference", help="What names the movement of money at the bank.")]


@app.command()
def announce(
    context: typer.Context,
    coin: CoinArgument,
    amount_yen: Annotated[int, typer.Argument(min=1, help="Yen that will be paid in.")],
    to: ToOption,
    author: AuthorOption,
    issuer: Annotated[str, typer.Option(help="The coin's issuer; needed at a custodian's node.")] = "",
    deposit_id: Annotated[str, typer.Option("--deposit-id", help="Repeat a command with the same one.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Say that yen will be paid into the coin's trust (追加信託)."""
    output = output_of(as_json)

    async def main() -> None:
        account = account_of(to)
        async with connected(context, CoinClient) as client:
            wanted = id_of_request(deposit_id, "deposit")
            _tell(await client.announce_deposit(wanted, coin, issuer, amount_yen, account, author), output)

    run(main, output)


@app.command()
def confirm(
    context: typer.Context,
    deposit_id: DepositArgument,
    author: AuthorOption,
    approver: ApproverOption,
    paid_yen: Annotated[int, typer.Option("--paid-yen", min=0, help="What the bank says came in.")] = 0,
    bank_reference: ReferenceOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Say that the yen are in; the coin is then issued, once.

    Without amount and bank reference a line of an imported statement has to show them.
    """
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, CoinClient) as client:
            _tell(await client.confirm_deposit(deposit_id, paid_yen, bank_reference, author, approver), output)

    run(main, output)


@app.command()
def cancel(
    context: typer.Context, deposit_id: DepositArgument, author: AuthorOption, as_json: JsonFlag = False
) -> None:
    """End an announced deposit that does not come."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, CoinClient) as client:
            _tell(await client.cancel_deposit(deposit_id, author), output)

    run(main, output)


@app.command()
def retry(context: typer.Context, deposit_id: DepositArgument, author: AuthorOption, as_json: JsonFlag = False) -> None:
    """Start the issue of a confirmed deposit again, after its flow failed."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, CoinClient) as client:
            _tell(await client.retry_deposit(deposit_id, author), output)

    run(main, output)


@app.command("list")
def list_deposits(
    context: typer.Context,
    coin: Annotated[str, typer.Option(help="Only of this coin.")] = "",
    status: Annotated[str, typer.Option(help="ANNOUNCED, CONFIRMED, ISSUED or CANCELLED.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Deposits, newest first."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, CoinClient) as client:
            found = await client.deposits(coin, status)
        if output is Output.PROGRAMS:
            show_json({"deposits": [_rows(each) for each in found]})
            return
        for each in found:
            line = f"{each.deposit_id:<24} {each.coin_id:<12} {each.amount_yen:>18,} yen  {each.status:<10}"
            out.print(f"  {line} {each.to.node}", soft_wrap=True)
        if not found:
            facts({"deposits": "none here"})

    run(main, output)


def redeem_list(
    context: typer.Context,
    coin: Annotated[str, typer.Option(help="Only of this coin.")] = "",
    status: Annotated[str, typer.Option(help="PENDING or PAID.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Redeemed coin (償還) and whether its yen were paid out, oldest first."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, CoinClient) as client:
            found = await client.redemptions(coin, status)
        if output is Output.PROGRAMS:
            show_json({"redemptions": [_paid_rows(each) for each in found]})
            return
        for each in found:
            line = f"{each.redemption_id:<48} {each.amount_yen:>18,} yen  {each.status:<8} {each.node}"
            out.print(f"  {line}", soft_wrap=True)
        if not found:
            facts({"redemptions": "none here"})

    run(main, output)


def redeem_confirm(
    context: typer.Context,
    redemption_id: Annotated[str, typer.Argument(help="The redemption's id.")],
    bank_reference: ReferenceOption,
    author: AuthorOption,
    approver: ApproverOption,
    as_json: JsonFlag = False,
) -> None:
    """Say that a redemption's yen were paid out."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, CoinClient) as client:
            paid = await client.confirm_payout(redemption_id, bank_reference, author, approver)
        rows = _paid_rows(paid)
        show_json(rows) if output is Output.PROGRAMS else facts(rows)

    run(main, output)


def _tell(deposit: DepositLine, output: Output) -> None:
    rows = _rows(deposit)
    if output is Output.PROGRAMS:
        show_json(rows)
    else:
        facts({name.replace("_", " "): value for name, value in rows.items()})


def _rows(deposit: DepositLine) -> dict[str, object]:
    return {
        "deposit_id": deposit.deposit_id,
        "coin_id": deposit.coin_id,
        "amount_yen": deposit.amount_yen,
        "to": shown(deposit.to),
        "payment_reference": deposit.payment_reference,
        "status": deposit.status,
        "flow_id": deposit.flow_id,
        "bank_reference": deposit.bank_reference,
        "transaction": deposit.tx_id.hex(),
    }


def _paid_rows(redemption: RedemptionLine) -> dict[str, object]:
    return {
        "redemption_id": redemption.redemption_id,
        "coin_id": redemption.coin_id,
        "node": redemption.node,
        "amount_yen": redemption.amount_yen,
        "status": redemption.status,
        "bank_reference": redemption.bank_reference,
        "transaction": redemption.tx_id.hex(),
    }
