"""Contract ``trade``: cancelling a settlement before its cash is locked or paid.

``Cancel`` spends the trade id on this ledger for good, so neither lock nor payment can follow, and proves it to the
other chain, where the earmarked securities may then go back at once. Its data are the whole terms. Where cash leads the
account key of the buyer or of the seller named in them signs: nothing is locked yet. Where securities lead the buyer's
signs: the seller's may be locked already, and he must not be able to take them back alone. Whether the id is still free
is the notary's to say, so a cancellation that races a lock or a payment is decided by order.
"""

from __future__ import annotations

from typing import Final

from chains.progmat.contracts.errors import TradeViolation
from chains.progmat.contracts.names import TRADE
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.terms_codec import decode_terms
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite, TransactionState, create_write
from chains.progmat.transactions.network_parameters import NetworkParameters
from ibc.dvp import LeadLeg, SettlementTerms, terms_hash, trade_cancelled_value, trade_path
from primitives.composite_key import Key, decode_key

CANCEL: Final = "Cancel"

_rules = RuleBook(TradeViolation)


class TradeContract:
    """See the module's docstring."""

    name = TRADE
    version = 2

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; a cancellation needs no light client
        parameters: NetworkParameters,
    ) -> tuple[ProvableWrite, ...]:
        """Return the write that spends the trade id as cancelled. Raises TradeViolation, DecodeError."""
        command = _rules.one("a cancellation is the only command", ledger_tx.commands)
        _rules.equal("the trade command is known", expected=CANCEL, found=command.name)
        _rules.none("a cancellation consumes nothing", ledger_tx.inputs)
        _rules.none("a cancellation makes nothing", ledger_tx.outputs)
        terms = decode_terms(command.data)
        _rules.equal("the cash is of this ledger", expected=parameters.ledger_id, found=terms.cash.ledger_id)
        _who_may_cancel_signs(terms, ledger_tx)
        return (create_write(trade_path(terms.trade_id), trade_cancelled_value(terms_hash(terms))),)

    def participants(
        self,
        state: TransactionState,  # noqa: ARG002 # the protocol's signature
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[Key, ...]:
        """Nobody: a cancellation leaves no state."""
        return ()


def _who_may_cancel_signs(terms: SettlementTerms, ledger_tx: LedgerTransaction) -> None:
    buyer, seller = decode_key(terms.cash.buyer.key), decode_key(terms.cash.seller.key)
    if terms.lead_leg is LeadLeg.SECURITIES:
        _rules.signed_by("where securities lead, the buyer signs", signer=buyer, signers=ledger_tx.signers)
    elif not {buyer, seller} & ledger_tx.signers:
        raise _rules.broken("buyer or seller signs", expected="one of the two account keys", found="neither")
