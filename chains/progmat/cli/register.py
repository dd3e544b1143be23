"""``crossdvp register``: the register of a security, now and in the past, as a file, and as of its record dates."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import AsyncIterator
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli import emergency
from chains.progmat.cli.arguments import BadArgument, hex_bytes
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.register_view import (
    HISTORY_COLUMNS,
    days,
    entry_document,
    entry_text,
    register_document,
    show_holders,
    snapshot_document,
    summary,
)
from chains.progmat.cli.security_arguments import NetworkOption, RegistrarOption, SecurityArgument, security_of
from chains.progmat.cli.vault_arguments import time_ms
from chains.progmat.client.register_client import NamedRegister, RegisterClient
from chains.progmat.client.vault_client import all_rows
from chains.progmat.market.register.cells import Encoding
from chains.progmat.market.register.csv_form import register_to_csv
from chains.progmat.market.register.entries import RegisterEntry
from chains.progmat.market.register.model import Register
from chains.progmat.market.register.moments import NOW, AsOf, Moment
from chains.progmat.market.register.record_dates import cut_off_ms
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.pages import MAX_PAGE_SIZE

app = node_commands("The register of a security: holders, history, record dates, files, and what to do in an outage.")
app.add_typer(emergency.app, name="emergency")

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

AsOfOption = Annotated[
    str, typer.Option("--as-of", help="A day (its end in Japan) or an ISO 8601 time: what was recorded until then.")
]
PositionOption = Annotated[int, typer.Option("--position", min=-1, help="As of a position of the notary's journal.")]
SequenceOption = Annotated[int, typer.Option("--sequence", min=-1, help="As of an update of the node's vault.")]
DayArgument = Annotated[str, typer.Argument(help="The record date, YYYY-MM-DD.")]


class FileEncoding(Enum):
    """How a CSV file's characters are written."""

    UTF_8 = "utf-8"
    CP932 = "cp932"

    @property
    def encoding(self) -> Encoding:
        """Of that name."""
        return Encoding[self.name]


EncodingOption = Annotated[FileEncoding, typer.Option("--encoding", help="UTF-8, or what old spreadsheets read.")]


@app.command()
def show(
    context: typer.Context,
    security: SecurityArgument,
    network: NetworkOption = "ST",
    registrar: RegistrarOption = "",
    as_of: AsOfOption = "",
    position: PositionOption = -1,
    sequence: SequenceOption = -1,
    as_json: JsonFlag = False,
) -> None:
    """The register: its totals, its hash, and every holder's account.

    Example: crossdvp register --config an.toml show ST-1 --as-of 2026-09-30
    """
    output = output_of(as_json)

    async def main() -> None:
        wanted = _moment(as_of, position, sequence)
        found = await _fetched(context, security_of(security, network, registrar), wanted)
        if output is Output.PROGRAMS:
            show_json(register_document(found))
            return
        facts(summary(found.register, found.only_node))
        show_holders(found.register.lines, found.investor_ids)

    run(main, output)


@app.command()
def holders(
    context: typer.Context,
    security: SecurityArgument,
    network: NetworkOption = "ST",
    registrar: RegistrarOption = "",
    node: Annotated[str, typer.Option("--at", help="Only accounts that this custodian's node keeps.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Accounts that hold units now, those of one custodian if named: for the case that it fails."""
    output = output_of(as_json)

    async def main() -> None:
        found = await _fetched(context, security_of(security, network, registrar), NOW)
        lines = tuple(line for line in found.register.lines if node in {"", line.node})
        part = Register(found.register.security, found.register.moment, lines)
        if output is Output.PROGRAMS:
            show_json(register_document(NamedRegister(part, found.investor_ids, node or found.only_node)))
            return
        show_holders(lines, found.investor_ids)
        facts({"accounts": f"{len(lines):,}", "units": f"{part.units:,}"})

    run(main, output)


@app.command()
def history(
    context: typer.Context,
    security: SecurityArgument,
    network: NetworkOption = "ST",
    registrar: RegistrarOption = "",
    account: Annotated[str, typer.Option("--account", help="Only of the account with this key, hexadecimal.")] = "",
    after: Annotated[int, typer.Option("--after", min=0, help="Only entries of later sequences.")] = 0,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """What changed whose units, with the kind of each transfer, and of the registrar's own acts reason and people."""
    output = output_of(as_json)

    async def main() -> None:
        if as_csv and as_json:
            raise BadArgument("--csv and --json exclude each other")
        wanted, key = security_of(security, network, registrar), hex_bytes(account, "--account")
        async with connected(context, RegisterClient) as client:
            entries = _entries(client, wanted, key, after)
            if output is Output.PROGRAMS:
                show_json({"entries": [entry_document(*each) async for each in entries]})
                return
            if as_csv:
                writer = csv.DictWriter(sys.stdout, HISTORY_COLUMNS, lineterminator="\n")
                writer.writeheader()
                async for each in entries:
                    writer.writerow(entry_document(*each))
                return
            async for each in entries:
                out.print(entry_text(*each), soft_wrap=True)

    run(main, output)


@app.command()
def export(
    context: typer.Context,
    security: SecurityArgument,
    file: Annotated[Path, typer.Option("--csv", help="The file to write.")],
    network: NetworkOption = "ST",
    registrar: RegistrarOption = "",
    encoding: EncodingOption = FileEncoding.UTF_8,
    as_of: AsOfOption = "",
    position: PositionOption = -1,
    sequence: SequenceOption = -1,
    as_json: JsonFlag = False,
) -> None:
    """Write the register as a CSV file for disclosure, its hash inside."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = _moment(as_of, position, sequence)
        found = await _fetched(context, security_of(security, network, registrar), wanted)
        file.write_bytes(register_to_csv(found.register, found.investor_ids, encoding.encoding))
        if output is Output.PROGRAMS:
            show_json({"file": str(file), "hash": found.register.hash.hex(), "units": found.register.units})
        else:
            facts({"written": str(file)} | summary(found.register, found.only_node))

    run(main, output)


@app.command("record-date")
def record_date(
    context: typer.Context,
    security: SecurityArgument,
    network: NetworkOption = "ST",
    registrar: RegistrarOption = "",
    since: Annotated[str, typer.Option("--from", help="YYYY-MM-DD; today in Japan if not given.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """The next record dates, on the exchange's business days, and those whose register is fixed already."""
    output = output_of(as_json)

    async def main() -> None:
        wanted = security_of(security, network, registrar)
        first = day_of(since) if since else None
        async with connected(context, RegisterClient) as client:
            following = await client.record_dates(wanted, first)
            fixed = await client.snapshot_dates(wanted)
        if output is Output.PROGRAMS:
            show_json({"record_dates": days(following), "fixed": days(fixed)})
            return
        facts({"next": ", ".join(days(following)) or "none registered", "fixed": ", ".join(days(fixed)) or "none"})

    run(main, output)


@app.command()
def snapshot(
    context: typer.Context,
    security: SecurityArgument,
    day: DayArgument,
    network: NetworkOption = "ST",
    registrar: RegistrarOption = "",
    author: Annotated[str, typer.Option("--author", help="Staff id: fix it, if it is not; else it is only read.")] = "",
    close: Annotated[str, typer.Option("--close", help="Close of business, HH:MM in Japan; 24:00 if not given.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """The register of a record date as it was fixed; with --author it is fixed first, once and for ever."""
    output = output_of(as_json)

    async def main() -> None:
        wanted, of_day = security_of(security, network, registrar), day_of(day)
        async with connected(context, RegisterClient) as client:
            if author:
                await client.take_snapshot(wanted, of_day, author, close)
            found = await client.snapshot(wanted, of_day)
        if output is Output.PROGRAMS:
            show_json(snapshot_document(found))
            return
        register = Register(found.security, found.moment, found.lines)
        facts({"record date": day, "fixed by": found.taken_by} | summary(register, ""))
        show_holders(found.lines, {})

    run(main, output)


def day_of(text: str) -> date:
    """A day of the command line; raises ``BadArgument``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadArgument(f"a day as YYYY-MM-DD is wanted, not {text[:80]!r}") from None


def _moment(as_of: str, position: int, sequence: int) -> Moment:
    given = [bool(as_of), position >= 0, sequence >= 0]
    if sum(given) > 1:
        raise BadArgument("give one of --as-of, --position and --sequence")
    if _DAY.fullmatch(as_of):
        return Moment(AsOf.BEFORE_MS, cut_off_ms(day_of(as_of)))
    if as_of:
        return Moment(AsOf.BEFORE_MS, time_ms(as_of) + 1)
    if position >= 0:
        return Moment(AsOf.POSITION, position)
    return Moment(AsOf.SEQUENCE, sequence) if sequence >= 0 else NOW


async def _fetched(context: typer.Context, security: Asset, moment: Moment) -> NamedRegister:
    async with connected(context, RegisterClient) as client:
        return await client.register(security, moment)


def _entries(
    client: RegisterClient, security: Asset, key: bytes, after: int
) -> AsyncIterator[tuple[RegisterEntry, str]]:
    return all_rows(lambda token: client.entries(security, key, after=after, page_size=MAX_PAGE_SIZE, page_token=token))
