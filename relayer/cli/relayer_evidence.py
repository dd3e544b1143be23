"""``crossdvp relayer evidence``: Validators that signed two checkpoints of one height."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from chains.console import JsonFlag, Output, out, output_of, show_json
from primitives.errors import CallerError
from relayer.cli.relayer_acts import RequestIdOption, WhyOption
from relayer.cli.relayer_target import (
    DEFAULT_DIR,
    ConfigOption,
    DirOption,
    TargetOption,
    TlsDirOption,
    Where,
    ask_relayer,
    document_of,
    show_documents,
)
from relayer.cli.relayer_view import act_line
from relayer.client import RelayerClient

MOST_FILE_BYTES = 64 * 1024

app = typer.Typer(
    help="Evidence against Validators that signed twice: what is kept, and bringing more.",
    no_args_is_help=True,
    add_completion=False,
)


class EvidenceFileUnusable(CallerError):
    """The file cannot be read, or is not one that ``verify evidence`` reads."""

    reason = "EVIDENCE_FILE_UNUSABLE"


@app.callback()
def evidence() -> None:
    """Evidence against Validators that signed twice: what is kept, and bringing more."""


@app.command(name="list")
def list_evidence(
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """What the relayer keeps; each file is verified by `crossdvp verify evidence`.

    Example: crossdvp relayer evidence list --config relayer.toml
    """
    output = output_of(json_flag)

    async def main(client: RelayerClient) -> None:
        found = await client.evidence()
        if output is Output.PROGRAMS:
            show_documents("evidence", list(found))
            return
        for each in found:
            what = f"{each.validator} signed height {each.height} of {each.ledger_id} twice"
            out.print(escape(f"{each.name}  {what}"), soft_wrap=True)
        if not found:
            out.print("no evidence is kept")

    ask_relayer(Where(directory, target, tls_dir, config), main, output)


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="A file as `evidence list` names them.")],
    why: WhyOption,
    directory: DirOption = DEFAULT_DIR,
    target: TargetOption = None,
    tls_dir: TlsDirOption = None,
    config: ConfigOption = None,
    request_id: RequestIdOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """Bring evidence: the relayer verifies and keeps it, and has the Validator suspended on the ledger.

    Example: crossdvp relayer evidence submit equivocation-41-1f2e3d4c.json --why "from the other relayer"
    """
    output = output_of(json_flag)

    async def main(client: RelayerClient) -> None:
        done = await client.submit_evidence(request_id or uuid.uuid4().hex, _read(file), why)
        if output is Output.PROGRAMS:
            show_json(document_of(done))
        else:
            out.print(escape(done.done), soft_wrap=True)
            out.print(act_line(done.act), soft_wrap=True)

    ask_relayer(Where(directory, target, tls_dir, config), main, output)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_FILE_BYTES + 1)
        if len(content) > MOST_FILE_BYTES:
            raise EvidenceFileUnusable(f"{path}: longer than {MOST_FILE_BYTES} bytes")
        return bytes.fromhex(json.loads(content)["equivocation"].removeprefix("0x"))
    except OSError as failure:
        raise EvidenceFileUnusable(f"{path}: {failure.strerror}") from failure
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise EvidenceFileUnusable(
            f"{path}: expected a JSON document whose `equivocation` is hexadecimal, as `verify evidence` reads"
        ) from broken
