"""The gateway's memory: settlements, the instructions behind them, facts, and the one ordered stream of their changes.

Every change of a settlement, the event that tells of it and the request that asked for it are one database transaction:
whoever resumes the stream misses nothing, and nobody is told what was not stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa

from ibc.dvp import DvpPayload
from relayer.database import HEALTH_CURSOR, Database, Location
from relayer.gateway.errors import SettlementUnknown
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.listing import ListFilter, ListOrder
from relayer.gateway.matching import Side
from relayer.gateway.model import UNAGREED, Settlement
from relayer.gateway.recent_events import EventPage, RecentEvents, StoredEvent
from relayer.gateway.requests import RequestKey
from relayer.gateway.settlement_tables import (
    CURSORS,
    EVENTS,
    HELD,
    METADATA,
    REQUESTS,
    SETTLEMENTS,
    Stored,
    begin_counting,
    newest_number,
)
from relayer.gateway.settlement_writes import Change, Outcome, Remembered, Work, Writing, changed

SCHEMA_VERSION = 6
_IDLE = [state.value for state in SettlementState if state.is_final or state in UNAGREED]


Fence = Callable[[sa.Connection], None]


def unfenced(_connection: sa.Connection) -> None:
    """Of an instance that is alone."""


class GatewayStore:
    """Synchronous; every public method is one database transaction. Raises ``StoreUnavailable`` when the disk fails.

    ``recent``: the end of the stream, as far as it can be known without asking.
    """

    def __init__(self, location: Location) -> None:
        self.database = Database(location, METADATA, SCHEMA_VERSION, program="gateway")
        self.recent = RecentEvents()
        self._remembered = Remembered()
        self._tell: Callable[[int], None] = _nobody
        with self.database.transaction() as connection:
            begin_counting(connection)

    def listen(self, tell: Callable[[int], None]) -> None:
        """``tell`` is called with the last number after each commit of events, by whichever thread commits."""
        self._tell = tell

    def _committed(self, writing: Writing) -> None:
        self._remembered.keep(writing.written)
        if writing.events:
            if not self.database.is_shared:
                self.recent.add(writing.events)
            self._tell(writing.events[-1]["id"])

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def prove_writable(self, now_s: int) -> None:
        """One durable write. Raises ``StoreUnavailable`` where the disk, or the database, takes none."""
        with self.database.transaction() as connection:
            CURSORS.move(connection, HEALTH_CURSOR, now_s)

    def apply(self, works: Sequence[Work]) -> list[Outcome | Exception]:
        """Many changes in one transaction, each judged on its own: its outcome or its refusal, in order."""

        def write(connection: sa.Connection) -> tuple[Writing, list[Outcome | Exception]]:
            writing = Writing(connection, self._remembered)
            return writing, writing.run(works)

        writing, outcomes = self.database.retried(write)
        self._committed(writing)
        return outcomes

    def change(self, trade_id: bytes, change: Change, now_s: int) -> Settlement | None:
        """Read, change and write one settlement atomically; an event is stored only if something changed."""
        (outcome,) = self.apply([Work(trade_id, change, now_s)])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome.settlement

    def preview(self, trade_id: bytes, change: Change, now_s: int) -> Settlement | None:
        """What ``change`` would make of a settlement; stores nothing."""
        found = self.find([trade_id])
        return changed(found[0].settlement if found else None, change, now_s)

    def apply_sightings(
        self,
        cursor_name: str,
        cursor: int,
        changes: Iterable[tuple[bytes, Change]],
        now_s: int,
        fence: Fence = unfenced,
    ) -> None:
        """Apply what one page of a ledger's events changes, and move the cursor behind it, together.

        ``fence`` raises, in the transaction, unless this instance may still write.
        """
        self._apply_page(changes, now_s, fence, lambda connection: CURSORS.move(connection, cursor_name, cursor))

    def apply_interference(
        self,
        cursor_name: str,
        cursor: int,
        held: Mapping[bytes, DvpPayload],
        changes: Iterable[tuple[bytes, Change]],
        now_s: int,
        fence: Fence = unfenced,
    ) -> None:
        """As ``apply_sightings``, together with the trades that hold tokens at the cursor."""

        def also(connection: sa.Connection) -> None:
            HELD.replace(connection, held)
            CURSORS.move(connection, cursor_name, cursor)

        self._apply_page(changes, now_s, fence, also)

    def _apply_page(
        self, changes: Iterable[tuple[bytes, Change]], now_s: int, fence: Fence, also: Callable[[sa.Connection], None]
    ) -> None:
        works = [Work(trade_id, change, now_s) for trade_id, change in changes]

        def write(connection: sa.Connection) -> Writing:
            writing = Writing(connection, self._remembered)
            outcomes = writing.run(works)
            fence(connection)
            for outcome in outcomes:
                if isinstance(outcome, Exception):
                    raise outcome
            also(connection)
            return writing

        self._committed(self.database.retried(write))

    def held_trades(self) -> dict[bytes, DvpPayload]:
        """The trades of ``apply_interference``."""
        with self.database.reading() as connection:
            return HELD.read(connection)

    def cursor(self, name: str) -> int:
        """Where reading of a ledger's events continues; 0 at first."""
        with self.database.reading() as connection:
            return CURSORS.read(connection, name)

    def get(self, trade_id: bytes) -> Settlement:
        """One settlement. Raises ``SettlementUnknown``."""
        return self.get_stored(trade_id).settlement

    def get_stored(self, trade_id: bytes) -> Stored:
        """One settlement with its message. Raises ``SettlementUnknown``."""
        found = self.find([trade_id])
        if not found:
            raise SettlementUnknown(f"settlements/{trade_id.hex()}")
        return found[0]

    def find(self, trade_ids: Collection[bytes]) -> list[Stored]:
        """Those of these settlements that there are, at most 500 asked for at once."""
        return self._rows(sa.select(SETTLEMENTS).where(SETTLEMENTS.c.trade_id.in_(list(trade_ids))))

    def page(
        self, nodes: Collection[str], states: Sequence[SettlementState], before_id: int, limit: int
    ) -> list[tuple[int, Settlement]]:
        """Settlements of ``nodes``, newest first, row ids below ``before_id`` (0 = from the newest)."""
        found = self.list_page(ListFilter(states=frozenset(states)), nodes, before_id, limit)
        return [(each.row_id, each.settlement) for each in found]

    def list_page(self, wanted: ListFilter, nodes: Collection[str], beyond_id: int, limit: int) -> list[Stored]:
        """Settlements of ``nodes`` that pass a filter, in its order, beyond a row id (0 = from the first)."""
        return self._rows(wanted.query(nodes, beyond_id, limit))

    def waiting_for(self, side: Side, trade_reference: str, nodes: Mapping[Side, str]) -> list[Settlement]:
        """Settlements between these nodes that wait for a side, by the other's trade reference; two are many."""
        table = SETTLEMENTS.c
        column = table.buyer_trade_reference if side is Side.SELLER else table.seller_trade_reference
        query = sa.select(SETTLEMENTS).where(
            column == trade_reference,
            table.seller_node == nodes[Side.SELLER],
            table.buyer_node == nodes[Side.BUYER],
            table.state.in_([state.value for state in sorted(UNAGREED, key=lambda state: state.value)]),
        )
        return [each.settlement for each in self._rows(query.order_by(table.id).limit(2))]

    def open_settlements(self, limit: int, after_id: int = 0) -> list[Settlement]:
        """Matched settlements that are not at an end, oldest first."""
        return [each.settlement for each in self.open_page(after_id, limit)]

    def open_page(self, after_id: int, limit: int) -> list[Stored]:
        """As ``open_settlements``, row ids above ``after_id``."""
        table = SETTLEMENTS.c
        query = sa.select(SETTLEMENTS).where(table.state.not_in(_IDLE), table.id > after_id)
        return self._rows(query.order_by(table.id).limit(limit))

    def _rows(self, query: sa.Select[tuple[object, ...]]) -> list[Stored]:
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [self._remembered.of(row) for row in rows]

    def trade_of_request(self, key: RequestKey) -> bytes | None:
        """The trade that a request was about, None if there was no such request."""
        query = sa.select(REQUESTS.c.trade_id).where(
            REQUESTS.c.request_id == key.request_id, REQUESTS.c.caller == key.caller
        )
        with self.database.reading() as connection:
            found: bytes | None = connection.execute(query).scalar()
        return found

    def newest_number(self) -> int:
        """The number of the last change of all."""
        with self.database.reading() as connection:
            number = newest_number(connection)
        if not self.database.is_shared:
            self.recent.heard_of(number)
        return number

    def newest_event(self, nodes: Collection[str]) -> int:
        """The number of the last change that concerns ``nodes``; 0 when there was none."""
        query = sa.select(sa.func.max(EVENTS.c.id)).where(_concerns(nodes))
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def changed_after(self, after: int, limit: int) -> tuple[tuple[bytes, ...], int]:
        """The trades that events after a number are of, each once, and the number up to which this is all."""
        recent = self.recent.rows_after(after)
        if recent is not None:
            recent = recent[:limit]
            return tuple(dict.fromkeys(row["trade_id"] for row in recent)), recent[-1]["id"] if recent else after
        query = sa.select(EVENTS.c.id, EVENTS.c.trade_id).where(EVENTS.c.id > after).order_by(EVENTS.c.id).limit(limit)
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(dict.fromkeys(row.trade_id for row in rows)), rows[-1].id if rows else after

    def events(self, nodes: Collection[str], after: int, trade_id: bytes | None, limit: int) -> EventPage:
        """What concerns ``nodes`` in the stream after a number, of one settlement or of all.

        The page also says how far it looked: whoever waits does not look through the others' events again and again.
        """
        recent = self.recent.page(nodes, after, trade_id, limit)
        if recent is not None:
            return recent
        query = sa.select(EVENTS).where(EVENTS.c.id > after, _concerns(nodes))
        if trade_id is not None:
            query = query.where(EVENTS.c.trade_id == trade_id)
        with self.database.reading() as connection:
            newest = newest_number(connection)
            rows = connection.execute(query.where(EVENTS.c.id <= newest).order_by(EVENTS.c.id).limit(limit)).all()
        events = tuple(StoredEvent(row.id, row.settlement, row.at_s) for row in rows)
        return EventPage(events, events[-1].number if len(events) == limit else max(after, newest))


def _nobody(_number: int) -> None:
    """Nobody listens."""


def _concerns(nodes: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.or_(EVENTS.c.seller_node.in_(nodes), EVENTS.c.buyer_node.in_(nodes))


__all__ = [
    "SCHEMA_VERSION",
    "Change",
    "EventPage",
    "Fence",
    "GatewayStore",
    "ListFilter",
    "ListOrder",
    "RequestKey",
    "StoredEvent",
    "unfenced",
]
