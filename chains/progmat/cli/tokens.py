"""``crossdvp ledger tokens``: tokens of the ST and UT networks in a node's vault; issue, move, redeem, settle."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from chains.console import EXIT_REFUSED, JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import BadArgument, RequestOption, hex_bytes, id_of_request
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.client.token_client import TokenBalanceLine, TokenClient
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.market_requests import IssueToken, MoveToken, RedeemToken
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

app = node_commands("Tokens of the ST and UT networks: balances, issue, move, redeem, and trades settled against cash.")


class TokenNetwork(Enum):
    """A business network that has tokens."""

    ST = "ST"
    UT = "UT"

    @property
    def network(self) -> BusinessNetwork:
        """The network of that name."""
        return BusinessNetwork[self.value]


NetworkOption = Annotated[TokenNetwork, typer.Option("--network", help="The business network.")]
TokenArgument = Annotated[str, typer.Argument(help="The token's id in its register.")]
QuantityArgument = Annotated[int, typer.Argument(min=1, help="Units.")]
RegistrarOption = Annotated[str, typer.Option("--registrar", help="Name of the node that keeps the register.")]
FromOption = Annotated[str, typer.Option("--from", help="Key of the account here, hexadecimal.")]
ToOption = Annotated[str, typer.Option("--to", help="The new holder's account: NODE:KEY, the key hexadecimal.")]


@app.command()
def balances(
    context: typer.Context,
    token: Annotated[str, typer.Option(help="Only of this token.")] = "",
    account: Annotated[str, typer.Option(help="Only of the account with this key, hexadecimal.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Unspent tokens by account: a registrar sees its whole register, a custodian its own accounts."""
    output = output_of(as_json)

    async def main() -> None:
        key = hex_bytes(account, "--account") if account else b""
        async with connected(context, TokenClient) as client:
            _show(await client.balances(token, key), output)

    run(main, output)


@app.command()
def issue(
    context: typer.Context,
    token: TokenArgument,
    quantity: QuantityArgument,
    network: NetworkOption,
    to: ToOption,
    notary: Annotated[str, typer.Option(help="At which notary, of several; the journal's if none is named.")] = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Enter new tokens in this node's register (AN only), for an account."""

    def request() -> IssueToken:
        return IssueToken(_id(request_id), network.network, token, quantity, _account(to), notary)

    run_flow(context, TokenClient, TokenClient.submit, request, output_of(as_json))


@app.command()
def move(
    context: typer.Context,
    token: TokenArgument,
    quantity: QuantityArgument,
    network: NetworkOption,
    registrar: RegistrarOption,
    source: FromOption,
    to: ToOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Move tokens of an account kept here; the registrar countersigns."""

    def request() -> MoveToken:
        of_network = network.network
        return MoveToken(
            _id(request_id), of_network, token, registrar, quantity, hex_bytes(source, "--from"), _account(to)
        )

    run_flow(context, TokenClient, TokenClient.submit, request, output_of(as_json))


@app.command()
def redeem(
    context: typer.Context,
    token: TokenArgument,
    quantity: QuantityArgument,
    network: NetworkOption,
    registrar: RegistrarOption,
    source: FromOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Take tokens of an account kept here out of the register; the registrar countersigns."""

    def request() -> RedeemToken:
        return RedeemToken(_id(request_id), network.network, token, registrar, quantity, hex_bytes(source, "--from"))

    run_flow(context, TokenClient, TokenClient.submit, request, output_of(as_json))


@app.command()
def trade(
    context: typer.Context,
    trade_id: Annotated[str, typer.Argument(help="64 hexadecimal digits.")],
    as_json: JsonFlag = False,
) -> None:
    """A native trade, tokens against cash, as this node has recorded it: settled by which transaction."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = hex_bytes(trade_id, "the trade's id")
        async with connected(context, TokenClient) as client:
            found = await client.dvp(wanted)
        rows = {
            "trade": trade_id,
            "status": "unknown here" if found is None else "settled",
            "transaction": "" if found is None else found.tx_id.hex(),
        }
        if output is Output.PROGRAMS:
            show_json(rows)
        else:
            facts(rows)
        if found is None:
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


def _id(request_id: str) -> str:
    return id_of_request(request_id, "tokens")


def _account(text: str) -> CashAccount:
    node, colon, key = text.partition(":")
    if not colon:
        raise BadArgument(f"{text!r} is no account: NODE:KEY is wanted")
    try:
        return CashAccount(node, hex_bytes(key, "the account's key"))
    except DecodeError as error:
        raise BadArgument(f"{text!r} is no account: {error}") from error


def _show(lines: tuple[TokenBalanceLine, ...], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(
            {
                "balances": [
                    {
                        "network": line.network.name,
                        "token_id": line.token_id,
                        "registrar": line.registrar,
                        "node": line.account.node,
                        "account_key": line.account.key.hex(),
                        "free": line.free,
                        "reserved": line.reserved,
                    }
                    for line in lines
                ]
            }
        )
        return
    for line in lines:
        holder = f"{line.account.node}:{line.account.key.hex()}"
        what = f"{line.network.name}  {line.token_id} of {line.registrar}"
        out.print(f"  {what:<28} {line.free:>12,} free {line.reserved:>10,} reserved  {holder}", soft_wrap=True)
    if not lines:
        facts({"tokens": "none here"})
