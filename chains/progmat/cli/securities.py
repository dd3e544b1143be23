"""``crossdvp ledger securities``: what a registrar registers, opens and closes, forces, freezes and takes back."""

from __future__ import annotations

from typing import Annotated

import typer

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from chains.progmat.cli import securities_acts
from chains.progmat.cli.arguments import NetworkName, RequestOption, id_of_request
from chains.progmat.cli.connecting import connected, node_commands
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.cli.securities_arguments import (
    ApproverKeysOption,
    ApproverOption,
    AuthorOption,
    HolidaysName,
    HolidaysOption,
    IsinOption,
    IssueDateOption,
    KindName,
    KindOption,
    NetworkOption,
    NotaryOption,
    RecordDateOption,
    RedemptionOption,
    SecurityArgument,
    StatusName,
    StatusOption,
    TrustOption,
    UnitsOption,
    keys_of,
    terms_of,
)
from chains.progmat.client.securities_client import ListedGate, ListedSecurity, SecuritiesClient
from chains.progmat.contracts.network_control import Opening
from chains.progmat.flows.securities_requests import (
    AmendSecurity,
    RegisterSecurity,
    RetireSecurity,
    SetGate,
    SetNetworkControl,
)

app = node_commands("Securities: register, amend, retire; gates and networks; force, freeze, thaw, cancel.")
app.command("force")(securities_acts.force)
app.command("freeze")(securities_acts.freeze)
app.command("thaw")(securities_acts.thaw)
app.command("cancel")(securities_acts.cancel)

GateArgument = Annotated[str, typer.Argument(help="The gate's id.")]
ControlledFlag = Annotated[
    bool, typer.Option("--controlled", help="Moves need the business network to be open as well.")
]
LimitOption = Annotated[int, typer.Option(min=1, max=500, help="At most so many.")]


@app.command("list")
def list_securities(context: typer.Context, limit: LimitOption = 100, as_json: JsonFlag = False) -> None:
    """Securities the node knows: a registrar its own, with the units that exist."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, SecuritiesClient) as client:
            _show(await client.securities(limit), output)

    run(main, output)


@app.command()
def gates(context: typer.Context, limit: LimitOption = 100, as_json: JsonFlag = False) -> None:
    """Transfer gates and networks' controls, as the node last heard of them."""
    output = output_of(as_json)

    async def main() -> None:
        async with connected(context, SecuritiesClient) as client:
            _show_gates(await client.gates(limit), output)

    run(main, output)


@app.command()
def register(  # noqa: PLR0917 # a security's terms, option by option
    context: typer.Context,
    security: SecurityArgument,
    network: NetworkOption,
    units: UnitsOption,
    issue_date: IssueDateOption,
    approver_key: ApproverKeysOption,
    author: AuthorOption,
    approver: ApproverOption,
    gate: Annotated[str, typer.Option("--gate", help="Its tokens' transfer gate; left out: none.")] = "",
    kind: KindOption = KindName.BENEFICIARY_RIGHT,
    isin: IsinOption = "",
    trust_contract: TrustOption = "",
    redemption_date: RedemptionOption = "",
    record_date: RecordDateOption = None,
    holidays: HolidaysOption = HolidaysName.NONE,
    status: StatusOption = StatusName.PLANNED,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Register a security, before its first tokens are issued (AN only)."""

    def request() -> RegisterSecurity:
        terms = terms_of(isin, kind, trust_contract, units, issue_date, redemption_date, record_date or (), holidays)
        keys = keys_of(approver_key)
        named = (id_of_request(request_id, "register-security"), network.network, security, gate)
        return RegisterSecurity(*named, terms, status.status, keys, author, approver, notary)

    run_flow(context, SecuritiesClient, SecuritiesClient.submit, request, output_of(as_json))


@app.command()
def amend(  # noqa: PLR0917 # as register
    context: typer.Context,
    security: SecurityArgument,
    network: NetworkOption,
    units: UnitsOption,
    issue_date: IssueDateOption,
    approver_key: ApproverKeysOption,
    author: AuthorOption,
    approver: ApproverOption,
    kind: KindOption = KindName.BENEFICIARY_RIGHT,
    isin: IsinOption = "",
    trust_contract: TrustOption = "",
    redemption_date: RedemptionOption = "",
    record_date: RecordDateOption = None,
    holidays: HolidaysOption = HolidaysName.NONE,
    status: StatusOption = StatusName.LISTED,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Give a security these terms, this status and these approvers instead of those it has: say all of them."""

    def request() -> AmendSecurity:
        terms = terms_of(isin, kind, trust_contract, units, issue_date, redemption_date, record_date or (), holidays)
        keys = keys_of(approver_key)
        named = (id_of_request(request_id, "amend-security"), network.network, security)
        return AmendSecurity(*named, terms, status.status, keys, author, approver, notary)

    run_flow(context, SecuritiesClient, SecuritiesClient.submit, request, output_of(as_json))


@app.command()
def retire(
    context: typer.Context,
    security: SecurityArgument,
    network: NetworkOption,
    author: AuthorOption,
    approver: ApproverOption,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """End a security for good: nothing of it is issued any more."""

    def request() -> RetireSecurity:
        named = (id_of_request(request_id, "retire-security"), network.network, security)
        return RetireSecurity(*named, author, approver, notary)

    run_flow(context, SecuritiesClient, SecuritiesClient.submit, request, output_of(as_json))


@app.command("open")
def open_gate(
    context: typer.Context,
    gate: GateArgument,
    network: NetworkOption,
    author: AuthorOption,
    controlled: ControlledFlag = False,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Open this registrar's gate, or make it: its tokens move."""
    _set_gate(context, (gate, network, controlled, author, notary, request_id), Opening.OPEN, output_of(as_json))


@app.command("close")
def close_gate(
    context: typer.Context,
    gate: GateArgument,
    network: NetworkOption,
    author: AuthorOption,
    controlled: ControlledFlag = False,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Close this registrar's gate, or make it closed: its tokens do not move, and everything else goes on."""
    _set_gate(context, (gate, network, controlled, author, notary, request_id), Opening.CLOSED, output_of(as_json))


@app.command("open-network")
def open_network(
    context: typer.Context,
    network: NetworkOption,
    author: AuthorOption,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Open a business network (the operator's node only): what is controlled moves."""
    _set_network(context, (network, author, notary, request_id), Opening.OPEN, output_of(as_json))


@app.command("close-network")
def close_network(
    context: typer.Context,
    network: NetworkOption,
    author: AuthorOption,
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Close a business network (the operator's node only): nothing moves through controlled gates."""
    _set_network(context, (network, author, notary, request_id), Opening.CLOSED, output_of(as_json))


def _set_gate(
    context: typer.Context, wanted: tuple[str, NetworkName, bool, str, str, str], opening: Opening, output: Output
) -> None:
    gate, network, controlled, author, notary, request_id = wanted

    def request() -> SetGate:
        return SetGate(
            id_of_request(request_id, "set-gate"), network.network, gate, opening, controlled, author, notary
        )

    run_flow(context, SecuritiesClient, SecuritiesClient.submit, request, output)


def _set_network(
    context: typer.Context, wanted: tuple[NetworkName, str, str, str], opening: Opening, output: Output
) -> None:
    network, author, notary, request_id = wanted

    def request() -> SetNetworkControl:
        return SetNetworkControl(id_of_request(request_id, "set-network"), network.network, opening, author, notary)

    run_flow(context, SecuritiesClient, SecuritiesClient.submit, request, output)


def _show(found: tuple[ListedSecurity, ...], output: Output) -> None:
    rows = [_row(line) for line in found]
    if output is Output.PROGRAMS:
        show_json({"securities": rows})
        return
    for row in rows:
        facts(row)
        out.print()
    out.print(f"{len(rows)} securities")


def _row(line: ListedSecurity) -> dict[str, object]:
    terms = line.terms
    return {
        "security": line.security_id,
        "network": line.network.name,
        "registrar": line.registrar,
        "status": line.status.name,
        "gate": line.gate_id,
        "isin": terms.isin,
        "kind": terms.kind.name,
        "units": terms.units,
        "existing": line.existing,
        "frozen": line.frozen,
        "issue_date": terms.issue_date.isoformat(),
        "redemption_date": "" if terms.redemption_date is None else terms.redemption_date.isoformat(),
        "record_dates": " ".join(f"{month:02}-{day:02}" for month, day in terms.record_dates),
        "holidays": terms.holiday_adjustment.name,
        "approvers": len(line.approver_keys),
        "transaction": line.tx_id.hex(),
        "notary": line.notary,
    }


def _show_gates(found: tuple[ListedGate, ...], output: Output) -> None:
    if output is Output.PROGRAMS:
        show_json(
            {
                "gates": [
                    {
                        "network": line.network.name,
                        "gate": line.gate_id,
                        "registrar": line.registrar,
                        "opening": line.opening.name,
                        "controlled": line.controlled,
                        "notary": line.notary,
                    }
                    for line in found
                ]
            }
        )
        return
    for line in found:
        what = f"gate {line.gate_id} of {line.registrar}" if line.gate_id else "the whole network"
        controlled = ", controlled" if line.controlled else ""
        out.print(f"{line.network.name}  {what}: {line.opening.name}{controlled}  at {line.notary}", soft_wrap=True)
    out.print(f"{len(found)} gates and networks")
