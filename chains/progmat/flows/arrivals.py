"""What this node owes a packet of the other chain: payment, the buyer's refusal, the refusal of a late one, or nothing.

The one place that decides it, asked before a flow is started, when memberships are gathered, and when it is built.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from chains.progmat.contracts.dvp_receipt import dvp_payload_in
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.terms_codec import decode_terms
from chains.progmat.flows.arrival_errors import PacketNotExpected, PacketTimedOut, RefusalTooEarly
from chains.progmat.flows.authorisations import authorised_terms_of
from chains.progmat.flows.errors import LockTimePassed, PacketAlreadyProcessed, TradeIdUsed
from chains.progmat.flows.member_needs import Needs, custodian_of_cash
from chains.progmat.flows.members import MemberNeed
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.trades import find_receipt, find_trade
from chains.progmat.flows.views import TradeStatus
from chains.progmat.node.storage import stored_transaction
from ibc.dvp import DvpPayload, SettlementTerms, payload_of
from ibc.packet import Packet


@dataclass(frozen=True)
class Payment:
    """The buyer's platform wants these terms, and there is time to pay."""

    terms: SettlementTerms

    @property
    def needs(self) -> Needs:
        """The memberships that the payment references."""
        return tuple(custodian_of_cash(side.node) for side in (self.terms.cash.buyer, self.terms.cash.seller))


@dataclass(frozen=True)
class Decline:
    """The trade was cancelled on this ledger, in the buyer's name."""

    terms: SettlementTerms

    @property
    def needs(self) -> Needs:
        """The membership of the custodian that declines."""
        return (custodian_of_cash(self.terms.cash.buyer.node),)


@dataclass(frozen=True)
class LateRefusal:
    """Lock-by has passed: nobody can pay any more, and the issuer's node gives the securities back."""

    issuer: str

    @property
    def needs(self) -> Needs:
        """The issuer's own membership."""
        return (MemberNeed(BusinessNetwork.SC, self.issuer, MemberRole.SC_ISSUER),)


Answer = Payment | Decline | LateRefusal


def answer_to(connection: Connection, me: NodeSelf, packet: Packet, now_s: int) -> Answer:
    """What this node owes the packet now.

    Raises ``PacketAlreadyProcessed``, ``PacketTimedOut``, ``LockTimePassed``, ``TradeIdUsed``, ``PacketNotExpected``,
    ``RefusalTooEarly``, and ``DvpReceiptViolation`` or ``InvalidTerms`` for words that are no settlement's.
    """
    known = find_receipt(connection, packet)
    if known is not None:
        raise PacketAlreadyProcessed(packet.sequence, known.tx_id)
    if now_s >= packet.timeout_s:
        raise PacketTimedOut(packet.sequence, packet.timeout_s, now_s)
    words = dvp_payload_in(packet)
    cancelled = _cancelled_here(connection, me.name, words)
    if cancelled is not None:
        return Decline(cancelled)
    wanted = authorised_terms_of(connection, words)
    if wanted is not None and now_s < words.lock_by_s:
        return Payment(wanted)
    if Role.ISSUER in me.roles:
        if now_s < words.lock_by_s:
            raise RefusalTooEarly(packet.sequence, words.lock_by_s, now_s)
        return LateRefusal(me.name)
    if wanted is not None:
        raise LockTimePassed(words.lock_by_s, now_s)
    raise PacketNotExpected(words.trade_id)


def _cancelled_here(connection: Connection, own_name: str, words: DvpPayload) -> SettlementTerms | None:
    """The terms of the packet's words, if they were cancelled for a buyer of this node.

    Raises ``TradeIdUsed`` when the trade id went to something else.
    """
    trade = find_trade(connection, words.trade_id)
    if trade is None:
        return None
    if trade.status is TradeStatus.CANCELLED:
        stored = stored_transaction(connection, trade.opening_tx_id)
        terms = decode_terms(decoded(stored.signed_bytes).wire.commands[0].data) if stored is not None else None
        if terms is not None and payload_of(terms).value == words.encode():
            return terms if terms.cash.buyer.node == own_name else None
    raise TradeIdUsed(words.trade_id, trade.status.value)
