"""What commands about coins take: accounts, staff, amounts, times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from chains.progmat.cli.arguments import BadArgument, hex_bytes
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

CoinArgument = Annotated[str, typer.Argument(help="The coin's id.")]
AccountOption = Annotated[str, typer.Option("--account", help="The account: NODE:KEY, the key hexadecimal.")]
ToOption = Annotated[str, typer.Option("--to", help="The account that gets it: NODE:KEY, the key hexadecimal.")]
AmountOption = Annotated[
    int, typer.Option("--amount-yen", min=0, help="How much; 0: all that one transaction takes (128 states).")
]
AuthorOption = Annotated[str, typer.Option("--author", help="Staff id of who does it.")]
ApproverOption = Annotated[str, typer.Option("--approver", help="Staff id of who approved it: another person.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="A code in capitals, as COURT_ORDER.")]
ReferenceOption = Annotated[str, typer.Option("--reference", help="A case number; never personal data.")]


def account_of(text: str) -> CashAccount:
    """``NODE:KEY``; raises ``BadArgument``."""
    node, colon, key = text.partition(":")
    if not colon:
        raise BadArgument(f"{text[:80]!r} is no account: NODE:KEY is wanted")
    try:
        return CashAccount(node, hex_bytes(key, "the account's key"))
    except DecodeError as error:
        raise BadArgument(f"{text[:80]!r} is no account: {error}") from error


def shown(account: CashAccount) -> str:
    """As ``account_of`` reads it."""
    return f"{account.node}:{account.key.hex()}"


def time_ms(text: str) -> int:
    """An ISO 8601 time (UTC unless it says otherwise) in Unix milliseconds, 0 for none; raises ``BadArgument``."""
    if not text:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadArgument(f"{text[:40]!r} is no time: as 2026-03-31T15:00:00+09:00 is wanted") from error
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
