"""``crossdvp ledger network draft``: the next epoch of the network parameters, unsigned."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from chains.console import JsonFlag, Output, facts, output_of, run, show_json
from chains.progmat.cli.arguments import hex_bytes
from chains.progmat.cli.connecting import connected
from chains.progmat.cli.proposals import approval_of
from chains.progmat.client.network_operator import NetworkOperator
from chains.progmat.identity import NetworkMap, Role
from chains.progmat.network import drafting
from chains.progmat.network.drafting import Changes
from chains.progmat.network.errors import NoSuchNotary
from chains.progmat.transactions.model import Party
from primitives.errors import InvalidArgument

OutOption = Annotated[Path, typer.Option("--out", help="The file to write.")]
_Names = list[str] | None


def draft(
    context: typer.Context,
    *,
    effective_from: Annotated[datetime, typer.Option(help="When it begins, UTC, on the notary's clock.")],
    file: OutOption,
    operator_key: Annotated[str, typer.Option(help="The operator's next public key, hex.")] = "",
    validator: Annotated[_Names, typer.Option(help="A Validator's public key, hex; all of them.")] = None,
    threshold: Annotated[int | None, typer.Option(min=1, help="How many Validators must sign.")] = None,
    package: Annotated[_Names, typer.Option(help="Hash of a contract package in force, hex; all.")] = None,
    approval: Annotated[_Names, typer.Option(help="PACKAGE:RESULT, hex, of each new package.")] = None,
    succession: Annotated[list[Path] | None, typer.Option(help="File of a key's succession; may be repeated.")] = None,
    add_notary: Annotated[_Names, typer.Option(help="Name of a notary that comes in; with --map.")] = None,
    retire_notary: Annotated[_Names, typer.Option(help="Name of a notary that only moves states away.")] = None,
    drop_notary: Annotated[_Names, typer.Option(help="Name of a retiring notary that goes.")] = None,
    map_file: Annotated[Path | None, typer.Option("--map", help="The network map's JSON file, with its key.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the next epoch, unsigned: the newest one the node knows, with what is given here changed."""
    output = output_of(as_json)

    async def main() -> None:
        changes = Changes(
            operator_key=hex_bytes(operator_key) if operator_key else None,
            validators=tuple(map(hex_bytes, validator or ())),
            threshold=threshold,
            contract_packages=tuple(map(hex_bytes, package or ())),
            package_approvals=tuple(map(approval_of, approval or ())),
            successions=tuple(map(drafting.succession_of_file, succession or ())),
            added_notaries=_notaries(add_notary or [], map_file),
            retiring_notaries=tuple(retire_notary or ()),
            dropped_notaries=tuple(drop_notary or ()),
        )
        async with connected(context, NetworkOperator) as node:
            before = (await node.status()).epochs[-1].parameters
        starts_s = int(effective_from.replace(tzinfo=UTC).timestamp())
        epoch = drafting.next_epoch(before, changes, starts_s, int(time.time()))
        file.write_bytes(epoch.encode())
        found = {"epoch": epoch.epoch, "hash": epoch.hash.hex(), "file": str(file)}
        if output is Output.PROGRAMS:
            show_json(found)
        else:
            facts(found)

    run(main, output)


def _notaries(names: list[str], map_file: Path | None) -> tuple[Party, ...]:
    """The parties of these names as the map lists them with the notary's role."""
    if not names:
        return ()
    if map_file is None:
        raise InvalidArgument("--add-notary needs --map FILE: the notary's key is on the network map")
    network_map = NetworkMap.load(map_file)
    listed = {entry.name: entry.party for entry in network_map.entries if Role.NOTARY in entry.roles}
    for name in names:
        if name not in listed:
            raise NoSuchNotary(name, listed)
    return tuple(listed[name] for name in names)
