"""The gateway's tables: settlements, the requests that changed them, their references, and the stream of changes.

A settlement is one row: the message that callers see, and beside it what lists select by. Events are numbered in the
order in which their transactions commit, without gaps: the number comes from one row that every writer locks first, so
that on a shared database, too, nobody who has read up to a number misses an event below it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from relayer.database import Cursors, Int64, RowId, upsert
from relayer.gateway.alarm_tables import HeldTable
from relayer.gateway.audit_tables import AuditTable
from relayer.gateway.custody.tables import CustodyTable
from relayer.gateway.matching import Side
from relayer.gateway.model import Instruction, Settlement
from relayer.gateway.service_tables import InstrumentTable, NamedAccounts
from relayer.gateway.settlement_message import decode_settlement, instructed_by
from relayer.gateway.webhooks.tables import WebhookTables
from relayer.leases import LeaseTable
from relayer.many_rows import ManyRows, insert_of

METADATA: Final = sa.MetaData()
_REFERENCE_COLUMNS: Final = ("seller_reference", "buyer_reference", "seller_trade_reference", "buyer_trade_reference")


def _where_there_is_one(column: str) -> sa.Index:
    """An index of a reference: most settlements have none."""
    is_there = sa.text(f"{column} <> ''")
    return sa.Index(f"settlements_{column}", column, sqlite_where=is_there, postgresql_where=is_there)


SETTLEMENTS: Final = sa.Table(
    "settlements",
    METADATA,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("trade_id", sa.LargeBinary, unique=True, nullable=False),
    sa.Column("revision", Int64, nullable=False),
    sa.Column("seller_node", sa.String, nullable=False),
    sa.Column("buyer_node", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("seller_reference", sa.String, nullable=False),
    sa.Column("buyer_reference", sa.String, nullable=False),
    sa.Column("seller_trade_reference", sa.String, nullable=False),
    sa.Column("buyer_trade_reference", sa.String, nullable=False),
    sa.Column("is_held", sa.Boolean, nullable=False),
    sa.Column("since_s", Int64, nullable=False),  # in this state
    sa.Column("next_attempt_s", Int64, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_s", Int64, nullable=False),
    sa.Column("updated_s", Int64, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.Column("instructed_by", sa.String, nullable=False),
    *(_where_there_is_one(name) for name in _REFERENCE_COLUMNS),
)
REQUESTS: Final = sa.Table(
    "requests",
    METADATA,
    sa.Column("request_id", sa.String, primary_key=True),
    sa.Column("caller", sa.String, primary_key=True),  # one caller's ids mean nothing in another's mouth
    sa.Column("method", sa.String, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("trade_id", sa.LargeBinary, nullable=False),
    sa.Column("answer", sa.LargeBinary),  # the settlement as it was answered first; null = not answered yet
)
REFERENCES: Final = sa.Table(
    "unique_references",
    METADATA,
    sa.Column("platform", sa.String, primary_key=True),
    sa.Column("reference", sa.String, primary_key=True),
    sa.Column("trade_id", sa.LargeBinary, nullable=False),
)
EVENTS: Final = sa.Table(
    "events",
    METADATA,
    sa.Column("id", Int64, primary_key=True, autoincrement=False),
    sa.Column("trade_id", sa.LargeBinary, nullable=False, index=True),
    sa.Column("seller_node", sa.String, nullable=False),
    sa.Column("buyer_node", sa.String, nullable=False),
    sa.Column("settlement", sa.LargeBinary, nullable=False),
    sa.Column("at_s", Int64, nullable=False),
)
_NEWEST: Final = sa.Table(
    "newest_event",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("number", Int64, nullable=False),
)
CURSORS: Final = Cursors(METADATA)
HELD: Final = HeldTable(METADATA)
INSTRUMENTS: Final = InstrumentTable(METADATA)
ACCOUNTS: Final = NamedAccounts(METADATA)
CUSTODY: Final = CustodyTable(METADATA)
LEASES: Final = LeaseTable(METADATA)
WEBHOOKS: Final = WebhookTables(METADATA)
AUDIT_TABLE: Final = AuditTable(METADATA)
FOLLOWER_LEASE: Final = "gateway/follower"
_MOST_AT_ONCE: Final = 500
"""Values in one query: SQLite and PostgreSQL both bound them."""


@dataclass(frozen=True)
class Stored:
    """A settlement and its message, as both are in its row."""

    row_id: int
    settlement: Settlement
    message: bytes


def begin_counting(connection: sa.Connection) -> None:
    """Once, when the database is new."""
    upsert(connection, _NEWEST, {"id": 1, "number": 0}, ["id"], replace=False)


# Statements of every write are built once: building one, and finding it compiled, costs more than running it.
_READ_NEWEST: Final = sa.select(_NEWEST.c.number)
_TAKE_TURN: Final = _READ_NEWEST.with_for_update()
_MOVE_NEWEST: Final = sa.update(_NEWEST).values(number=sa.bindparam("newest"))
_REVISIONS: Final = sa.select(SETTLEMENTS.c.id, SETTLEMENTS.c.trade_id, SETTLEMENTS.c.revision).where(
    SETTLEMENTS.c.trade_id.in_(sa.bindparam("wanted", expanding=True))
)
_ROWS: Final = sa.select(SETTLEMENTS).where(SETTLEMENTS.c.id.in_(sa.bindparam("wanted", expanding=True)))
_ASKED: Final = sa.select(REQUESTS).where(REQUESTS.c.request_id.in_(sa.bindparam("wanted", expanding=True)))
_ADD_EVENTS: Final = insert_of(EVENTS)


def newest_number(connection: sa.Connection) -> int:
    """The number of the last event of all."""
    return int(connection.execute(_READ_NEWEST).scalar_one())


def take_turn(connection: sa.Connection) -> int:
    """Wait until no other writer is at work, and keep them out until the commit; the last event's number."""
    return int(connection.execute(_TAKE_TURN).scalar_one())


def revisions(connection: sa.Connection, trade_ids: Collection[bytes]) -> Iterator[Any]:
    """Row id, trade id and revision of settlements, in no order."""
    return _in_parts(connection, _REVISIONS, trade_ids)


def settlement_rows(connection: sa.Connection, row_ids: Collection[int]) -> Iterator[Any]:
    """The rows of settlements, whole, in no order."""
    return _in_parts(connection, _ROWS, row_ids)


def request_rows(connection: sa.Connection, request_ids: Collection[str]) -> Iterator[Any]:
    """The rows of requests, of any caller."""
    return _in_parts(connection, _ASKED, request_ids)


def _in_parts(connection: sa.Connection, query: sa.Select[Any], wanted: Collection[object]) -> Iterator[Any]:
    values = list(wanted)
    for at in range(0, len(values), _MOST_AT_ONCE):
        yield from connection.execute(query, {"wanted": values[at : at + _MOST_AT_ONCE]})


def reference_owner(connection: sa.Connection, platform: str, reference: str) -> bytes | None:
    """The trade id for which a platform has used a unique reference."""
    table = REFERENCES.c
    query = sa.select(table.trade_id).where(table.platform == platform, table.reference == reference)
    found: bytes | None = connection.execute(query).scalar()
    return found


def stored_of(row: Any) -> Stored:  # noqa: ANN401  # a result row
    """A row as a settlement."""
    message = pb.Settlement.FromString(row.message)
    return Stored(row.id, decode_settlement(message, row.instructed_by, row.trade_id), row.message)


def nodes_of(settlement: Settlement) -> dict[str, str]:
    """The columns of both sides' nodes."""
    cash = settlement.terms.cash
    return {"seller_node": cash.seller.node, "buyer_node": cash.buyer.node}


_UPDATE: Final = ManyRows(
    sa.update(SETTLEMENTS)
    .where(SETTLEMENTS.c.id == sa.bindparam("row_id"))
    .values({column.name: sa.bindparam(f"new_{column.name}") for column in SETTLEMENTS.c if column.name != "id"})
)
_INSERT: Final = insert_of(SETTLEMENTS)


def write_settlements(connection: sa.Connection, changed: Sequence[Stored]) -> None:
    """Insert those whose ``row_id`` is 0, replace the others."""
    fresh = [_values(each) for each in changed if not each.row_id]
    known = [
        {"row_id": each.row_id, **{f"new_{name}": value for name, value in _values(each).items()}}
        for each in changed
        if each.row_id
    ]
    _INSERT.write(connection, fresh)
    _UPDATE.write(connection, known)


def write_events(connection: sa.Connection, events: Sequence[Mapping[str, object]], newest: int) -> None:
    """Add events, already numbered, and note the last number."""
    _ADD_EVENTS.write(connection, events)
    connection.execute(_MOVE_NEWEST, {"newest": newest})


def _values(stored: Stored) -> dict[str, object]:
    settlement, waiting = stored.settlement, stored.settlement.waiting
    seller, buyer = (settlement.instructions.get(side) for side in Side)
    return {
        "trade_id": settlement.trade_id,
        "revision": settlement.revision,
        **nodes_of(settlement),
        "state": settlement.state.value,
        "seller_reference": _reference(seller),
        "buyer_reference": _reference(buyer),
        "seller_trade_reference": seller.said.trade_reference if seller else "",
        "buyer_trade_reference": buyer.said.trade_reference if buyer else "",
        "is_held": bool(settlement.held_sides),
        "since_s": waiting.since_s if waiting else settlement.updated_s,
        "next_attempt_s": waiting.next_attempt_s if waiting else 0,
        "attempts": waiting.attempts if waiting else 0,
        "created_s": settlement.created_s,
        "updated_s": settlement.updated_s,
        "message": stored.message,
        "instructed_by": instructed_by(settlement),
    }


def _reference(instruction: Instruction | None) -> str:
    return instruction.said.reference if instruction else ""
