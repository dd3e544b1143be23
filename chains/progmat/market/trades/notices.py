"""What brokers are told of their trades: a numbered stream that a reader resumes with the last number it read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from chains.progmat.market.trades.errors import PageTooLarge
from chains.progmat.market.trades.reasons import NoticeReason
from chains.progmat.market.trades.tables import notices
from chains.progmat.node.storage import insert

MAX_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class TradeNotice:
    """One notice. ``shortage`` is in yen of a balance, in units of securities; 0 where nothing is missing."""

    number: int
    at_ms: int
    trade_id: bytes
    broker: str
    reason: NoticeReason
    shortage: int


def note(
    connection: Connection, now_ms: int, trade_id: bytes, broker: str, reason: NoticeReason, shortage: int = 0
) -> None:
    """Tell a broker something of a trade, unless that was the last thing it was told of it."""
    columns = notices.c
    last = (
        select(columns.reason, columns.shortage)
        .where(columns.trade_id == trade_id, columns.broker == broker)
        .order_by(columns.number.desc())
        .limit(1)
    )
    known = connection.execute(last).one_or_none()
    if known is not None and (known.reason, known.shortage) == (reason.value, shortage):
        return
    values = {"at_ms": now_ms, "trade_id": trade_id, "broker": broker, "reason": reason.value, "shortage": shortage}
    connection.execute(insert(notices).values(**values))


def notices_after(connection: Connection, broker: str, after: int, limit: int) -> list[TradeNotice]:
    """Notices in order after a number, to one broker if named; raises ``PageTooLarge``."""
    if limit > MAX_PAGE:
        raise PageTooLarge(MAX_PAGE, limit)
    query = select(notices).where(notices.c.number > after).order_by(notices.c.number).limit(limit or MAX_PAGE)
    if broker:
        query = query.where(notices.c.broker == broker)
    return [
        TradeNotice(row.number, row.at_ms, row.trade_id, row.broker, NoticeReason(row.reason), row.shortage)
        for row in connection.execute(query)
    ]
