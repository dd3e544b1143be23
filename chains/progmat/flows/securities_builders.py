"""Builders of the flows that register securities and set gates and networks' controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from chains.progmat.contracts import network_control, security
from chains.progmat.contracts.names import NETWORK_CONTROL, SECURITY, TRANSFER_GATE
from chains.progmat.contracts.network_control import NetworkControlState, Opening
from chains.progmat.contracts.security import SecurityState, SecurityStatus, approvers_needed
from chains.progmat.contracts.transfer_gate import TransferGateState
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.building import AlreadyOnLedger, BuildContext
from chains.progmat.flows.cash_builders import require_role
from chains.progmat.flows.errors import InvalidRequest, OperatorKeyMissing
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.rule_states import OPERATOR
from chains.progmat.flows.seams import Role
from chains.progmat.flows.securities_errors import (
    ApproverMissing,
    RuleStateChanging,
    SecurityIsRedeemed,
    SecurityUnknown,
)
from chains.progmat.flows.securities_requests import (
    AmendSecurity,
    RegisterSecurity,
    RetireSecurity,
    SetGate,
    SetNetworkControl,
)
from chains.progmat.flows.store import unrecorded_flows
from chains.progmat.keys.approver import can_sign
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Command, StateAndRef
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.keeping import existing_units
from chains.progmat.vault.rules import rule, rules_of
from primitives.errors import DecodeError
from primitives.public_key import PublicKey

_GATE_COMMANDS: Final = {Opening.OPEN: network_control.OPEN, Opening.CLOSED: network_control.CLOSE}
RequestT = TypeVar("RequestT", bound=AnyRequest)


def register_security(context: BuildContext, request: RegisterSecurity) -> TransactionBuilder | AlreadyOnLedger:
    """A new security of this registrar. Raises ``NodeRoleMissing``, ``InvalidRequest``, ``RuleStateChanging``."""
    require_role(context, Role.REGISTRAR)
    _require_alone(context, request, SECURITY, request.security_id, lambda other: other.security_id)
    made = _made(context, request, request.gate_id, request.status, _keys_of(request.approver_keys))
    known = known_security(context, request.security_id)
    if known is not None:
        if SecurityState.of(known.state) == made:
            return AlreadyOnLedger(known.ref.tx_id, 0)
        raise InvalidRequest("security_id", f"{request.security_id!r} is registered already: amend it")
    is_elsewhere = _is_as_elsewhere(context, made)
    asset = Asset(request.network.name, request.security_id, context.me.name)
    if request.gate_id and not is_elsewhere and existing_units(context.connection, [asset])[asset][0]:
        raise InvalidRequest("gate_id", f"tokens {request.security_id!r} exist, without this gate: they keep theirs")
    return replace(
        context.frame.start(),
        outputs=(made.as_output(context.notary),),
        commands=(Command(SECURITY, security.REGISTER, b"", (context.me.party.key,)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def amend_security(context: BuildContext, request: AmendSecurity) -> TransactionBuilder | AlreadyOnLedger:
    """Raises ``SecurityUnknown``, ``SecurityIsRedeemed``, ``ApproverMissing``, ``InvalidRequest``."""
    known = issuable_security(context, request.security_id)
    gate_id = SecurityState.of(known.state).gate_id
    made = _made(context, request, gate_id, request.status, _keys_of(request.approver_keys))
    return _changed(context, known, made, security.AMEND)


def retire_security(context: BuildContext, request: RetireSecurity) -> TransactionBuilder | AlreadyOnLedger:
    """Raises ``NodeRoleMissing``, ``SecurityUnknown``, ``ApproverMissing``."""
    known = the_security(context, request.security_id)
    before = SecurityState.of(known.state)
    return _changed(context, known, replace(before, status=SecurityStatus.REDEEMED), security.RETIRE)


def set_gate(context: BuildContext, request: SetGate) -> TransactionBuilder | AlreadyOnLedger:
    """This registrar's gate, made or changed. Raises ``NodeRoleMissing``, ``RuleStateChanging``."""
    require_role(context, Role.REGISTRAR)
    _require_alone(context, request, TRANSFER_GATE, request.gate_id, lambda other: other.gate_id)
    registrar = context.me.party
    made = TransferGateState(request.network, request.gate_id, registrar, request.opening, request.controlled)
    known = rule(context.connection, TRANSFER_GATE, request.gate_id, context.me.name, context.notary.name)
    before = None if known is None else known.state_and_ref
    if before is not None and TransferGateState.of(before.state) == made:
        return AlreadyOnLedger(before.ref.tx_id, 0)
    if before is not None and TransferGateState.of(before.state).network is not request.network:
        raise InvalidRequest("network", f"gate {request.gate_id!r} is of another network")
    command = Command(TRANSFER_GATE, _GATE_COMMANDS[request.opening], b"", (registrar.key,))
    return _replacing(context, before, command, made)


def set_network_control(context: BuildContext, request: SetNetworkControl) -> TransactionBuilder | AlreadyOnLedger:
    """A network's control, made or changed by its operator. Raises ``OperatorKeyMissing``, ``RuleStateChanging``."""
    operator_key = context.verifier.parameters.operator_key
    if context.keys.signer(operator_key) is None:
        raise OperatorKeyMissing(context.me.name)
    name = request.network.name
    _require_alone(context, request, NETWORK_CONTROL, name, lambda other: other.network.name)
    made = NetworkControlState(request.network, request.opening)
    known = rule(context.connection, NETWORK_CONTROL, name, OPERATOR, context.notary.name)
    before = None if known is None else known.state_and_ref
    if before is not None and NetworkControlState.of(before.state) == made:
        return AlreadyOnLedger(before.ref.tx_id, 0)
    command = Command(NETWORK_CONTROL, _GATE_COMMANDS[request.opening], b"", (operator_key,))
    return _replacing(context, before, command, made)


def known_security(context: BuildContext, security_id: str) -> StateAndRef | None:
    """This registrar's security of that id at the notary of the transaction, if one is registered."""
    known = rule(context.connection, SECURITY, security_id, context.me.name, context.notary.name)
    return None if known is None else known.state_and_ref


def the_security(context: BuildContext, security_id: str) -> StateAndRef:
    """As ``known_security``; raises ``NodeRoleMissing``, ``SecurityUnknown``."""
    require_role(context, Role.REGISTRAR)
    known = known_security(context, security_id)
    if known is None:
        raise SecurityUnknown(security_id, context.me.name, context.notary.name)
    return known


def issuable_security(context: BuildContext, security_id: str) -> StateAndRef:
    """As ``the_security``, not redeemed; raises ``SecurityIsRedeemed`` as well."""
    known = the_security(context, security_id)
    if not SecurityState.of(known.state).is_issuable:
        raise SecurityIsRedeemed(security_id)
    return known


def approvers_here(context: BuildContext, of: SecurityState, needed: int = 1) -> tuple[PublicKey, ...]:
    """So many approvers' keys that are kept here; raises ``ApproverMissing``."""
    found = tuple(key for key in of.approvers if can_sign(context.keys, key))
    if len(found) < needed:
        raise ApproverMissing(of.security_id, needed, len(found))
    return found[:needed]


def _changed(
    context: BuildContext, known: StateAndRef, made: SecurityState, command: str
) -> TransactionBuilder | AlreadyOnLedger:
    before = SecurityState.of(known.state)
    if before == made:
        return AlreadyOnLedger(known.ref.tx_id, 0)
    if before.network is not made.network:
        raise InvalidRequest("network", f"security {made.security_id!r} is of {before.network.name}")
    signers = (context.me.party.key, *approvers_here(context, before, approvers_needed(before, made)))
    return _replacing(context, known, Command(SECURITY, command, b"", signers), made)


def _replacing(
    context: BuildContext,
    before: StateAndRef | None,
    command: Command,
    made: SecurityState | TransferGateState | NetworkControlState,
) -> TransactionBuilder:
    """Dated by the notary, so that no later holder of a key can date it back."""
    if before is not None:
        context.reserve(before.ref)
    return replace(
        context.frame.start(),
        inputs=() if before is None else (before.ref,),
        outputs=(made.as_output(context.notary),),
        commands=(command,),
        time_window=context.deadline(),
    )


def _made(
    context: BuildContext,
    request: RegisterSecurity | AmendSecurity,
    gate_id: str,
    status: SecurityStatus,
    approvers: tuple[PublicKey, ...],
) -> SecurityState:
    registrar = context.me.party
    try:
        return SecurityState(
            request.network, request.security_id, registrar, gate_id, request.security, status, approvers
        )
    except MalformedComponent as error:
        raise InvalidRequest("security", str(error)) from error


def _keys_of(encoded: Sequence[bytes]) -> tuple[PublicKey, ...]:
    try:
        return tuple(decode_single_key(key) for key in sorted(encoded))
    except DecodeError as error:
        raise InvalidRequest("approver_keys", str(error)) from error


def _is_as_elsewhere(context: BuildContext, made: SecurityState) -> bool:
    """Whether another notary has it, with the same approvers and gate; raises ``InvalidRequest`` if with others.

    Units follow their owners to other notaries: the registrar registers there what it has here, and that is no way
    around those who approve changes.
    """
    elsewhere = rules_of(context.connection, SECURITY, made.security_id, context.me.name)
    for found in elsewhere:
        there = SecurityState.of(found.state)
        if (there.network, there.gate_id, there.approvers) != (made.network, made.gate_id, made.approvers):
            at = found.state.notary.name
            raise InvalidRequest("approver_keys", f"at {at} it is registered with other approvers, gate or network")
    return bool(elsewhere)


def _require_alone(
    context: BuildContext, request: RequestT, contract: str, key: str, key_of: Callable[[RequestT], str]
) -> None:
    """What is built and not recorded yet is in no vault: a first entry has no input that two could compete for."""
    for flow in unrecorded_flows(context.connection, request.kind):
        other = decode_request(flow.kind, flow.request)
        if flow.flow_id == context.flow_id or type(other) is not type(request):
            continue
        if key_of(other) == key:
            raise RuleStateChanging(contract, key, flow.flow_id)
