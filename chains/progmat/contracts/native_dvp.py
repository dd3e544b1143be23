"""Contract ``native_dvp``: tokens against cash in one transaction, exactly as the terms in it say.

``Settle`` carries the whole terms and goes with one ``Move`` of the token's contract and one of ``cash``, which check
ownership, conservation, countersignatures and memberships, each its own. Here is checked that the two moves are this
trade and nothing else: every node that signs or records compares the same terms with the same states.

That a trade id settles once is not said by a provable write: the Validators would then have to see every native trade
whole. The buyer's custodian answers for a trade with the same coins until those are spent, so two settlements of one
trade spend one state, and the notary accepts one (``flows/dvp_answers``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import NativeDvpViolation
from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.names import CASH, NATIVE_DVP
from chains.progmat.contracts.native_terms import NativeTerms, account_key, decode_native_terms
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.token import CONTRACT_OF, TokenState
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.wire import WireTransaction
from ibc.dvp import CashAccount
from primitives.composite_key import Key

SETTLE: Final = "Settle"

_rules = RuleBook(NativeDvpViolation)


class NativeDvpContract:
    """See the module's docstring."""

    name = NATIVE_DVP
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; nothing of another chain is proved
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written: always the empty tuple. Raises NativeDvpViolation, DecodeError."""
        command = _rules.one("one trade is settled", ledger_tx.commands_of(NATIVE_DVP))
        _rules.equal("the native DvP command is known", expected=SETTLE, found=command.name)
        terms = decode_native_terms(command.data)
        _nothing_else_happens(ledger_tx, terms)
        _it_is_in_time(ledger_tx, terms)
        _the_tokens_go_from_seller_to_buyer(ledger_tx, terms)
        _the_cash_goes_from_buyer_to_seller(ledger_tx, terms)
        for what, account in (("seller", terms.seller_tokens), ("buyer", terms.buyer_cash)):
            _rules.signed_by(f"the {what}'s account signs", signer=account_key(account), signers=ledger_tx.signers)
        return ()

    def participants(
        self,
        state: TransactionState,  # noqa: ARG002 # the protocol's signature
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[Key, ...]:
        """Nobody: a settlement leaves no state of its own."""
        return ()


def settled_terms(wire: WireTransaction) -> NativeTerms | None:
    """The terms that a transaction claims to settle; None if it is no settlement. Raises DecodeError."""
    for command in wire.commands:
        if command.contract == NATIVE_DVP:
            return decode_native_terms(command.data)
    return None


def _nothing_else_happens(ledger_tx: LedgerTransaction, terms: NativeTerms) -> None:
    tokens = CONTRACT_OF[terms.network]
    expected = sorted([(NATIVE_DVP, SETTLE), (CASH, MOVE), (tokens, MOVE)])
    found = sorted((command.contract, command.name) for command in ledger_tx.commands)
    _rules.equal("tokens and cash move, and nothing else happens", expected=expected, found=found)
    states = {state.state.contract for state in ledger_tx.inputs} | {state.contract for state in ledger_tx.outputs}
    _rules.equal("the states are tokens and cash", expected=sorted([CASH, tokens]), found=sorted(states))


def _it_is_in_time(ledger_tx: LedgerTransaction, terms: NativeTerms) -> None:
    window = ledger_tx.time_window
    if window is None or window.until_s is None:
        raise _rules.broken("a settlement has a deadline", expected=f"until {terms.settle_by_s}", found="none")
    _rules.at_most("it is notarised by the terms' settle-by time", limit=terms.settle_by_s, found=window.until_s)


def _the_tokens_go_from_seller_to_buyer(ledger_tx: LedgerTransaction, terms: NativeTerms) -> None:
    contract = CONTRACT_OF[terms.network]
    consumed = [TokenState.of(state.state) for state in ledger_tx.inputs_of(contract)]
    made = [TokenState.of(state) for state in ledger_tx.outputs_of(contract)]
    for token in (*consumed, *made):
        of_terms = (terms.token_id, terms.registrar)
        _rules.equal("the tokens are the agreed ones", expected=of_terms, found=(token.token_id, token.registrar.name))
    accounts_in = [_account(token) for token in consumed]
    amounts_out = [(_account(token), token.quantity) for token in made]
    _one_sided("tokens", accounts_in, amounts_out, terms.seller_tokens, terms.buyer_tokens, terms.quantity)


def _the_cash_goes_from_buyer_to_seller(ledger_tx: LedgerTransaction, terms: NativeTerms) -> None:
    consumed = [CashState.of(state.state) for state in ledger_tx.inputs_of(CASH)]
    made = [CashState.of(state) for state in ledger_tx.outputs_of(CASH)]
    for coin in (*consumed, *made):
        of_terms = (terms.coin_id, terms.issuer)
        _rules.equal("the cash is of the agreed coin", expected=of_terms, found=(coin.coin_id, coin.issuer.name))
    accounts_in = [_account(coin) for coin in consumed]
    amounts_out = [(_account(coin), coin.amount_yen) for coin in made]
    _one_sided("cash", accounts_in, amounts_out, terms.buyer_cash, terms.seller_cash, terms.amount_yen)


def _one_sided(
    what: str,
    accounts_in: Sequence[CashAccount],
    amounts_out: Sequence[tuple[CashAccount, int]],
    giver: CashAccount,
    taker: CashAccount,
    agreed: int,
) -> None:
    """All comes from the giver; the taker gets what was agreed; the rest goes back."""
    for account in accounts_in:
        _rules.equal(f"the {what} come from the agreed account", expected=giver, found=account)
    for account, _ in amounts_out:
        if account not in (giver, taker):
            raise _rules.broken(f"the {what} go to the agreed account or back", expected=taker, found=account)
    taken = sum(amount for account, amount in amounts_out if account == taker)
    _rules.equal(f"the agreed amount of {what} changes hands", expected=agreed, found=taken)


def _account(state: CashState | TokenState) -> CashAccount:
    return CashAccount(state.node, state.owner.encoded())
