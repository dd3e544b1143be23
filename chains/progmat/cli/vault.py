"""``crossdvp ledger vault``: what a running node holds, now and in the past, and merging its dust."""

from __future__ import annotations

import csv
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
from chains.progmat.cli.vault_arguments import (
    AssetOption,
    AssetsOption,
    BadArgument,
    IssuerOption,
    KeptAtOption,
    KeyOption,
    Network,
    NetworkOption,
    OneKeyOption,
    Which,
    hexadecimal,
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
from chains.progmat.client import AccountAsset, MergeCash, VaultClient, all_rows
from chains.progmat.vault.paging import MAX_PAGE_SIZE
from chains.progmat.vault.statement import PastBalance, StatementPage

app = typer.Typer(
    help="Read a running node's vault: balances, coins, holds, reservations, statements; merge dust.",
    no_args_is_help=True,
    add_completion=False,
)

T = TypeVar("T")


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
    asked = _asked(context, as_json)

    async def main() -> None:
        key = key_of(account)
        moments = {"recorded_ms": time_ms(as_of) if as_of else -1}
        moments |= {"journal_position": as_of_position, "sequence": as_of_sequence}
        moments = {name: value for name, value in moments.items() if value >= 0}
        if len(moments) > 1:
            raise BadArgument("give one of --as-of, --as-of-position and --as-of-sequence")
        async with _connected(asked) as client:
            if not moments:
                page = all_rows(lambda token: client.accounts(asset, key, MAX_PAGE_SIZE, token, network_name(network)))
                await _show_rows(asked, page, "accounts", line_document, line_text)
                return
            which = await one_account(client, Which(account, network, asset, issuer, kept_at))
            past = await client.balance_as_of(which, **moments)
        if asked.output is Output.PROGRAMS:
            show_json(past_document(past))
        else:
            facts(
                {
                    "balance": f"{past.balance_amount:,} {which.asset.unit}",
                    "locked": f"{past.locked_amount:,} {which.asset.unit}",
                    "last change": f"{time_of(past.recorded_ms)}, sequence {past.sequence}",
                }
            )

    run(main, asked.output)


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
    asked = _asked(context, as_json)

    async def main() -> None:
        if as_csv and as_json:
            raise BadArgument("--csv and --json exclude each other")
        from_ms, until_ms = (time_ms(text) if text else 0 for text in (since, until))
        async with _connected(asked) as client:
            which = await one_account(client, Which(account, network, asset, issuer, kept_at))

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
                out.print(_edge_text("opening", first.opening, which))
                async for entry in _entries(first, page):
                    out.print(entry_text(entry), soft_wrap=True)
                out.print(_edge_text("closing", first.closing, which))

    run(main, asked.output)


@app.command()
def coins(
    context: typer.Context,
    account: KeyOption = "",
    network: NetworkOption = None,
    asset: AssetsOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Unspent amounts of coins and tokens: free, reserved by a running flow, or locked for a trade."""
    asked = _asked(context, as_json)

    async def main() -> None:
        key = key_of(account)
        async with _connected(asked) as client:
            page = all_rows(lambda token: client.coins(asset, key, MAX_PAGE_SIZE, token, network_name(network)))
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
    """Amounts locked for trades: by which packet, until when, which coins."""
    asked = _asked(context, as_json)

    async def main() -> None:
        key, trade = key_of(account), hexadecimal("--trade", trade_id)
        async with _connected(asked) as client:
            page = all_rows(lambda token: client.holds(key, trade, MAX_PAGE_SIZE, token))
            await _show_rows(asked, page, "holds", hold_document, hold_text)

    run(main, asked.output)


@app.command("soft-locks")
def soft_locks(
    context: typer.Context,
    account: KeyOption = "",
    flow: Annotated[str, typer.Option("--flow", help="Flow id; all flows if not given.")] = "",
    trade_id: Annotated[str, typer.Option("--trade", help="What a native trade has reserved here, by its id.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """States that running flows have reserved, and until when; a stuck flow is ended by the flow's own commands."""
    asked = _asked(context, as_json)

    async def main() -> None:
        key, trade = key_of(account), hexadecimal("--trade", trade_id)
        async with _connected(asked) as client:
            page = all_rows(lambda token: client.soft_locks(flow, key, MAX_PAGE_SIZE, token, trade))
            await _show_rows(asked, page, "soft_locks", soft_lock_document, soft_lock_text)

    run(main, asked.output)


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
    asked = _asked(context, as_json)

    async def main() -> None:
        key, told = key_of(account), 0
        async with _connected(asked) as client:
            async for watched in client.watch(after, key, records_id=records):
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
    coin: AssetOption = "",
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
            which = await one_account(client, Which(account, Network.SC, coin, issuer))
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


def _edge_text(edge: str, past: PastBalance, which: AccountAsset) -> str:
    return f"{edge} {past.balance_amount:,} {which.asset.unit}, locked {past.locked_amount:,}"
