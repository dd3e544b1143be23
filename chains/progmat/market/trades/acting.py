"""What single acts of the desk read and write: functions over a connection, and of trades alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from chains.progmat.contracts.native_terms import decode_native_terms
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote
from chains.progmat.flows import store as flow_store
from chains.progmat.flows.dvp_answers import find_answer
from chains.progmat.flows.market_requests import MoveToken, SettleDvp
from chains.progmat.market.trades import ending, net_sets
from chains.progmat.market.trades.errors import SellerSecuritiesShort
from chains.progmat.market.trades.following import is_withdrawn
from chains.progmat.market.trades.model import OwnParty, Trade, TradeState
from chains.progmat.market.trades.notices import note
from chains.progmat.market.trades.patterns import Money
from chains.progmat.market.trades.peer_codec import Ended
from chains.progmat.market.trades.planning import Act, Facts, FlowFacts, delay_ms, wake_ms
from chains.progmat.market.trades.reasons import NoticeReason
from chains.progmat.market.trades.store import find_trade, get_trade, save_trade
from chains.progmat.vault.holdings import balance
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount


def read_trade(connection: Connection, trade_id: bytes, now_ms: int) -> tuple[Trade, Facts]:
    """A trade and what bears on it, in one view of the database; raises ``NativeTradeUnknown``."""
    trade = get_trade(connection, trade_id)
    record = flow_store.find_flow(connection, trade.flow_id) if trade.flow_id else None
    flow = None
    if record is not None:
        flow = FlowFacts(record.step, record.tx_id or b"", record.last_error_reason, record.last_error)
    answered = find_answer(connection, trade_id)
    return trade, Facts(
        now_ms=now_ms,
        settled_by=b"" if trade.state is TradeState.SETTLED else trade.tx_id,
        flow=flow,
        is_withdrawn=is_withdrawn(connection, trade.resolved),
        has_payment=net_sets.is_paid(connection, trade),
        buyer_signed_until_s=0 if answered is None else answered.signed_until_s,
    )


def change_of(act: Act, own_name: str, trade: Trade, facts: Facts) -> Callable[[Connection], object]:
    """The database transaction that is all of an act."""
    now_ms = facts.now_ms
    changes: dict[Act, Callable[[Connection], object]] = {
        Act.CONCLUDE: partial(ending.conclude, trade=trade, tx_id=facts.settled_by, now_ms=now_ms),
        Act.CANCEL: partial(
            ending.cancel_by_rule, trade_id=trade.trade_id, is_withdrawn=facts.is_withdrawn, now_ms=now_ms
        ),
        Act.SETTLE: partial(begin_flow, own_name=own_name, trade=trade, now_ms=now_ms),
        Act.MOVE: partial(begin_flow, own_name=own_name, trade=trade, now_ms=now_ms),
        Act.FORGET: partial(save_trade, trade=replace(trade, told=1)),
        Act.WAIT: partial(save_trade, trade=replace(trade, next_due_ms=wake_ms(trade, facts))),
    }
    if facts.flow is not None:
        changes[Act.CONFIRM_MOVE] = partial(ending.conclude, trade=trade, tx_id=facts.flow.tx_id, now_ms=now_ms)
        changes[Act.RETRY] = partial(save_trade, trade=after_failure(trade, facts.flow, now_ms))
    return changes[act]


def if_unchanged(connection: Connection, seen: Trade, change: Callable[[Connection], object]) -> None:
    """Change a trade only if nobody else did since it was read; what was planned of it is void otherwise."""
    if find_trade(connection, seen.trade_id) == seen:
        change(connection)


def begin_flow(connection: Connection, own_name: str, trade: Trade, now_ms: int) -> Trade:
    """The seller's tokens are there: write down the flow that is to settle; else tell the selling broker."""
    resolved, seller = trade.resolved, _seller(trade)
    asset = Asset(resolved.network.name, resolved.token_id, resolved.registrar)
    free = balance(connection, asset, CashAccount(own_name, seller.tokens_key), now_ms // 1000).free
    if free >= resolved.quantity:
        return save_trade(connection, with_flow(trade, now_ms))
    missing = resolved.quantity - free
    note(connection, now_ms, trade.trade_id, seller.broker, NoticeReason.SELLER_SECURITIES_SHORT, missing)
    short = SellerSecuritiesShort(trade.trade_id)
    is_paid = trade.state is TradeState.AWAITING_PAYMENT  # and stays so: it moves as soon as the tokens are there
    state = TradeState.AWAITING_PAYMENT if is_paid else TradeState.SECURITIES_SHORT
    return save_trade(connection, _later(trade, state, short.reason, str(short), now_ms))


def after_failure(trade: Trade, flow: FlowFacts, now_ms: int) -> Trade:
    """The flow ended without effect; from where the cause is cured it is tried again, by another flow."""
    is_fiat = trade.pattern is not None and trade.pattern.money is Money.FIAT
    state = TradeState.HELD_UP
    if is_fiat:
        state = TradeState.AWAITING_PAYMENT
    elif flow.reason == "INSUFFICIENT_FUNDS":
        state = TradeState.BALANCE_SHORT
    elif flow.reason == "TOKENS_INSUFFICIENT":
        state = TradeState.SECURITIES_SHORT
    return _later(replace(trade, flow_id=""), state, flow.reason, flow.says[:500], now_ms)


def _later(trade: Trade, state: TradeState, reason: str, says: str, now_ms: int) -> Trade:
    waiting = trade.waiting(state, reason, says, 0)
    soon, deadline_ms = now_ms + delay_ms(waiting.attempts), trade.resolved.settle_by_s * 1000
    return replace(waiting, next_due_ms=min(soon, deadline_ms) if now_ms < deadline_ms else soon)


def with_flow(trade: Trade, now_ms: int) -> Trade:
    """The trade with the id of a flow that is to be started, the next of its rounds."""
    rounds = trade.rounds + 1
    flow_id = f"trade/{trade.trade_id.hex()}/{rounds}"
    return replace(trade, rounds=rounds, flow_id=flow_id, state=TradeState.SETTLING, next_due_ms=now_ms)


def request_of(trade: Trade) -> SettleDvp | MoveToken:
    """What the flow that the row names is asked: both legs at once, or the tokens after their payment."""
    if trade.terms:
        return SettleDvp(trade.flow_id, decode_native_terms(trade.terms))
    resolved = trade.resolved
    buyer = CashAccount(resolved.counterparty, trade.buyer_tokens_key)
    note = TransferNote(TransferKind.SECONDARY, trade.trade_id, settlement_date=resolved.settlement_day)
    return MoveToken(
        trade.flow_id,
        resolved.network,
        resolved.token_id,
        resolved.registrar,
        resolved.quantity,
        _seller(trade).tokens_key,
        buyer,
        note,
    )


def end_told(trade: Trade) -> Ended:
    """What the other desk is told of an ended trade."""
    if trade.state is TradeState.SETTLED:
        return Ended(trade.trade_id, "", trade.tx_id)
    return Ended(trade.trade_id, trade.reason, b"")


def _seller(trade: Trade) -> OwnParty:
    if trade.resolved.seller is None:  # pragma: no cover - only a seller's desk comes here
        raise TypeError("the trade has no seller here")
    return trade.resolved.seller
