"""The trade desk follows the executions that this node's orders resolved: each becomes a trade, once.

Where one custodian keeps both sides, the two resolved sides become one trade, as soon as the second one is there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import Connection, select

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.market.exchange.broker_store import (
    ExecutionStatus,
    find_execution,
    find_resolved,
    resolved_after,
)
from chains.progmat.market.exchange.resolved import ResolvedExecution, TradeSide
from chains.progmat.market.trades.model import OwnParty, ResolvedTrade, Side
from chains.progmat.market.trades.patterns import Channel
from chains.progmat.market.trades.store import add_trade
from chains.progmat.market.trades.tables import followed
from chains.progmat.node.storage import Prepared, insert

AT_ONCE: Final = 100
SETTLE_UNTIL: Final = time(17, 0)
"""By the clock of Japan on the settlement day; both custodians of a trade have to have the same."""
_JAPAN: Final = timedelta(hours=9)
_EXECUTIONS: Final = "executions"
_REACHED: Final = Prepared(select(followed.c.sequence).where(followed.c.source == _EXECUTIONS))
_OTHER: Final = {TradeSide.SELL: TradeSide.BUY, TradeSide.BUY: TradeSide.SELL}


def settle_by_s(day: date) -> int:
    """The settlement deadline of a day, Unix seconds."""
    return int((datetime.combine(day, SETTLE_UNTIL, UTC) - _JAPAN).timestamp())


def follow_executions(connection: Connection, own_name: str, now_ms: int) -> int:
    """Take in what was resolved since the last time, in one database transaction; how many executions that were."""
    known = _REACHED.first(connection)
    found = resolved_after(connection, known[0] if known else 0, own_name, AT_ONCE)
    for execution in found:
        trade = trade_of(connection, execution, own_name)
        if trade is not None:
            add_trade(connection, trade, now_ms)
    if found:
        reached = {"source": _EXECUTIONS, "sequence": found[-1].sequence}
        statement = insert(followed).values(**reached)
        connection.execute(statement.on_conflict_do_update(index_elements=[followed.c.source], set_=reached))
    return len(found)


def is_withdrawn(connection: Connection, trade: ResolvedTrade) -> bool:
    """Whether the venue took the execution behind a trade back."""
    sides = {Side.SELL: (TradeSide.SELL,), Side.BUY: (TradeSide.BUY,), Side.BOTH: tuple(TradeSide)}[trade.side]
    rows = (find_execution(connection, trade.trade_id, side) for side in sides)
    return any(row is not None and row.status is ExecutionStatus.WITHDRAWN for row in rows)


def trade_of(connection: Connection, execution: ResolvedExecution, own_name: str) -> ResolvedTrade | None:
    """The trade of a resolved execution; None while the other side, kept here too, is not resolved."""
    own = _party(execution, own_name)
    side = Side(execution.side.value)
    other = None
    if execution.counterparty == own_name:
        found = find_resolved(connection, execution.trade_id, _OTHER[execution.side], own_name)
        if found is None:
            return None
        side, other = Side.BOTH, _party(found, own_name)
    is_sale = execution.side is TradeSide.SELL
    return ResolvedTrade(
        trade_id=execution.trade_id,
        side=side,
        channel=Channel.API if side is Side.BOTH else Channel.DLT,
        network=BusinessNetwork.ST,
        token_id=execution.token_id,
        registrar=execution.registrar,
        quantity=execution.quantity,
        amount_yen=execution.amount_yen,
        settlement_day=execution.settlement_date,
        settle_by_s=settle_by_s(execution.settlement_date),
        counterparty=execution.counterparty,
        seller=own if is_sale else other,
        buyer=other if is_sale else own,
    )


def _party(execution: ResolvedExecution, own_name: str) -> OwnParty:
    """A broker with its own node goes by that node's name."""
    return OwnParty(execution.investor_id, own_name, execution.own_tokens.key)
