"""``crossdvp ledger vault``: what a running node holds, now and in the past, and merging its dust."""

from __future__ import annotations

import csv
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.connecting import (
    AuthorityOption,
    CertificateOption,
    ConfigOption,
    NodeOption,
    PrivateKeyOption,
    TargetOption,
    node_access,
)
from chains.progmat.cli.vault_view import (
    CSV_COLUMNS,
    coin_document,
    coin_text,
    edge_row,
    entry_document,
    entry_text,
    hold_document,
    hold_text,
    line_document,
    line_text,
    past_document,
    soft_lock_document,
    soft_lock_text,
    time_of,
    watched_document,
    watched_texts,
)
from chains.progmat.client import AccountAsset, MergeCash, VaultClient, all_rows
from chains.progmat.vault.paging import MAX_PAGE_SIZE
from chains.progmat.vault.statement import StatementPage
from primitives.errors import CallerError

app = typer.Typer(
    help="Read a running node's vault: balances, coins, holds, reservations, statements; merge dust.",
    no_args_is_help=True,
    add_completion=False,
)

T = TypeVar("T")

KeyOption = Annotated[str, typer.Option("--account", help="The account's key, hexadecimal; all accounts if not given.")]
OneKeyOption = Annotated[str, typer.Option("--account", help="The account's key, hexadecimal.")]
CoinOption = Annotated[str, typer.Option("--coin", help="Coin id; with --issuer found by the account if not given.")]
IssuerOption = Annotated[str, typer.Option("--issuer", help="Name of the coin's issuer.")]
KeptAtOption = Annotated[str, typer.Option("--kept-at", help="The account's node, if it is not the one asked.")]


class BadArgument(CallerError):
    """An argument of a vault command cannot be used."""

    reason = "BAD_ARGUMENT"


class AccountNotClear(CallerError):
    """The account has no unspent cash, or cash of several coins: the command must be told which."""

    reason = "ACCOUNT_NOT_CLEAR"


@dataclass(frozen=True)
class _Asked:
    """The node and for whom the command writes."""

    connect: Callable[[], VaultClient]
    output: Output


def _asked(context: typer.Context, as_json: bool) -> _Asked:  # noqa: FBT001 # the flag as typer has it
    return _Asked(context.obj, output_of(as_json))


@app.callback()
def vault(
    context: typer.Context,
    config: ConfigOption = None,
    target: TargetOption = "",
    node: NodeOption = "",
    authority: AuthorityOption = None,
    certificate: CertificateOption = None,
    private_key: PrivateKeyOption = None,
) -> None:
    """Read a running node's vault; name the node before the command, by --config or by address and PEM files."""

    def connect() -> VaultClient:
        access = node_access(config, target, node, authority, certificate, private_key)
        return VaultClient(access.endpoint, access.tls)

    context.obj = connect


@app.command()
def balance(
    context: typer.Context,
    account: KeyOption = "",
    coin: CoinOption = "",
    issuer: IssuerOption = "",
    kept_at: KeptAtOption = "",
    as_of: Annotated[str, typer.Option(help="ISO 8601: the balance after all this node had recorded then.")] = "",
    as_of_position: Annotated[int, typer.Option(min=-1, help="The balance as of a journal position.")] = -1,
    as_of_sequence: Annotated[int, typer.Option(min=-1, help="The balance after an update of the vault.")] = -1,
    as_json: JsonFlag = False,
) -> None:
    """Balances of accounts with cash; of one account in the past with one of the --as-of options."""
    asked = _asked(context, as_json)

    async def main() -> None:
        key = _key(account)
        moments = {"recorded_ms": _time_ms(as_of) if as_of else -1}
        moments |= {"journal_position": as_of_position, "sequence": as_of_sequence}
        moments = {name: value for name, value in moments.items() if value >= 0}
        if len(moments) > 1:
            raise BadArgument("give one of --as-of, --as-of-position and --as-of-sequence")
        async with _connected(asked) as client:
            if not moments:
                page = all_rows(lambda token: client.accounts(coin, key, MAX_PAGE_SIZE, token))
                await _show_rows(asked, page, "accounts", line_document, line_text)
                return
            past = await client.balance_as_of(await _one_account(client, key, coin, issuer, kept_at), **moments)
        if asked.output is Output.PROGRAMS:
            show_json(past_document(past))
        else:
            facts(
                {
                    "balance": f"{past.balance_amount:,} yen",
                    "locked": f"{past.locked_amount:,} yen",
                    "last change": f"{time_of(past.recorded_ms)}, sequence {past.sequence}",
                }
            )

    run(main, asked.output)


@app.command()
def statement(
    context: typer.Context,
    account: OneKeyOption,
    coin: CoinOption = "",
    issuer: IssuerOption = "",
    kept_at: KeptAtOption = "",
    since: Annotated[
        str, typer.Option("--from", help="ISO 8601, UTC if without offset; the beginning if not given.")
    ] = "",
    until: Annotated[str, typer.Option(help="ISO 8601, exclusive; now if not given.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, opening and closing balance included.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Every change of one account in a period, with the balance after each: opening + changes = closing.

    Example: crossdvp ledger vault --config node.toml statement --account KEY --from 2026-11-01 --until 2026-12-01
    """
    asked = _asked(context, as_json)

    async def main() -> None:
        if as_csv and as_json:
            raise BadArgument("--csv and --json exclude each other")
        from_ms, until_ms = (_time_ms(text) if text else 0 for text in (since, until))
        async with _connected(asked) as client:
            which = await _one_account(client, _key(account), coin, issuer, kept_at)

            async def page(token: str) -> StatementPage:
                return await client.statement(which, from_ms, until_ms, MAX_PAGE_SIZE, token)

            first = await page("")
            if as_csv:
                await _write_csv(first, page)
            elif asked.output is Output.PROGRAMS:
                entries = [entry_document(entry) async for entry in _entries(first, page)]
                edges = {"opening": past_document(first.opening), "closing": past_document(first.closing)}
                show_json(edges | {"entries": entries})
            else:
                out.print(f"opening {first.opening.balance_amount:,} yen, locked {first.opening.locked_amount:,}")
                async for entry in _entries(first, page):
                    out.print(entry_text(entry), soft_wrap=True)
                out.print(f"closing {first.closing.balance_amount:,} yen, locked {first.closing.locked_amount:,}")

    run(main, asked.output)


@app.command()
def coins(
    context: typer.Context,
    account: KeyOption = "",
    coin: Annotated[str, typer.Option("--coin", help="Coin id; all coins if not given.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Unspent coins: free, reserved by a running flow, or locked for a trade."""
    asked = _asked(context, as_json)

    async def main() -> None:
        key = _key(account)
        async with _connected(asked) as client:
            page = all_rows(lambda token: client.coins(coin, key, MAX_PAGE_SIZE, token))
            await _show_rows(asked, page, "coins", coin_document, coin_text)

    run(main, asked.output)


@app.command()
def holds(
    context: typer.Context,
    account: KeyOption = "",
    trade_id: Annotated[
        str, typer.Option("--trade", help="Trade id, 64 hexadecimal digits; all trades if not given.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Cash locked for trades: by which packet, until when, which coins."""
    asked = _asked(context, as_json)

    async def main() -> None:
        key, trade = _key(account), _hexadecimal("--trade", trade_id)
        async with _connected(asked) as client:
            page = all_rows(lambda token: client.holds(key, trade, MAX_PAGE_SIZE, token))
            await _show_rows(asked, page, "holds", hold_document, hold_text)

    run(main, asked.output)


@app.command("soft-locks")
def soft_locks(
    context: typer.Context,
    account: KeyOption = "",
    flow: Annotated[str, typer.Option("--flow", help="Flow id; all flows if not given.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """States that running flows have reserved, and until when; a stuck flow is ended by the flow's own commands."""
    asked = _asked(context, as_json)

    async def main() -> None:
        key = _key(account)
        async with _connected(asked) as client:
            page = all_rows(lambda token: client.soft_locks(flow, key, MAX_PAGE_SIZE, token))
            await _show_rows(asked, page, "soft_locks", soft_lock_document, soft_lock_text)

    run(main, asked.output)


@app.command()
def watch(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, help="Go on after this sequence; 0: from the beginning.")] = 0,
    account: KeyOption = "",
    count: Annotated[int, typer.Option("--count", min=0, help="End after so many updates; 0: until interrupted.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Follow what the vault records, live; with --json a document a line, heartbeats included, to be resumed after."""
    asked = _asked(context, as_json)

    async def main() -> None:
        key, told = _key(account), 0
        async with _connected(asked) as client:
            async for watched in client.watch(after, key):
                if asked.output is Output.PROGRAMS:
                    show_json(watched_document(watched))
                else:
                    for text in watched_texts(watched):
                        out.print(text, soft_wrap=True)
                told += watched.update is not None
                if count and told >= count:
                    return

    run(main, asked.output)


@app.command()
def groom(
    context: typer.Context,
    account: OneKeyOption,
    below_yen: Annotated[int, typer.Option("--below", min=2, help="Merge free coins smaller than this, in yen.")],
    coin: CoinOption = "",
    issuer: IssuerOption = "",
    max_coins: Annotated[int, typer.Option(min=2, max=128, help="At most so many, the smallest first.")] = 64,
    request_id: Annotated[
        str, typer.Option(help="Of the flow; the same one never merges twice. Fresh if not given.")
    ] = "",
    wait_s: Annotated[int, typer.Option("--wait", min=0, max=60, help="Seconds to wait for the outcome.")] = 30,
    as_json: JsonFlag = False,
) -> None:
    """Merge small coins of one account into one. Exit 0: done or still running. 1: the merge failed, or was refused."""
    asked = _asked(context, as_json)

    async def main() -> None:
        async with _connected(asked) as client:
            which = await _one_account(client, _key(account), coin, issuer, "")
            name = request_id or f"groom/{uuid.uuid4()}"
            merge = MergeCash(name, which.asset_id, which.issuer, which.owner_key, below_yen, max_coins)
            flow = await client.groom(merge, wait_s)
        if asked.output is Output.PROGRAMS:
            document = {"flow_id": flow.flow_id, "step": flow.step.value, "tx_id": flow.tx_id.hex()}
            show_json(document | {"reason": flow.last_error_reason, "message": flow.last_error})
        else:
            out.print(
                f"{flow.flow_id}  {flow.step.value.lower()}  {flow.last_error or flow.tx_id.hex()}", soft_wrap=True
            )
        if flow.step.value == "FAILED":
            raise typer.Exit(1)

    run(main, asked.output)


@asynccontextmanager
async def _connected(asked: _Asked) -> AsyncIterator[VaultClient]:
    client = asked.connect()
    try:
        yield client
    finally:
        await client.close()


async def _show_rows(
    asked: _Asked,
    rows: AsyncIterator[T],
    name: str,
    document: Callable[[T], dict[str, Any]],
    text: Callable[[T], str],
) -> None:
    if asked.output is Output.PROGRAMS:
        show_json({name: [document(row) async for row in rows]})
        return
    found = 0
    async for row in rows:
        found += 1
        out.print(text(row), soft_wrap=True)
    if not found:
        out.print(f"no {name.replace('_', ' ')}")


async def _entries(first: StatementPage, page: Callable[[str], Awaitable[StatementPage]]) -> AsyncIterator[Any]:
    found = first
    while True:
        for entry in found.entries.rows:
            yield entry
        if not found.entries.next_page_token:
            return
        found = await page(found.entries.next_page_token)


async def _write_csv(first: StatementPage, page: Callable[[str], Awaitable[StatementPage]]) -> None:
    writer = csv.DictWriter(sys.stdout, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerow(edge_row("OPENING", first.opening))
    async for entry in _entries(first, page):
        writer.writerow(entry_document(entry))
    writer.writerow(edge_row("CLOSING", first.closing))
    sys.stdout.flush()


async def _one_account(client: VaultClient, key: bytes, coin: str, issuer: str, kept_at: str) -> AccountAsset:
    """The account with its coin, looked up by what it holds now where the command leaves something out."""
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


def _key(text: str) -> bytes:
    return _hexadecimal("--account", text)


def _hexadecimal(option: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise BadArgument(f"{option}: hexadecimal digits are wanted, not {text[:80]!r}") from None


def _time_ms(text: str) -> int:
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
