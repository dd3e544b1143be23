"""Builders for a packet of the other chain that arrives, securities leading: paid for, declined, or refused as late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_paying import cash_of_terms
from chains.progmat.contracts.dvp_receipt import PAY, REFUSE, receipt_writes
from chains.progmat.contracts.dvp_receipt_codec import (
    PayEvidence,
    RefuseEvidence,
    SentPacket,
    encode_pay_evidence,
    encode_refuse_evidence,
)
from chains.progmat.contracts.membership import MembershipState
from chains.progmat.contracts.names import DVP_RECEIPT
from chains.progmat.ibc_host.errors import CoinsDoNotFit
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import StateAndRef, StateRef, TimeWindow, create_write
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import SettlementTerms, terms_hash, trade_paid_value, trade_path
from primitives.public_key import PublicKey


@dataclass(frozen=True)
class Arrival:
    """A packet as it arrives: with its proof, the client and consensus records that judge it, and a time window."""

    sent: SentPacket
    client: StateAndRef
    consensus: StateAndRef
    window: TimeWindow

    @property
    def references(self) -> tuple[StateRef, StateRef]:
        """What any answer to the packet relies on."""
        return self.client.ref, self.consensus.ref


@dataclass(frozen=True)
class PayPlan:
    """What a payment is made of.

    ``coins`` are the buyer's, for at least the agreed amount; ``custodian`` is the membership of the buyer's node,
    ``seller_custodian`` that of the seller's, ``seller_admission`` the seller's to a wholesale coin.
    """

    arrival: Arrival
    terms: SettlementTerms
    coins: tuple[StateAndRef, ...]
    custodian: StateAndRef
    seller_custodian: StateAndRef
    seller_admission: tuple[StateRef, ...] = ()


def build_pay(frame: TransactionFrame, plan: PayPlan) -> TransactionBuilder:
    """The payment of ``plan.terms``, with the change going back to the buyer. Raises CoinsDoNotFit.

    The proof is not verified here: ``verify_ledger_tx`` does that, on this node like on every other.
    """
    terms, sent = plan.terms, plan.arrival.sent
    coins = [CashState.of(coin.state) for coin in plan.coins]
    change_yen = _change(terms, coins)
    issuer = coins[0].issuer
    kind = coins[0].kind
    paid = [cash_of_terms(terms, issuer, terms.cash.seller, terms.cash.amount_yen, kind)]
    if change_yen:
        paid.append(cash_of_terms(terms, issuer, terms.cash.buyer, change_yen, kind))
    custodian = MembershipState.of(plan.custodian.state).party
    signers = (decode_single_key(terms.cash.buyer.key), custodian.key, issuer.key)
    data = encode_pay_evidence(PayEvidence(sent, terms))
    hashed = terms_hash(terms)
    members = (plan.custodian.ref, plan.seller_custodian.ref, *plan.seller_admission)
    return replace(
        frame.start(),
        inputs=tuple(coin.ref for coin in plan.coins),
        outputs=tuple(cash.as_output(frame.notary) for cash in paid),
        commands=(frame.validated_command(DVP_RECEIPT, PAY, data, *signers),),
        time_window=plan.arrival.window,
        references=tuple(dict.fromkeys((*plan.arrival.references, *members))),
        provable_writes=(
            create_write(trade_path(terms.trade_id), trade_paid_value(hashed)),
            *receipt_writes(sent.packet, hashed),
        ),
    )


def build_decline(
    frame: TransactionFrame, arrival: Arrival, terms: SettlementTerms, custodian: StateAndRef
) -> TransactionBuilder:
    """The refusal that the buyer's account and its custodian sign; ``custodian`` is the latter's membership."""
    party = MembershipState.of(custodian.state).party
    signers = (decode_single_key(terms.cash.buyer.key), party.key)
    return _refusal(frame, arrival, RefuseEvidence(arrival.sent, terms), custodian, *signers)


def build_late_refusal(frame: TransactionFrame, arrival: Arrival, member: StateAndRef) -> TransactionBuilder:
    """The refusal of a packet whose lock-by has passed. ``member`` is the signing node's membership."""
    key = MembershipState.of(member.state).party.key
    return _refusal(frame, arrival, RefuseEvidence(arrival.sent), member, key)


def _refusal(
    frame: TransactionFrame, arrival: Arrival, evidence: RefuseEvidence, member: StateAndRef, *signers: PublicKey
) -> TransactionBuilder:
    data = encode_refuse_evidence(evidence)
    return replace(
        frame.start(),
        commands=(frame.validated_command(DVP_RECEIPT, REFUSE, data, *signers),),
        time_window=arrival.window,
        references=(*arrival.references, member.ref),
        provable_writes=receipt_writes(arrival.sent.packet, UNIVERSAL_ERROR_ACK),
    )


def _change(terms: SettlementTerms, coins: Sequence[CashState]) -> int:
    total_yen = sum(coin.amount_yen for coin in coins)
    if total_yen < terms.cash.amount_yen:
        raise CoinsDoNotFit(terms.cash.amount_yen, total_yen, "too few")
    return total_yen - terms.cash.amount_yen
