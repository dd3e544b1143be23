"""``crossdvp register emergency``: the register in a file while the ledger is down, and its way back.

``begin``, ``normalise`` and ``prove`` ask the registrar's node; everything else works on the file alone.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from chains.console import EXIT_REFUSED, JsonFlag, Output, facts, fail, out, output_of, run, show_json
from chains.progmat.cli.arguments import BadArgument, hex_bytes
from chains.progmat.cli.connecting import UnreadableFile, connected
from chains.progmat.cli.emergency_view import facts_of, proof, show_outage, show_proof
from chains.progmat.cli.security_arguments import NetworkOption, RegistrarOption, SecurityArgument, security_of
from chains.progmat.client.emergency_client import EmergencyClient
from chains.progmat.client.register_client import RegisterClient
from chains.progmat.flows.clock import SystemClock
from chains.progmat.identity import KeyPurpose, KeyStore, replace_privately
from chains.progmat.market.emergency import chain
from chains.progmat.market.emergency.difference import Decisions
from chains.progmat.market.emergency.file_codec import MAX_FILE_BYTES
from chains.progmat.market.emergency.model import EmergencyFile, Move, StaffKey
from chains.progmat.market.emergency.spreadsheet import holders_to_csv, moves_from_csv, moves_to_csv
from chains.progmat.market.register.cells import MAX_CSV_BYTES, Encoding
from chains.progmat.network import drafting
from ibc.dvp import CashAccount
from primitives.errors import CrossDvpError, DecodeError
from primitives.public_key import SignatureScheme
from primitives.signatures import Signer

app = typer.Typer(
    help="The register while the ledger is down: a signed file, moves by two people, and back by forced transfers.",
    no_args_is_help=True,
    add_completion=False,
)
STAFF_LABEL = "staff"
LINES_A_CALL = 20

FileArgument = Annotated[Path, typer.Argument(help="The emergency file.")]
Keys = tuple[Path, Path]
"""A key file and the file with its passphrase."""
AuthorOption = Annotated[Keys, typer.Option("--author", help="The author's key file, and the one with its passphrase.")]
ApproverOption = Annotated[
    Keys, typer.Option("--approver", help="The approver's key file, and the one with its passphrase.")
]
Cp932Flag = Annotated[bool, typer.Option("--cp932", help="Write or read the CSV file in cp932 instead of UTF-8.")]
CsvArgument = Annotated[Path, typer.Argument(help="The CSV file.")]


@app.command()
def key(
    file: Annotated[Path, typer.Argument(help="The key file to make.")],
    passphrase_file: Annotated[Path, typer.Option("--passphrase-file", help="The file with its passphrase.")],
    as_json: JsonFlag = False,
) -> None:
    """Make a person's key for emergencies; its public part goes into files with `begin`."""

    def work() -> dict[str, object]:
        store = KeyStore.create(file, drafting.read_small(passphrase_file).strip())
        kept = store.generate(STAFF_LABEL, KeyPurpose.OPERATOR, SignatureScheme.ED25519)
        return {"key file": str(file), "public key": kept.public_key.encoded().hex()}

    _offline(work, output_of(as_json))


@app.command()
def begin(
    context: typer.Context,
    security: SecurityArgument,
    file: FileArgument,
    author: Annotated[list[str], typer.Option("--author", help="STAFF-ID:PUBLIC-KEY of who may write moves.")],
    approver: Annotated[list[str], typer.Option("--approver", help="STAFF-ID:PUBLIC-KEY of who may approve them.")],
    network: NetworkOption = "ST",
    registrar: RegistrarOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Write the register of now as a signed file; make one every day, so that one is there when the ledger is not."""
    output = output_of(as_json)

    async def main() -> None:
        people = tuple(map(_person, author)), tuple(map(_person, approver))
        async with connected(context, EmergencyClient) as client:
            content = await client.begin(security_of(security, network, registrar), *people)
        found = chain.verified(content)
        if file.exists():
            raise BadArgument(f"{file} exists: an emergency file is never written over")
        replace_privately(file, content)
        _show(facts_of(found), output)

    run(main, output)


@app.command()
def show(file: FileArgument, as_json: JsonFlag = False) -> None:
    """Verify a file as a whole, and say what is in it."""
    _offline(lambda: facts_of(chain.verified(_read(file))), output_of(as_json))


@app.command()
def move(
    file: FileArgument,
    source: Annotated[str, typer.Option("--from", help="NODE:KEY of the account that gives.")],
    to: Annotated[str, typer.Option("--to", help="NODE:KEY of the account that takes.")],
    units: Annotated[int, typer.Option("--units", min=1, help="How many.")],
    reason: Annotated[str, typer.Option("--reason", help="A code of A-Z, 0-9 and _, such as OUTAGE_TRADE.")],
    author: AuthorOption,
    approver: ApproverOption,
    reference: Annotated[str, typer.Option("--reference", help="A case number; never a name.")] = "",
    trade_id: Annotated[str, typer.Option("--trade", help="The trade's id, 64 hexadecimal digits.")] = "",
    settlement_date: Annotated[str, typer.Option("--settlement-date", help="YYYY-MM-DD.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Record a move that the trustee consented to, signed by two people; no node is asked."""

    def work() -> dict[str, object]:
        content = hex_bytes(trade_id, "--trade")
        wanted = Move(_account(source), _account(to), units, reason, reference, content, settlement_date)
        signers = _signer(*author), _signer(*approver)
        return facts_of(_changed(file, lambda before: chain.record_moves(before, [wanted], _now_ms(), *signers)[0]))

    _offline(work, output_of(as_json))


@app.command()
def close(
    file: FileArgument,
    author: AuthorOption,
    approver: ApproverOption,
    as_json: JsonFlag = False,
) -> None:
    """Sign that the file is complete: from then on nothing can be added, and it can be normalised."""

    def work() -> dict[str, object]:
        signers = _signer(*author), _signer(*approver)
        return facts_of(_changed(file, lambda before: chain.close(before, _now_ms(), *signers)))

    _offline(work, output_of(as_json))


@app.command("export-csv")
def export_csv(
    file: FileArgument,
    target: CsvArgument,
    holders: Annotated[bool, typer.Option("--holders", help="What each account holds, instead of the moves.")] = False,
    cp932: Cp932Flag = False,
    as_json: JsonFlag = False,
) -> None:
    """Write the file's moves for a spreadsheet: new ones are added below, without a number, and brought in."""

    def work() -> dict[str, object]:
        found = chain.verified(_read(file))
        target.write_bytes((holders_to_csv if holders else moves_to_csv)(found, _encoding(cp932)))
        return {"written": str(target)} | facts_of(found)

    _offline(work, output_of(as_json))


@app.command("import-csv")
def import_csv(
    file: FileArgument,
    source: CsvArgument,
    author: AuthorOption,
    approver: ApproverOption,
    cp932: Cp932Flag = False,
    as_json: JsonFlag = False,
) -> None:
    """Record a spreadsheet's new rows, all or none; each row that cannot be is named. Twice adds nothing."""

    def work() -> dict[str, object]:
        signers = _signer(*author), _signer(*approver)
        rows = _read(source, MAX_CSV_BYTES)

        def added(before: bytes) -> bytes:
            moves = moves_from_csv(chain.verified(before), rows, _encoding(cp932))
            return chain.record_moves(before, moves, _now_ms(), *signers)[0] if moves else before

        return facts_of(_changed(file, added))

    _offline(work, output_of(as_json))


@app.command()
def normalise(
    context: typer.Context,
    file: FileArgument,
    author: Annotated[str, typer.Option("--author", help="Staff id of who asks for it.")],
    approver: Annotated[str, typer.Option("--approver", help="Staff id of who agreed.")],
    count: Annotated[list[str] | None, typer.Option("--count", help="TX=LINE: this ledger_tx is part of it.")] = None,
    separate: Annotated[list[str] | None, typer.Option("--separate", help="TX: it is no move of the file.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be brought in.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Bring a closed file into the ledger by forced transfers; run again after any failure, nothing moves twice."""
    output = output_of(as_json)

    async def main() -> None:
        content, decisions = _read(file), _decisions(count or [], separate or [])
        async with connected(context, EmergencyClient) as client:
            which = await client.upload(content)
            if dry_run:
                show_outage(await client.preview(*which, decisions), output)
                return
            outage = await client.plan(*which, author, approver, decisions)
            while outage.closed_sequence is None:
                outage = await client.bring_in(outage.outage_id, LINES_A_CALL)
                if output is Output.PEOPLE:
                    done = sum(line.is_done for line in outage.lines)
                    out.print(f"  {done} of {len(outage.lines)} lines are in")
        show_outage(outage, output)

    run(main, output)


@app.command()
def prove(context: typer.Context, file: FileArgument, as_json: JsonFlag = False) -> None:
    """Compare the file with the ledger's register, account by account; exit code 1 with whatever differs."""
    output = output_of(as_json)

    async def main() -> None:
        found = chain.verified(_read(file))
        async with connected(context, EmergencyClient) as client:
            outage = await client.outage(found.outage_id)
        async with connected(context, RegisterClient) as client:
            found_proof = await proof(client, found, outage)
        show_proof(found_proof, output)
        if not found_proof.holds:
            raise typer.Exit(EXIT_REFUSED)

    run(main, output)


def _show(found: dict[str, object], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({name.replace(" ", "_"): value for name, value in found.items()})
    else:
        facts(found)


def _offline(work: Callable[[], dict[str, object]], output: Output) -> None:
    try:
        found = work()
    except CrossDvpError as error:
        fail(error, output)
    _show(found, output)


def _changed(file: Path, change: Callable[[bytes], bytes]) -> EmergencyFile:
    """Read, change and write a file as one: two desks at once do not lose each other's lines."""
    with _alone(file):
        before = _read(file)
        after = change(before)
        if after != before:
            replace_privately(file, after)
        return chain.verified(after)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(file: Path, most: int = MAX_FILE_BYTES) -> bytes:
    try:
        if file.stat().st_size > most:
            raise UnreadableFile(f"{file} is longer than {most} bytes")
        return file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {error.strerror}") from error


def _signer(keys: Path, passphrase_file: Path) -> Signer:
    return drafting.signer_of(KeyStore.open(keys, drafting.read_small(passphrase_file).strip()), STAFF_LABEL)


def _person(text: str) -> StaffKey:
    staff_id, colon, public_key = text.partition(":")
    if not colon or not staff_id:
        raise BadArgument(f"{text[:80]!r} is no person: STAFF-ID:PUBLIC-KEY is wanted")
    return StaffKey(staff_id, hex_bytes(public_key, "a person's public key"))


def _account(text: str) -> CashAccount:
    node, colon, account_key = text.partition(":")
    try:
        return CashAccount(node if colon else "", hex_bytes(account_key, "the account's key"))
    except DecodeError as error:
        raise BadArgument(f"{text[:80]!r} is no account, NODE:KEY is wanted: {error}") from error


def _decisions(count: list[str], separate: list[str]) -> Decisions:
    counted: dict[bytes, int] = {}
    for text in count:
        tx_id, _, line = text.partition("=")
        if not line.isdigit():
            raise BadArgument(f"{text[:80]!r} is not TX=LINE")
        counted[hex_bytes(tx_id, "--count")] = int(line)
    return Decisions(counted, frozenset(hex_bytes(text, "--separate") for text in separate))


def _encoding(cp932: Any) -> Encoding:  # noqa: ANN401 # typer hands flags over as they are
    return Encoding.CP932 if cp932 else Encoding.UTF_8


def _now_ms() -> int:
    return SystemClock().now_ms()
