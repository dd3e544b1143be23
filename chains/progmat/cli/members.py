"""``crossdvp ledger members``: who is a member of which business network, and the operator's changes to that."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import NetworkName, RequestOption, id_of_request
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.client import (
    ChangeMembership,
    MemberRole,
    MembershipChange,
    MembershipClient,
    MembershipLine,
)

app = node_commands("Members of the business networks: list, admit, amend, suspend, activate, revoke.")


class RoleName(Enum):
    """A member's role, as the command line names it."""

    ISSUER = "issuer"
    CUSTODIAN = "custodian"
    REGISTRAR = "registrar"
    EXCHANGE = "exchange"


_ROLES = {
    RoleName.ISSUER: MemberRole.SC_ISSUER,
    RoleName.CUSTODIAN: MemberRole.CUSTODIAN,
    RoleName.REGISTRAR: MemberRole.REGISTRAR,
    RoleName.EXCHANGE: MemberRole.EXCHANGE,
}
_NAMES = {role: name.value for name, role in _ROLES.items()}

PartyArgument = Annotated[str, typer.Argument(help="The party's name on the network map.")]
NetworkOption = Annotated[NetworkName, typer.Option("--network", help="The business network.")]
RolesOption = Annotated[list[RoleName], typer.Option("--role", help="A role; may be repeated.")]


@app.command("list")
def list_members(
    context: typer.Context,
    network: Annotated[NetworkName | None, typer.Option(help="Only of this business network.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Present memberships that the node knows: at the operator's all, elsewhere those of its own networks."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, MembershipClient) as client:
            wanted = None if network is None else network.network
            _show(await client.list(wanted, limit), output)

    run(main, output)


@app.command()
def admit(
    context: typer.Context,
    party: PartyArgument,
    network: NetworkOption,
    role: RolesOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Admit a party to a business network with these roles (the operator's node only)."""
    _change(context, MembershipChange.ADMIT, party, network, role, request_id, as_json)


@app.command()
def amend(
    context: typer.Context,
    party: PartyArgument,
    network: NetworkOption,
    role: RolesOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Give a member these roles instead of those it has."""
    _change(context, MembershipChange.AMEND, party, network, role, request_id, as_json)


@app.command()
def suspend(
    context: typer.Context,
    party: PartyArgument,
    network: NetworkOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Suspend a member: it neither acts nor receives until it is activated. Locked cash is still settled by proof."""
    _change(context, MembershipChange.SUSPEND, party, network, [], request_id, as_json)


@app.command()
def activate(
    context: typer.Context,
    party: PartyArgument,
    network: NetworkOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Activate a suspended member again."""
    _change(context, MembershipChange.ACTIVATE, party, network, [], request_id, as_json)


@app.command()
def revoke(
    context: typer.Context,
    party: PartyArgument,
    network: NetworkOption,
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """End a membership; the party may be admitted again later."""
    _change(context, MembershipChange.REVOKE, party, network, [], request_id, as_json)


def _change(
    context: typer.Context,
    change: MembershipChange,
    party: str,
    network: NetworkName,
    roles: list[RoleName],
    request_id: str,
    as_json: bool,  # noqa: FBT001  # typer hands flags over as they are
) -> None:
    def request() -> ChangeMembership:
        wanted = tuple(sorted(_ROLES[role] for role in set(roles)))
        return ChangeMembership(id_of_request(request_id, change.name.lower()), change, network.network, party, wanted)

    run_flow(context, MembershipClient, MembershipClient.change, request, output_of(as_json))


def _show(lines: tuple[MembershipLine, ...], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({"memberships": [_document(line) for line in lines]})
        return
    for line in lines:
        roles = ", ".join(_NAMES[role] for role in line.roles)
        state = "[green]active[/green]" if line.status.name == "ACTIVE" else "[yellow]suspended[/yellow]"
        out.print(f"  {line.network.name}  {line.party:<20} {roles:<28} {state}", soft_wrap=True)
    if not lines:
        facts({"members": "none known here"})


def _document(line: MembershipLine) -> dict[str, Any]:
    return {
        "network": line.network.name,
        "party": line.party,
        "roles": [_NAMES[role] for role in line.roles],
        "status": line.status.name,
        "tx_id": line.tx_id.hex(),
    }
