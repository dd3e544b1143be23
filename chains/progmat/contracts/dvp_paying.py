"""The first half of contract ``dvp_receipt``: what a ``Pay`` must look like, rule by rule."""

from __future__ import annotations

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.coin_holder import require_receivers_admitted
from chains.progmat.contracts.dvp_receipt import receipt_writes, require_packet_of_terms, require_sent, rules
from chains.progmat.contracts.dvp_receipt_codec import decode_pay_evidence
from chains.progmat.contracts.ibc_records import require_endorsed, time_bounds
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.names import CASH, DVP_RECEIPT
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, Party, ProvableWrite, create_write
from chains.progmat.transactions.network_parameters import NetworkParameters
from ibc.dvp import CashAccount, LeadLeg, SettlementTerms, terms_hash, trade_paid_value, trade_path
from ibc.light_client import TimeBounds


def verify_pay(
    command: Command, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
) -> tuple[ProvableWrite, ...]:
    """Return the three writes: the trade id spent as paid, the receipt, the acknowledgement of success.

    Raises DvpReceiptViolation, IbcClientViolation, MembershipViolation, DecodeError, or the light client's errors.
    """
    evidence = decode_pay_evidence(command.data)
    terms, packet = evidence.terms, evidence.sent.packet
    now = time_bounds(ledger_tx)
    rules.equal("only cash takes part", expected={CASH, DVP_RECEIPT}, found=set(ledger_tx.contract_names))
    _terms_fit_this_ledger(terms, parameters)
    require_packet_of_terms(packet, terms)
    _now_is_in_time(terms, now)
    client = require_sent(evidence.sent, ledger_tx, package, now)
    issuer = _coins_go_from_buyer_to_seller(terms, ledger_tx)
    require_endorsed(client, issuer)
    _buyer_custodian_and_issuer_sign(terms, issuer, ledger_tx)
    hashed = terms_hash(terms)
    return create_write(trade_path(terms.trade_id), trade_paid_value(hashed)), *receipt_writes(packet, hashed)


def _terms_fit_this_ledger(terms: SettlementTerms, parameters: NetworkParameters) -> None:
    rules.equal("securities lead", expected=LeadLeg.SECURITIES, found=terms.lead_leg)
    rules.equal("the cash is of this ledger", expected=parameters.ledger_id, found=terms.cash.ledger_id)


def _now_is_in_time(terms: SettlementTerms, now: TimeBounds) -> None:
    """From lock-by on the packet may be refused by anybody: the window ends before, so the two never race."""
    rules.at_most("cash is paid by the terms' lock-by time", limit=terms.lock_by_s, found=now.latest_s)


def _coins_go_from_buyer_to_seller(terms: SettlementTerms, ledger_tx: LedgerTransaction) -> Party:
    """Free coins of the buyer's in; the agreed amount out to the seller, and at most one change back. Their issuer.

    That no more comes out than went in is contract ``cash``'s rule.
    """
    inputs, outputs = ledger_tx.inputs_of(CASH), ledger_tx.outputs_of(CASH)
    rules.some("a payment consumes coins", inputs)
    first = CashState.of(inputs[0].state)
    issuer = first.issuer
    rules.equal("the coin's issuer is the terms'", expected=terms.cash.issuer, found=issuer.name)
    paid = cash_of_terms(terms, issuer, terms.cash.seller, terms.cash.amount_yen, first.kind)
    for state in inputs:
        rules.equal("no locked coin pays", expected=None, found=state.state.encumbrance)
        _is_the_buyers(terms, issuer, CashState.of(state.state))
    for output in outputs:
        rules.equal("what is paid is free", expected=None, found=output.encumbrance)
    made = [CashState.of(output) for output in outputs]
    rules.one("the seller is paid the agreed amount", [cash for cash in made if cash == paid])
    change = [cash for cash in made if cash != paid]
    rules.at_most("there is one change output", limit=1, found=len(change))
    for cash in change:
        _is_the_buyers(terms, issuer, cash)
    require_receivers_admitted(ledger_tx, (), (paid,))
    return issuer


def cash_of_terms(
    terms: SettlementTerms, issuer: Party, account: CashAccount, amount_yen: int, kind: CoinKind = CoinKind.NONE
) -> CashState:
    """An amount of the agreed coin in an account of the terms; ``kind`` is the coin's, which is not in the terms."""
    owner = decode_single_key(account.key)
    return CashState(terms.cash.coin_id, issuer, amount_yen, owner, account.node, kind=kind)


def _is_the_buyers(terms: SettlementTerms, issuer: Party, cash: CashState) -> None:
    expected = cash_of_terms(terms, issuer, terms.cash.buyer, cash.amount_yen, cash.kind)
    rules.equal("coins and change are the buyer's, of the agreed coin", expected=expected, found=cash)


def _buyer_custodian_and_issuer_sign(terms: SettlementTerms, issuer: Party, ledger_tx: LedgerTransaction) -> None:
    """As at a lock where cash leads: the seller's custodian is a member, too, and has no say."""
    buyer = terms.cash.buyer
    members = ReferencedMembers(ledger_tx)
    custodian = members.active(buyer.node, BusinessNetwork.SC, MemberRole.CUSTODIAN)
    members.active(terms.cash.seller.node, BusinessNetwork.SC, MemberRole.CUSTODIAN)
    signers = ledger_tx.signers
    rules.signed_by("the buyer's account signs", signer=decode_single_key(buyer.key), signers=signers)
    rules.signed_by(f"the buyer's custodian {buyer.node} signs", signer=custodian.party.key, signers=signers)
    rules.signed_by(f"the issuer {issuer.name} signs", signer=issuer.key, signers=signers)
