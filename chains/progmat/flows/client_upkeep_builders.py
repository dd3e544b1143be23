"""Builders of the flows by which light clients are recovered, endorsed and pruned.

What no ledger_tx can show is looked for here: that there is no newer record that still serves.
"""

from __future__ import annotations

from chains.progmat.contracts.ibc_records import ClientRecordStatus
from chains.progmat.contracts.ibc_upkeep import MAX_PRUNED, is_worthless
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows.building import AlreadyOnLedger, BuildContext
from chains.progmat.flows.cash_builders import require_role
from chains.progmat.flows.client_upkeep_requests import EndorseLightClient, PruneLightClient, RecoverLightClient
from chains.progmat.flows.errors import OperatorKeyMissing
from chains.progmat.flows.light_client_errors import LightClientInUse, NothingToPrune, RecoveryDiffers
from chains.progmat.flows.light_clients import active_client, client_record, consensus_in, consensus_of, known_client
from chains.progmat.flows.members import MemberNeed
from chains.progmat.flows.seams import Role
from chains.progmat.ibc_host.clients import (
    RecoveryPlan,
    build_client_endorsement,
    build_client_pruning,
    build_client_recovery,
)
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.queries import oldest_consensus
from ibc.light_client import LightClientStatus, TimeBounds


def recover_light_client(context: BuildContext, request: RecoverLightClient) -> TransactionBuilder | AlreadyOnLedger:
    """The recovery, signed with the network operator's key.

    Raises ``OperatorKeyMissing``, ``LightClientUnknown``, ``LightClientInUse``, ``LightClientIsFrozen`` for the
    substitute, and what ``build_client_recovery`` raises.
    """
    if context.keys.signer(context.verifier.parameters.operator_key) is None:
        raise OperatorKeyMissing(context.me.name)
    connection = context.connection
    client = known_client(connection, request.client_id)
    substitute = active_client(connection, request.substitute_id)
    record = client_record(client)
    if record.is_recovered and record.consensus_client_id == client_record(substitute).consensus_client_id:
        return AlreadyOnLedger(client.ref.tx_id, 0)
    context.reserve(client.ref)
    plan = RecoveryPlan(
        client=client,
        substitute=substitute,
        consensus=consensus_of(connection, substitute, 0),
        window=context.window(),
        last=_expired(context, client) if record.status is ClientRecordStatus.ACTIVE else None,
    )
    return build_client_recovery(context.frame, context.verifier.package.light_clients, plan)


def endorse_light_client(context: BuildContext, request: EndorseLightClient) -> TransactionBuilder | AlreadyOnLedger:
    """This issuer's word for a recovery. Raises ``LightClientUnknown``, ``…IsFrozen``, ``RecoveryDiffers``."""
    require_role(context, Role.ISSUER)
    client = active_client(context.connection, request.client_id)
    record = client_record(client)
    substitute = client_record(known_client(context.connection, request.substitute_id))
    if not record.is_recovered or record.consensus_client_id != substitute.consensus_client_id:
        raise RecoveryDiffers(request.client_id, request.substitute_id, record.consensus_client_id)
    issuer = context.member(MemberNeed(BusinessNetwork.SC, context.me.name, MemberRole.SC_ISSUER))
    if context.me.name in {party.name for party in record.endorsers}:
        return AlreadyOnLedger(client.ref.tx_id, 0)
    context.reserve(client.ref)
    return build_client_endorsement(context.frame, client, issuer, context.window())


def prune_light_client(context: BuildContext, request: PruneLightClient) -> TransactionBuilder:
    """The oldest expired records, consumed. Raises ``LightClientUnknown``, ``…IsFrozen``, ``NothingToPrune``."""
    require_role(context, Role.ISSUER)
    client = active_client(context.connection, request.client_id)
    record = client_record(client)
    kept = consensus_of(context.connection, client, 0)
    newest = consensus_in(kept).height
    light_client = context.verifier.package.light_clients.get(record.client_type)
    now = TimeBounds.at(context.now_s)
    pruned: list[StateAndRef] = []
    for found in oldest_consensus(context.connection, record.consensus_client_id, MAX_PRUNED):
        consensus = consensus_in(found.state_and_ref)
        if consensus.height < newest and is_worthless(light_client, record, consensus, now):
            pruned.append(found.state_and_ref)
    if not pruned:
        raise NothingToPrune(request.client_id)
    context.reserve(*(state.ref for state in pruned))
    return build_client_pruning(context.frame, client, kept, pruned, context.me.party.key, context.window())


def _expired(context: BuildContext, client: StateAndRef) -> StateAndRef:
    """The client's latest record, which must have expired."""
    record = client_record(client)
    last = consensus_of(context.connection, client, 0)
    light_client = context.verifier.package.light_clients.get(record.client_type)
    status = light_client.status(record.client_state, consensus_in(last).at, context.now_s)
    if status is not LightClientStatus.EXPIRED:
        raise LightClientInUse(record.client_id, consensus_in(last).height)
    return last
