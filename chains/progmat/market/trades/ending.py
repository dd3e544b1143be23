"""How trades end: settled by the ledger's word, cancelled at the deadline, by persons, or by the other desk's word.

Functions over a connection, each one database transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.native_terms import decode_native_terms
from chains.progmat.contracts.token import CONTRACT_OF, TokenState
from chains.progmat.contracts.transfer_note import decode_note
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
from chains.progmat.market.trades.store import find_trade, get_trade, save_trade, trades_of_set
from chains.progmat.node.storage import stored_transaction
from chains.progmat.stored_text import storable

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


def cancel_set(connection: Connection, set_id: bytes, reason: NoticeReason, now_ms: int) -> None:
    """End all of an unpaid net set: its trades are paid together, or none of them is."""
    trades = [trade for trade in trades_of_set(connection, set_id) if not trade.state.is_ended]
    for trade in trades:
        cancel(connection, trade, reason, now_ms)
    if trades:
        withdraw_payment(connection, trades[0].reference)


def cancel_by_rule(connection: Connection, trade_id: bytes, *, is_withdrawn: bool, now_ms: int) -> Trade:
    """The venue took it back, or the deadline has passed: then it ends for what held it up.

    Does nothing to one that ended, or is at work, meanwhile.
    """
    trade = get_trade(connection, trade_id)
    if trade.state.is_ended or trade.flow_id or trade.tx_id or trade.net_set or _may_be_paid(connection, trade):
        return trade
    reason = NoticeReason.CANCELLED_BY_VENUE if is_withdrawn else end_of(trade.reason or _waited_for(trade))
    return cancel(connection, trade, reason, now_ms)


def cancel_by_persons(connection: Connection, trade_id: bytes, by: Act, now_ms: int) -> Trade:
    """Two persons end a trade; who they are and what they say is kept with it, and not told to the other side.

    Raises ``NativeTradeUnknown``, ``TradeEnded``, ``TradeBeingSettled`` once a signature or a payment may stand.
    """
    trade = get_trade(connection, trade_id)
    if trade.state.is_ended:
        raise TradeEnded(trade_id, trade.state.value)
    answered = find_answer(connection, trade_id)
    is_signed = answered is not None and answered.signed_until_s > 0
    if trade.flow_id or trade.tx_id or is_signed or _may_be_paid(connection, trade):
        raise TradeBeingSettled(trade_id)
    by_seller = trade.resolved.side.sells
    reason = NoticeReason.CANCELLED_BY_SELLER if by_seller else NoticeReason.CANCELLED_BY_BUYER
    if trade.net_set:
        cancel_set(connection, trade.net_set, reason, now_ms)
        return get_trade(connection, trade_id)
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
    if trade.net_set:
        cancel_set(connection, trade.net_set, reason, now_ms)
        return
    save_trade(connection, replace(cancel(connection, trade, reason, now_ms), told=1))


def _require_delivery(connection: Connection, trade: Trade, tx_id: bytes) -> None:
    """That transaction moves the buyer's tokens to its account here, and says that it does so for this trade."""
    stored = stored_transaction(connection, tx_id)
    resolved = trade.resolved
    if stored is None or resolved.buyer is None or resolved.side is not Side.BUY:
        raise TradeStillAtWork(trade.trade_id)
    wire, contract = decoded(stored.signed_bytes).wire, CONTRACT_OF[resolved.network]
    notes = [
        decode_note(command.data) for command in wire.commands if (command.contract, command.name) == (contract, MOVE)
    ]
    if [note.trade_id for note in notes] != [trade.trade_id]:
        raise TransactionUnknown(tx_id)
    outputs = [state for state in wire.outputs if state.contract == contract]
    brought = sum(
        token.quantity
        for token in map(TokenState.of, outputs)
        if (token.token_id, token.registrar.name, token.owner.encoded())
        == (resolved.token_id, resolved.registrar, resolved.buyer.tokens_key)
    )
    if brought < resolved.quantity:
        raise TransactionUnknown(tx_id)


def _may_be_paid(connection: Connection, trade: Trade) -> bool:
    """Whether bank money was paid for it, or nothing is owed in its net set: such a trade is not cancelled."""
    return is_confirmed(connection, trade.reference) if trade.reference else bool(trade.net_set)


def _waited_for(trade: Trade) -> str:
    is_fiat = trade.pattern is not None and trade.pattern.money is Money.FIAT
    if is_fiat and trade.state is TradeState.AWAITING_PAYMENT:
        return "PAYMENT_NOT_CONFIRMED"
    return "TRADE_NOT_RESOLVED_YET" if trade.state is TradeState.RESOLVED else ""


def _tell_brokers(connection: Connection, trade: Trade, reason: NoticeReason, now_ms: int) -> None:
    parties = (trade.resolved.seller, trade.resolved.buyer)
    for broker in dict.fromkeys(party.broker for party in parties if party is not None):
        note(connection, now_ms, trade.trade_id, broker, reason)
