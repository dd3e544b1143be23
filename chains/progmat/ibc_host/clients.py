"""Builders for light clients of other chains: create, update, freeze, recover, endorse, prune."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chains.progmat.contracts.ibc_client import CREATE, ENDORSE, FREEZE, PRUNE, RECOVER, UPDATE
from chains.progmat.contracts.ibc_records import (
    ClientRecord,
    ConsensusRecord,
    IbcRecord,
    record_hash,
    record_of,
    record_output,
)
from chains.progmat.contracts.ibc_upkeep import recovered_record
from chains.progmat.contracts.membership import MembershipState
from chains.progmat.contracts.names import IBC_CLIENT
from chains.progmat.ibc_host.errors import IbcHostRefused
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import ProvableWrite, StateAndRef, TimeWindow, create_write, delete_write
from ibc.light_client import LightClient
from light_clients.registry import LightClientRegistry
from primitives.public_key import PublicKey
from primitives.types import Hash32


@dataclass(frozen=True)
class ClientMessagePlan:
    """A client message (header or evidence of misbehaviour) for ``client``, and the states it is judged by.

    ``trusted`` is the consensus record that the message builds on, ``known`` (freeze by a header only) the one that
    contradicts the message. ``submitter`` is the node's own key.
    """

    client: StateAndRef
    trusted: StateAndRef
    message: bytes
    submitter: PublicKey
    window: TimeWindow
    known: StateAndRef | None = None


def build_client_creation(
    frame: TransactionFrame,
    registry: LightClientRegistry,
    client: ClientRecord,
    consensus_state: bytes,
    window: TimeWindow,
) -> TransactionBuilder:
    """A new light client with its first consensus, which the network operator signs for.

    Raises what the light client's ``initialise`` raises for states that do not fit.
    """
    light_client = registry.get(client.client_type)
    height = light_client.initialise(client.client_state, consensus_state)
    timestamp_s = light_client.timestamp_at(consensus_state)
    consensus = ConsensusRecord(client.client_id, height, timestamp_s, consensus_state)
    return replace(
        frame.start(),
        outputs=(record_output(client, frame.notary), record_output(consensus, frame.notary)),
        commands=(frame.validated_command(IBC_CLIENT, CREATE, b"", frame.parameters.operator_key),),
        time_window=window,
        provable_writes=(_write(client.write_path, client), _write(consensus.write_path, consensus)),
    )


def build_client_update(
    frame: TransactionFrame, registry: LightClientRegistry, plan: ClientMessagePlan
) -> TransactionBuilder:
    """One more verified height. Raises IbcHostRefused if the message brings nothing new, or the light client's errors.

    The message is not verified here: ``verify_ledger_tx`` does that.
    """
    client, light_client = _client_and_kind(registry, plan.client)
    result = light_client.update_state(client.client_state, plan.message)
    if len(result.consensus_states) != 1:
        raise IbcHostRefused(
            f"the message brings {len(result.consensus_states)} new heights, not one; do not submit it"
        )
    new = result.consensus_states[0]
    timestamp_s = light_client.timestamp_at(new.consensus_state)
    consensus = ConsensusRecord(client.consensus_client_id, new.height, timestamp_s, new.consensus_state)
    return replace(
        frame.start(),
        outputs=(record_output(consensus, frame.notary),),
        commands=(frame.validated_command(IBC_CLIENT, UPDATE, plan.message, plan.submitter),),
        time_window=plan.window,
        references=(plan.client.ref, plan.trusted.ref),
        provable_writes=(_write(consensus.write_path, consensus),),
    )


def build_client_freeze(
    frame: TransactionFrame, registry: LightClientRegistry, plan: ClientMessagePlan
) -> TransactionBuilder:
    """The end of a light client whose chain contradicted itself; raises the light client's errors."""
    client, light_client = _client_and_kind(registry, plan.client)
    frozen = client.frozen(light_client)
    known = () if plan.known is None else (plan.known.ref,)
    return replace(
        frame.start(),
        inputs=(plan.client.ref,),
        outputs=(record_output(frozen, frame.notary),),
        commands=(frame.validated_command(IBC_CLIENT, FREEZE, plan.message, plan.submitter),),
        time_window=plan.window,
        references=tuple(dict.fromkeys((plan.trusted.ref, *known))),
        provable_writes=(_write(frozen.frozen_write_path, frozen),),
    )


@dataclass(frozen=True)
class RecoveryPlan:
    """A client and the one that takes its place, with an unexpired consensus record of that.

    ``last`` is an expired consensus record of the client's own, wanted unless it is frozen.
    """

    client: StateAndRef
    substitute: StateAndRef
    consensus: StateAndRef
    window: TimeWindow
    last: StateAndRef | None = None


def build_client_recovery(
    frame: TransactionFrame, registry: LightClientRegistry, plan: RecoveryPlan
) -> TransactionBuilder:
    """The client with the substitute's state; raises what the contract and the light client's ``recover`` raise."""
    client, light_client = _client_and_kind(registry, plan.client)
    substitute, _ = _client_and_kind(registry, plan.substitute)
    recovered = recovered_record(light_client, client, substitute)
    last = () if plan.last is None else (plan.last.ref,)
    return replace(
        frame.start(),
        inputs=(plan.client.ref,),
        outputs=(record_output(recovered, frame.notary),),
        commands=(frame.validated_command(IBC_CLIENT, RECOVER, b"", frame.parameters.operator_key),),
        time_window=plan.window,
        references=(plan.substitute.ref, plan.consensus.ref, *last),
        provable_writes=(_write(recovered.recovered_write_path, recovered),),
    )


def build_client_endorsement(
    frame: TransactionFrame, client: StateAndRef, issuer: StateAndRef, window: TimeWindow
) -> TransactionBuilder:
    """The word of an issuer, whose membership is given, that its coins may follow a recovered client."""
    record, party = _record(client), MembershipState.of(issuer.state).party
    endorsed = record.endorsed_by(party)
    return replace(
        frame.start(),
        inputs=(client.ref,),
        outputs=(record_output(endorsed, frame.notary),),
        commands=(frame.validated_command(IBC_CLIENT, ENDORSE, b"", party.key),),
        time_window=window,
        references=(issuer.ref,),
        provable_writes=(_write(endorsed.endorsed_write_path(party), endorsed),),
    )


def build_client_pruning(
    frame: TransactionFrame,
    client: StateAndRef,
    kept: StateAndRef,
    pruned: Sequence[StateAndRef],
    submitter: PublicKey,
    window: TimeWindow,
) -> TransactionBuilder:
    """Expired consensus records consumed; ``kept`` is one above them."""
    records = [record_of(state.state) for state in pruned]
    return replace(
        frame.start(),
        inputs=tuple(state.ref for state in pruned),
        commands=(frame.validated_command(IBC_CLIENT, PRUNE, b"", submitter),),
        time_window=window,
        references=(client.ref, kept.ref),
        provable_writes=tuple(delete_write(record.write_path) for record in records),
    )


def _write(path: bytes, record: IbcRecord) -> ProvableWrite:
    return create_write(path, Hash32(record_hash(record)))


def _client_and_kind(registry: LightClientRegistry, state: StateAndRef) -> tuple[ClientRecord, LightClient]:
    record = _record(state)
    return record, registry.get(record.client_type)


def _record(state: StateAndRef) -> ClientRecord:
    record = record_of(state.state)
    if not isinstance(record, ClientRecord):
        raise IbcHostRefused(f"state {state.ref} is a consensus record; pass the client record")
    return record
