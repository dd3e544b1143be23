"""How trades end: settled by the ledger's word, cancelled at the deadline, by persons, or by the other desk's word.

Functions over a connection, each one database transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.native_terms import decode_native_terms
from chains.progmat.contracts.token import CONTRACT_OF, TokenState
from chains.progmat.flows.dvp_answers import find_answer
from chains.progmat.flows.errors import TransactionUnknown
from chains.progmat.flows.signed_records import decoded
from chains.progmat.market.bank.payments import is_confirmed, withdraw_payment
from chains.progmat.market.people.acts import Act
from chains.progmat.market.trades.agreeing import withdraw_authorisation
from chains.progmat.market.trades.errors import NotTheSellersDesk, TradeBeingSettled, TradeEnded, TradeStillAtWork
from chains.progmat.market.trades.model import Side, Trade, TradeState
from chains.progmat.market.trades.notices import note
from chains.progmat.market.trades.patterns import Money
from chains.progmat.market.trades.peer_codec import Ended
from chains.progmat.market.trades.reasons import NoticeReason, end_of
from chains.progmat.market.trades.store import find_trade, get_trade, save_trade, tells_another_trade
from chains.progmat.node.storage import stored_transaction
from chains.progmat.node.storage.column_types import storable

MAX_WHY_CHARS: Final = 300
_CODES: Final = {reason.value: reason for reason in NoticeReason}


def conclude(connection: Connection, trade: Trade, tx_id: bytes, now_ms: int) -> Trade:
    """It is settled, by this ledger transaction."""
    _tell_brokers(connection, trade, NoticeReason.TRADE_SETTLED, now_ms)
    settled = replace(trade, tx_id=tx_id, flow_id="")
    return save_trade(connection, settled.at(TradeState.SETTLED, next_due_ms=now_ms))


def cancel(connection: Connection, trade: Trade, reason: NoticeReason, now_ms: int) -> Trade:
    """End it without effect: nothing is paid for it any more, no payment is waited for, and both brokers are told."""
    if trade.resolved.side is not Side.SELL and trade.terms:
        withdraw_authorisation(connection, decode_native_terms(trade.terms), now_ms)
    if trade.reference and not trade.net_set:
        withdraw_payment(connection, trade.reference)
    _tell_brokers(connection, trade, reason, now_ms)
    return save_trade(connection, trade.at(TradeState.CANCELLED, reason.value, reason.english, next_due_ms=now_ms))


def cancel_at_deadline(connection: Connection, trade_id: bytes, now_ms: int) -> Trade:
    """The deadline has passed: end it for what held it up. Does nothing to one that ended, or is at work, meanwhile."""
    trade = get_trade(connection, trade_id)
    if trade.state.is_ended or trade.flow_id or trade.tx_id or trade.net_set or _may_be_paid(connection, trade):
        return trade
    return cancel(connection, trade, end_of(trade.reason or _waited_for(trade)), now_ms)


def cancel_by_persons(connection: Connection, trade_id: bytes, by: Act, now_ms: int) -> Trade:
    """Two persons end a trade; who they are and what they say is kept with it, and not told to the other side.

    Raises ``NativeTradeUnknown``, ``TradeEnded``, ``TradeBeingSettled`` once a signature or a payment may stand.
    """
    trade = get_trade(connection, trade_id)
    if trade.state.is_ended:
        raise TradeEnded(trade_id, trade.state.value)
    answered = find_answer(connection, trade_id)
    is_signed = answered is not None and answered.signed_until_s > 0
    if trade.flow_id or trade.tx_id or trade.net_set or is_signed or _may_be_paid(connection, trade):
        raise TradeBeingSettled(trade_id)
    by_seller = trade.resolved.side.sells
    reason = NoticeReason.CANCELLED_BY_SELLER if by_seller else NoticeReason.CANCELLED_BY_BUYER
    says = f"{by.staff_id}, approved by {by.approver_staff_id}: {storable(by.reason, MAX_WHY_CHARS)}"
    return save_trade(connection, replace(cancel(connection, trade, reason, now_ms), says=says))


def hear_end(connection: Connection, asker: str, ended: Ended, now_ms: int) -> None:
    """What the other desk says of a trade; heard again, or of a trade unknown here, it changes nothing.

    A cancellation is not heard while a flow of this node may settle the trade; a settlement is believed when the ledger
    transaction is recorded here and brings the tokens. Raises ``NotTheSellersDesk``, ``TradeStillAtWork``,
    ``TransactionUnknown``.
    """
    trade = find_trade(connection, ended.trade_id)
    if trade is None:
        return
    if trade.resolved.counterparty != asker or trade.resolved.side is Side.BOTH:
        raise NotTheSellersDesk(asker, ended.trade_id)
    if trade.state.is_ended:
        return
    if ended.tx_id:
        _require_delivery(connection, trade, ended.tx_id)
        save_trade(connection, replace(conclude(connection, trade, ended.tx_id, now_ms), told=1))
        return
    if trade.flow_id or trade.tx_id or (trade.resolved.side.sells and _may_be_paid(connection, trade)):
        raise TradeStillAtWork(ended.trade_id)
    reason = _CODES.get(ended.reason, NoticeReason.CANCELLED_DEADLINE)
    save_trade(connection, replace(cancel(connection, trade, reason, now_ms), told=1))


def _require_delivery(connection: Connection, trade: Trade, tx_id: bytes) -> None:
    """The buyer's tokens are in that transaction, at its account here."""
    stored = stored_transaction(connection, tx_id)
    resolved = trade.resolved
    if stored is None or resolved.buyer is None or resolved.side is not Side.BUY:
        raise TradeStillAtWork(trade.trade_id)
    if tells_another_trade(connection, trade.trade_id, tx_id):
        raise TransactionUnknown(tx_id)
    contract = CONTRACT_OF[resolved.network]
    outputs = [state for state in decoded(stored.signed_bytes).wire.outputs if state.contract == contract]
    brought = sum(
        token.quantity
        for token in map(TokenState.of, outputs)
        if (token.token_id, token.registrar.name, token.owner.encoded())
        == (resolved.token_id, resolved.registrar, resolved.buyer.tokens_key)
    )
    if brought < resolved.quantity:
        raise TransactionUnknown(tx_id)


def _may_be_paid(connection: Connection, trade: Trade) -> bool:
    """Whether bank money may have been paid for it: what is paid for is not cancelled."""
    return bool(trade.reference) and is_confirmed(connection, trade.reference)


def _waited_for(trade: Trade) -> str:
    is_fiat = trade.pattern is not None and trade.pattern.money is Money.FIAT
    if is_fiat and trade.state is TradeState.AWAITING_PAYMENT:
        return "PAYMENT_NOT_CONFIRMED"
    return "TRADE_NOT_RESOLVED_YET" if trade.state is TradeState.RESOLVED else ""


def _tell_brokers(connection: Connection, trade: Trade, reason: NoticeReason, now_ms: int) -> None:
    parties = (trade.resolved.seller, trade.resolved.buyer)
    for broker in dict.fromkeys(party.broker for party in parties if party is not None):
        note(connection, now_ms, trade.trade_id, broker, reason)
