"""``crossdvp ledger members suspend-validator``: bring evidence that a Validator signed twice, as any member may."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from chains.console import JsonFlag, output_of
from chains.progmat.cli.arguments import BadArgument, RequestOption, hex_bytes, id_of_request
from chains.progmat.cli.connecting import UnreadableFile
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.client.membership_client import MembershipClient
from chains.progmat.flows.market_requests import SuspendValidator
from light_clients.progmat import decode_equivocation, prove_equivocation

MAX_FILE_BYTES: Final = 64 * 1024


def suspend_validator(
    context: typer.Context,
    evidence: Annotated[Path, typer.Argument(help="A file that `crossdvp verify evidence` accepts.")],
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Suspend a Validator that signed two checkpoints of one height. The evidence decides; no operator is needed."""
    request = partial(_request, evidence, request_id)
    run_flow(context, MembershipClient, MembershipClient.suspend_validator, request, output_of(as_json))


def _request(path: Path, request_id: str) -> SuspendValidator:
    """Raises ``UnreadableFile``, ``BadArgument``, and what worthless evidence raises: no node needs to be asked."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as failure:
        raise UnreadableFile(f"{path}: {failure.strerror}") from failure
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableFile(f"{path} is larger than {MAX_FILE_BYTES} bytes")
    try:
        document = json.loads(content)
        packed = document["equivocation"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadArgument(f"{path}: a JSON object with `equivocation` is wanted") from error
    if not isinstance(packed, str):
        raise BadArgument(f"{path}: `equivocation` is a text of hexadecimal digits")
    evidence = hex_bytes(packed, f"{path}, equivocation")
    prove_equivocation(decode_equivocation(evidence))
    return SuspendValidator(id_of_request(request_id, "suspend-validator"), evidence)
