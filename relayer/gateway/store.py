"""The gateway's memory: settlements, the instructions behind them, facts, and the one ordered stream of their changes.

Every change of a settlement and the event that tells of it are one database transaction: whoever resumes the stream
misses nothing, and nobody is told what was not stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from ibc.dvp import DvpPayload, SettlementTerms
from relayer.database import HEALTH_CURSOR, Cursors, Database, Int64, Location, RowId, upsert
from relayer.gateway.alarm_tables import AlarmTable, HeldTable
from relayer.gateway.errors import RequestIdReused, SettlementUnknown
from relayer.gateway.lifecycle import SettlementState, waits_for
from relayer.gateway.matching import Side
from relayer.gateway.model import Fact, Ledger, Settlement, Waiting
from relayer.gateway.settlement_codec import encode_settlement, terms_bytes, terms_from_bytes

SCHEMA_VERSION = 4
_metadata = sa.MetaData()

_settlements = sa.Table(
    "settlements",
    _metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("trade_id", sa.LargeBinary, unique=True, nullable=False),
    sa.Column("seller_node", sa.String, nullable=False),
    sa.Column("buyer_node", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("seller_terms", sa.LargeBinary),
    sa.Column("buyer_terms", sa.LargeBinary),
    sa.Column("mismatched", sa.String, nullable=False, default=""),
    sa.Column("packet_sequence", sa.String, nullable=False, default="0"),  # uint64
    sa.Column("since_s", Int64, nullable=False),
    sa.Column("next_attempt_s", Int64, nullable=False, default=0),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("last_error", sa.String, nullable=False, default=""),
    sa.Column("created_s", Int64, nullable=False),
    sa.Column("updated_s", Int64, nullable=False),
)
_facts = sa.Table(
    "facts",
    _metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("settlement_id", sa.ForeignKey("settlements.id"), nullable=False, index=True),
    sa.Column("ledger", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("tx_id", sa.String, nullable=False),
    sa.Column("height", Int64, nullable=False),
    sa.Column("at_s", Int64, nullable=False),
    sa.Column("proof_bytes", sa.Integer, nullable=False),
    sa.UniqueConstraint("settlement_id", "ledger", "what"),
)
_requests = sa.Table(
    "requests",
    _metadata,
    sa.Column("caller", sa.String, primary_key=True),  # one caller's ids mean nothing in another's mouth
    sa.Column("request_id", sa.String, primary_key=True),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("trade_id", sa.LargeBinary, nullable=False),
)
_events = sa.Table(
    "events",
    _metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("trade_id", sa.LargeBinary, nullable=False, index=True),
    sa.Column("seller_node", sa.String, nullable=False),
    sa.Column("buyer_node", sa.String, nullable=False),
    sa.Column("settlement", sa.LargeBinary, nullable=False),
    sa.Column("at_s", Int64, nullable=False),
    sqlite_autoincrement=True,
)
_cursors = Cursors(_metadata)
_alarms = AlarmTable(_metadata)
_held = HeldTable(_metadata)

Change = Callable[[Settlement | None], Settlement | None]
"""From a settlement as stored (None = not yet) to what it becomes; None or an equal value = no change."""


@dataclass(frozen=True)
class StoredEvent:
    """One change in the stream: its number, the settlement as encoded for callers, when it was stored."""

    number: int
    settlement: bytes
    at_s: int


@dataclass(frozen=True)
class EventPage:
    """Events of the stream, oldest first, and the number up to which nothing else concerns whoever asked."""

    events: tuple[StoredEvent, ...]
    reached: int


@dataclass(frozen=True)
class RequestKey:
    """A request as its caller named it."""

    caller: str
    request_id: str


class GatewayStore:
    """Synchronous; every public method is one database transaction. Raises ``StoreUnavailable`` when the disk fails."""

    def __init__(self, location: Location) -> None:
        self.database = Database(location, _metadata, SCHEMA_VERSION)

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def prove_writable(self, now_s: int) -> None:
        """One durable write. Raises ``StoreUnavailable`` where the disk, or the database, takes none."""
        with self.database.transaction() as connection:
            _cursors.move(connection, HEALTH_CURSOR, now_s)

    def change(self, trade_id: bytes, change: Change, now_s: int) -> Settlement | None:
        """Read, change and write one settlement atomically; an event is stored only if something changed."""
        with self.database.transaction() as connection:
            return _change(connection, trade_id, change, now_s)

    def preview(self, trade_id: bytes, change: Change, now_s: int) -> Settlement | None:
        """What ``change`` would make of a settlement; stores nothing."""
        with self.database.transaction() as connection:
            before = _load(connection, trade_id)
        return _changed(before, change, now_s)

    def answer_request(
        self, request: RequestKey, fields: dict[str, str], trade_id: bytes, change: Change, now_s: int
    ) -> Settlement | None:
        """As ``change``, once for a caller's request id: a repeat changes nothing and returns what there is now.

        Raises ``RequestIdReused`` when the id was used with other fields.
        """
        with self.database.transaction() as connection:
            known = connection.execute(
                sa.select(_requests).where(
                    _requests.c.caller == request.caller, _requests.c.request_id == request.request_id
                )
            ).first()
            if known is not None:
                differing = sorted(
                    k for k in fields.keys() | known.fields.keys() if fields.get(k) != known.fields.get(k)
                )
                if differing:
                    raise RequestIdReused(request.request_id, differing)
                return _load(connection, trade_id)
            settlement = _change(connection, trade_id, change, now_s)
            connection.execute(
                sa.insert(_requests).values(
                    caller=request.caller, request_id=request.request_id, fields=fields, trade_id=trade_id
                )
            )
            return settlement

    def apply_sightings(
        self, cursor_name: str, cursor: int, changes: Iterable[tuple[bytes, Change]], now_s: int
    ) -> None:
        """Apply what one page of a ledger's events changes, and move the cursor behind it, together."""
        with self.database.transaction() as connection:
            for trade_id, change in changes:
                _change(connection, trade_id, change, now_s)
            _cursors.move(connection, cursor_name, cursor)

    def apply_interference(
        self,
        cursor_name: str,
        cursor: int,
        held: Mapping[bytes, DvpPayload],
        changes: Iterable[tuple[bytes, Change]],
        now_s: int,
    ) -> None:
        """As ``apply_sightings``, together with the trades that hold tokens at the cursor."""
        with self.database.transaction() as connection:
            for trade_id, change in changes:
                _change(connection, trade_id, change, now_s)
            _held.replace(connection, held)
            _cursors.move(connection, cursor_name, cursor)

    def held_trades(self) -> dict[bytes, DvpPayload]:
        """The trades of ``apply_interference``."""
        with self.database.transaction() as connection:
            return _held.read(connection)

    def cursor(self, name: str) -> int:
        """Where reading of a ledger's events continues; 0 at first."""
        with self.database.transaction() as connection:
            return _cursors.read(connection, name)

    def get(self, trade_id: bytes) -> Settlement:
        """One settlement. Raises ``SettlementUnknown``."""
        with self.database.transaction() as connection:
            settlement = _load(connection, trade_id)
        if settlement is None:
            raise SettlementUnknown(f"settlements/{trade_id.hex()}")
        return settlement

    def page(
        self, nodes: Collection[str], states: Sequence[SettlementState], before_id: int, limit: int
    ) -> list[tuple[int, Settlement]]:
        """Settlements of ``nodes``, newest first, row ids below ``before_id`` (0 = from the newest)."""
        query = sa.select(_settlements).where(_concerns(_settlements, nodes))
        query = query.order_by(_settlements.c.id.desc()).limit(limit)
        if states:
            query = query.where(_settlements.c.state.in_([state.value for state in states]))
        if before_id:
            query = query.where(_settlements.c.id < before_id)
        with self.database.transaction() as connection:
            return [(row["id"], _settlement(connection, row)) for row in connection.execute(query).mappings().all()]

    def open_settlements(self, limit: int) -> list[Settlement]:
        """Matched settlements that are not at an end, oldest first."""
        idle = [state.value for state in SettlementState if state.is_final]
        idle += [SettlementState.UNMATCHED.value, SettlementState.MISMATCHED.value]
        query = (
            sa.select(_settlements).where(_settlements.c.state.not_in(idle)).order_by(_settlements.c.id).limit(limit)
        )
        with self.database.transaction() as connection:
            return [_settlement(connection, row) for row in connection.execute(query).mappings().all()]

    def newest_event(self, nodes: Collection[str]) -> int:
        """The number of the last change that concerns ``nodes``; 0 when there was none."""
        query = sa.select(sa.func.max(_events.c.id)).where(_concerns(_events, nodes))
        with self.database.transaction() as connection:
            return int(connection.execute(query).scalar() or 0)

    def events(self, nodes: Collection[str], after: int, trade_id: bytes | None, limit: int) -> EventPage:
        """What concerns ``nodes`` in the stream after a number, of one settlement or of all.

        The page also says how far it looked: whoever waits does not look through the others' events again and again.
        """
        query = sa.select(_events).where(_events.c.id > after, _concerns(_events, nodes))
        if trade_id is not None:
            query = query.where(_events.c.trade_id == trade_id)
        with self.database.transaction() as connection:
            newest = int(connection.execute(sa.select(sa.func.max(_events.c.id))).scalar() or 0)
            rows = connection.execute(query.where(_events.c.id <= newest).order_by(_events.c.id).limit(limit)).all()
        events = tuple(StoredEvent(row.id, row.settlement, row.at_s) for row in rows)
        return EventPage(events, events[-1].number if len(events) == limit else max(after, newest))


def _concerns(table: sa.Table, nodes: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.seller_node.in_(nodes), table.c.buyer_node.in_(nodes))


def _change(connection: sa.Connection, trade_id: bytes, change: Change, now_s: int) -> Settlement | None:
    before = _load(connection, trade_id)
    after = _changed(before, change, now_s)
    if after is None or after == before:
        return before
    _save(connection, after)
    if after.alarms != (before.alarms if before else ()):
        _alarms.replace(connection, trade_id, after.alarms)
    message = encode_settlement(after).SerializeToString(deterministic=True)
    connection.execute(sa.insert(_events).values(trade_id=trade_id, settlement=message, at_s=now_s, **_nodes(after)))
    return after


def _changed(before: Settlement | None, change: Change, now_s: int) -> Settlement | None:
    """The settlement after a change: a new state waits from now on; ``before`` itself when nothing changed."""
    after = change(before)
    if after is None or after == before:
        return before
    if before is None or after.state is not before.state:
        told = after.waiting if before is None or after.waiting != before.waiting else None
        after = replace(after, waiting=_waiting(after, now_s, last_error=told.last_error if told else ""))
    return replace(after, updated_s=now_s)


def _waiting(settlement: Settlement, since_s: int, last_error: str = "") -> Waiting | None:
    found = waits_for(settlement.state, settlement.terms.lead_leg)
    return None if found is None else Waiting(*found, since_s=since_s, last_error=last_error)


def _nodes(settlement: Settlement) -> dict[str, str]:
    cash = settlement.terms.cash
    return {"seller_node": cash.seller.node, "buyer_node": cash.buyer.node}


def _save(connection: sa.Connection, settlement: Settlement) -> None:
    waiting = settlement.waiting
    instructions = {side: terms_bytes(terms) for side, terms in settlement.instructions.items()}
    values = {
        "trade_id": settlement.trade_id,
        **_nodes(settlement),
        "state": settlement.state.value,
        "seller_terms": instructions.get(Side.SELLER),
        "buyer_terms": instructions.get(Side.BUYER),
        "mismatched": ",".join(settlement.mismatched),
        "packet_sequence": str(settlement.packet_sequence),
        "since_s": waiting.since_s if waiting else settlement.updated_s,
        "next_attempt_s": waiting.next_attempt_s if waiting else 0,
        "attempts": waiting.attempts if waiting else 0,
        "last_error": waiting.last_error if waiting else "",
        "created_s": settlement.created_s,
        "updated_s": settlement.updated_s,
    }
    upsert(connection, _settlements, values, ["trade_id"])
    row_id = connection.execute(
        sa.select(_settlements.c.id).where(_settlements.c.trade_id == settlement.trade_id)
    ).scalar_one()
    for fact in settlement.facts:
        row = {
            "settlement_id": row_id,
            "ledger": fact.ledger.value,
            "what": fact.what,
            "tx_id": fact.tx_id,
            "height": fact.height,
            "at_s": fact.at_s,
            "proof_bytes": fact.proof_bytes,
        }
        upsert(connection, _facts, row, ["settlement_id", "ledger", "what"], replace=False)


def _load(connection: sa.Connection, trade_id: bytes) -> Settlement | None:
    row = connection.execute(sa.select(_settlements).where(_settlements.c.trade_id == trade_id)).mappings().first()
    return None if row is None else _settlement(connection, row)


def _settlement(connection: sa.Connection, row: Any) -> Settlement:  # noqa: ANN401  # a result row
    state = SettlementState(row["state"])
    stored = ((Side.SELLER, row["seller_terms"]), (Side.BUYER, row["buyer_terms"]))
    instructions: dict[Side, SettlementTerms] = {side: terms_from_bytes(body) for side, body in stored if body}
    facts = connection.execute(sa.select(_facts).where(_facts.c.settlement_id == row["id"]).order_by(_facts.c.id))
    waiting = None
    found = waits_for(state, next(iter(instructions.values())).lead_leg)
    if found is not None:
        waiting = Waiting(*found, row["since_s"], row["next_attempt_s"], row["attempts"], row["last_error"])
    return Settlement(
        trade_id=row["trade_id"],
        state=state,
        instructions=instructions,
        created_s=row["created_s"],
        updated_s=row["updated_s"],
        waiting=waiting,
        facts=tuple(Fact(Ledger(f.ledger), f.what, f.tx_id, f.height, f.at_s, f.proof_bytes) for f in facts),
        mismatched=tuple(filter(None, row["mismatched"].split(","))),
        packet_sequence=int(row["packet_sequence"]),
        alarms=_alarms.read(connection, row["trade_id"]),
    )
