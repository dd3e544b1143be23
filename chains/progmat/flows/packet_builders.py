"""Builder of the flow that answers a packet of the other chain: the payment, or a refusal."""

from __future__ import annotations

from chains.progmat.contracts.dvp_receipt_codec import SentPacket
from chains.progmat.flows.arrival_errors import AnswerHasChanged, TermsOfAnotherChain
from chains.progmat.flows.arrivals import Answer, Decline, Payment, answer_to
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.cash_builders import coin, own_account, take
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.light_clients import active_client, client_record, consensus_of
from chains.progmat.flows.requests import ReceivePacket
from chains.progmat.ibc_host.receiving import Arrival, PayPlan, build_decline, build_late_refusal, build_pay
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.holdings import CoinsUnder
from chains.progmat.vault.queries import kept_states


def receive_packet(context: BuildContext, request: ReceivePacket) -> TransactionBuilder:
    """What this node owes the packet. Raises what ``answer_to`` raises, light clients' errors, and shortages."""
    packet = request.packet
    answer = answer_to(context.connection, context.me, packet, context.now_s)
    members = _members(context, answer, packet.sequence)
    until_s = answer.terms.lock_by_s if isinstance(answer, Payment) else packet.timeout_s
    client = active_client(context.connection, packet.destination_client)
    arrival = Arrival(
        sent=SentPacket(packet, request.proof, request.height),
        client=client,
        consensus=consensus_of(context.connection, client, request.height),
        window=context.window(until_s),
    )
    if isinstance(answer, Payment):
        return build_pay(context.frame, _payment(context, answer, arrival, members))
    if isinstance(answer, Decline):
        return build_decline(context.frame, arrival, answer.terms, members[0])
    return build_late_refusal(context.frame, arrival, members[0])


def _members(context: BuildContext, answer: Answer, sequence: int) -> tuple[StateAndRef, ...]:
    """The memberships of ``answer.needs``, in order; raises ``AnswerHasChanged`` if others were gathered."""
    prepared = context.prepared.members
    found = [prepared.get((need.network, need.party)) for need in answer.needs]
    if None in found:
        raise AnswerHasChanged(sequence)
    return tuple(member for member in found if member is not None)


def _payment(context: BuildContext, answer: Payment, arrival: Arrival, members: tuple[StateAndRef, ...]) -> PayPlan:
    _require_chain_of_terms(context, answer, arrival)
    cash = answer.terms.cash
    buyer = own_account(context, cash.buyer.key)
    context.party(cash.seller.node)
    spent = take(context, coin(cash.coin_id, cash.issuer), cash.amount_yen, buyer, CoinsUnder.ACCOUNT_KEY)
    states = kept_states(context.connection, [holding.ref for holding in spent])
    coins = tuple(StateAndRef(ref, state) for ref, state in states.items())
    custodians = {"custodian": members[0], "seller_custodian": members[1]}
    return PayPlan(arrival, answer.terms, coins, **custodians, seller_admission=context.rule_refs())


def _require_chain_of_terms(context: BuildContext, answer: Payment, arrival: Arrival) -> None:
    """The packet's words do not name their chain, the acknowledgement does: for another one it would open nothing."""
    record = client_record(arrival.client)
    reader = context.chain_readers.get(record.client_type)
    if reader is None:
        raise InvalidRequest("packet", f"a {record.client_type} light client does not say which chain it follows")
    found = reader.chain_id_of(record.client_state)
    if found != answer.terms.security.chain_id:
        raise TermsOfAnotherChain(answer.terms.trade_id, answer.terms.security.chain_id, found)
