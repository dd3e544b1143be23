"""Trades in the database: functions over a connection, for use inside the group commit.

The ledger's word counts: a trade that is settled there is read as settled, whatever its row says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, bindparam, or_, select, update

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.schema import dvps
from chains.progmat.market.trades.errors import NativeTradeUnknown, PageTooLarge, TradeDiffers
from chains.progmat.market.trades.model import OwnParty, ResolvedTrade, Side, Trade, TradeState
from chains.progmat.market.trades.patterns import Channel, SettlementPattern
from chains.progmat.market.trades.tables import desk
from chains.progmat.node.storage import Prepared, insert

MAX_PAGE: Final = 500
DUE_AT_ONCE: Final = 64
KNOWN_AT_ONCE: Final = 256
"""Trades that one question is about."""
_ENDED: Final = (TradeState.SETTLED.value, TradeState.CANCELLED.value)
_PLAIN: Final = ("trade_id", "token_id", "registrar", "quantity", "amount_yen", "settle_by_s", "counterparty")
_OF_LIFE: Final = (
    "reason",
    "says",
    "terms",
    "buyer_tokens_key",
    "payer_name",
    "reference",
    "net_set",
    "flow_id",
    "rounds",
    "tx_id",
    "attempts",
    "next_due_ms",
    "told",
)
_ALL: Final[Select[Any]] = select(desk, dvps.c.tx_id.label("settled_by")).outerjoin(
    dvps, dvps.c.trade_id == desk.c.trade_id
)
_RECORDED = and_(dvps.c.tx_id.is_not(None), desk.c.state.not_in(_ENDED))
_DUE: Final = (
    _ALL.where(desk.c.told == 0, or_(desk.c.next_due_ms <= bindparam("now_ms"), _RECORDED))
    .order_by(desk.c.next_due_ms)
    .limit(DUE_AT_ONCE)
)
_ADD: Final = Prepared(insert(desk), columns=[column.name for column in desk.c if column is not desk.c.number])
_NEXT_DUE_MS: Final = Prepared(select(desk.c.next_due_ms).where(desk.c.told == 0).order_by(desk.c.next_due_ms).limit(1))


def add_trade(connection: Connection, resolved: ResolvedTrade, now_ms: int) -> Trade:
    """Enter a trade, due at once; the one that is known if it is the same. Raises ``TradeDiffers``."""
    known = find_trade(connection, resolved.trade_id)
    if known is None:
        values = _resolved_values(resolved) | _life_values(Trade(resolved, next_due_ms=now_ms))
        connection.execute(insert(desk).values(**values))
        return get_trade(connection, resolved.trade_id)
    if known.resolved != resolved:
        raise _difference(resolved, known.resolved)
    return known


def add_trades(
    connection: Connection, wanted: Sequence[tuple[int, ResolvedTrade]], now_ms: int
) -> list[tuple[int, TradeDiffers]]:
    """As ``add_trade``, of many at the price of few, each with a number to speak of it by.

    Returned are those that differ from the trade as it is known, or as an earlier one of them has it.
    """
    known: dict[bytes, ResolvedTrade] = {}
    for at in range(0, len(wanted), KNOWN_AT_ONCE):
        ids = {resolved.trade_id for _, resolved in wanted[at : at + KNOWN_AT_ONCE]}
        known |= {row.trade_id: _resolved(row) for row in connection.execute(_ALL.where(desk.c.trade_id.in_(ids)))}
    fresh, differing = [], []
    for number, resolved in wanted:
        before = known.setdefault(resolved.trade_id, resolved)
        if before is resolved:
            fresh.append(_resolved_values(resolved) | _life_values(Trade(resolved, next_due_ms=now_ms)))
        elif before != resolved:
            differing.append((number, _difference(resolved, before)))
    _ADD.change_all(connection, fresh)
    return differing


def find_trade(connection: Connection, trade_id: bytes) -> Trade | None:
    """One trade, or None."""
    row = connection.execute(_ALL.where(desk.c.trade_id == trade_id).limit(1)).one_or_none()
    return None if row is None else _trade(row)


def get_trade(connection: Connection, trade_id: bytes) -> Trade:
    """One trade; raises ``NativeTradeUnknown``."""
    found = find_trade(connection, trade_id)
    if found is None:
        raise NativeTradeUnknown(trade_id)
    return found


def save_trade(connection: Connection, trade: Trade) -> Trade:
    """Keep what changed of a trade's life; what it was resolved to never changes."""
    connection.execute(update(desk).where(desk.c.trade_id == trade.trade_id).values(**_life_values(trade)))
    return trade


def due_trades(connection: Connection, now_ms: int) -> list[Trade]:
    """Trades that want a step, the longest due first: by time, or because the ledger has settled them."""
    return [_trade(row) for row in connection.execute(_DUE, {"now_ms": now_ms})]


def next_due_ms(connection: Connection) -> int | None:
    """When the next trade is due, or None."""
    found = _NEXT_DUE_MS.first(connection)
    return None if found is None else found[0]


def list_trades(connection: Connection, state: TradeState | None, after: int, limit: int) -> list[Trade]:
    """Trades by number after a number, of one state if given; raises ``PageTooLarge``."""
    if limit > MAX_PAGE:
        raise PageTooLarge(MAX_PAGE, limit)
    query = _ALL.where(desk.c.number > after)
    if state is TradeState.SETTLED:
        query = query.where(or_(desk.c.state == state.value, dvps.c.tx_id.is_not(None)))
    elif state is not None:
        query = query.where(desk.c.state == state.value, dvps.c.tx_id.is_(None))
    return [_trade(row) for row in connection.execute(query.order_by(desk.c.number).limit(limit or MAX_PAGE))]


def trades_of_day(connection: Connection, day: date, state: TradeState) -> list[Trade]:
    """Trades of a settlement day that stand at a state, by trade id."""
    query = _ALL.where(desk.c.settlement_day == day.isoformat(), desk.c.state == state.value)
    return [_trade(row) for row in connection.execute(query.order_by(desk.c.trade_id))]


def trades_of_set(connection: Connection, set_id: bytes) -> list[Trade]:
    """Trades of one net set, by trade id."""
    query = _ALL.where(desk.c.net_set == set_id).order_by(desk.c.trade_id)
    return [_trade(row) for row in connection.execute(query)]


def save_all(connection: Connection, trades: Sequence[Trade]) -> None:
    """As ``save_trade``, of many."""
    for trade in trades:
        save_trade(connection, trade)


def _difference(resolved: ResolvedTrade, known: ResolvedTrade) -> TradeDiffers:
    names = (field.name for field in fields(ResolvedTrade))
    return TradeDiffers(
        resolved.trade_id, tuple(name for name in names if getattr(resolved, name) != getattr(known, name))
    )


def _resolved_values(resolved: ResolvedTrade) -> dict[str, object]:
    seller, buyer = resolved.seller, resolved.buyer
    return {
        **{name: getattr(resolved, name) for name in _PLAIN},
        "side": resolved.side.value,
        "channel": resolved.channel.value,
        "network": resolved.network.name,
        "settlement_day": resolved.settlement_day.isoformat(),
        "seller_id": seller.investor_id if seller else "",
        "seller_broker": seller.broker if seller else "",
        "seller_tokens_key": seller.tokens_key if seller else b"",
        "buyer_id": buyer.investor_id if buyer else "",
        "buyer_broker": buyer.broker if buyer else "",
        "own_buyer_tokens_key": buyer.tokens_key if buyer else b"",
    }


def _life_values(trade: Trade) -> dict[str, object]:
    return {
        **{name: getattr(trade, name) for name in _OF_LIFE},
        "state": trade.state.value,
        "pattern": trade.pattern.name if trade.pattern else "",
    }


def _trade(row: Row[Any]) -> Trade:
    state, tx_id = TradeState(row.state), row.tx_id
    columns = {name: getattr(row, name) for name in _OF_LIFE}
    if row.settled_by is not None and state is TradeState.CANCELLED:
        state = TradeState.SETTLED
        columns |= {"reason": "", "says": ""}
    columns["tx_id"] = row.settled_by or tx_id
    pattern = SettlementPattern[row.pattern] if row.pattern else None
    return Trade(_resolved(row), number=row.number, state=state, pattern=pattern, **columns)


def _resolved(row: Row[Any]) -> ResolvedTrade:
    side = Side(row.side)
    seller = OwnParty(row.seller_id, row.seller_broker, row.seller_tokens_key) if side is not Side.BUY else None
    buyer = OwnParty(row.buyer_id, row.buyer_broker, row.own_buyer_tokens_key) if side is not Side.SELL else None
    return ResolvedTrade(
        side=side,
        channel=Channel(row.channel),
        network=BusinessNetwork[row.network],
        settlement_day=date.fromisoformat(row.settlement_day),
        seller=seller,
        buyer=buyer,
        **{name: getattr(row, name) for name in _PLAIN},
    )
