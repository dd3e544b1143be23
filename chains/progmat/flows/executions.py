"""Read off recorded transactions: which executions this node was told of, and which of them were withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import Column, Connection, Index, LargeBinary, MetaData, Row, Select, Table, select

from chains.progmat.contracts.execution import PUBLISH, WITHDRAW, notice_of
from chains.progmat.contracts.execution_codec import (
    ExecutionNotice,
    WithdrawalNote,
    decode_notice,
    decode_withdrawal,
)
from chains.progmat.contracts.names import EXECUTION
from chains.progmat.node.storage import insert
from chains.progmat.node.storage.column_types import Int64, Text
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.wire import WireTransaction

executions_metadata = MetaData()

execution_notices = Table(
    "execution_notices",
    executions_metadata,
    Column("sequence", Int64, primary_key=True, autoincrement=True),
    Column("tx_id", LargeBinary(32), nullable=False, unique=True),
    Column("trade_id", LargeBinary(32), nullable=False),
    Column("notice", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("execution_notices_trade", execution_notices.c.trade_id)

execution_withdrawals = Table(
    "execution_withdrawals",
    executions_metadata,
    Column("notice_tx", LargeBinary(32), primary_key=True),
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("venue", Text, nullable=False),
)

MAX_LISTED: Final = 1000


class NoticeStanding(Enum):
    """What a recorded notice is worth."""

    GOOD = "GOOD"
    WITHDRAWN = "WITHDRAWN"
    CONTESTED = "CONTESTED"
    """The venue published two notices of one trade id that say different things: neither counts."""


@dataclass(frozen=True, slots=True)
class RecordedNotice:
    """A notice as this node has it; ``sequence`` ascends in the order of commits."""

    sequence: int
    tx_id: bytes
    notice: ExecutionNotice
    standing: NoticeStanding
    withdrawal: WithdrawalNote | None = None


def note_executions(connection: Connection, wire: WireTransaction, inputs: Mapping[StateRef, TransactionState]) -> None:
    """Enter what a freshly recorded transaction says about executions; does nothing for the others."""
    for command in wire.commands:
        done = (command.contract, command.name)
        if done == (EXECUTION, PUBLISH):
            published = notice_of(wire.outputs[0])
            row = {"tx_id": wire.id, "trade_id": published.trade_id, "notice": wire.outputs[0].data}
            connection.execute(insert(execution_notices).values(row).on_conflict_do_nothing())
        elif done == (EXECUTION, WITHDRAW):
            ref = wire.inputs[0]
            venue = notice_of(inputs[ref]).venue.name if ref in inputs else ""
            withdrawn = {"notice_tx": ref.tx_id, "tx_id": wire.id, "note": command.data, "venue": venue}
            connection.execute(insert(execution_withdrawals).values(withdrawn).on_conflict_do_nothing())


def find_notice(connection: Connection, trade_id: bytes) -> RecordedNotice | None:
    """The notice of a trade, the first that was recorded where there are several, or None."""
    rows = connection.execute(_noted().where(execution_notices.c.trade_id == trade_id)).all()
    return _recorded(connection, rows[0]) if rows else None


def notices_after(connection: Connection, sequence: int, limit: int = MAX_LISTED) -> list[RecordedNotice]:
    """Notices recorded after ``sequence``, in order."""
    wanted = _noted().where(execution_notices.c.sequence > sequence).limit(limit)
    return [_recorded(connection, row) for row in connection.execute(wanted).all()]


def _noted() -> Select[Any]:
    joined = execution_notices.outerjoin(
        execution_withdrawals, execution_withdrawals.c.notice_tx == execution_notices.c.tx_id
    )
    columns = (execution_notices.c.sequence, execution_notices.c.tx_id, execution_notices.c.notice)
    return select(*columns, execution_withdrawals.c.note).select_from(joined).order_by(execution_notices.c.sequence)


def _recorded(connection: Connection, row: Row[Any]) -> RecordedNotice:
    notice = decode_notice(row.notice)
    note = None if row.note is None else decode_withdrawal(row.note)
    said = connection.execute(
        select(execution_notices.c.notice).distinct().where(execution_notices.c.trade_id == notice.trade_id).limit(2)
    ).all()
    if len(said) > 1:
        standing = NoticeStanding.CONTESTED
    else:
        standing = NoticeStanding.GOOD if note is None else NoticeStanding.WITHDRAWN
    return RecordedNotice(row.sequence, row.tx_id, notice, standing, note)
