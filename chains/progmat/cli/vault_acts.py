"""``crossdvp ledger vault groom`` and ``keys``: what of the vault's commands changes something."""

from __future__ import annotations

import uuid
from enum import Enum
from typing import Annotated, Final

import typer

from chains.console import JsonFlag, Output, out, output_of, run, show_json
from chains.progmat.cli.arguments import NetworkName
from chains.progmat.cli.connecting import connected
from chains.progmat.cli.vault_arguments import AssetOption, IssuerOption, OneKeyOption, Which, key_of, one_account
from chains.progmat.client.vault_client import VaultClient
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import MergeCash


class KeysWanted(Enum):
    """As the command line says it."""

    ACCOUNT = "account"
    FRESH = "fresh"


_CHOICES: Final = {KeysWanted.ACCOUNT: KeyChoice.ACCOUNT, KeysWanted.FRESH: KeyChoice.FRESH}


def groom(
    context: typer.Context,
    account: OneKeyOption,
    below_yen: Annotated[int, typer.Option("--below", min=2, help="Merge free coins smaller than this, in yen.")],
    coin: AssetOption = "",
    issuer: IssuerOption = "",
    max_coins: Annotated[int, typer.Option(min=2, max=128, help="At most so many, the smallest first.")] = 64,
    request_id: Annotated[
        str, typer.Option(help="Of the flow; the same one never merges twice. Fresh if not given.")
    ] = "",
    wait_s: Annotated[int, typer.Option("--wait", min=0, max=60, help="Seconds to wait for the outcome.")] = 30,
    keys: Annotated[
        KeysWanted | None,
        typer.Option(help="Of the merged coin; as the account is set if not given."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Merge small coins of one account into one. Exit 0: done or still running. 1: the merge failed, or was refused."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, VaultClient) as client:
            which = await one_account(client, Which(account, NetworkName.SC, coin, issuer))
            name = request_id or f"groom/{uuid.uuid4()}"
            choice = KeyChoice.AS_SET if keys is None else _CHOICES[keys]
            merge = MergeCash(name, which.asset_id, which.issuer, which.owner_key, below_yen, max_coins, choice)
            flow = await client.groom(merge, wait_s)
        if output is Output.PROGRAMS:
            document = {"flow_id": flow.flow_id, "step": flow.step.value, "tx_id": flow.tx_id.hex()}
            show_json(document | {"reason": flow.last_error_reason, "message": flow.last_error})
        else:
            out.print(
                f"{flow.flow_id}  {flow.step.value.lower()}  {flow.last_error or flow.tx_id.hex()}", soft_wrap=True
            )
        if flow.step.value == "FAILED":
            raise typer.Exit(1)

    run(main, output)


def keys(
    context: typer.Context,
    account: OneKeyOption,
    wanted: Annotated[
        KeysWanted | None, typer.Option("--set", help="Set it; says how the account is set if not given.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Under which keys an account receives: its own, or a fresh one a transaction. Coins it has stay as they are."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, VaultClient) as client:
            choice = KeyChoice.AS_SET if wanted is None else _CHOICES[wanted]
            chosen = await client.set_account_keys(key_of(account), choice)
        if output is Output.PROGRAMS:
            show_json({"account": account, "keys": chosen.name.lower()})
        else:
            out.print(f"{account}  receives under {'fresh keys' if chosen is KeyChoice.FRESH else 'its own key'}")

    run(main, output)
