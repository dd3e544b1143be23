"""``crossdvp ledger bank``: statements of bank accounts, and the payments that trades wait for."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.files import file_content
from chains.progmat.cli.trades import ApproverOption, AuthorOption, LimitOption, plain
from chains.progmat.client.bank_client import BankClient

app = node_commands("Bank statements: import a file, see what is expected or unmatched, match a line by hand.")


class Shown(Enum):
    """What ``list`` shows."""

    IMPORTS = "imports"
    EXPECTED = "expected"
    UNMATCHED = "unmatched"


@app.command("import")
def import_statement(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The bank's CSV file, cp932 or UTF-8.")],
    account: Annotated[str, typer.Option("--account", help="The bank account's reference in the master data.")],
    author: AuthorOption,
    as_json: JsonFlag = False,
) -> None:
    """Take a statement in, all of it or nothing; the same file again changes nothing."""
    output = output_of(as_json)

    async def main() -> None:
        content = file_content(file)
        async with connected(context, BankClient) as client:
            done = await client.import_statement(account, file.name, content, author)
        if output is Output.PROGRAMS:
            show_json(plain([done])[0])
            return
        rows: dict[str, object] = {"file": done.file_hash.hex(), "lines": done.lines, "matched": done.matched}
        if done.ambiguous_lines:
            rows["for a person"] = ", ".join(map(str, done.ambiguous_lines))
        if done.was_imported_before:
            rows["before"] = "this file was imported before"
        facts(rows)

    run(main, output)


@app.command("list")
def list_what(
    context: typer.Context,
    what: Annotated[Shown, typer.Argument(help="Imported files, expected payments, or lines that match none.")],
    limit: LimitOption = 100,
    as_json: JsonFlag = False,
) -> None:
    """Imported files, expected payments, or unmatched lines with the payments each may be."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, BankClient) as client:
            if what is Shown.IMPORTS:
                found = plain(await client.imports(limit))
            elif what is Shown.EXPECTED:
                found = plain(await client.expected(limit))
            else:
                found = plain(await client.unmatched(limit))
        if output is Output.PROGRAMS:
            show_json({what.value: found})
            return
        for row in found:
            out.print("  " + "  ".join(f"{name} {value}" for name, value in row.items()), soft_wrap=True, markup=False)
        if not found:
            facts({what.value: "none"})

    run(main, output)


@app.command()
def match(
    context: typer.Context,
    line: Annotated[int, typer.Argument(min=1, help="Number of the statement line.")],
    reference: Annotated[str, typer.Argument(help="Reference of the expected payment.")],
    author: AuthorOption,
    approver: ApproverOption,
    as_json: JsonFlag = False,
) -> None:
    """Say by two persons which payment a line is; direction and amount must agree."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, BankClient) as client:
            rows = plain([await client.match(line, reference, author, approver)])[0]
        if output is Output.PROGRAMS:
            show_json(rows)
        else:
            facts(rows)

    run(main, output)
