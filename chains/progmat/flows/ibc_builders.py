"""Builders of the flows that meet another chain: lock, cancel, unlock, and light clients.

Each finds in the vault what ``ibc_host`` builds from, and names what is missing. That proofs hold is decided by the
contracts, which every built transaction passes before it is signed here.
"""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.dvp_lock_codec import AckEvidence, Evidence, TimeoutEvidence
from chains.progmat.contracts.ibc_records import ClientRecord
from chains.progmat.flows.authorisations import require_authorised, require_unused_trade_id
from chains.progmat.flows.building import AlreadyOnLedger, BuildContext
from chains.progmat.flows.cash_builders import coin, own_account, owner_key, require_role, take
from chains.progmat.flows.errors import (
    AccountUnknown,
    InvalidRequest,
    LightClientExists,
    LockTimePassed,
    OperatorKeyMissing,
    PacketAlreadyProcessed,
    PacketUnknown,
)
from chains.progmat.flows.light_clients import active_client, client_record, consensus_in, consensus_of
from chains.progmat.flows.member_needs import custodian_of_cash
from chains.progmat.flows.requests import (
    AckPacket,
    CancelTrade,
    CreateLightClient,
    LockCash,
    SubmitMisbehaviour,
    TimeoutPacket,
    UpdateLightClient,
)
from chains.progmat.flows.seams import Role
from chains.progmat.flows.store import next_count
from chains.progmat.flows.trades import find_trade_of_packet
from chains.progmat.flows.views import TradeStatus
from chains.progmat.ibc_host.clients import (
    ClientMessagePlan,
    build_client_creation,
    build_client_freeze,
    build_client_update,
)
from chains.progmat.ibc_host.earmark import EarmarkProof, require_earmark
from chains.progmat.ibc_host.sequences import packet_sequence
from chains.progmat.ibc_host.settlement import LockPlan, UnlockPlan, build_cancel, build_lock, build_unlock
from chains.progmat.node.storage import stored_transaction
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.holdings import CoinsUnder
from chains.progmat.vault.queries import consensus_around, consensus_record, hold, kept_states, light_client
from ibc.dvp import LeadLeg, terms_hash
from ibc.errors import Misbehaviour
from ibc.light_client import TimeBounds
from ibc.packet import Packet

PACKET_COUNTER = "packet_sequence"


def lock_cash(context: BuildContext, request: LockCash) -> TransactionBuilder:
    """The buyer's cash under a lock, once its platform wants these terms and the earmark is proved.

    A number that a failed flow took is not used again.
    """
    terms = request.terms
    require_unused_trade_id(context.connection, terms.trade_id)
    buyer = own_account(context, terms.cash.buyer.key)
    if terms.cash.buyer.node != context.me.name:
        raise AccountUnknown(terms.cash.buyer.key)
    require_authorised(context.connection, terms.cash.buyer.key, terms.trade_id, terms_hash(terms))
    context.party(terms.cash.seller.node)
    if context.now_s >= terms.lock_by_s:
        raise LockTimePassed(terms.lock_by_s, context.now_s)
    client = active_client(context.connection, request.client_id)
    _require_earmark(context, request, client)
    cash = terms.cash
    spent = take(context, coin(cash.coin_id, cash.issuer), cash.amount_yen, buyer, CoinsUnder.ACCOUNT_KEY)
    states = kept_states(context.connection, [holding.ref for holding in spent])
    counter = next_count(context.connection, PACKET_COUNTER)
    plan = LockPlan(
        terms=terms,
        sequence=packet_sequence(context.me.index, counter),
        window=context.window(terms.lock_by_s),
        coins=tuple(StateAndRef(ref, state) for ref, state in states.items()),
        client=client,
        custodian=context.member(custodian_of_cash(context.me.name)),
        seller_custodian=context.member(custodian_of_cash(terms.cash.seller.node)),
        seller_admission=context.rule_refs(),
    )
    return build_lock(context.frame, plan)


def cancel_trade(context: BuildContext, request: CancelTrade) -> TransactionBuilder:
    """The trade id spent, signed by the side whose account is kept here; where securities lead, the buyer's alone."""
    terms = request.terms
    require_unused_trade_id(context.connection, terms.trade_id)
    buyer, seller = terms.cash.buyer, terms.cash.seller
    for side in (buyer,) if terms.lead_leg is LeadLeg.SECURITIES else (buyer, seller):
        if side.node == context.me.name:
            account = own_account(context, side.key)
            return replace(build_cancel(context.frame, terms, owner_key(account)), time_window=context.deadline())
    raise AccountUnknown(terms.cash.buyer.key)


def ack_packet(context: BuildContext, request: AckPacket) -> TransactionBuilder:
    """The unlock that an acknowledgement calls for."""
    evidence = AckEvidence(request.acknowledgement, request.proof, request.height)
    return _unlock(context, request.packet, evidence)


def timeout_packet(context: BuildContext, request: TimeoutPacket) -> TransactionBuilder:
    """The unlock back to the buyer."""
    return _unlock(context, request.packet, TimeoutEvidence(request.proof, request.height))


def create_light_client(context: BuildContext, request: CreateLightClient) -> TransactionBuilder:
    """A new light client, signed with the network operator's key."""
    if context.keys.signer(context.verifier.parameters.operator_key) is None:
        raise OperatorKeyMissing(context.me.name)
    if light_client(context.connection, request.client_id) is not None:
        raise LightClientExists(request.client_id)
    record = ClientRecord(
        client_id=request.client_id,
        client_type=request.client_type,
        client_state=request.client_state,
        counterparty_client_id=request.counterparty_client_id,
        counterparty_merkle_prefix=request.counterparty_merkle_prefix,
    )
    registry = context.verifier.package.light_clients
    return build_client_creation(context.frame, registry, record, request.consensus_state, context.window())


def update_light_client(context: BuildContext, request: UpdateLightClient) -> TransactionBuilder | AlreadyOnLedger:
    """One more verified height, unless it is recorded. Raises ``Misbehaviour`` when the header contradicts one."""
    plan = _message_plan(context, request)
    if plan.known is not None:
        raise Misbehaviour(
            "a recorded height contradicts the header: submit the message as misbehaviour",
            found=consensus_in(plan.known).height,
        )
    record = client_record(plan.client)
    kind = context.verifier.package.light_clients.get(record.client_type)
    height = kind.message_height(request.client_message)
    recorded = consensus_record(context.connection, record.consensus_client_id, height)
    if recorded is None:
        return build_client_update(context.frame, context.verifier.package.light_clients, plan)
    stored = stored_transaction(context.connection, recorded.ref.tx_id)
    position = stored.journal_position if stored is not None else None
    return AlreadyOnLedger(recorded.ref.tx_id, position or 0)


def submit_misbehaviour(context: BuildContext, request: SubmitMisbehaviour) -> TransactionBuilder:
    """The end of a light client."""
    plan = _message_plan(context, request)
    context.reserve(plan.client.ref)
    return build_client_freeze(context.frame, context.verifier.package.light_clients, plan)


def _require_earmark(context: BuildContext, request: LockCash, client: StateAndRef) -> None:
    record = client_record(client)
    reader = context.chain_readers.get(record.client_type)
    if reader is None:
        raise InvalidRequest("client_id", f"a {record.client_type} light client cannot prove an earmark")
    consensus = consensus_in(consensus_of(context.connection, client, request.earmark.height))
    proof = EarmarkProof(request.earmark.account_proof, request.earmark.storage_proof)
    require_earmark(request.terms, record, consensus, proof, reader.read_storage, TimeBounds.at(context.now_s))


def _unlock(context: BuildContext, packet: Packet, evidence: Evidence) -> TransactionBuilder:
    require_role(context, Role.ISSUER)
    known = find_trade_of_packet(context.connection, packet)
    if known is None:
        raise PacketUnknown(packet.source_client, packet.sequence)
    held = hold(context.connection, known.trade_id)
    if known.status is not TradeStatus.LOCKED or held is None:
        raise PacketAlreadyProcessed(packet.sequence, known.closing_tx_id)
    locked = held.cash[0]
    client = active_client(context.connection, packet.source_client)
    context.reserve(held.lock.ref, locked.ref)
    plan = UnlockPlan(
        lock=held.lock.state_and_ref,
        cash=locked.state_and_ref,
        client=client,
        consensus=consensus_of(context.connection, client, evidence.height),
        evidence=evidence,
        window=context.window(),
    )
    return build_unlock(context.frame, plan)


def _message_plan(context: BuildContext, request: UpdateLightClient | SubmitMisbehaviour) -> ClientMessagePlan:
    """``known`` is a recorded height that contradicts the message, at its own height or next to it."""
    require_role(context, Role.ISSUER)
    client = active_client(context.connection, request.client_id)
    record = client_record(client)
    kind = context.verifier.package.light_clients.get(record.client_type)
    around = consensus_around(
        context.connection, record.consensus_client_id, kind.message_height(request.client_message)
    )
    contradicting = [
        found.state_and_ref
        for found in around
        if kind.check_for_misbehaviour(
            record.client_state, consensus_in(found.state_and_ref).at, request.client_message
        )
    ]
    return ClientMessagePlan(
        client=client,
        trusted=consensus_of(context.connection, client, kind.trusted_height(request.client_message)),
        message=request.client_message,
        submitter=context.me.party.key,
        window=context.window(),
        known=contradicting[0] if contradicting else None,
    )
