"""``crossdvp verify``: check headers, proofs, checkpoints and ledger transactions offline, believing nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from chains.console import EXIT_REFUSED, EXIT_UNREADABLE, JsonFlag, Output, fail, out, output_of, show_json
from relayer.cli.verify.attestation import verify_attestation_file
from relayer.cli.verify.bundle import read_bundle, read_trust, verify_bundle
from relayer.cli.verify.errors import Refused, Unreadable
from relayer.cli.verify.files import verify_file
from relayer.cli.verify.json_reader import load_json_file
from relayer.cli.verify.report import VerifyReport

app = typer.Typer(
    help="Verify files offline. Exit code 0: everything in the file holds; 1: refused, with the reason; 2: unreadable.",
    no_args_is_help=True,
    add_completion=False,
)

FileArgument = Annotated[Path, typer.Argument(help="A JSON file.", show_default=False)]


@app.command()
def header(file: FileArgument, json_flag: JsonFlag = False) -> None:
    """A QBFT, IBFT2 or IBFT1 block header: its seals against its own validators, or from the file's `trusted` state.

    A file with `trusted` is verified from there: headers, proofs, and that its negatives are refused.
    """
    _verify("header", file, output_of(json_flag))


@app.command()
def storage(file: FileArgument, json_flag: JsonFlag = False) -> None:
    """Account and storage proofs of an EVM chain under a state root or storage root.

    Also takes an eth_getProof answer: {"stateRoot": "0x…", "proof": <answer>}.
    """
    _verify("storage", file, output_of(json_flag))


@app.command()
def checkpoint(file: FileArgument, json_flag: JsonFlag = False) -> None:
    """A checkpoint of the Progmat ledger: k of n Validators' signatures, and proofs under its root."""
    _verify("checkpoint", file, output_of(json_flag))


@app.command("ledger-tx")
def ledger_tx(file: FileArgument, json_flag: JsonFlag = False) -> None:
    """A ledger transaction: its id and signatures; Corda's recorded ones or ours; or Merkle trees of Corda."""
    _verify("ledger-tx", file, output_of(json_flag))


@app.command()
def smt(file: FileArgument, json_flag: JsonFlag = False) -> None:
    """Proofs of a sparse Merkle tree (ICS-23): keys that are present, and absent ones between their neighbours."""
    _verify("smt", file, output_of(json_flag))


@app.command()
def evidence(file: FileArgument, json_flag: JsonFlag = False) -> None:
    """Evidence that a Validator signed two checkpoints of one height: two digests, one key."""
    _verify("evidence", file, output_of(json_flag))


@app.command()
def attestation(
    file: Annotated[
        Path, typer.Argument(help="An SGX quote (version 3) or an AWS Nitro document.", show_default=False)
    ],
    collateral: Annotated[Path | None, typer.Option(help="The quote's collateral, JSON.")] = None,
    at: Annotated[datetime | None, typer.Option(help="When to judge, UTC; else at the document's own time.")] = None,
    root: Annotated[Path | None, typer.Option(help="A root certificate in place of Intel's and AWS's.")] = None,
    json_flag: JsonFlag = False,
) -> None:
    """An enclave's attestation: chain, revocation lists, signatures and TCB, at a time that the report names."""
    at_s = None if at is None else int(at.replace(tzinfo=UTC).timestamp())
    _report(lambda: verify_attestation_file(file, collateral=collateral, at_s=at_s, root=root), output_of(json_flag))


@app.command()
def bundle(
    file: FileArgument,
    trust: Annotated[Path, typer.Option("--trust", help="What you believe beforehand, JSON.", show_default=False)],
    json_flag: JsonFlag = False,
) -> None:
    """A settlement's proof bundle: both legs, held against what you trust; says what is proved and what is not.

    The trust file names the EVM chain, its IBC contract and validators, the ledger, its Validators and notary.

    Example: crossdvp verify bundle bundle.json --trust trust.json
    """
    output = output_of(json_flag)
    try:
        read, trusted = read_bundle(load_json_file(file)), read_trust(load_json_file(trust))
        report = verify_bundle(read, trusted)
    except Unreadable as unreadable:
        fail(unreadable, output, EXIT_UNREADABLE)
    except Refused as refused:
        fail(refused, output, EXIT_REFUSED)
    if output is Output.PROGRAMS:
        told = {"proved": report.proved, "believed": report.believed, "not_proved": report.not_proved}
        show_json({"holds": True, "settlement": read.name, "ending": read.ending.value, **told})
        return
    out.print(f"{read.name}  {read.ending.value}", soft_wrap=True)
    for label, colour, sentences in (
        ("proved", "green", report.proved),
        ("if you are right that", "yellow", report.believed),
        ("not proved", "dim", report.not_proved),
    ):
        out.print(f"[{colour}]{label}[/{colour}]")
        for sentence in sentences:
            out.print(f"  - {escape(sentence)}", soft_wrap=True)


def _verify(what: str, file: Path, output: Output) -> None:
    _report(lambda: verify_file(what, file), output)


def _report(verify: Callable[[], VerifyReport], output: Output) -> None:
    try:
        report = verify()
    except Unreadable as unreadable:
        fail(unreadable, output, EXIT_UNREADABLE)
    except Refused as refused:
        fail(refused, output, EXIT_REFUSED)
    if output is Output.PROGRAMS:
        show_json({"holds": True, "facts": [{"label": fact.label, "text": fact.text} for fact in report.facts]})
        return
    width = max((len(fact.label) for fact in report.facts), default=0)
    for fact in report.facts:
        out.print(f"  [green]holds[/green]  {escape(f'{fact.label:<{width}}  {fact.text}')}", soft_wrap=True)
