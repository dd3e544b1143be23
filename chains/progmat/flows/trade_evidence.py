"""What a node shows of a trade to whoever knows its terms: the recorded transactions, torn.

Whoever can name all the terms knows amount, accounts and salt. The buyer's other coins, which a lock or a payment also
touches, are not shown: of the outputs only the one that pays.
"""

from __future__ import annotations

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import CASH
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Group
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.torn import TornTransaction
from chains.progmat.transactions.wire import WireTransaction
from ibc.dvp import CashAccount, SettlementTerms

SPENDING_GROUPS = frozenset({Group.PROVABLE_WRITES})
"""Of a transaction that spends coins of the buyer's own choosing: a lock, a payment; and of a cancellation."""
UNLOCKING_GROUPS = SPENDING_GROUPS | {Group.INPUTS}
"""Of an unlock: it consumes the lock and its cash alone, which the lock's own evidence names."""


def torn_opening(signed: SignedTransaction, terms: SettlementTerms) -> TornTransaction:
    """The lock, the cancellation, or the payment where securities lead."""
    return TornTransaction.of(signed, SPENDING_GROUPS, _payment_in(signed.wire, terms, (terms.cash.seller,)))


def torn_closing(signed: SignedTransaction, terms: SettlementTerms) -> TornTransaction:
    """The unlock."""
    paid = _payment_in(signed.wire, terms, (terms.cash.seller, terms.cash.buyer))
    return TornTransaction.of(signed, UNLOCKING_GROUPS, paid)


def _payment_in(wire: WireTransaction, terms: SettlementTerms, payees: tuple[CashAccount, ...]) -> int | None:
    """The free output of the agreed amount to the first of ``payees`` that has one."""
    for payee in payees:
        for index, output in enumerate(wire.outputs):
            if output.contract != CASH or output.encumbrance is not None:
                continue
            cash = CashState.of(output)
            whose = (cash.owner, cash.node) == (decode_single_key(payee.key), payee.node)
            if whose and (cash.coin_id, cash.amount_yen) == (terms.cash.coin_id, terms.cash.amount_yen):
                return index
    return None
