"""``crossdvp ledger network``: epochs of the network parameters, keys, the network map, Validators."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from chains.console import JsonFlag, Output, facts, fail, out, output_of, run, show_json
from chains.progmat.cli import proposals, replacement
from chains.progmat.cli.account_rotation import rotate_account
from chains.progmat.cli.arguments import hex_bytes
from chains.progmat.cli.connecting import access_of, connected, node_commands
from chains.progmat.cli.epoch_drafts import OutOption, draft
from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.network_operator import EpochLine, NetworkOperator, NetworkStatus
from chains.progmat.client.rpc_validator import ValidatorApi
from chains.progmat.identity import KeyStore, NetworkMap, Role, replace_privately
from chains.progmat.network import drafting
from chains.progmat.network.map_book import SignedNetworkMap
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.node.config import load_node_config
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.parameters_history import SignedParameters
from primitives.errors import CrossDvpError, DecodeError, InvalidArgument

app = node_commands("Network parameters, contract packages, rotation of keys, the network map, Validators.")

KeysOption = Annotated[Path, typer.Option("--keys", help="The key file.")]
PassphraseOption = Annotated[Path, typer.Option("--passphrase-file", help="The file with its passphrase.")]
LabelOption = Annotated[str, typer.Option("--label", help="The key's label in the key file.")]


@app.command()
def status(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Epochs the node knows, which are accepted and in force, and what its peers have accepted."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, NetworkOperator) as node:
            found = await node.status()
        if output is Output.PROGRAMS:
            show_json(_document(found))
            return
        for line in found.epochs:
            out.print(_epoch_text(line), soft_wrap=True)
        for peer in found.peers:
            heard = "not heard of" if not peer.heard_at_s else f"accepted up to epoch {peer.accepted_epoch}"
            out.print(f"  {peer.name:<20} {heard}", soft_wrap=True)
        facts({"network map": f"version {found.map_serial}"})
        if found.fork_evidence:
            out.print(f"  [red]the operator signed two epochs of one number[/red]: {found.fork_evidence}")

    run(main, output)


@app.command()
def sign(
    drafted: Annotated[Path, typer.Argument(help="The drafted epoch.")],
    keys: KeysOption,
    passphrase_file: PassphraseOption,
    file: OutOption,
    label: LabelOption = "operator",
    as_json: JsonFlag = False,
) -> None:
    """Sign a drafted epoch with the operator's key of the epoch before; works offline."""
    output = output_of(as_json)

    def work() -> dict[str, object]:
        epoch = NetworkParameters.decode(drafting.read_small(drafted))
        signed = SignedParameters.sign(epoch, drafting.signer_of(_store(keys, passphrase_file), label))
        file.write_bytes(signed.encode())
        return {"epoch": epoch.epoch, "hash": epoch.hash.hex(), "file": str(file)}

    _offline(work, output)


@app.command()
def offer(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The signed epoch.")],
    as_json: JsonFlag = False,
) -> None:
    """Hand a signed epoch to the node; the others learn it from there. The notary's node first: it may refuse."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, NetworkOperator) as node:
            newest = await node.offer_parameters(drafting.read_small(file))
        _show({"newest epoch": newest}, output)

    run(main, output)


@app.command()
def accept(
    context: typer.Context,
    epoch: Annotated[int, typer.Option(min=2, help="Number of the epoch.")],
    parameters_hash: Annotated[str, typer.Option("--hash", help="Its hash, hex, as you have read it.")],
    as_json: JsonFlag = False,
) -> None:
    """Accept an epoch for this node: from its beginning on the node builds and signs under it."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, NetworkOperator) as node:
            starts_s = await node.accept_parameters(epoch, hex_bytes(parameters_hash))
        _show({"accepted": epoch, "in force from": _time(starts_s)}, output)

    run(main, output)


@app.command("add")
def add_offline(
    node_file: Annotated[Path, typer.Argument(help="The node's TOML file; the node is not running.")],
    files: Annotated[list[Path], typer.Argument(help="Signed epochs, oldest first.")],
    accept_hash: Annotated[str, typer.Option(help="Accept them all, up to the one with this hash, hex.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Give a node that is not running the epochs so far: before a new member's or a new Validator's first start."""
    output = output_of(as_json)

    def work() -> dict[str, object]:
        config = load_node_config(node_file)
        first = NetworkParameters.decode(config.parameters.read_bytes())
        book = ParametersBook.open(config.name, config.data_dir / "network", first, lambda: int(time.time()))
        for file in files:
            book.learn(SignedParameters.decode(drafting.read_small(file)))
        if accept_hash:
            last = book.history.pinned(hex_bytes(accept_hash))
            for epoch in book.history.epochs[1 : last.epoch]:
                book.accept(epoch.epoch, epoch.hash)
        return {"newest epoch": book.history.newest.epoch, "accepted": book.accepted_epoch}

    _offline(work, output)


@app.command()
def key(
    keys: KeysOption,
    passphrase_file: PassphraseOption,
    label: LabelOption,
    succeeds: Annotated[str, typer.Option(help="Label of the key that it takes the place of.")] = "",
    party: Annotated[str, typer.Option(help="The node's name; with --succeeds and --out.")] = "",
    file: Annotated[Path | None, typer.Option("--out", help="Where to write the succession for the operator.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a key in a key file; with --succeeds, the old key's consent in a file for the operator."""
    output = output_of(as_json)

    def work() -> dict[str, object]:
        store = _store(keys, passphrase_file)
        made = store.key(label) or drafting.new_key(store, label, succeeds or None)
        if file is not None:
            if not succeeds or not party:
                raise InvalidArgument("a succession needs --succeeds LABEL and --party NAME")
            agreed = drafting.succession(store, party, succeeds, label)
            file.write_text(drafting.succession_to_json(agreed))
        return {"label": label, "public key": made.public_key.encoded().hex()}

    _offline(work, output)


app.command("draft")(draft)
app.command("rotate-account")(rotate_account)
app.command("change-notary")(replacement.change_notary)
app.command("upgrade-states")(replacement.upgrade_states)
app.command("attest-unspent")(replacement.attest_unspent)
app.command("proposals")(proposals.list_proposals)
app.command("propose")(proposals.propose)
app.command("vote")(proposals.vote)
app.command("close")(proposals.close)


@app.command("sign-map")
def sign_map(
    file: Annotated[Path, typer.Argument(help="The map's JSON file, its serial number raised.")],
    keys: KeysOption,
    passphrase_file: PassphraseOption,
    signed_file: OutOption,
    label: LabelOption = "operator",
    as_json: JsonFlag = False,
) -> None:
    """Sign a version of the network map with the operator's key in force; works offline."""
    output = output_of(as_json)

    def work() -> dict[str, object]:
        network_map = NetworkMap.load(file)
        signer = drafting.signer_of(_store(keys, passphrase_file), label)
        replace_privately(signed_file, SignedNetworkMap.sign(network_map, signer).encode())
        return {"serial": network_map.serial, "nodes": len(network_map.entries), "file": str(signed_file)}

    _offline(work, output)


@app.command("offer-map")
def offer_map(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The signed map.")],
    as_json: JsonFlag = False,
) -> None:
    """Hand a signed network map to the node; it is in force at once, and the others learn it from there."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, NetworkOperator) as node:
            serial = await node.offer_map(drafting.read_small(file, 2 * 1024 * 1024))
        _show({"network map": serial}, output)

    run(main, output)


@app.command()
def validators(
    context: typer.Context,
    map_file: Annotated[Path, typer.Option("--map", help="The network map's JSON file.")],
    as_json: JsonFlag = False,
) -> None:
    """Every Validator on the map: how far it has verified the journal, whether it signs, and if not, why."""
    output = output_of(as_json)

    async def main() -> None:
        tls = access_of(context).tls
        listed = [entry for entry in NetworkMap.load(map_file).entries if Role.VALIDATOR in entry.roles]
        apis = [ValidatorApi(ApiEndpoint(entry.name, entry.endpoint), tls) for entry in listed]
        lines = await asyncio.gather(*map(_validator_line, apis))
        await asyncio.gather(*(api.close() for api in apis))
        if output is Output.PROGRAMS:
            show_json({"validators": lines})
        else:
            for line in lines:
                out.print("  ".join(f"{value}" for value in line.values() if value != ""), soft_wrap=True)
        if any(line["state"] != "signing" for line in lines):
            raise typer.Exit(1)

    run(main, output)


async def _validator_line(api: ValidatorApi) -> dict[str, object]:
    try:
        said = await api.status()
    except CrossDvpError as error:
        return {"name": api.name, "state": "no answer", "height": "", "time": "", "why": str(error)}
    state = "signing" if not said.alarm_reason else "STOPPED"
    why = f"{said.alarm_reason}: {said.alarm_detail}" if said.alarm_reason else ""
    if said.dishonest_notaries:
        why = "; ".join(filter(None, (why, f"double spends signed by {', '.join(said.dishonest_notaries)}")))
    return {"name": api.name, "state": state, "height": said.height, "time": _time(said.timestamp_s), "why": why}


def _document(found: NetworkStatus) -> dict[str, object]:
    return {
        "node": found.node,
        "epochs": [
            {
                "epoch": line.parameters.epoch,
                "hash": line.parameters.hash.hex(),
                "effective_from_s": line.parameters.effective_from_s,
                "accepted": line.is_accepted,
                "in_force": line.is_in_force,
                "notary": line.parameters.notary.name,
                "notary_key": line.parameters.notary.key.encoded().hex(),
                "other_notaries": [
                    {"name": it.party.name, "key": it.party.key.encoded().hex(), "service": it.service.name}
                    for it in line.parameters.other_notaries
                ],
                "operator_key": line.parameters.operator_key.encoded().hex(),
                "validators": [address.hex() for address in line.parameters.validators.addresses],
                "threshold": line.parameters.validators.threshold,
                "contract_packages": [item.hex() for item in line.parameters.contract_packages],
                "package_approvals": [
                    {"package": item.package_hash.hex(), "result_tx": item.result_tx.hex()}
                    for item in line.parameters.package_approvals
                ],
                "replaced_keys": [item.name for item in line.parameters.key_successions],
            }
            for line in found.epochs
        ],
        "map_serial": found.map_serial,
        "peers": {peer.name: peer.accepted_epoch for peer in found.peers},
        "fork_evidence": found.fork_evidence,
    }


def _epoch_text(line: EpochLine) -> str:
    epoch = line.parameters
    state = "in force" if line.is_in_force else ("accepted" if line.is_accepted else "")
    state = state if line.is_accepted else f"[red]not accepted[/red] {state}"
    others = "".join(f", {it.party.name} {it.service.name.lower()}" for it in epoch.other_notaries)
    notaries = f"\n             notaries {epoch.notary.name} with the journal{others}" if others else ""
    return f"  epoch {epoch.epoch:<4} {epoch.hash.hex()}  from {_time(epoch.effective_from_s)}  {state}{notaries}"


def _time(unix_s: int) -> str:
    return "the beginning" if not unix_s else f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _store(keys: Path, passphrase_file: Path) -> KeyStore:
    return KeyStore.open(keys, drafting.read_small(passphrase_file).strip())


def _show(found: dict[str, object], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({name.replace(" ", "_"): value for name, value in found.items()})
    else:
        facts(found)


def _offline(work: Callable[[], dict[str, object]], output: Output) -> None:
    try:
        found = work()
    except CrossDvpError as error:
        fail(error, output, 2 if isinstance(error, DecodeError) else 1)
    _show(found, output)
