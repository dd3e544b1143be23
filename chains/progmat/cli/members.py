"""``crossdvp ledger members``: who is a member of which business network, and the operator's changes to that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli.arguments import NetworkName, RequestOption, id_of_request
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.cli.suspension import suspend_validator
from chains.progmat.client.membership_client import MembershipClient, MembershipLine
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange

app = node_commands("Members of the business networks: list, admit, amend, suspend, activate, revoke.")
app.command("suspend-validator")(suspend_validator)


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
NotaryOption = Annotated[
    str, typer.Option("--notary", help="The notary at which it is changed, of several; the journal's if none is named.")
]


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
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Admit a party to a business network with these roles (the operator's node only)."""
    _change(context, _Wanted(MembershipChange.ADMIT, party, network, role, notary, request_id), as_json)


@app.command()
def amend(
    context: typer.Context,
    party: PartyArgument,
    network: NetworkOption,
    role: RolesOption,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Give a member these roles instead of those it has."""
    _change(context, _Wanted(MembershipChange.AMEND, party, network, role, notary, request_id), as_json)


@app.command()
def suspend(
    context: typer.Context,
    party: PartyArgument,
    network: NetworkOption,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Suspend a member: it neither acts nor receives until it is activated. Locked cash is still settled by proof."""
    _change(context, _Wanted(MembershipChange.SUSPEND, party, network, [], notary, request_id), as_json)


@app.command()
def activate(
    context: typer.Context,
    party: PartyArgument,
    network: NetworkOption,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Activate a suspended member again."""
    _change(context, _Wanted(MembershipChange.ACTIVATE, party, network, [], notary, request_id), as_json)


@app.command()
def revoke(
    context: typer.Context,
    party: PartyArgument,
    network: NetworkOption,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """End a membership; the party may be admitted again later."""
    _change(context, _Wanted(MembershipChange.REVOKE, party, network, [], notary, request_id), as_json)


@dataclass(frozen=True)
class _Wanted:
    """A change as the command line says it."""

    change: MembershipChange
    party: str
    network: NetworkName
    roles: Sequence[RoleName]
    notary: str
    request_id: str

    def request(self) -> ChangeMembership:
        """With an id of its own, if it has none."""
        return ChangeMembership(
            id_of_request(self.request_id, self.change.name.lower()),
            self.change,
            self.network.network,
            self.party,
            tuple(sorted(_ROLES[role] for role in set(self.roles))),
            self.notary,
        )


def _change(
    context: typer.Context,
    wanted: _Wanted,
    as_json: bool,  # noqa: FBT001  # typer hands flags over as they are
) -> None:

    run_flow(context, MembershipClient, MembershipClient.change, wanted.request, output_of(as_json))


def _uneven(lines: Iterable[MembershipLine]) -> list[str]:
    """Members whose memberships at several notaries differ: suspended at one only, they act at the others."""
    found: dict[tuple[BusinessNetwork, str], dict[str, set[str]]] = {}
    for line in lines:
        said = found.setdefault((line.network, line.party), {})
        said.setdefault(line.status.name, set()).add(line.notary)
    return [
        f"{party} is in {network.name} "
        + " and ".join(f"{status} at {', '.join(sorted(at))}" for status, at in sorted(said.items()))
        for (network, party), said in sorted(found.items())
        if len(said) > 1
    ]


def _show(lines: tuple[MembershipLine, ...], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json({"memberships": [_document(line) for line in lines], "uneven": _uneven(lines)})
        return
    several = len({line.notary for line in lines}) > 1
    for line in lines:
        roles = ", ".join(_NAMES[role] for role in line.roles)
        state = "[green]active[/green]" if line.status.name == "ACTIVE" else "[yellow]suspended[/yellow]"
        where = f"  at {line.notary}" if several else ""
        out.print(f"  {line.network.name}  {line.party:<20} {roles:<28} {state}{where}", soft_wrap=True)
    for said in _uneven(lines):
        out.print(f"  [yellow]warning[/yellow]: {said}", soft_wrap=True)
    if not lines:
        facts({"members": "none known here"})


def _document(line: MembershipLine) -> dict[str, Any]:
    return {
        "network": line.network.name,
        "party": line.party,
        "roles": [_NAMES[role] for role in line.roles],
        "status": line.status.name,
        "tx_id": line.tx_id.hex(),
        "notary": line.notary,
    }
