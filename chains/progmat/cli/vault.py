"""``crossdvp ledger vault``: what a running node holds, now and in the past, and merging its dust."""

from __future__ import annotations

import csv
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Annotated, Any, TypeVar

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import BadArgument, hex_bytes
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.vault_acts import groom, keys
from chains.progmat.cli.vault_arguments import (
    AssetOption,
    AssetsOption,
    IssuerOption,
    KeptAtOption,
    KeyOption,
    NetworkOption,
    OneKeyOption,
    Which,
    key_of,
    network_name,
    one_account,
    time_ms,
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
from chains.progmat.client.vault_client import VaultClient, all_rows
from chains.progmat.vault.entry_lines import PastBalance, StatementPage
from chains.progmat.vault.indexing import AccountAsset
from chains.progmat.vault.lines import Coin, HoldLine, SoftLock
from chains.progmat.vault.pages import MAX_PAGE_SIZE, Listed

app = node_commands("Read a running node's vault: balances, coins, holds, reservations, statements; merge dust.")

T = TypeVar("T")


@app.command()
def balance(
    context: typer.Context,
    account: KeyOption = "",
    network: NetworkOption = None,
    asset: AssetOption = "",
    issuer: IssuerOption = "",
    kept_at: KeptAtOption = "",
    as_of: Annotated[str, typer.Option(help="ISO 8601: the balance after all this node had recorded then.")] = "",
    as_of_position: Annotated[int, typer.Option(min=-1, help="The balance as of a journal position.")] = -1,
    as_of_sequence: Annotated[int, typer.Option(min=-1, help="The balance after an update of the vault.")] = -1,
    as_json: JsonFlag = False,
) -> None:
    """Balances of accounts, of coins and of tokens; of one account in the past with one of the --as-of options."""
    output = output_of(as_json)

    async def main() -> None:
        key = key_of(account)
        moments = {"recorded_ms": time_ms(as_of) if as_of else -1}
        moments |= {"journal_position": as_of_position, "sequence": as_of_sequence}
        moments = {name: value for name, value in moments.items() if value >= 0}
        if len(moments) > 1:
            raise BadArgument("give one of --as-of, --as-of-position and --as-of-sequence")
        async with connected(context, VaultClient) as client:
            if not moments:
                page = all_rows(lambda token: client.accounts(asset, key, MAX_PAGE_SIZE, token, network_name(network)))
                await _show_rows(output, page, "accounts", line_document, line_text)
                return
            which = await one_account(client, Which(account, network, asset, issuer, kept_at))
            past = await client.balance_as_of(which, **moments)
        if output is Output.PROGRAMS:
            show_json(past_document(past))
        else:
            facts(
                {
                    "balance": f"{past.balance_amount:,} {which.asset.unit}",
                    "locked": f"{past.locked_amount:,} {which.asset.unit}",
                    "last change": f"{time_of(past.recorded_ms)}, sequence {past.sequence}",
                }
            )

    run(main, output)


@app.command()
def statement(
    context: typer.Context,
    account: OneKeyOption,
    network: NetworkOption = None,
    asset: AssetOption = "",
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
    output = output_of(as_json)

    async def main() -> None:
        if as_csv and as_json:
            raise BadArgument("--csv and --json exclude each other")
        from_ms, until_ms = (time_ms(text) if text else 0 for text in (since, until))
        async with connected(context, VaultClient) as client:
            which = await one_account(client, Which(account, network, asset, issuer, kept_at))

            async def page(token: str) -> StatementPage:
                return await client.statement(which, from_ms, until_ms, MAX_PAGE_SIZE, token)

            first = await page("")
            if as_csv:
                await _write_csv(first, page)
            elif output is Output.PROGRAMS:
                entries = [entry_document(entry) async for entry in _entries(first, page)]
                edges = {"opening": past_document(first.opening), "closing": past_document(first.closing)}
                show_json(edges | {"entries": entries})
            else:
                out.print(_edge_text("opening", first.opening, which))
                async for entry in _entries(first, page):
                    out.print(entry_text(entry), soft_wrap=True)
                out.print(_edge_text("closing", first.closing, which))

    run(main, output)


@app.command()
def coins(
    context: typer.Context,
    account: KeyOption = "",
    network: NetworkOption = None,
    asset: AssetsOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Unspent amounts of coins and tokens: free, reserved by a running flow, or locked for a trade."""

    def page(client: VaultClient, token: str) -> Awaitable[Listed[Coin]]:
        return client.coins(asset, key_of(account), MAX_PAGE_SIZE, token, network_name(network))

    _show_listing(context, page, "coins", coin_document, coin_text, output_of(as_json))


@app.command()
def holds(
    context: typer.Context,
    account: KeyOption = "",
    trade_id: Annotated[
        str, typer.Option("--trade", help="Trade id, 64 hexadecimal digits; all trades if not given.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Amounts locked for trades: by which packet, until when, which coins."""

    def page(client: VaultClient, token: str) -> Awaitable[Listed[HoldLine]]:
        return client.holds(key_of(account), hex_bytes(trade_id, "--trade"), MAX_PAGE_SIZE, token)

    _show_listing(context, page, "holds", hold_document, hold_text, output_of(as_json))


@app.command("soft-locks")
def soft_locks(
    context: typer.Context,
    account: KeyOption = "",
    flow: Annotated[str, typer.Option("--flow", help="Flow id; all flows if not given.")] = "",
    trade_id: Annotated[str, typer.Option("--trade", help="What a native trade has reserved here, by its id.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """States that running flows have reserved, and until when; a stuck flow is ended by the flow's own commands."""

    def page(client: VaultClient, token: str) -> Awaitable[Listed[SoftLock]]:
        trade = hex_bytes(trade_id, "--trade")
        return client.soft_locks(flow, key_of(account), MAX_PAGE_SIZE, token, trade)

    _show_listing(context, page, "soft_locks", soft_lock_document, soft_lock_text, output_of(as_json))


@app.command()
def watch(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, help="Go on after this sequence; 0: from the beginning.")] = 0,
    records: Annotated[
        str, typer.Option("--records", help="Of which records --after is one: the `records_id` that came with it.")
    ] = "",
    account: KeyOption = "",
    count: Annotated[int, typer.Option("--count", min=0, help="End after so many updates; 0: until interrupted.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Follow what the vault records, live; with --json a document a line, heartbeats included, to be resumed after."""
    output = output_of(as_json)

    async def main() -> None:
        key, told = key_of(account), 0
        async with connected(context, VaultClient) as client:
            async for watched in client.watch(after, key, records_id=records):
                if output is Output.PROGRAMS:
                    show_json(watched_document(watched))
                else:
                    for text in watched_texts(watched):
                        out.print(text, soft_wrap=True)
                told += watched.update is not None
                if count and told >= count:
                    return

    run(main, output)


app.command()(groom)
app.command()(keys)


def _show_listing(
    context: typer.Context,
    page: Callable[[VaultClient, str], Awaitable[Listed[T]]],
    name: str,
    document: Callable[[T], dict[str, Any]],
    text: Callable[[T], str],
    output: Output,
) -> None:
    async def main() -> None:
        async with connected(context, VaultClient) as client:
            await _show_rows(output, all_rows(partial(page, client)), name, document, text)

    run(main, output)


async def _show_rows(
    output: Output,
    rows: AsyncIterator[T],
    name: str,
    document: Callable[[T], dict[str, Any]],
    text: Callable[[T], str],
) -> None:
    if output is Output.PROGRAMS:
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


def _edge_text(edge: str, past: PastBalance, which: AccountAsset) -> str:
    return f"{edge} {past.balance_amount:,} {which.asset.unit}, locked {past.locked_amount:,}"
