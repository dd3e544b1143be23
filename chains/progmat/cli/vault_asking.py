"""What the commands of ``crossdvp ledger vault`` share: the node they ask, and the account they are about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from chains.console import Output, output_of
from chains.progmat.client import AccountAsset, VaultClient
from primitives.errors import CallerError

OneKeyOption = Annotated[str, typer.Option("--account", help="The account's key, hexadecimal.")]
CoinOption = Annotated[str, typer.Option("--coin", help="Coin id; with --issuer found by the account if not given.")]
IssuerOption = Annotated[str, typer.Option("--issuer", help="Name of the coin's issuer.")]


class BadArgument(CallerError):
    """An argument of a vault command cannot be used."""

    reason = "BAD_ARGUMENT"


class AccountNotClear(CallerError):
    """The account has no unspent cash, or cash of several coins: the command must be told which."""

    reason = "ACCOUNT_NOT_CLEAR"


@dataclass(frozen=True)
class Asked:
    """The node and for whom the command writes."""

    connect: Callable[[], VaultClient]
    output: Output


def asked_of(context: typer.Context, as_json: bool) -> Asked:  # noqa: FBT001 # the flag as typer has it
    """From the options before the command, and ``--json``."""
    return Asked(context.obj, output_of(as_json))


@asynccontextmanager
async def connected(asked: Asked) -> AsyncIterator[VaultClient]:
    """A client of the node, closed in the end."""
    client = asked.connect()
    try:
        yield client
    finally:
        await client.close()


async def one_account(client: VaultClient, key: bytes, coin: str, issuer: str, kept_at: str) -> AccountAsset:
    """The account with its coin, looked up by what it holds now where the command leaves something out.

    Raises ``BadArgument``, ``AccountNotClear``.
    """
    if not key:
        raise BadArgument("--account KEY is needed here")
    if coin and issuer:
        return AccountAsset(coin, issuer, kept_at or client.name, key)
    found = (await client.accounts(coin, key)).rows
    fitting = [line for line in found if (not issuer or line.issuer == issuer) and kept_at in {"", line.account.node}]
    if len(fitting) != 1:
        coins_held = ", ".join(f"{line.coin_id} of {line.issuer}" for line in fitting) or "nothing now"
        raise AccountNotClear(f"the account holds {coins_held}: say which coin with --coin and --issuer")
    return AccountAsset(fitting[0].coin_id, fitting[0].issuer, fitting[0].account.node, key)


def key_of(text: str) -> bytes:
    """An account's key; raises ``BadArgument``."""
    return hexadecimal("--account", text)


def hexadecimal(option: str, text: str) -> bytes:
    """What the digits of an option say; raises ``BadArgument``."""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise BadArgument(f"{option}: hexadecimal digits are wanted, not {text[:80]!r}") from None
