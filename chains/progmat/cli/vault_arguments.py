"""What the commands of ``crossdvp ledger vault`` are told: accounts, assets, moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from chains.progmat.cli.arguments import BadArgument, NetworkName, hex_bytes
from chains.progmat.client.vault_client import VaultClient
from chains.progmat.vault.indexing import AccountAsset
from primitives.errors import CallerError

KeyOption = Annotated[str, typer.Option("--account", help="The account's key, hexadecimal; all accounts if not given.")]
OneKeyOption = Annotated[str, typer.Option("--account", help="The account's key, hexadecimal.")]
AssetsOption = Annotated[
    str, typer.Option("--asset", "--coin", "--token", help="Id of a coin or token; all of them if not given.")
]
AssetOption = Annotated[
    str,
    typer.Option(
        "--asset", "--coin", "--token", help="Id of the coin or token; with --issuer found by the account if not given."
    ),
]
IssuerOption = Annotated[str, typer.Option("--issuer", "--registrar", help="Name of the coin's issuer, or registrar.")]
KeptAtOption = Annotated[str, typer.Option("--kept-at", help="The account's node, if it is not the one asked.")]


class AccountNotClear(CallerError):
    """The account holds nothing, or several coins or tokens: the command must be told which."""

    reason = "ACCOUNT_NOT_CLEAR"


NetworkOption = Annotated[
    NetworkName | None,
    typer.Option("--network", help="Coins (SC) or tokens (ST, UT); any if not given."),
]


@dataclass(frozen=True)
class Which:
    """One asset of one account, as far as the command says it; the node is asked for what is left out."""

    account: str
    network: NetworkName | None = None
    asset_id: str = ""
    issuer: str = ""
    kept_at: str = ""


async def one_account(client: VaultClient, which: Which) -> AccountAsset:
    """The account with its asset, looked up by what it holds now where the command leaves something out.

    Raises ``BadArgument``, ``AccountNotClear``.
    """
    key, network = key_of(which.account), network_name(which.network)
    if not key:
        raise BadArgument("--account KEY is needed here")
    if which.asset_id and which.issuer and network:
        return AccountAsset(network, which.asset_id, which.issuer, which.kept_at or client.name, key)
    found = (await client.accounts(which.asset_id, key, network=network)).rows
    fitting = [
        line for line in found if which.issuer in {"", line.asset.issuer} and which.kept_at in {"", line.account.node}
    ]
    if len(fitting) != 1:
        held = ", ".join(f"{line.asset.asset_id} of {line.asset.issuer}" for line in fitting) or "nothing now"
        raise AccountNotClear(f"the account holds {held}: say which with --network, --asset and --issuer")
    return AccountAsset(*fitting[0].asset, fitting[0].account.node, key)


def network_name(network: NetworkName | None) -> str:
    """The network's name, empty for none."""
    return "" if network is None else network.value


def key_of(text: str) -> bytes:
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
