"""The second half of contract ``dvp_receipt``: who may refuse a packet, and when.

A refusal gives the securities back to the seller and moves no cash; all the same it is not anybody's to make:

- by the buyer's account and its custodian at any time: the buyer owes nothing before he has paid;
- by an active member of the stablecoin network from lock-by on, when nobody can pay any more.

So before lock-by the seller cannot take back alone what is locked for the buyer, and the issuer cannot choose between
payment and refusal. A refusal for lateness spends no trade id: the packet's words are the sender's alone, who may have
taken another trade's id. A refusal needs the proof that the packet was sent, like a payment: a receipt written ahead of
a packet would leave it without any end.
"""

from __future__ import annotations

from chains.progmat.contracts.dvp_receipt import (
    dvp_payload_in,
    receipt_writes,
    require_packet_of_terms,
    require_sent,
    rules,
)
from chains.progmat.contracts.dvp_receipt_codec import decode_refuse_evidence
from chains.progmat.contracts.ibc_records import time_bounds
from chains.progmat.contracts.membership import (
    BusinessNetwork,
    MemberRole,
    MembershipState,
    ReferencedMembers,
)
from chains.progmat.contracts.names import DVP_RECEIPT, MEMBERSHIP
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, ProvableWrite
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import SettlementTerms
from ibc.light_client import TimeBounds
from ibc.packet import Packet


def verify_refuse(
    command: Command, ledger_tx: LedgerTransaction, package: ContractPackage
) -> tuple[ProvableWrite, ...]:
    """Return the two writes: the receipt, the error acknowledgement.

    Raises DvpReceiptViolation, IbcClientViolation, MembershipViolation, DecodeError, or the light client's errors.
    """
    evidence = decode_refuse_evidence(command.data)
    packet, now = evidence.sent.packet, time_bounds(ledger_tx)
    rules.equal("a refusal moves nothing", expected={DVP_RECEIPT}, found=set(ledger_tx.contract_names))
    if evidence.declined is None:
        _it_is_late(packet, now)
        _a_member_signs(ledger_tx)
    else:
        require_packet_of_terms(packet, evidence.declined)
        _the_buyer_declines(evidence.declined, ledger_tx)
    require_sent(evidence.sent, ledger_tx, package, now)
    return receipt_writes(packet, UNIVERSAL_ERROR_ACK)


def _it_is_late(packet: Packet, now: TimeBounds) -> None:
    lock_by_s = dvp_payload_in(packet).lock_by_s
    if now.earliest_s < lock_by_s:
        expected = f"at the earliest at {lock_by_s}, or the buyer's signature"
        raise rules.broken("before lock-by only the buyer refuses", expected=expected, found=now.earliest_s)


def _a_member_signs(ledger_tx: LedgerTransaction) -> None:
    """One that can be named: an active member of the stablecoin network, whatever its roles."""
    reference = rules.one("one membership is referenced", ledger_tx.references_of(MEMBERSHIP))
    party = MembershipState.of(reference.state).party
    ReferencedMembers(ledger_tx).active_in_any_role(party, BusinessNetwork.SC)
    rules.signed_by(f"the member {party.name} signs", signer=party.key, signers=ledger_tx.signers)


def _the_buyer_declines(terms: SettlementTerms, ledger_tx: LedgerTransaction) -> None:
    buyer = terms.cash.buyer
    custodian = ReferencedMembers(ledger_tx).active(buyer.node, BusinessNetwork.SC, MemberRole.CUSTODIAN)
    signers = ledger_tx.signers
    rules.signed_by("the buyer's account signs", signer=decode_single_key(buyer.key), signers=signers)
    rules.signed_by(f"the buyer's custodian {buyer.node} signs", signer=custodian.party.key, signers=signers)
