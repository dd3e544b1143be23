"""``crossdvp ledger trades``: the desk that settles native trades at a custodian's node."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from crossdvp.ledger.v1 import trade_service_pb2 as pb
from google.protobuf.message import Message

from chains.console import EXIT_REFUSED, JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import hex_bytes
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.files import file_content
from chains.progmat.client.trade_client import TradeClient

app = node_commands("Native trades: how investors pay, what a trade waits for, notices, instructions, net sets.")

TradeArgument = Annotated[str, typer.Argument(help="The trade's id, 64 hexadecimal digits.")]
AuthorOption = Annotated[str, typer.Option("--author", help="Staff id of who asks.")]
ApproverOption = Annotated[str, typer.Option("--approver", help="Staff id of another person, who agrees.")]
LimitOption = Annotated[int, typer.Option(min=1, max=500, help="At most so many.")]
AfterOption = Annotated[int, typer.Option(min=0, help="Resume after this number.")]


class MoneyName(Enum):
    """How an investor pays."""

    COIN = "coin"
    FIAT_GROSS = "fiat-gross"
    FIAT_NET = "fiat-net"


@app.command("list")
def list_trades(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="Only trades at this state, such as BALANCE_SHORT.")] = "",
    after: AfterOption = 0,
    limit: LimitOption = 100,
    as_json: JsonFlag = False,
) -> None:
    """Trades of this custodian, and what each waits for."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, TradeClient) as client:
            found = await client.trades(state.upper(), after, limit)
        if output is Output.PROGRAMS:
            show_json({"trades": plain(found)})
            return
        for trade in found:
            waits = f"  {trade.reason}" if trade.reason else ""
            out.print(
                f"  {trade.number:>6}  {trade.trade_id.hex()[:16]}…  {trade.side:<4} {trade.quantity:>10,} "
                f"{trade.token_id} for {trade.amount_yen:>14,} yen  {trade.settlement_day}  {trade.state}{waits}",
                soft_wrap=True,
            )
        if not found:
            facts({"trades": "none"})

    run(main, output)


@app.command()
def show(context: typer.Context, trade_id: TradeArgument, as_json: JsonFlag = False) -> None:
    """One trade: its terms, where it stands, what it waits for, and why it ended."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = hex_bytes(trade_id, "the trade's id")
        async with connected(context, TradeClient) as client:
            _show_one(await client.trade(wanted), output)

    run(main, output)


@app.command()
def methods(
    context: typer.Context,
    investor: Annotated[str, typer.Option(help="Only of this investor.")] = "",
    limit: LimitOption = 100,
    as_json: JsonFlag = False,
) -> None:
    """Cash settlement methods, every version."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, TradeClient) as client:
            found = await client.methods(investor, limit)
        if output is Output.PROGRAMS:
            show_json({"methods": plain(found)})
            return
        for method in found:
            how = f"coin {method.coin_id} of {method.issuer}" if method.coin_id else f"bank money, {method.bank_id}"
            persons = f"by {method.author}, approved by {method.approver}"
            out.print(f"  {method.investor_id}  version {method.version} from {method.from_day}  {how}  {persons}")
        if not found:
            facts({"methods": "none"})

    run(main, output)


@app.command("register-method")
def register_method(
    context: typer.Context,
    investor: Annotated[str, typer.Argument(help="The investor's opaque id.")],
    money: Annotated[MoneyName, typer.Option("--money", help="How the investor pays and is paid.")],
    from_day: Annotated[str, typer.Option("--from-day", help="In force from this settlement day on: YYYY-MM-DD.")],
    author: AuthorOption,
    approver: ApproverOption,
    coin: Annotated[str, typer.Option(help="With coin: its id.")] = "",
    issuer: Annotated[str, typer.Option(help="With coin: name of its issuer's node.")] = "",
    account: Annotated[str, typer.Option(help="With coin: key of the cash account here, hexadecimal.")] = "",
    bank: Annotated[str, typer.Option(help="With bank money: the account's reference in the master data.")] = "",
    payer: Annotated[str, typer.Option(help="With bank money: the payer's name in kana as banks write it.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Register how an investor pays (資金決済情報), beforehand, by two persons."""
    output = output_of(as_json)

    async def main() -> None:
        is_coin = money is MoneyName.COIN
        payment = {MoneyName.FIAT_GROSS: pb.FIAT_PAYMENT_GROSS, MoneyName.FIAT_NET: pb.FIAT_PAYMENT_NET}.get(money)
        method = pb.CashMethod(
            investor_id=investor,
            from_day=from_day,
            kind=pb.CASH_METHOD_KIND_COIN if is_coin else pb.CASH_METHOD_KIND_FIAT,
            coin_id=coin,
            issuer=issuer,
            cash_key=hex_bytes(account, "--account") if account else b"",
            bank_id=bank,
            payer_name=payer,
            payment=payment,
        )
        async with connected(context, TradeClient) as client:
            _show_one(await client.register_method(method, author, approver), output)

    run(main, output)


@app.command()
def instruct(
    context: typer.Context,
    csv: Annotated[Path, typer.Option("--csv", help="The file: one trade a row.")],
    author: AuthorOption,
    as_json: JsonFlag = False,
) -> None:
    """Enter the trades of a CSV file between customers of this custodian; exit 1 if a row was refused."""
    output = output_of(as_json)

    async def main() -> None:
        content = file_content(csv)
        async with connected(context, TradeClient) as client:
            done = await client.import_instructions(csv.name, content, author)
        if output is Output.PROGRAMS:
            show_json(plain([done])[0])
        else:
            before = "  (this file was imported before)" if done.was_imported_before else ""
            facts({"entered": f"{done.entered}{before}", "refused rows": len({each.row for each in done.problems})})
            for problem in done.problems:
                line = f"  row {problem.row}, {problem.column}: expected {problem.expected}; found {problem.found}"
                out.print(line, soft_wrap=True, markup=False)
        if done.problems:
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


@app.command()
def notices(
    context: typer.Context,
    broker: Annotated[str, typer.Option(help="Only to this broker.")] = "",
    after: AfterOption = 0,
    limit: LimitOption = 100,
    as_json: JsonFlag = False,
) -> None:
    """What brokers were told: shortages, settlements, cancellations and why; resume after the last number."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, TradeClient) as client:
            found = await client.notices(broker, after, limit)
        if output is Output.PROGRAMS:
            show_json({"notices": plain(found)})
            return
        for notice in found:
            short = f"  short by {notice.shortage:,}" if notice.shortage else ""
            out.print(
                f"  {notice.number:>6}  {notice.trade_id.hex()[:16]}…  to {notice.broker}: {notice.reason}{short}\n"
                f"          {notice.english}\n          {notice.japanese}",
                soft_wrap=True,
            )
        if not found:
            facts({"notices": "none"})

    run(main, output)


@app.command()
def cancel(
    context: typer.Context,
    trade_id: TradeArgument,
    author: AuthorOption,
    approver: ApproverOption,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept here, never a personal value.")],
    as_json: JsonFlag = False,
) -> None:
    """End a trade that is not being settled; the other side is told."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = hex_bytes(trade_id, "the trade's id")
        async with connected(context, TradeClient) as client:
            _show_one(await client.cancel(wanted, author, approver, reason), output)

    run(main, output)


@app.command("top-up")
def top_up(context: typer.Context, trade_id: TradeArgument, author: AuthorOption, as_json: JsonFlag = False) -> None:
    """Instruct the additional trust (追加信託) that a short trade needs: announces the deposit to the coin's issuer."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = hex_bytes(trade_id, "the trade's id")
        async with connected(context, TradeClient) as client:
            _show_one(await client.top_up(wanted, author), output)

    run(main, output)


@app.command("net")
def net(
    context: typer.Context,
    broker_a: Annotated[str, typer.Argument(help="One broker; between two custodians its node's name.")],
    broker_b: Annotated[str, typer.Argument(help="The other one.")],
    day: Annotated[str, typer.Option("--day", help="The settlement day, YYYY-MM-DD.")],
    author: AuthorOption,
    as_json: JsonFlag = False,
) -> None:
    """Close a broker pair's net set of a day: who pays whom how much, line by line."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, TradeClient) as client:
            _show_net(await client.form_net_set(broker_a, broker_b, day, author), output)

    run(main, output)


@app.command("net-sets")
def net_sets(context: typer.Context, limit: LimitOption = 20, as_json: JsonFlag = False) -> None:
    """Closed net sets, and where each stands."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, TradeClient) as client:
            found = await client.net_sets(limit)
        if output is Output.PROGRAMS:
            show_json({"net_sets": plain(found)})
            return
        for net_set in found:
            _show_net(net_set, output)
        if not found:
            facts({"net sets": "none"})

    run(main, output)


def plain(messages: Iterable[Message]) -> list[dict[str, object]]:
    """Messages for programs: names as in the .proto files, bytes in hexadecimal, whole numbers as numbers."""
    return [{field.name: _value(value) for field, value in message.ListFields()} for message in messages]


def _value(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Message):
        return plain([value])[0]
    if isinstance(value, str | int):
        return value
    return [_value(each) for each in value]  # type: ignore[attr-defined] # a repeated field


def _show_one(message: Message, output: Output) -> None:
    rows = plain([message])[0]
    if output is Output.PROGRAMS:
        show_json(rows)
    else:
        facts({name.replace("_", " "): value for name, value in rows.items()})


def _show_net(net_set: pb.NetSet, output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(plain([net_set])[0])
        return
    owed = f"{net_set.payer} pays {net_set.net_yen:,} yen" if net_set.payer else "nothing is owed"
    facts({"net set": net_set.set_id.hex(), "day": net_set.settlement_day, "net": owed, "state": net_set.state})
    for line in net_set.lines:
        out.print(f"  {line.trade_id.hex()[:16]}…  {line.payer} owes {line.receiver} {line.amount_yen:>14,} yen")
