"""Builder of the flow by which the network operator changes a membership."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from chains.progmat.contracts import membership as contract
from chains.progmat.contracts.membership import MembershipState, MembershipStatus
from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.flows.building import AlreadyOnLedger, BuildContext
from chains.progmat.flows.errors import InvalidRequest, OperatorKeyMissing
from chains.progmat.flows.market_errors import MembershipChanging, MembershipUnknown
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.store import unrecorded_flows
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef
from chains.progmat.vault.queries import membership

_COMMANDS: Final = {
    MembershipChange.ADMIT: contract.ISSUE,
    MembershipChange.AMEND: contract.AMEND,
    MembershipChange.SUSPEND: contract.SUSPEND,
    MembershipChange.ACTIVATE: contract.ACTIVATE,
    MembershipChange.REVOKE: contract.REVOKE,
}


def change_membership(context: BuildContext, request: ChangeMembership) -> TransactionBuilder | AlreadyOnLedger:
    """What the operator decides. A membership that is so already answers with the transaction that made it so.

    Raises ``OperatorKeyMissing``, ``PartyUnknown``, ``MembershipUnknown``, ``InvalidRequest``, ``MembershipChanging``.
    """
    operator_key = context.verifier.parameters.operator_key
    if context.keys.signer(operator_key) is None:
        raise OperatorKeyMissing(context.me.name)
    _require_alone(context, request)
    known = membership(context.connection, request.network.name, request.party, context.notary.name)
    before = None if known is None else known.state_and_ref
    after = _after(context, request, before)
    if before is not None and after is not None and MembershipState.of(before.state) == after:
        return AlreadyOnLedger(before.ref.tx_id, 0)
    if before is not None:
        context.reserve(before.ref)
    return replace(
        context.frame.start(),
        inputs=() if before is None else (before.ref,),
        outputs=() if after is None else (after.as_output(context.notary),),
        commands=(Command(MEMBERSHIP, _COMMANDS[request.change], b"", (operator_key,)),),
        time_window=context.deadline(),  # dated by the notary: no later holder of the operator's key can date it back
    )


def _require_alone(context: BuildContext, request: ChangeMembership) -> None:
    """What is built and not recorded yet is in no vault: an admission has no input that two could compete for."""
    wanted = (request.network, request.party, _notary_of(context, request))
    for flow in unrecorded_flows(context.connection, FlowKind.CHANGE_MEMBERSHIP):
        other = decode_request(flow.kind, flow.request)
        if flow.flow_id == context.flow_id or not isinstance(other, ChangeMembership):
            continue
        if (other.network, other.party, _notary_of(context, other)) == wanted:
            raise MembershipChanging(request.network.name, request.party, flow.flow_id)


def _notary_of(context: BuildContext, request: ChangeMembership) -> str:
    return request.notary or context.verifier.parameters.notary.name


def _after(context: BuildContext, request: ChangeMembership, before: StateAndRef | None) -> MembershipState | None:
    """The membership as it will be; None when it is revoked."""
    if request.change is MembershipChange.ADMIT:
        party = context.party(request.party)
        admitted = MembershipState(request.network, party, request.roles, MembershipStatus.ACTIVE)
        if before is not None and MembershipState.of(before.state) != admitted:
            raise InvalidRequest("change", f"{request.party} is a member already: AMEND, ACTIVATE, or REVOKE it first")
        return admitted
    if before is None:
        raise MembershipUnknown(request.network.name, request.party)
    old = MembershipState.of(before.state)
    match request.change:
        case MembershipChange.AMEND:
            return replace(old, roles=request.roles)
        case MembershipChange.SUSPEND:
            return replace(old, status=MembershipStatus.SUSPENDED)
        case MembershipChange.ACTIVATE:
            return replace(old, status=MembershipStatus.ACTIVE)
        case _:
            return None
