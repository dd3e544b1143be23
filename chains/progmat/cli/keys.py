"""``crossdvp ledger keys``: a node's key store. The commands work on its file, also beside the running node."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from chains.console import EXIT_UNREADABLE, JsonFlag, Output, facts, fail, out, output_of, show_json
from chains.progmat.identity import KeyPurpose, KeyStore
from chains.progmat.keys.hsm_wrapper import HsmKeyWrapper
from chains.progmat.keys.rotation import rotate_data as rotate_data_keys
from chains.progmat.keys.rotation import rotate_master as rotate_master_key
from chains.progmat.node.config import BadNodeConfig, load_node_config
from chains.progmat.node.key_opening import key_wrapper, open_key_store
from chains.progmat.node.keys_config import KeysSection
from primitives.errors import CrossDvpError
from primitives.public_key import SignatureScheme

app = typer.Typer(
    help="A node's key store: list, make, check, rotate, export public keys.",
    no_args_is_help=True,
    add_completion=False,
)
T = TypeVar("T")
FileArgument = Annotated[Path, typer.Argument(help="The node's TOML file.")]
PassphraseOption = Annotated[
    Path, typer.Option("--new-passphrase-file", help="The file with the new passphrase; put it in the old one's place.")
]


class PurposeName(Enum):
    """What a key is for, as the command line says it. Accounts are opened through the node's API."""

    NODE = "node"
    OPERATOR = "operator"
    VALIDATOR = "validator"
    APPROVER = "approver"


class SchemeName(Enum):
    """A signature scheme."""

    ED25519 = "ed25519"
    SECP256K1 = "secp256k1"
    SECP256R1 = "secp256r1"


@app.callback()
def keys() -> None:
    """A node's key store."""


@app.command("list")
def list_keys(file: FileArgument, as_json: JsonFlag = False) -> None:
    """Every key: its purpose, scheme, where its secret is, and its public key; no secret."""
    output = output_of(as_json)
    lines = _tried(lambda: _lines(_opened(file)[0]), output)
    if output is Output.PROGRAMS:
        show_json({"keys": lines})
        return
    for line in lines:
        out.print(
            f"  {line['label']:<32} {line['purpose']:<10} {line['scheme']:<10} {line['place']:<6} {line['public_key']}",
            soft_wrap=True,
        )


@app.command()
def make(
    file: FileArgument,
    label: Annotated[str, typer.Option(help="The key's label.")],
    purpose: Annotated[PurposeName, typer.Option(help="What it is for.")] = PurposeName.APPROVER,
    scheme: Annotated[SchemeName, typer.Option(help="Its scheme.")] = SchemeName.ED25519,
    as_json: JsonFlag = False,
) -> None:
    """Make a key where [keys.places] says; the node sees it after its restart."""
    output = output_of(as_json)

    def work() -> dict[str, object]:
        store, section = _opened(file)
        wanted = KeyPurpose(purpose.value)
        made = store.generate(label, wanted, SignatureScheme[scheme.name], section.places.of(wanted))
        return {"label": label, "place": made.place.name.lower(), "public key": made.public_key.encoded().hex()}

    _show(_tried(work, output), output)


@app.command()
def check(file: FileArgument, as_json: JsonFlag = False) -> None:
    """Open the store, verify every key in it, and sign once with each that is in an HSM; change nothing."""
    output = output_of(as_json)

    def work() -> dict[str, object]:
        store, section = _opened(file)
        kept = store.keys()
        for key in kept:
            if key.place.name == "HSM":
                signer = store.signer(key.public_key) or store.approver_signer(key.public_key)
                if signer is not None:
                    signer.sign(b"crossdvp/keys/check")
        generations = sorted(store.book.data_keys())
        counted = Counter(key.purpose.value for key in kept)
        return {
            "master key": section.wrapping,
            "data keys": ", ".join(map(str, generations)) + (" (rotation unfinished)" if len(generations) > 1 else ""),
            "changes": store.serial,
            "keys": ", ".join(f"{number} {purpose}" for purpose, number in sorted(counted.items())) or "none",
        }

    _show(_tried(work, output), output)


@app.command("rotate-data")
def rotate_data(
    file: FileArgument,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Keys in one transaction.")] = 500,
    as_json: JsonFlag = False,
) -> None:
    """Seal every key under a new data key, batch by batch; run it again to go on after it broke off."""
    output = output_of(as_json)

    def work() -> dict[str, object]:
        store, section = _opened(file)
        done = rotate_data_keys(store.data_keys, key_wrapper(section), batch)
        return {"generation": done.generation, "keys sealed anew": done.resealed, "resumed": done.resumed}

    _show(_tried(work, output), output)


@app.command("rotate-master")
def rotate_master(
    file: FileArgument,
    new_file: Annotated[Path, typer.Argument(help="The TOML file with [keys] as it will be; the same for an alias.")],
    as_json: JsonFlag = False,
) -> None:
    """Wrap every data key by another master key, also of another backend. No key of a node or account is touched."""
    output = output_of(as_json)

    def work() -> dict[str, object]:
        store, section = _opened(file)
        return _rewrapped(store, section, load_node_config(new_file).keys)

    _show(_tried(work, output), output)


@app.command("rotate-passphrase")
def rotate_passphrase(file: FileArgument, new_passphrase_file: PassphraseOption, as_json: JsonFlag = False) -> None:
    """Wrap every data key under a new passphrase. A running node reads it when its data key expires."""
    output = output_of(as_json)

    def work() -> dict[str, object]:
        store, section = _opened(file)
        return _rewrapped(store, section, section.model_copy(update={"passphrase_file": new_passphrase_file}))

    _show(_tried(work, output), output)


@app.command("export-public")
def export_public(
    file: FileArgument,
    to: Annotated[Path | None, typer.Option("--out", help="Where to write it; else it is printed.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Labels, purposes and public keys as JSON: for an auditor, or whoever registers an approver's key."""
    output = output_of(as_json)
    document = {"keys": _tried(lambda: _lines(_opened(file)[0]), output)}
    if to is not None:
        to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    elif output is Output.PROGRAMS:
        show_json(document)
    else:
        typer.echo(json.dumps(document, indent=2))


def _opened(file: Path) -> tuple[KeyStore, KeysSection]:
    config = load_node_config(file)
    return open_key_store(config.keys, config.name), config.keys


def _lines(store: KeyStore) -> list[dict[str, str]]:
    return [
        {
            "label": key.label,
            "purpose": key.purpose.value,
            "scheme": key.public_key.scheme.name.lower(),
            "place": key.place.name.lower(),
            "public_key": key.public_key.encoded().hex(),
        }
        for key in store.keys()  # noqa: SIM118 # a method of KeyStore, no mapping
    ]


def _rewrapped(store: KeyStore, present: KeysSection, following: KeysSection) -> dict[str, object]:
    wrapper = key_wrapper(following, former=present if present.wrapping == following.wrapping else None)
    if isinstance(wrapper, HsmKeyWrapper):
        wrapper.make_master_key()
    number = rotate_master_key(store.data_keys, key_wrapper(present), wrapper)
    return {"data keys wrapped anew": number, "by": following.wrapping, "changes": store.serial}


def _tried(work: Callable[[], T], output: Output) -> T:
    try:
        return work()
    except BadNodeConfig as error:
        fail(error, output, EXIT_UNREADABLE)
    except CrossDvpError as error:
        fail(error, output)


def _show(found: dict[str, object], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({name.replace(" ", "_"): value for name, value in found.items()})
    else:
        facts(found)
