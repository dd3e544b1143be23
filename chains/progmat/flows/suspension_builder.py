"""Builder of the flow by which a member brings evidence against a Validator that signed twice."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.membership import BusinessNetwork, MembershipState, MembershipStatus
from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.contracts.validator_suspension import SUSPEND_VALIDATOR, proved_suspension
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.errors import InvalidRequest, MembershipMissing
from chains.progmat.flows.market_requests import SuspendValidator
from chains.progmat.flows.recording import MAX_MEMBERS
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.queries import members
from primitives.errors import Refusal
from primitives.public_key import PublicKey


def suspend_validator(context: BuildContext, request: SuspendValidator) -> TransactionBuilder:
    """The suspension that the evidence calls for, of the key and of the memberships this node knows the key to have.

    Raises ``InvalidRequest`` for evidence that convicts no Validator of the epoch in force, ``MembershipMissing`` where
    this node is no active member itself.
    """
    try:
        proved = proved_suspension(request.evidence, context.verifier.parameters)
    except Refusal as refusal:
        raise InvalidRequest("evidence", f"{refusal.reason}: {refusal}") from refusal
    active = _active_members(context)
    own = _held_by(active, context.party(context.me.name).key)
    if not own:
        raise MembershipMissing(context.me.name, "any", context.notary.name)
    held = _held_by(active, proved.validator)
    context.reserve(*(state.ref for state in held))
    command = context.frame.validated_command(MEMBERSHIP, SUSPEND_VALIDATOR, request.evidence, context.me.party.key)
    return replace(
        context.frame.start(),
        inputs=tuple(state.ref for state in held),
        outputs=tuple(
            replace(MembershipState.of(state.state), status=MembershipStatus.SUSPENDED).as_output(context.notary)
            for state in held
        ),
        commands=(command,),
        references=(own[0].ref,),
        time_window=context.deadline(),
        provable_writes=(proved.write,),
    )


def _active_members(context: BuildContext) -> list[StateAndRef]:
    """Active memberships at the notary as this vault knows them."""
    known = [
        found.state_and_ref
        for network in BusinessNetwork
        for found in members(context.connection, network.name, MAX_MEMBERS)
        if found.state.notary == context.notary
    ]
    return [state for state in known if MembershipState.of(state.state).status is MembershipStatus.ACTIVE]


def _held_by(active: list[StateAndRef], key: PublicKey) -> list[StateAndRef]:
    return [state for state in active if MembershipState.of(state.state).party.key == key]
