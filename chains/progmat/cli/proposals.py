"""``crossdvp ledger network proposals|propose|vote|close``: members decide on contract packages."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import BadArgument, NetworkName, RequestOption, hex_bytes, id_of_request
from chains.progmat.cli.connecting import connected
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.client.proposal_client import ProposalClient, ProposalLine
from chains.progmat.contracts.proposal_states import BallotChoice
from chains.progmat.flows.governance_requests import CloseProposal, ProposePackage, VoteOnPackage
from chains.progmat.network import drafting
from chains.progmat.transactions.package_approval import PackageApproval
from primitives.hashing import sha256
from primitives.types import hash32

MAX_DESCRIPTION_BYTES: Final = 1024 * 1024


class Choice(Enum):
    """What a member says."""

    FOR = "for"
    AGAINST = "against"


ProposalArgument = Annotated[str, typer.Argument(help="The proposal: the transaction that filed it, hex.")]


def list_proposals(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Proposals of contract packages that the node knows, newest first: votes, result, and what an epoch names."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, ProposalClient) as client:
            _show(await client.list(limit), output)

    run(main, output)


def propose(
    context: typer.Context,
    package: Annotated[str, typer.Option(help="Hash of the contract package, hex.")],
    description: Annotated[Path, typer.Option(help="The file that members read; its SHA-256 is filed.")],
    network: Annotated[NetworkName, typer.Option(help="The business network whose members vote.")],
    closes: Annotated[datetime, typer.Option(help="When voting ends, UTC: 1 to 90 days after it opens.")],
    opens: Annotated[datetime | None, typer.Option(help="When voting begins, UTC; else at once.")] = None,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Ask the members of a business network to agree to a contract package; this node is one of them."""

    def request() -> ProposePackage:
        text = drafting.read_small(description, MAX_DESCRIPTION_BYTES)
        return ProposePackage(
            id_of_request(request_id, "propose"),
            network.network,
            hex_bytes(package),
            bytes(sha256(text)),
            0 if opens is None else _unix_s(opens),
            _unix_s(closes),
        )

    run_flow(context, ProposalClient, ProposalClient.submit, request, output_of(as_json))


def vote(
    context: typer.Context,
    proposal: ProposalArgument,
    choice: Annotated[Choice, typer.Argument(help="What this node's member says; it is said once.")],
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Cast this node's ballot."""

    def request() -> VoteOnPackage:
        return VoteOnPackage(id_of_request(request_id, "vote"), _proposal(proposal), BallotChoice[choice.name])

    run_flow(context, ProposalClient, ProposalClient.submit, request, output_of(as_json))


def close(
    context: typer.Context,
    proposal: ProposalArgument,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Count the ballots once voting is over; any member on the roll may."""

    def request() -> CloseProposal:
        return CloseProposal(id_of_request(request_id, "close"), _proposal(proposal))

    run_flow(context, ProposalClient, ProposalClient.submit, request, output_of(as_json))


def approval_of(text: str) -> PackageApproval:
    """PACKAGE:RESULT as an epoch names it; raises ``BadArgument``, ``DecodeError``."""
    package, colon, result = text.partition(":")
    if not colon:
        raise BadArgument(f"{text[:40]!r} is not PACKAGE:RESULT: see `crossdvp ledger network proposals`")
    return PackageApproval(hash32(hex_bytes(package)), hash32(hex_bytes(result)))


def _proposal(text: str) -> bytes:
    return hex_bytes(text, "the proposal")


def _unix_s(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())


def _time(unix_s: int) -> str:
    return f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _show(lines: tuple[ProposalLine, ...], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({"proposals": [_document(line) for line in lines]})
        return
    for line in lines:
        asked = line.proposal
        out.print(f"  {line.proposal_tx.hex()}", soft_wrap=True)
        rows = {
            "network": asked.network.name,
            "package": asked.package_hash.hex(),
            "description": f"SHA-256 {asked.description_hash.hex()}",
            "proposed by": asked.proposer.name,
            "votes": f"{_time(asked.opens_s)} to {_time(asked.closes_s)}",
            "needed": f"{asked.needed_percent} % of {len(asked.roll)}",
            **{f"  {name}": choice.name.lower() for name, choice in line.votes.items()},
        }
        if line.result is not None:
            rows["result"] = f"{line.result.outcome.name}, {line.result.votes_for} for"
            rows["result's id"] = line.result_tx.hex()
        facts(rows)
    if not lines:
        facts({"proposals": "none known here"})


def _document(line: ProposalLine) -> dict[str, Any]:
    asked, result = line.proposal, line.result
    return {
        "proposal_tx": line.proposal_tx.hex(),
        "network": asked.network.name,
        "package_hash": asked.package_hash.hex(),
        "description_hash": asked.description_hash.hex(),
        "proposer": asked.proposer.name,
        "opens_s": asked.opens_s,
        "closes_s": asked.closes_s,
        "needed_percent": asked.needed_percent,
        "votes": {name: choice.name for name, choice in line.votes.items()},
        "outcome": None if result is None else result.outcome.name,
        "votes_for": None if result is None else result.votes_for,
        "votes_against": None if result is None else result.votes_against,
        "result_tx": line.result_tx.hex() or None,
    }
