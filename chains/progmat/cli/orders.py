"""``crossdvp ledger orders``: at a custodian node, for whom orders are and which executions they became."""

from __future__ import annotations

import secrets
from enum import Enum
from typing import Annotated, Any

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import hex_bytes
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.client.order_client import BrokerExecutionView, OrderClient
from chains.progmat.market.exchange.assigning import BrokerOrder
from chains.progmat.market.exchange.order_ids import new_order_id
from chains.progmat.market.exchange.resolved import TradeSide
from ibc.dvp import CashAccount

app = node_commands("Brokers' orders at a custodian node: for whom they are, and what the venue executed.")

AuthorOption = Annotated[str, typer.Option("--author", help="Staff id of who asks.")]
LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")]


class SideName(Enum):
    """Of an order."""

    SELL = "sell"
    BUY = "buy"


@app.command()
def register(
    context: typer.Context,
    token: Annotated[str, typer.Argument(help="The security: its id in its register.")],
    quantity: Annotated[int, typer.Argument(min=1, help="Units that may trade in all.")],
    registrar: Annotated[str, typer.Option(help="Name of the node that keeps the register.")],
    side: Annotated[SideName, typer.Option(help="sell or buy.")],
    investor: Annotated[str, typer.Option(help="INV-…; it stays at this node.")],
    tokens_key: Annotated[str, typer.Option(help="Key of the investor's token account here, hexadecimal.")],
    author: AuthorOption,
    cash_key: Annotated[str, typer.Option(help="Key of the cash account here; none: bank money pays.")] = "",
    order_id: Annotated[str, typer.Option(help="Repeat a command with the same one; made if none is given.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Say for whom an order will be, before it is placed at the venue; prints the order's id."""
    output = output_of(as_json)

    async def main() -> None:
        order = BrokerOrder(
            order_id or new_order_id(secrets.token_bytes(16)),
            TradeSide[side.name],
            token,
            registrar,
            quantity,
            investor,
            hex_bytes(tokens_key, "--tokens-key"),
            hex_bytes(cash_key, "--cash-key"),
        )
        async with connected(context, OrderClient) as client:
            await client.register(order, author)
        _said({"order_id": order.order_id, "investor": investor}, output)

    run(main, output)


@app.command()
def revise(
    context: typer.Context,
    order_id: Annotated[str, typer.Argument(help="The order's id, ORD-…")],
    quantity: Annotated[int, typer.Argument(min=1, help="Units that may trade in all.")],
    author: AuthorOption,
    as_json: JsonFlag = False,
) -> None:
    """Another quantity, as the order is amended at the venue."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, OrderClient) as client:
            await client.revise(order_id, quantity, author)
        _said({"order_id": order_id, "quantity": quantity}, output)

    run(main, output)


@app.command("list")
def list_orders(
    context: typer.Context,
    after: Annotated[str, typer.Option(help="Orders that follow this id.")] = "",
    limit: LimitOption = 100,
    as_json: JsonFlag = False,
) -> None:
    """Orders kept here, and how much of each is executed."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, OrderClient) as client:
            found = await client.orders(after, limit)
        if output is Output.PROGRAMS:
            show_json({"orders": [_order(order, executed) for order, executed in found]})
            return
        for order, executed in found:
            out.print(
                f"  {order.order_id}  {order.side.value:<4} {executed:>12,} of {order.quantity:>12,} {order.token_id}  "
                f"{order.investor_id}",
                soft_wrap=True,
            )
        if not found:
            facts({"orders": "none"})

    run(main, output)


@app.command()
def executions(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, help="Resume after this arrival.")] = 0,
    limit: LimitOption = 100,
    as_json: JsonFlag = False,
) -> None:
    """Executions this node was told of, and what stands in the way of those that are not resolved."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, OrderClient) as client:
            found = await client.executions(after, limit)
        if output is Output.PROGRAMS:
            show_json({"executions": [_execution(each) for each in found]})
            return
        for each in found:
            out.print(
                f"  {each.arrival:>8}  {each.side.value:<4} {each.quantity:>12,} {each.token_id} for "
                f"{each.amount_yen:>14,} yen  {each.settlement_date}  {each.counterparty}  {each.status}",
                soft_wrap=True,
            )
            if each.reason:
                out.print(f"            {each.reason} ({each.blamed}): {each.english}", soft_wrap=True)
                out.print(f"            {each.japanese}", soft_wrap=True)
        if not found:
            facts({"executions": "none"})

    run(main, output)


def _said(rows: dict[str, Any], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(rows)
    else:
        facts(rows)


def _order(order: BrokerOrder, executed: int) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "side": order.side.value,
        "token_id": order.token_id,
        "registrar": order.registrar,
        "quantity": order.quantity,
        "executed": executed,
        "investor_id": order.investor_id,
        "token_account_key": order.tokens_key.hex(),
        "cash_account_key": order.cash_key.hex(),
    }


def _execution(each: BrokerExecutionView) -> dict[str, Any]:
    return {
        "arrival": each.arrival,
        "trade_id": each.trade_id.hex(),
        "venue": each.venue,
        "token_id": each.token_id,
        "registrar": each.registrar,
        "quantity": each.quantity,
        "amount_yen": each.amount_yen,
        "settlement_date": each.settlement_date,
        "side": each.side.value,
        "order_id": each.order_id,
        "counterparty": each.counterparty,
        "status": each.status,
        "investor_id": each.investor_id,
        "own_tokens": _account(each.own_tokens),
        "own_cash": _account(each.own_cash),
        "counterparty_tokens": _account(each.counterparty_tokens),
        "counterparty_cash": _account(each.counterparty_cash),
        "reason": each.reason,
        "blamed": each.blamed,
        "english": each.english,
        "japanese": each.japanese,
    }


def _account(account: CashAccount | None) -> str:
    return "" if account is None else f"{account.node}:{account.key.hex()}"
