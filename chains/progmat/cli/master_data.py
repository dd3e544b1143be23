"""``crossdvp ledger master-data``: names, addresses and accounts behind ids; entered, erased, searched for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from chains.console import EXIT_REFUSED, JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import BadArgument
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.people import AuthorOption, ReasonOption, approval_document, show_approval
from chains.progmat.client.master_data_client import MasterDataClient, RecordLine
from chains.progmat.market.master_data.erasure import Erasure, Ground
from chains.progmat.market.master_data.fields import RecordKind

app = node_commands("Master data: names, addresses, accounts behind ids. Nothing of it goes on the ledger.")

KindArgument = Annotated[RecordKind, typer.Argument(help="The kind of record.")]
IdArgument = Annotated[str, typer.Argument(help="The record's id.")]


@app.command()
def describe(context: typer.Context, kind: KindArgument, as_json: JsonFlag = False) -> None:
    """Fields of a kind of record: which are required, and which are personal."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, MasterDataClient) as client:
            fields = (await client.describe())[kind]
        if output is Output.PROGRAMS:
            show_json(
                {"fields": [{"path": f.path, "personal": f.is_personal, "required": f.is_required} for f in fields]}
            )
            return
        rows = {}
        for field in fields:
            rules = ["required"] * field.is_required + ["personal"] * field.is_personal
            rows[field.path] = ", ".join([*rules, *(["one of " + " ".join(field.choices)] if field.choices else [])])
        facts(rows)

    run(main, output)


@app.command()
def put(
    context: typer.Context,
    kind: KindArgument,
    record_id: IdArgument,
    values: Annotated[list[str], typer.Argument(help="PATH=VALUE, as `describe` names the paths.")],
    author: AuthorOption,
    version: Annotated[int, typer.Option(min=0, help="The version you have read; 0: a new record.")] = 0,
    reason: ReasonOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Enter or change a record. A changed account (bank.…) waits for another person's approval."""
    output = output_of(as_json)

    async def main() -> None:
        told = dict(_pair(text) for text in values) | {"id": record_id}
        async with connected(context, MasterDataClient) as client:
            record, approval = await client.put(kind, told, version, author, reason)
        if output is Output.PROGRAMS:
            waiting = approval_document(approval) if approval else None
            show_json({"record": _document(record), "bank_approval": waiting})
            return
        _show(record, output)
        if approval is not None:
            out.print("\nThe account in force stays until another person approves:")
            show_approval(approval, output)

    run(main, output)


@app.command()
def show(context: typer.Context, kind: KindArgument, record_id: IdArgument, as_json: JsonFlag = False) -> None:
    """One record; reading it leaves an entry in the audit log."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, MasterDataClient) as client:
            _show(await client.get(kind, record_id), output)

    run(main, output)


@app.command("list")
def list_records(context: typer.Context, kind: KindArgument, as_json: JsonFlag = False) -> None:
    """Records of a kind, by id."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, MasterDataClient) as client:
            found = await client.records(kind)
        if output is Output.PROGRAMS:
            show_json({"records": [_document(each) for each in found]})
            return
        for each in found:
            name = escape(each.values.get("name", ""))
            out.print(f"  {each.values['id']:<24} {'erased' if each.erased_s else name}  version {each.version}")

    run(main, output)


@app.command()
def versions(context: typer.Context, kind: KindArgument, record_id: IdArgument, as_json: JsonFlag = False) -> None:
    """Versions of a record, the newest first: who made and who approved each."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, MasterDataClient) as client:
            found = await client.versions(kind, record_id)
        if output is Output.PROGRAMS:
            rows = [
                {
                    "version": v.version,
                    "at_s": v.at_s,
                    "author": v.author,
                    "approver": v.approver,
                    "values": dict(v.values),
                }
                for v in found
            ]
            show_json({"versions": rows})
            return
        for v in found:
            out.print(
                f"  version {v.version:<4} at {v.at_s}  by {v.author} {('and ' + v.approver) if v.approver else ''}"
            )

    run(main, output)


@app.command()
def erase(
    context: typer.Context,
    kind: KindArgument,
    record_id: IdArgument,
    author: AuthorOption,
    ground: Annotated[Ground, typer.Option(help="The person's request, or an order that forces it.")] = Ground.REQUEST,
    reference: Annotated[str, typer.Option(help="Case number; never a name.")] = "",
    reason: ReasonOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Propose to erase a person; another person approves (`crossdvp people decide`), then `scrub`."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, MasterDataClient) as client:
            show_approval(await client.erase(Erasure(kind, record_id, ground, reference), author, reason), output)

    run(main, output)


@app.command()
def scrub(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Take what was erased out of the database's files; exit code 1 if somebody was reading: repeat it."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, MasterDataClient) as client:
            is_complete = await client.scrub()
        if output is Output.PROGRAMS:
            show_json({"complete": is_complete})
        else:
            facts({"scrubbed": "all of it" if is_complete else "not yet: somebody was reading, repeat it"})
        if not is_complete:
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


@app.command()
def search(
    config: Annotated[Path, typer.Option("--config", help="The node's TOML file.", envvar="CROSSDVP_NODE_CONFIG")],
    as_json: JsonFlag = False,
) -> None:
    """Look for every personal value in every table where none may be; exit code 1 names the places. Changes nothing."""
    output = output_of(as_json)

    async def main() -> None:
        from chains.progmat.market.master_data.searching import leaks, personal_values  # noqa: PLC0415  # a database
        from chains.progmat.node.config import load_node_config  # noqa: PLC0415  # as above
        from chains.progmat.node.storage.engine import Access, engine_for  # noqa: PLC0415  # as above

        engine = engine_for(load_node_config(config).database_at, Access.READ)
        with closing(engine.connect()) as connection, connection.begin():
            values = personal_values(connection)
            found = list(leaks(connection, values))
        if output is Output.PROGRAMS:
            show_json({"searched": len(values), "leaks": [{"place": leak.place, "what": leak.what} for leak in found]})
        else:
            facts({"values": len(values), "found": len(found)})
            for leak in found:
                out.print(f"  {leak.place}  {escape(leak.what)}")
        if found:
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


def _pair(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals:
        raise BadArgument(f"{text[:40]!r}: PATH=VALUE is wanted")
    return path, value


def _show(record: RecordLine, output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(_document(record))
        return
    facts({path: escape(value) for path, value in sorted(record.values.items()) if value})
    facts({"version": record.version, "updated by": record.updated_by, "approved by": record.approved_by})


def _document(record: RecordLine) -> dict[str, object]:
    return {
        "kind": record.kind.value,
        "values": dict(record.values),
        "version": record.version,
        "updated_by": record.updated_by,
        "approved_by": record.approved_by,
        "erased_s": record.erased_s,
    }
