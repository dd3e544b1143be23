"""What the vault's commands take: an account, its coin, a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from chains.progmat.cli.arguments import BadArgument, hex_bytes
from chains.progmat.client import AccountAsset, VaultClient
from primitives.errors import CallerError

KeyOption = Annotated[str, typer.Option("--account", help="The account's key, hexadecimal; all accounts if not given.")]
OneKeyOption = Annotated[str, typer.Option("--account", help="The account's key, hexadecimal.")]
CoinOption = Annotated[str, typer.Option("--coin", help="Coin id; with --issuer found by the account if not given.")]
IssuerOption = Annotated[str, typer.Option("--issuer", help="Name of the coin's issuer.")]
KeptAtOption = Annotated[str, typer.Option("--kept-at", help="The account's node, if it is not the one asked.")]


class AccountNotClear(CallerError):
    """The account has no unspent cash, or cash of several coins: the command must be told which."""

    reason = "ACCOUNT_NOT_CLEAR"


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


def account_key(text: str) -> bytes:
    """The key of ``--account``, empty if not given; raises ``BadArgument``."""
    return hex_bytes(text, "--account")


def time_ms(text: str) -> int:
    """A moment in ISO 8601, UTC if without an offset, as milliseconds since 1970; raises ``BadArgument``."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadArgument(
            f"an ISO 8601 date or time is wanted, such as 2026-11-26T09:00+09:00, not {text[:80]!r}"
        ) from None
    in_utc = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    milliseconds = int(in_utc.timestamp() * 1000)
    if milliseconds < 0:
        raise BadArgument(f"a time from 1970 on is wanted, not {text[:80]!r}")
    return milliseconds
