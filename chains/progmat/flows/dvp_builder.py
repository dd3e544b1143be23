"""Builder of the flow that settles a native trade: the seller's tokens against the buyer's cash, in one transaction."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts import native_dvp
from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.names import CASH, NATIVE_DVP
from chains.progmat.contracts.native_terms import NativeTerms, account_key, encode_native_terms
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote
from chains.progmat.flows.building import AlreadyOnLedger, BuildContext
from chains.progmat.flows.cash_builders import own_account
from chains.progmat.flows.dvp_answers import bind, find_answer
from chains.progmat.flows.errors import AccountUnknown, TradeIdUsed
from chains.progmat.flows.market_errors import BadOffer, SettleTimePassed
from chains.progmat.flows.market_requests import SettleDvp
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.token_builders import move_command, refs_of, split_tokens, take_tokens
from chains.progmat.flows.trades import find_dvp, use_of
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Command, TimeWindow, TransactionState
from primitives.errors import Refusal
from primitives.types import UnixSeconds


def settle_dvp(context: BuildContext, request: SettleDvp) -> TransactionBuilder | AlreadyOnLedger:
    """One transaction with both moves.

    Raises ``AccountUnknown``, ``SettleTimePassed``, ``TradeIdUsed``, ``BadOffer`` and the vault's shortages.
    """
    terms = request.dvp
    use = use_of(context.connection, terms.trade_id)
    if use is not None:
        return _settled_before(context, terms, use)
    if terms.seller_node != context.me.name:
        raise AccountUnknown(terms.seller_tokens.key)
    seller = own_account(context, terms.seller_tokens.key)
    own_account(context, terms.seller_cash.key)
    if context.now_s >= terms.settle_by_s:
        raise SettleTimePassed(terms.settle_by_s, context.now_s)
    coins = _offered_coins(context, terms)
    tokens = take_tokens(context, terms.network, terms.token_id, terms.registrar, terms.quantity, seller)
    issuer = coins[0].issuer
    until_s = min(terms.settle_by_s, context.deadline_s())
    if terms.buyer_node == context.me.name:
        _bind_own_answer(context, terms, until_s)
    return replace(
        context.frame.start(),
        inputs=(*refs_of(tokens), *context.prepared.offered),
        outputs=(
            *split_tokens(context, tokens, terms.quantity, terms.buyer_tokens),
            *_cash_outputs(context, terms, coins),
        ),
        commands=(
            Command(
                NATIVE_DVP,
                native_dvp.SETTLE,
                encode_native_terms(terms),
                (account_key(terms.seller_tokens), account_key(terms.buyer_cash)),
            ),
            move_command(tokens, TransferNote(TransferKind.SECONDARY, terms.trade_id)),
            Command(CASH, MOVE, b"", (account_key(terms.buyer_cash), issuer.key)),
        ),
        references=(*context.member_refs(needs_of(context.me.name, request)), *context.rule_refs()),
        time_window=TimeWindow(None, UnixSeconds(until_s)),
    )


def _settled_before(context: BuildContext, terms: NativeTerms, use: str) -> AlreadyOnLedger:
    settled = find_dvp(context.connection, terms.trade_id)
    if settled is None or settled.terms_hash != terms.hash:
        raise TradeIdUsed(terms.trade_id, use)
    return AlreadyOnLedger(settled.tx_id, 0)


def _offered_coins(context: BuildContext, terms: NativeTerms) -> list[CashState]:
    """The buyer's coins, as recorded; what is wrong with them beyond this, the contracts say."""
    states = context.verifier.recorded.of(context.connection, context.prepared.offered)
    try:
        coins = [CashState.of(states[ref]) for ref in context.prepared.offered]
    except (KeyError, Refusal) as error:
        raise BadOffer(terms.buyer_node, "it offered states that are no cash") from error
    offered_yen = sum(coin.amount_yen for coin in coins)
    if offered_yen < terms.amount_yen:
        raise BadOffer(terms.buyer_node, f"it offered {offered_yen} yen for {terms.amount_yen}")
    return coins


def _bind_own_answer(context: BuildContext, terms: NativeTerms, until_s: int) -> None:
    """One custodian for both sides signs for both at once, here."""
    known = find_answer(context.connection, terms.trade_id)
    if known is None or known.terms_hash != terms.hash or known.offered != context.prepared.offered:
        raise BadOffer(context.me.name, "another flow of this node settles the trade with other coins")
    bind(context.connection, known, until_s, context.now_s)


def _cash_outputs(context: BuildContext, terms: NativeTerms, coins: list[CashState]) -> tuple[TransactionState, ...]:
    seller = terms.seller_cash
    plain = replace(coins[0], owner_kind=OwnerKind.ACCOUNT)  # terms name accounts' own keys
    paid = replace(plain, amount_yen=terms.amount_yen, owner=decode_single_key(seller.key), node=seller.node)
    left_yen = sum(coin.amount_yen for coin in coins) - terms.amount_yen
    change = (replace(plain, amount_yen=left_yen).as_output(context.notary),) if left_yen else ()
    return (paid.as_output(context.notary), *change)
