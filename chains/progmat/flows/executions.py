"""Read off recorded transactions: which executions this node was told of, and which of them were withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, Index, LargeBinary, MetaData, Row, Select, Table, bindparam, select

from chains.progmat.contracts.execution import PUBLISH, WITHDRAW, notice_of
from chains.progmat.contracts.execution_codec import (
    ExecutionNotice,
    WithdrawalNote,
    decode_notice,
    decode_withdrawal,
)
from chains.progmat.contracts.names import EXECUTION
from chains.progmat.flows.notice_standing import NoticeStanding
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

execution_ends = Table(  # trades whose notice counts no more
    "execution_ends",
    executions_metadata,
    Column("trade_id", LargeBinary(32), primary_key=True),
    Column("standing", Text, nullable=False),
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("note", LargeBinary, nullable=False),  # of a withdrawal
)

MAX_LISTED: Final = 1000
_JOINED = execution_notices.outerjoin(execution_ends, execution_ends.c.trade_id == execution_notices.c.trade_id)
_OF_NOTICE = (execution_notices.c.sequence, execution_notices.c.tx_id, execution_notices.c.notice)
_NOTED: Select[Any] = (
    select(*_OF_NOTICE, execution_ends.c.standing, execution_ends.c.note)
    .select_from(_JOINED)
    .order_by(execution_notices.c.sequence)
)
_AFTER = _NOTED.where(execution_notices.c.sequence > bindparam("after")).limit(bindparam("most"))


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
            _note_publication(connection, wire)
        elif done == (EXECUTION, WITHDRAW):
            trade_id = notice_of(inputs[wire.inputs[0]]).trade_id
            _end(connection, trade_id, NoticeStanding.WITHDRAWN, wire.id, command.data)


def find_notice(connection: Connection, trade_id: bytes) -> RecordedNotice | None:
    """The notice of a trade, the first that was recorded where there are several, or None."""
    row = connection.execute(_NOTED.where(execution_notices.c.trade_id == trade_id).limit(1)).one_or_none()
    return None if row is None else _recorded(row)


def notices_after(connection: Connection, sequence: int, limit: int = MAX_LISTED) -> list[RecordedNotice]:
    """Notices recorded after ``sequence``, in order."""
    return [_recorded(row) for row in connection.execute(_AFTER, {"after": sequence, "most": limit})]


def _note_publication(connection: Connection, wire: WireTransaction) -> None:
    data = wire.outputs[0].data
    trade_id = decode_notice(data).trade_id
    known = connection.execute(
        select(execution_notices.c.notice).where(execution_notices.c.trade_id == trade_id)
    ).scalars()
    if any(other != data for other in known):
        _end(connection, trade_id, NoticeStanding.CONTESTED, wire.id, b"")
    row = {"tx_id": wire.id, "trade_id": trade_id, "notice": data}
    connection.execute(insert(execution_notices).values(row).on_conflict_do_nothing())


def _end(connection: Connection, trade_id: bytes, standing: NoticeStanding, tx_id: bytes, note: bytes) -> None:
    row = {"trade_id": trade_id, "standing": standing.value, "tx_id": tx_id, "note": note}
    connection.execute(insert(execution_ends).values(row).on_conflict_do_nothing())


def _recorded(row: Row[Any]) -> RecordedNotice:
    standing = NoticeStanding.GOOD if row.standing is None else NoticeStanding(row.standing)
    note = decode_withdrawal(row.note) if row.note else None
    return RecordedNotice(row.sequence, row.tx_id, decode_notice(row.notice), standing, note)
