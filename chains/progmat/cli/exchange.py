"""``crossdvp ledger exchange``: a matching venue at an exchange node, for its operators and for its members."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import BadArgument, RequestOption, hex_bytes, id_of_request
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.client.exchange_client import BookView, ExchangeClient, ExecutionView, LevelView, OrderView
from chains.progmat.flows.execution_requests import WithdrawExecution
from chains.progmat.market.exchange.order_ids import new_order_id
from chains.progmat.market.exchange.venue.model import Listing, Security, Side
from primitives.errors import DecodeError

app = node_commands("A venue (PTS): listings, members, the trading day; orders, the book, executions.")

TokenArgument = Annotated[str, typer.Argument(help="The security: its id in its register.")]
RegistrarOption = Annotated[str, typer.Option("--registrar", help="Name of the node that keeps the register.")]
OrderArgument = Annotated[str, typer.Argument(help="The order's id, ORD-…")]
AuthorOption = Annotated[str, typer.Option("--author", help="Staff id of who asks.")]
ApproverOption = Annotated[str, typer.Option("--approver", help="Staff id of another person, who agrees.")]
LimitOption = Annotated[int, typer.Option("--limit", min=0, help="Yen per unit; 0: a market order.")]
DayOption = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="YYYY-MM-DD.")]


class SideName(Enum):
    """Of an order."""

    SELL = "sell"
    BUY = "buy"


class WithdrawalName(Enum):
    """Why a venue takes an execution back."""

    ERRONEOUS_ORDER = "erroneous-order"
    SYSTEM_FAULT = "system-fault"
    MARKET_RULE = "market-rule"
    BOTH_BROKERS = "both-brokers"


@app.command("list-security")
def list_security(
    context: typer.Context,
    token: TokenArgument,
    registrar: RegistrarOption,
    author: AuthorOption,
    approver: ApproverOption,
    base_yen: Annotated[int, typer.Option(min=1, help="Decides ties of the opening auction.")],
    lowest_yen: Annotated[int, typer.Option(min=1, help="Prices below are refused.")],
    highest_yen: Annotated[int, typer.Option(min=1, help="Prices above are refused.")],
    tick_yen: Annotated[int, typer.Option(min=1, help="Prices are multiples of it.")] = 1,
    lot: Annotated[int, typer.Option(min=1, help="Quantities are multiples of it.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """List a security, or change its listing between two trading days (operators)."""
    output = output_of(as_json)

    async def main() -> None:
        listing = Listing(_security(token, registrar), tick_yen, lot, base_yen, lowest_yen, highest_yen)
        async with connected(context, ExchangeClient) as client:
            await client.set_listing(listing, author, approver)
        _said({"listed": token}, output)

    run(main, output)


@app.command()
def trader(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The broker's name in its certificate.")],
    custodian: Annotated[str, typer.Option(help="Node that keeps the accounts it trades for.")],
    author: AuthorOption,
    approver: ApproverOption,
    suspend: Annotated[bool, typer.Option("--suspend", help="It may cancel and nothing else.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Admit a broker, change its custodian node, suspend it or let it trade again (operators)."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, ExchangeClient) as client:
            await client.set_trader(name, custodian, author, approver, suspended=suspend)
        _said({"trader": name, "custodian": custodian, "suspended": suspend}, output)

    run(main, output)


@app.command("open")
def open_day(
    context: typer.Context,
    token: TokenArgument,
    registrar: RegistrarOption,
    author: AuthorOption,
    trading_date: DayOption,
    settlement_date: DayOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Open a trading day: orders wait for the auction (operators)."""
    output = output_of(as_json)

    async def main() -> None:
        days = (trading_date.date(), settlement_date.date())
        async with connected(context, ExchangeClient) as client:
            await client.open_day(_id(request_id), _security(token, registrar), *days, author)
        _said({"opened": token, "trading_date": str(days[0]), "settlement_date": str(days[1])}, output)

    run(main, output)


@app.command()
def start(
    context: typer.Context,
    token: TokenArgument,
    registrar: RegistrarOption,
    author: AuthorOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Hold the opening auction and start continuous trading (operators)."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, ExchangeClient) as client:
            made = await client.start_trading(_id(request_id), _security(token, registrar), author)
        _show_executions(made, output)

    run(main, output)


@app.command("close")
def close_day(
    context: typer.Context,
    token: TokenArgument,
    registrar: RegistrarOption,
    author: AuthorOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Close the trading day: every order that waits ends (operators)."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, ExchangeClient) as client:
            await client.close_day(_id(request_id), _security(token, registrar), author)
        _said({"closed": token}, output)

    run(main, output)


@app.command()
def place(
    context: typer.Context,
    token: TokenArgument,
    quantity: Annotated[int, typer.Argument(min=1, help="Units.")],
    registrar: RegistrarOption,
    side: Annotated[SideName, typer.Option(help="sell or buy.")],
    limit: LimitOption = 0,
    order_id: Annotated[str, typer.Option(help="As registered at the custodian node; made if none is given.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Place a day order: it ends with the trading day at the latest."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = order_id or new_order_id(secrets.token_bytes(16))
        async with connected(context, ExchangeClient) as client:
            placed = await client.place(wanted, _security(token, registrar), Side[side.name], quantity, limit)
        _show_order(placed, output)

    run(main, output)


@app.command()
def amend(
    context: typer.Context,
    order_id: OrderArgument,
    quantity: Annotated[int, typer.Argument(min=1, help="Units in all, the filled part included.")],
    limit: LimitOption = 0,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Change an order that waits; less at the same limit keeps its place."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, ExchangeClient) as client:
            _show_order(await client.amend(_id(request_id), order_id, quantity, limit), output)

    run(main, output)


@app.command()
def cancel(
    context: typer.Context, order_id: OrderArgument, request_id: RequestOption = "", as_json: JsonFlag = False
) -> None:
    """Take back what is left of an order."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, ExchangeClient) as client:
            _show_order(await client.cancel(_id(request_id), order_id), output)

    run(main, output)


@app.command()
def order(context: typer.Context, order_id: OrderArgument, as_json: JsonFlag = False) -> None:
    """One of one's own orders."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, ExchangeClient) as client:
            _show_order(await client.order(order_id), output)

    run(main, output)


@app.command()
def book(
    context: typer.Context,
    token: TokenArgument,
    registrar: RegistrarOption,
    levels: Annotated[int, typer.Option(min=1, max=100, help="Price levels a side.")] = 10,
    as_json: JsonFlag = False,
) -> None:
    """Price levels of a book, best first."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, ExchangeClient) as client:
            _show_book(await client.book(_security(token, registrar), levels), output)

    run(main, output)


@app.command()
def executions(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, help="Resume after this number.")] = 0,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with new ones.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Executions of one's own orders (operators: all), one a line."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, ExchangeClient) as client:
            async for execution in client.executions(after, heartbeat_s=1):
                if execution is not None:
                    _show_execution(execution, output)
                elif not follow:
                    return

    run(main, output)


@app.command("publish-again")
def publish_again(
    context: typer.Context,
    trade_id: Annotated[str, typer.Argument(help="64 hexadecimal digits.")],
    author: AuthorOption,
    as_json: JsonFlag = False,
) -> None:
    """Start another flow for an execution whose flow failed (operators)."""
    output = output_of(as_json)

    async def main() -> None:
        trade = hex_bytes(trade_id, "the trade's id")
        async with connected(context, ExchangeClient) as client:
            _said({"flow_id": await client.publish_again(trade, author)}, output)

    run(main, output)


@app.command()
def withdraw(
    context: typer.Context,
    trade_id: Annotated[str, typer.Argument(help="64 hexadecimal digits.")],
    reason: Annotated[WithdrawalName, typer.Option(help="Why.")],
    reference: Annotated[str, typer.Option(help="A case number; no personal data.")],
    author: AuthorOption,
    approver: ApproverOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Take a published execution back, for both custodian nodes to see (operators)."""

    def request() -> WithdrawExecution:
        trade = hex_bytes(trade_id, "the trade's id")
        return WithdrawExecution(_id(request_id), trade, reason.name, reference, author, approver)

    run_flow(context, ExchangeClient, ExchangeClient.withdraw, request, output_of(as_json))


def _id(request_id: str) -> str:
    return id_of_request(request_id, "exchange")


def _security(token_id: str, registrar: str) -> Security:
    try:
        return Security(token_id, registrar)
    except DecodeError as error:
        raise BadArgument(f"no security: {error}") from error


def _said(rows: dict[str, Any], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(rows)
    else:
        facts(rows)


def _show_order(order: OrderView, output: Output) -> None:
    _said(
        {
            "order_id": order.order_id,
            "token_id": order.security.token_id,
            "registrar": order.security.registrar,
            "side": order.side.value,
            "quantity": order.quantity,
            "limit_yen": order.limit_yen,
            "filled": order.filled,
            "ended": order.ended,
        },
        output,
    )


def _plain(execution: ExecutionView) -> dict[str, Any]:
    return {
        "number": execution.number,
        "trade_id": execution.trade_id.hex(),
        "token_id": execution.security.token_id,
        "registrar": execution.security.registrar,
        "order_id": execution.order_id,
        "side": execution.side.value,
        "quantity": execution.quantity,
        "price_yen": execution.price_yen,
        "amount_yen": execution.amount_yen,
        "settlement_date": str(execution.settlement_date),
        "flow_id": execution.flow_id,
    }


def _show_executions(made: tuple[ExecutionView, ...], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({"executions": [_plain(each) for each in made]})
        return
    for each in made:
        _show_execution(each, output)
    if not made:
        facts({"executions": "none"})


def _show_execution(execution: ExecutionView, output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(_plain(execution))
        return
    out.print(
        f"  {execution.number:>8}  {execution.side.value:<4} {execution.quantity:>12,} {execution.security.token_id} "
        f"at {execution.price_yen:>10,} yen  {execution.settlement_date}  {execution.trade_id.hex()[:16]}…  "
        f"{execution.order_id}",
        soft_wrap=True,
    )


def _show_book(found: BookView, output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(asdict(found))
        return
    facts({"phase": found.phase, "trading day": found.trading_date or "none yet"})
    for level in reversed(found.sells):
        out.print(f"  {_sum(level):>18}  {_price(level):>12}", soft_wrap=True)
    for level in found.buys:
        out.print(f"  {'':>18}  {_price(level):>12}  {_sum(level):<18}", soft_wrap=True)


def _price(level: LevelView) -> str:
    return f"{level.price_yen:,}" if level.price_yen else "market"


def _sum(level: LevelView) -> str:
    return f"{level.quantity:,} ({level.orders})"
