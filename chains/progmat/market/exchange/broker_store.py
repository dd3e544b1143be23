"""A custodian node's tables: its brokers' orders, and the executions it was told of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, func, select, update

from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.executions import (
    RecordedNotice,
    execution_ends,
    execution_notices,
    find_notice,
    notices_after,
)
from chains.progmat.flows.trades import find_dvp
from chains.progmat.market.exchange import refusals
from chains.progmat.market.exchange.assigning import BrokerOrder, judge, order_id_of, sides_kept_by
from chains.progmat.market.exchange.errors import OrderIdReused, OrderUnknown
from chains.progmat.market.exchange.resolved import ResolvedExecution, TradeSide
from chains.progmat.market.exchange.schema import broker_executions, broker_orders
from chains.progmat.node.storage import Prepared, insert
from chains.progmat.stored_text import storable
from ibc.dvp import CashAccount

_orders, _rows = broker_orders.c, broker_executions.c
MAX_DETAIL_CHARACTERS: Final = 500


class ExecutionStatus(Enum):
    """Where an execution stands at this node; the value is what the database holds."""

    AWAITING_ACCOUNTS = "AWAITING_ACCOUNTS"
    """It is an order's here; the other node's accounts are asked for."""
    RESOLVED = "RESOLVED"
    REFUSED = "REFUSED"
    """It fits no order here."""
    WITHDRAWN = "WITHDRAWN"
    """The venue took it back, or contradicted itself."""


_AWAITS_ACCOUNTS = _rows.status == ExecutionStatus.AWAITING_ACCOUNTS.value
_NEWEST_JUDGED = Prepared(
    select(func.max(execution_notices.c.sequence)).select_from(
        execution_notices.join(broker_executions, _rows.trade_id == execution_notices.c.trade_id)
    )
)
_DUE = (
    select(broker_executions)
    .where(_AWAITS_ACCOUNTS, _rows.next_attempt_ms <= bindparam("now_ms"))
    .order_by(_rows.next_attempt_ms)
    .limit(bindparam("most"))
)
_NEXT_DUE_MS = Prepared(select(func.min(_rows.next_attempt_ms)).where(_AWAITS_ACCOUNTS))
_RESOLVED_AFTER = (
    select(broker_executions)
    .where(_rows.resolved > bindparam("after"), _rows.status == ExecutionStatus.RESOLVED.value)
    .order_by(_rows.resolved)
    .limit(bindparam("most"))
)
_NEWLY_VOID = Prepared(
    select(_rows.trade_id)
    .select_from(broker_executions.join(execution_ends, execution_ends.c.trade_id == _rows.trade_id))
    .where(_rows.reason != refusals.WITHDRAWN, _rows.reason != refusals.WITHDRAWN_TOO_LATE)
    .distinct()
)


@dataclass(frozen=True, slots=True)
class BrokerExecution:
    """One side of an execution, as this node has it."""

    arrival: int
    trade_id: bytes
    side: TradeSide
    notice_tx: bytes
    order_id: str
    status: ExecutionStatus
    resolved: int
    other_tokens_key: bytes
    other_cash_key: bytes
    reason: str
    blamed: str
    attempts: int


# ---- orders ----


def register_order(connection: Connection, order: BrokerOrder, author: str, own_name: str, now_ms: int) -> None:
    """Enter an order, and look again at what was refused for want of it; raises ``OrderIdReused``."""
    known = find_order(connection, order.order_id)
    if known is None:
        row = {item.name: getattr(order, item.name) for item in fields(order)} | {"side": order.side.value}
        connection.execute(insert(broker_orders).values(**row, author=author, changed_ms=now_ms))
        _look_again(connection, order.order_id, own_name)
    elif known != order:
        different = tuple(item.name for item in fields(order) if getattr(order, item.name) != getattr(known, item.name))
        raise OrderIdReused(order.order_id, different)


def revise_order(connection: Connection, order_id: str, quantity: int, author: str, own_name: str, now_ms: int) -> None:
    """Another quantity in all; raises ``OrderUnknown``, ``InvalidRequest`` for less than is executed."""
    if find_order(connection, order_id) is None:
        raise OrderUnknown(order_id)
    executed = executed_of(connection, order_id)
    if quantity < executed:
        raise InvalidRequest("quantity", f"{executed} units are executed already, {quantity} are fewer")
    changed = {"quantity": quantity, "author": author, "changed_ms": now_ms}
    connection.execute(update(broker_orders).where(_orders.order_id == order_id).values(changed))
    _look_again(connection, order_id, own_name)


def find_order(connection: Connection, order_id: str) -> BrokerOrder | None:
    """The order of that id, or None."""
    row = connection.execute(select(broker_orders).where(_orders.order_id == order_id)).one_or_none()
    return None if row is None else _order(row)


def orders_after(connection: Connection, order_id: str, limit: int) -> list[tuple[BrokerOrder, int]]:
    """Orders with a higher id, ascending, and how many units of each are executed."""
    wanted = select(broker_orders).where(_orders.order_id > order_id).order_by(_orders.order_id).limit(limit)
    found = [_order(row) for row in connection.execute(wanted).all()]
    return [(order, executed_of(connection, order.order_id)) for order in found]


def executed_of(connection: Connection, order_id: str, without_trade: bytes = b"") -> int:
    """Units of an order's executions that count, perhaps all but one trade's."""
    counting = _rows.status.in_([ExecutionStatus.AWAITING_ACCOUNTS.value, ExecutionStatus.RESOLVED.value])
    total = select(func.sum(_rows.quantity)).where(
        _rows.order_id == order_id, counting, _rows.trade_id != without_trade
    )
    return int(connection.execute(total).scalar_one_or_none() or 0)


def _look_again(connection: Connection, order_id: str, own_name: str) -> None:
    refused = and_(_rows.order_id == order_id, _rows.status == ExecutionStatus.REFUSED.value)
    for row in connection.execute(select(broker_executions).where(refused).order_by(_rows.arrival)).all():
        notice = find_notice(connection, row.trade_id)
        if notice is not None:
            values = _judged(connection, notice, TradeSide(row.side), own_name)
            connection.execute(update(broker_executions).where(_rows.arrival == row.arrival).values(values))


# ---- executions ----


def newest_judged(connection: Connection) -> int:
    """Sequence of the newest notice that has a row here: where to go on after a start."""
    return _NEWEST_JUDGED.rows(connection)[0][0] or 0


def take_in_notices(connection: Connection, own_name: str, after: int) -> int:
    """Judge the notices recorded after a sequence, and what ended since; returns the sequence reached."""
    for recorded in notices_after(connection, after):
        for side in sides_kept_by(recorded.notice, own_name):
            _take_in(connection, recorded, side, own_name)
        after = recorded.sequence
    _end_what_is_void(connection)
    return after


def find_execution(connection: Connection, trade_id: bytes, side: TradeSide) -> BrokerExecution | None:
    """One side of a trade, or None."""
    wanted = select(broker_executions).where(_rows.trade_id == trade_id, _rows.side == side.value)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _execution(row)


def executions_after(connection: Connection, arrival: int, limit: int) -> list[BrokerExecution]:
    """In the order of their arrival."""
    wanted = select(broker_executions).where(_rows.arrival > arrival).order_by(_rows.arrival).limit(limit)
    return [_execution(row) for row in connection.execute(wanted).all()]


def due_executions(connection: Connection, now_ms: int, limit: int = 100) -> list[BrokerExecution]:
    """Those whose other node is to be asked now."""
    return [_execution(row) for row in connection.execute(_DUE, {"now_ms": now_ms, "most": limit}).all()]


def next_due_ms(connection: Connection) -> int | None:
    """When the next node is to be asked, Unix ms; None: nothing waits."""
    due_ms: int | None = _NEXT_DUE_MS.rows(connection)[0][0]
    return due_ms


def note_accounts(connection: Connection, arrival: int, tokens_key: bytes, cash_key: bytes) -> None:
    """The other node named its accounts: the execution is resolved, unless it ended meanwhile."""
    newest = connection.execute(select(func.max(_rows.resolved))).scalar_one_or_none() or 0
    still = and_(_rows.arrival == arrival, _rows.status == ExecutionStatus.AWAITING_ACCOUNTS.value)
    values = {
        "status": ExecutionStatus.RESOLVED.value,
        "resolved": newest + 1,
        "other_tokens_key": tokens_key,
        "other_cash_key": cash_key,
        "reason": "",
        "blamed": "",
        "detail": "",
    }
    connection.execute(update(broker_executions).where(still).values(values))


def note_attempt(
    connection: Connection, arrival: int, reason: str, blamed: str, detail: str, next_attempt_ms: int
) -> None:
    """The other node said no, or could not be asked."""
    values = {
        "reason": reason,
        "blamed": blamed,
        "detail": storable(detail, MAX_DETAIL_CHARACTERS),
        "attempts": _rows.attempts + 1,
        "next_attempt_ms": next_attempt_ms,
    }
    still = and_(_rows.arrival == arrival, _rows.status == ExecutionStatus.AWAITING_ACCOUNTS.value)
    connection.execute(update(broker_executions).where(still).values(values))


def resolved_after(connection: Connection, sequence: int, own_name: str, limit: int = 100) -> list[ResolvedExecution]:
    """Executions resolved after ``sequence``, in the order of commits: what a trade desk follows.

    One that the venue took back since is left out.
    """
    rows = connection.execute(_RESOLVED_AFTER, {"after": sequence, "most": limit}).all()
    return [_resolved(connection, _execution(row), own_name) for row in rows]


def find_resolved(connection: Connection, trade_id: bytes, side: TradeSide, own_name: str) -> ResolvedExecution | None:
    """One side of a trade if it is resolved (and not withdrawn since), or None."""
    found = find_execution(connection, trade_id, side)
    if found is None or found.status is not ExecutionStatus.RESOLVED:
        return None
    return _resolved(connection, found, own_name)


def _take_in(connection: Connection, recorded: RecordedNotice, side: TradeSide, own_name: str) -> None:
    notice = recorded.notice
    if find_execution(connection, notice.trade_id, side) is not None:
        return  # a second notice of the trade: if it differs, neither counts
    row = {
        "trade_id": notice.trade_id,
        "side": side.value,
        "notice_tx": recorded.tx_id,
        "order_id": order_id_of(notice, side),
        "quantity": notice.quantity,
        "other_tokens_key": b"",
        "other_cash_key": b"",
        "detail": "",
        "attempts": 0,
        "next_attempt_ms": 0,
        **_judged(connection, recorded, side, own_name),
    }
    connection.execute(insert(broker_executions).values(row))


def _judged(connection: Connection, recorded: RecordedNotice, side: TradeSide, own_name: str) -> dict[str, Any]:
    notice = recorded.notice
    order_id = order_id_of(notice, side)
    before = executed_of(connection, order_id, notice.trade_id)
    reason = judge(notice, recorded.standing, side, find_order(connection, order_id), before)
    if reason == refusals.WITHDRAWN:
        return {"status": ExecutionStatus.WITHDRAWN.value, "reason": reason, "blamed": notice.venue.name}
    if reason:
        return {"status": ExecutionStatus.REFUSED.value, "reason": reason, "blamed": own_name}
    return {"status": ExecutionStatus.AWAITING_ACCOUNTS.value, "reason": "", "blamed": ""}


def _end_what_is_void(connection: Connection) -> None:
    """A trade that settled before its notice ended keeps its row, with a word about it."""
    for (trade_id,) in _NEWLY_VOID.rows(connection):
        values = {"status": ExecutionStatus.WITHDRAWN.value, "reason": refusals.WITHDRAWN}
        if find_dvp(connection, trade_id) is not None:
            values = {"reason": refusals.WITHDRAWN_TOO_LATE}
        connection.execute(update(broker_executions).where(_rows.trade_id == trade_id).values(values))


def _resolved(connection: Connection, row: BrokerExecution, own_name: str) -> ResolvedExecution:
    recorded = find_notice(connection, row.trade_id)
    order = find_order(connection, row.order_id)
    if recorded is None or order is None:
        raise ValueError(f"trade {row.trade_id.hex()} is resolved without its notice or order")
    notice = recorded.notice
    other = notice.buyer.name if row.side is TradeSide.SELL else notice.seller.name
    return ResolvedExecution(
        sequence=row.resolved,
        trade_id=row.trade_id,
        notice_tx=row.notice_tx,
        venue=notice.venue.name,
        token_id=notice.token_id,
        registrar=notice.registrar,
        quantity=notice.quantity,
        amount_yen=notice.amount_yen,
        settlement_date=notice.settlement_date,
        side=row.side,
        order_id=row.order_id,
        investor_id=order.investor_id,
        own_tokens=CashAccount(own_name, order.tokens_key),
        own_cash=CashAccount(own_name, order.cash_key) if order.cash_key else None,
        counterparty_tokens=CashAccount(other, row.other_tokens_key),
        counterparty_cash=CashAccount(other, row.other_cash_key) if row.other_cash_key else None,
    )


def _order(row: Row[Any]) -> BrokerOrder:
    return BrokerOrder(
        row.order_id,
        TradeSide(row.side),
        row.token_id,
        row.registrar,
        row.quantity,
        row.investor_id,
        row.tokens_key,
        row.cash_key,
    )


def _execution(row: Row[Any]) -> BrokerExecution:
    return BrokerExecution(
        row.arrival,
        row.trade_id,
        TradeSide(row.side),
        row.notice_tx,
        row.order_id,
        ExecutionStatus(row.status),
        row.resolved or 0,
        row.other_tokens_key,
        row.other_cash_key,
        row.reason,
        row.blamed,
        row.attempts,
    )
