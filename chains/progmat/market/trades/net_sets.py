"""Net sets in the database: closed once, paid by one payment, then every trade's tokens move.

A set is all or nothing: its trades leave the ordinary deadline behind when it is closed, no one of them is cancelled
alone, and once its payment is confirmed each one moves, however often that has to be tried.

Functions over a connection.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Row, select

from chains.progmat.market.bank.desk import expect
from chains.progmat.market.bank.model import Direction, ExpectedPayment
from chains.progmat.market.bank.payments import is_confirmed
from chains.progmat.market.trades.agreeing import payment_reference
from chains.progmat.market.trades.errors import NetSetDiffers, SellerSecuritiesShort
from chains.progmat.market.trades.model import Side, Trade, TradeState
from chains.progmat.market.trades.netting import NetLine, NetSet, net_of
from chains.progmat.market.trades.patterns import Money
from chains.progmat.market.trades.store import save_trade, trades_of_day, trades_of_set
from chains.progmat.market.trades.tables import net_sets
from chains.progmat.node.storage import insert
from chains.progmat.vault.holdings import balance
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount


class NetState(Enum):
    """Where a net set stands, read off its payment and trades."""

    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    MOVING = "MOVING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class KeptNetSet:
    """A closed set, the reference of its payment (empty where nothing is owed), and where it stands here."""

    net_set: NetSet
    reference: str
    state: NetState


def candidate(connection: Connection, own_name: str, broker_a: str, broker_b: str, day: date) -> NetSet:
    """The set of what waits for a net payment here; raises ``NetSetEmpty``."""
    pair = {broker_a, broker_b}
    waiting = trades_of_day(connection, day, TradeState.AWAITING_PAYMENT)
    lines = [_line(own_name, trade) for trade in waiting if _is_for_netting(trade)]
    return net_of(broker_a, broker_b, day, [line for line in lines if {line.payer, line.receiver} == pair])


def close_set(connection: Connection, own_name: str, wanted: NetSet, now_ms: int) -> KeptNetSet:
    """Close a set that was a candidate; known already, nothing happens.

    Raises ``NetSetDiffers`` if trades came or went meanwhile, ``SellerSecuritiesShort`` if this node's sellers could
    not deliver all of it.
    """
    known = find_set(connection, wanted.set_id)
    if known is not None:
        return known
    found = candidate(connection, own_name, wanted.broker_a, wanted.broker_b, wanted.settlement_day)
    if found.set_id != wanted.set_id:
        raise NetSetDiffers(own_name, found.set_id, wanted.set_id)
    members = {line.trade_id for line in found.lines}
    trades = [
        trade
        for trade in trades_of_day(connection, found.settlement_day, TradeState.AWAITING_PAYMENT)
        if trade.trade_id in members
    ]
    _require_tokens(connection, own_name, trades, now_ms)
    reference = payment_reference("N", found.set_id) if found.payer else ""
    values = {
        "set_id": found.set_id,
        "broker_a": found.broker_a,
        "broker_b": found.broker_b,
        "settlement_day": found.settlement_day.isoformat(),
        "payer": found.payer,
        "net_yen": found.net_yen,
        "reference": reference,
        "at_ms": now_ms,
    }
    connection.execute(insert(net_sets).values(**values))
    if found.payer:
        expect(connection, _expected(found, reference, trades), now_ms)
    for trade in trades:
        save_trade(connection, replace(trade, net_set=found.set_id, reference=reference, next_due_ms=now_ms))
    return KeptNetSet(found, reference, NetState.AWAITING_PAYMENT if found.payer else NetState.MOVING)


def agree(connection: Connection, own_name: str, offered_id: bytes, broker_a: str, broker_b: str, day: date) -> bytes:
    """The id of the set that is had here: a closed one of that id, else the candidate's. Raises ``NetSetEmpty``."""
    if find_set(connection, offered_id) is not None:
        return offered_id
    return candidate(connection, own_name, broker_a, broker_b, day).set_id


def is_paid(connection: Connection, trade: Trade) -> bool:
    """Whether the payment of a trade or of its net set is confirmed; a set in which nothing is owed is paid."""
    if trade.net_set and not trade.reference:
        return True
    return bool(trade.reference) and is_confirmed(connection, trade.reference)


def find_set(connection: Connection, set_id: bytes) -> KeptNetSet | None:
    """A closed set, or None."""
    row = connection.execute(select(net_sets).where(net_sets.c.set_id == set_id)).one_or_none()
    return None if row is None else _kept(connection, row)


def list_sets(connection: Connection, limit: int) -> list[KeptNetSet]:
    """Closed sets, the newest first."""
    query = select(net_sets).order_by(net_sets.c.at_ms.desc(), net_sets.c.set_id).limit(limit)
    return [_kept(connection, row) for row in connection.execute(query).all()]


def _kept(connection: Connection, row: Row[Any]) -> KeptNetSet:
    trades = trades_of_set(connection, row.set_id)
    day = date.fromisoformat(row.settlement_day)
    lines = tuple(_line_between(row.broker_a, row.broker_b, trade) for trade in trades)
    net_set = NetSet(row.broker_a, row.broker_b, day, lines, row.payer, row.net_yen)
    paid = not row.reference or is_confirmed(connection, row.reference)
    done = all(trade.state is TradeState.SETTLED for trade in trades)
    if all(trade.state is TradeState.CANCELLED for trade in trades):
        return KeptNetSet(net_set, row.reference, NetState.CANCELLED)
    state = NetState.AWAITING_PAYMENT if not paid else NetState.DONE if done else NetState.MOVING
    return KeptNetSet(net_set, row.reference, state)


def _is_for_netting(trade: Trade) -> bool:
    return not trade.reference and trade.pattern is not None and trade.pattern.money is Money.FIAT


def _line(own_name: str, trade: Trade) -> NetLine:
    """Between two custodians a broker goes by the name of its own node, which both sides know."""
    resolved = trade.resolved
    if resolved.side is Side.BOTH and resolved.seller and resolved.buyer:
        return NetLine(trade.trade_id, resolved.buyer.broker, resolved.seller.broker, resolved.amount_yen)
    if resolved.side is Side.SELL:
        return NetLine(trade.trade_id, resolved.counterparty, own_name, resolved.amount_yen)
    return NetLine(trade.trade_id, own_name, resolved.counterparty, resolved.amount_yen)


def _line_between(broker_a: str, broker_b: str, trade: Trade) -> NetLine:
    if trade.resolved.side is Side.BOTH:
        return _line("", trade)
    own = broker_a if trade.resolved.counterparty == broker_b else broker_b
    return _line(own, trade)


def _expected(net_set: NetSet, reference: str, trades: list[Trade]) -> ExpectedPayment:
    """In at the receiver's custodian, out at the payer's; one custodian of both keeps the receiver's account."""
    is_received = any(
        trade.resolved.side is Side.BOTH or trade.resolved.counterparty == net_set.payer for trade in trades
    )
    names = {trade.payer_name for trade, line in zip(trades, net_set.lines, strict=True) if line.payer == net_set.payer}
    payer_name = names.pop() if len(names) == 1 else ""
    direction = Direction.DEPOSIT if is_received else Direction.WITHDRAWAL
    return ExpectedPayment(reference, direction, net_set.net_yen, payer_name)


def _require_tokens(connection: Connection, own_name: str, trades: list[Trade], now_ms: int) -> None:
    """Every seller here has what it sells in this set, all its trades together."""
    wanted: dict[tuple[Asset, bytes], int] = {}
    for trade in trades:
        resolved = trade.resolved
        if resolved.seller is not None:
            key = (Asset(resolved.network.name, resolved.token_id, resolved.registrar), resolved.seller.tokens_key)
            wanted[key] = wanted.get(key, 0) + resolved.quantity
            if balance(connection, key[0], CashAccount(own_name, key[1]), now_ms // 1000).free < wanted[key]:
                raise SellerSecuritiesShort(trade.trade_id)
