"""``crossdvp coin``: coins in trust: register, admit, deposit, reconcile, freeze, force, take over."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from chains.console import EXIT_REFUSED, JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli import coin_deposits, coin_holders
from chains.progmat.cli.arguments import RequestOption, hex_bytes, id_of_request
from chains.progmat.cli.coin_arguments import (
    AccountOption,
    AmountOption,
    ApproverOption,
    AuthorOption,
    CoinArgument,
    ReasonOption,
    ReferenceOption,
    ToOption,
    account_of,
    shown,
)
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.client.coin_client import CoinClient, CoinTrust
from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.flows.coin_requests import (
    AdmitHolder,
    AmendCoin,
    ForceCash,
    FreezeCash,
    RegisterCoin,
    RemoveHolder,
    ThawCash,
)

app = node_commands("Coins in trust: who may hold them, the yen behind them, freezes and forced transfers.")
app.add_typer(coin_deposits.app, name="deposit")
app.command("redeem-list")(coin_deposits.redeem_list)
app.command("redeem-confirm")(coin_deposits.redeem_confirm)
app.command("holders")(coin_holders.holders)
app.command("take-over")(coin_holders.take_over)


class Kind(Enum):
    """Who may hold a coin."""

    WHOLESALE = "wholesale"
    RETAIL = "retail"


KeysOption = Annotated[list[str], typer.Option("--approver-key", help="An approver's key, hexadecimal; repeat it.")]


@app.command("list")
def list_coins(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Coins that the node has registered."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, CoinClient) as client:
            found = await client.coins()
        rows = [
            {
                "coin_id": coin.coin_id,
                "kind": coin.kind.name,
                "approver_keys": [key.hex() for key in coin.approver_keys],
                "admitted": [shown(account) for account in coin.admitted],
                "halted_because": coin.halted_because,
            }
            for coin in found
        ]
        if output is Output.PROGRAMS:
            show_json({"coins": rows})
            return
        for coin in found:
            state = f"issues halted: {coin.halted_because}" if coin.halted_because else "issued"
            out.print(f"  {coin.coin_id:<16} {coin.kind.name:<10} {len(coin.admitted):>6} admitted  {state}")
        if not found:
            facts({"coins": "none here"})

    run(main, output)


@app.command()
def register(
    context: typer.Context,
    coin: CoinArgument,
    kind: Annotated[Kind, typer.Option(help="Who may hold it: admitted accounts only, or anybody.")],
    approver_key: KeysOption,
    author: AuthorOption,
    approver: ApproverOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Register a coin, before any of it is issued."""

    def request() -> RegisterCoin:
        keys = _keys(approver_key)
        return RegisterCoin(_id(request_id), coin, CoinKind[kind.name], keys, author, approver)

    run_flow(context, CoinClient, CoinClient.submit, request, output_of(as_json))


@app.command()
def amend(
    context: typer.Context,
    coin: CoinArgument,
    approver_key: KeysOption,
    author: AuthorOption,
    approver: ApproverOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Replace a coin's approvers; one of those so far signs."""

    def request() -> AmendCoin:
        return AmendCoin(_id(request_id), coin, _keys(approver_key), author, approver)

    run_flow(context, CoinClient, CoinClient.submit, request, output_of(as_json))


@app.command()
def admit(
    context: typer.Context,
    coin: CoinArgument,
    account: AccountOption,
    author: AuthorOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Admit an account to a wholesale coin."""

    def request() -> AdmitHolder:
        return AdmitHolder(_id(request_id), coin, account_of(account), author)

    run_flow(context, CoinClient, CoinClient.submit, request, output_of(as_json))


@app.command()
def remove(
    context: typer.Context,
    coin: CoinArgument,
    account: AccountOption,
    author: AuthorOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Take an admission back; the account may still pay out and redeem."""

    def request() -> RemoveHolder:
        return RemoveHolder(_id(request_id), coin, account_of(account), author)

    run_flow(context, CoinClient, CoinClient.submit, request, output_of(as_json))


@app.command()
def freeze(
    context: typer.Context,
    coin: CoinArgument,
    account: AccountOption,
    reason: ReasonOption,
    author: AuthorOption,
    approver: ApproverOption,
    amount_yen: AmountOption = 0,
    reference: ReferenceOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Freeze free amounts of an account."""

    def request() -> FreezeCash:
        act = (amount_yen, reason, reference, author, approver)
        return FreezeCash(_id(request_id), coin, account_of(account), *act)

    run_flow(context, CoinClient, CoinClient.submit, request, output_of(as_json))


@app.command()
def thaw(
    context: typer.Context,
    coin: CoinArgument,
    account: AccountOption,
    reason: ReasonOption,
    author: AuthorOption,
    approver: ApproverOption,
    amount_yen: AmountOption = 0,
    reference: ReferenceOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Make frozen amounts of an account free again."""

    def request() -> ThawCash:
        act = (amount_yen, reason, reference, author, approver)
        return ThawCash(_id(request_id), coin, account_of(account), *act)

    run_flow(context, CoinClient, CoinClient.submit, request, output_of(as_json))


@app.command()
def force(
    context: typer.Context,
    coin: CoinArgument,
    account: AccountOption,
    to: ToOption,
    reason: ReasonOption,
    author: AuthorOption,
    approver: ApproverOption,
    amount_yen: AmountOption = 0,
    reference: ReferenceOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Move amounts of an account to another one without its owner (強制移転)."""

    def request() -> ForceCash:
        act = (amount_yen, reason, reference, author, approver)
        return ForceCash(_id(request_id), coin, account_of(account), *act, account_of(to))

    run_flow(context, CoinClient, CoinClient.submit, request, output_of(as_json))


@app.command()
def reconcile(context: typer.Context, coin: CoinArgument, as_json: JsonFlag = False) -> None:
    """Yen in trust and unspent coin side by side; exit 1 if they differ anywhere."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, CoinClient) as client:
            found = await client.reconcile(coin)
        _show_trust(found, output)
        if not found.agrees:
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


@app.command()
def resume(
    context: typer.Context,
    coin: CoinArgument,
    author: AuthorOption,
    approver: ApproverOption,
    as_json: JsonFlag = False,
) -> None:
    """Lift the halt of a coin's issues, once trust and coin agree."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, CoinClient) as client:
            await client.resume_issues(coin, author, approver)
        rows = {"coin": coin, "issues": "go on"}
        show_json(rows) if output is Output.PROGRAMS else facts(rows)

    run(main, output)


def _show_trust(found: CoinTrust, output: Output) -> None:
    names = ("trust", "free", "locked", "frozen", "received", "payable", "difference")
    rows = [(line.node, *(getattr(line, f"{name}_yen") for name in names)) for line in found.lines]
    if output is Output.PROGRAMS:
        lines = [dict(zip(("node", *(f"{name}_yen" for name in names)), row, strict=True)) for row in rows]
        about = {"bank_yen": found.bank_yen, "reached": found.reached, "halted_because": found.halted_because}
        show_json({"lines": lines, **about, "agrees": found.agrees})
        return
    out.print("  " + f"{'yen':<16}" + "".join(f"{name:>18}" for name in names), soft_wrap=True)
    for node, *amounts in rows:
        out.print("  " + f"{node:<16}" + "".join(f"{amount:>18,}" for amount in amounts), soft_wrap=True)
    sums = [sum(row[number] for row in rows) for number in range(1, len(names) + 1)]
    out.print("  " + f"{'all':<16}" + "".join(f"{amount:>18,}" for amount in sums), soft_wrap=True)
    told: dict[str, object] = {"in the bank": f"{found.bank_yen:,} yen", "as of update": found.reached}
    if found.halted_because:
        told["issues halted"] = found.halted_because
    facts(told)


def _id(request_id: str) -> str:
    return id_of_request(request_id, "coin")


def _keys(texts: list[str]) -> tuple[bytes, ...]:
    return tuple(sorted(hex_bytes(text, "the approver's key") for text in texts))
