"""``crossdvp ledger securities force|freeze|thaw|cancel``: a registrar's acts without the holders."""

from __future__ import annotations

from typing import Annotated

import typer

from chains.console import JsonFlag, output_of
from chains.progmat.cli.arguments import RequestOption, hex_bytes, id_of_request
from chains.progmat.cli.flow_outcome import run_flow
from chains.progmat.cli.securities_arguments import (
    ApproverOption,
    AuthorOption,
    HolderOption,
    NetworkOption,
    NotaryOption,
    ReasonOption,
    ReferenceOption,
    SecurityArgument,
    account_of,
    note_of,
)
from chains.progmat.client.securities_client import SecuritiesClient
from chains.progmat.flows.securities_requests import CancelTransfer, ForceToken, FreezeToken, ThawToken

QuantityArgument = Annotated[int, typer.Argument(min=0, help="Units; 0, or left out: all of them.")]


def force(  # noqa: PLR0917 # one act, said whole
    context: typer.Context,
    security: SecurityArgument,
    quantity: Annotated[int, typer.Argument(min=1, help="Units.")],
    network: NetworkOption,
    source: Annotated[str, typer.Option("--from", help="The account that gives: NODE:KEY, the key hexadecimal.")],
    to: Annotated[str, typer.Option("--to", help="The account that takes: NODE:KEY.")],
    author: AuthorOption,
    approver: ApproverOption,
    reason: ReasonOption,
    reference: ReferenceOption = "",
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Move units without their owner: a court's order, an inheritance, a wrongful transfer."""

    def request() -> ForceToken:
        note = note_of(author, approver, reason, reference)
        named = (id_of_request(request_id, "force"), network.network, security, quantity)
        return ForceToken(*named, account_of(source, "--from"), account_of(to, "--to"), note, notary)

    run_flow(context, SecuritiesClient, SecuritiesClient.submit, request, output_of(as_json))


def freeze(
    context: typer.Context,
    security: SecurityArgument,
    network: NetworkOption,
    holder: HolderOption,
    author: AuthorOption,
    approver: ApproverOption,
    reason: ReasonOption,
    quantity: QuantityArgument = 0,
    reference: ReferenceOption = "",
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Freeze units of an account; while any are, nothing of the security moves from or to it."""

    def request() -> FreezeToken:
        note = note_of(author, approver, reason, reference)
        named = (id_of_request(request_id, "freeze"), network.network, security, quantity)
        return FreezeToken(*named, account_of(holder, "--holder"), note, notary)

    run_flow(context, SecuritiesClient, SecuritiesClient.submit, request, output_of(as_json))


def thaw(
    context: typer.Context,
    security: SecurityArgument,
    network: NetworkOption,
    holder: HolderOption,
    author: AuthorOption,
    approver: ApproverOption,
    reason: ReasonOption,
    quantity: QuantityArgument = 0,
    reference: ReferenceOption = "",
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Free frozen units of an account."""

    def request() -> ThawToken:
        note = note_of(author, approver, reason, reference)
        named = (id_of_request(request_id, "thaw"), network.network, security, quantity)
        return ThawToken(*named, account_of(holder, "--holder"), note, notary)

    run_flow(context, SecuritiesClient, SecuritiesClient.submit, request, output_of(as_json))


def cancel(
    context: typer.Context,
    security: SecurityArgument,
    transaction: Annotated[str, typer.Argument(help="The transfer's ledger transaction, hexadecimal.")],
    network: NetworkOption,
    author: AuthorOption,
    approver: ApproverOption,
    reason: ReasonOption,
    reference: ReferenceOption = "",
    notary: NotaryOption = "",
    request_id: RequestOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Take an earlier transfer back to the accounts it came from, while what it brought is there and free."""

    def request() -> CancelTransfer:
        note = note_of(author, approver, reason, reference, hex_bytes(transaction, "the transaction"))
        named = (id_of_request(request_id, "cancel"), network.network, security)
        return CancelTransfer(*named, note, notary)

    run_flow(context, SecuritiesClient, SecuritiesClient.submit, request, output_of(as_json))
