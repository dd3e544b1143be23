"""What one path's loop reads and writes. Every method is one database transaction, and every writing one is fenced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

from relayer.archive import archive_packets
from relayer.core.chain import EventKind, EventPage, MessageKind, Outcome, PacketMessage, Verdict
from relayer.core.lifecycle import PacketState, asks_for, next_state
from relayer.core.plan import DirectionView, Lane, Parked, Target, TrackedPacket, lanes
from relayer.core.retry import class_of
from relayer.database import Database
from relayer.packet_care import ClientMark
from relayer.page_writer import PageWriter
from relayer.store_tables import (
    MOST_INTEGER,
    TRACKED,
    PacketKey,
    StepRow,
    cursors,
    packets,
    parked_packets,
    steps,
    tracked_of,
)

Fenced = Callable[[sa.Connection], None]
"""Refuses, in the transaction of a write, whoever lost its lease (``LeaseLost``)."""

FIRST_STEPS: Final = 8
NEWEST_STEPS: Final = 32
"""Attempts in between are dropped; events are all kept."""
_DUE: Final = (packets.c.timeout_s, packets.c.id, *TRACKED)
_ATTEMPTS: Final = [kind.value for kind in MessageKind]
_FORGET: Final = sa.delete(steps).where(
    steps.c.packet_id == sa.bindparam("of_packet"),
    steps.c.number == sa.bindparam("forgotten"),
    steps.c.what.in_(_ATTEMPTS),
)


class PathStore:
    """Of the path named ``path``. Raises ``StoreUnavailable`` when the database fails, ``LeaseLost`` when overtaken."""

    def __init__(self, database: Database, path: str, fence: Fenced) -> None:
        self._database = database
        self._path = path
        self._fence = fence

    def cursor(self, chain: str) -> int:
        """Where reading of a chain's events continues; 0 at first."""
        with self._database.reading() as connection:
            return cursors.read(connection, self._cursor_name(chain))

    def record_page(self, chain: str, counterparty: str, page: EventPage, now_s: float) -> int:
        """Apply a page of ``chain``'s events and move its cursor; returns how many events were new.

        Raises ``PathBroken`` (nothing is written) when the chains contradict each other.
        """

        def apply(connection: sa.Connection) -> int:
            self._fence(connection)
            news = PageWriter(connection, self._path, now_s).apply(chain, counterparty, page.events)
            cursors.move(connection, self._cursor_name(chain), page.next_cursor)
            return news

        return self._database.retried(apply)

    def record_outcomes(
        self,
        source_chain: str,
        target_chain: str,
        answered: Iterable[tuple[PacketMessage, Outcome]],
        now_s: float,
        *,
        dice: float = 0.5,
        client_mark: str = "",
    ) -> None:
        """Remember how submissions were answered; a packet that got no further waits, as its answer's class says.

        One that is poison is parked in the same transaction. ``dice`` in [0, 1) is the jitter; ``client_mark`` is the
        target's hosted client as it answered.
        """
        client = ClientMark(self._path, target_chain, client_mark)
        keyed = [
            (PacketKey(source_chain, message.packet.source_client, message.packet.sequence), message, outcome)
            for message, outcome in answered
        ]

        def record(connection: sa.Connection) -> None:
            self._fence(connection)
            writer = PageWriter(connection, self._path, now_s)
            known = writer.known(key for key, _, _ in keyed)
            for key, message, outcome in keyed:
                if key not in known:  # it ended and was archived meanwhile
                    continue
                known[key].add_step(_attempt(target_chain, message, outcome, now_s))
                if not asks_for(known[key].state, message.kind):  # what it did was seen before its answer
                    continue
                columns = known[key].columns
                columns |= {"attempts": columns["attempts"] + 1, "last_error": outcome.refusal}
                row_id = known[key].row_id
                if row_id is not None:
                    columns |= parked_packets.answered(
                        connection, row_id, columns, message.kind, outcome, now_s, dice, client
                    )
                if outcome.verdict is Verdict.BLOCKED:
                    after = next_state(PacketState(columns["state"]), EventKind.OUTCOME_REFUSED).value
                    columns |= {"since_s": now_s, "state": after} if after != columns["state"] else {}
            writer.save(known)
            _forget(connection, ((packet.row_id, packet.columns["step_count"]) for packet in known.values()))

        self._database.retried(record)

    def require_lease(self) -> None:
        """Before something is brought to a chain: raises ``LeaseLost`` if another instance does so by now."""
        with self._database.transaction() as connection:
            self._fence(connection)

    def open_packets(self, source_chain: str, target: Target, view: DirectionView, limit: int) -> list[TrackedPacket]:
        """Packets of a direction for which something may be brought to ``target`` now; of each lane the nearest ones.

        Read by index, ``limit`` of a lane: neither those that wait after a refusal or are parked, nor those that the
        other end has to take first, hide any or cost anything, however many there are.
        """
        found: list[Any] = []
        with self._database.reading() as connection:
            for lane in lanes(view, target):
                for state in lane.states:
                    found += self._in_lane(connection, source_chain, state, lane, view.now_s, limit)
        found.sort(key=itemgetter(0, 1))
        return [tracked_of(*values) for _, _, *values in found]

    def _in_lane(
        self, connection: sa.Connection, source_chain: str, state: PacketState, lane: Lane, now_s: float, limit: int
    ) -> Sequence[Any]:
        mine = (packets.c.path == self._path, packets.c.source_chain == source_chain, packets.c.state == state.value)
        awake = (packets.c.suspect == 0, packets.c.not_before_s <= now_s, packets.c.sent_height > 0)
        query = sa.select(*_DUE).where(*mine, *awake, *_bounds(lane)).limit(limit)
        by_waking = connection.execute(query.order_by(packets.c.not_before_s)).all()
        if len(by_waking) < limit:  # these are all: nothing is hidden behind another order
            return by_waking
        return connection.execute(query.order_by(packets.c.timeout_s)).all()

    def suspects(self, source_chain: str, now_s: float, limit: int) -> list[TrackedPacket]:
        """Packets of a direction to try again although an answer spoke against them, the longest waiting first."""
        unended = [state.value for state in PacketState if not state.is_final]
        query = sa.select(*TRACKED).where(
            *(packets.c.path == self._path, packets.c.source_chain == source_chain, packets.c.state.in_(unended)),
            *(packets.c.suspect > 0, packets.c.not_before_s <= now_s, packets.c.parked != Parked.BY_PERSON.value),
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(packets.c.not_before_s, packets.c.id).limit(limit))
            return [tracked_of(*row) for row in rows]

    def client_seen(self, chain: str, mark: str) -> int:
        """Take up packets that waited for another light client on ``chain`` than it hosts now; how many."""
        now = ClientMark(self._path, chain, mark)
        with self._database.reading() as connection:
            if not parked_packets.waited_for(connection, now):
                return 0

        def take_up(connection: sa.Connection) -> int:
            self._fence(connection)
            return len(parked_packets.client_changed(connection, now))

        return self._database.retried(take_up)

    def archive(self, ended_before_s: float, now_s: float, limit: int) -> int:
        """Move at most ``limit`` packets of this path that ended before a time; returns how many."""

        def move(connection: sa.Connection) -> int:
            self._fence(connection)
            return archive_packets(connection, self._path, ended_before_s, now_s, limit)

        return self._database.retried(move)

    def _cursor_name(self, chain: str) -> str:
        return f"{self._path}/{chain}"


def _bounds(lane: Lane) -> tuple[sa.ColumnElement[bool], ...]:
    """Of a lane; what is parked for another kind of message stands in it."""
    table = packets.c
    passable = [parked.value for parked in Parked if not parked.holds_back(lane.kind)]
    height = table.ack_height if lane.kind is MessageKind.ACKNOWLEDGE else table.sent_height
    return (
        table.timeout_s > lane.timeout_above_s,
        table.timeout_s <= min(lane.timeout_up_to_s, MOST_INTEGER),
        height <= min(lane.height_up_to, MOST_INTEGER),
        table.parked.in_(passable),
    )


def _attempt(target_chain: str, message: PacketMessage, outcome: Outcome, now_s: float) -> StepRow:
    proof_bytes = len(message.proof)
    landed = (target_chain, message.kind.value, outcome.tx_id, outcome.height)
    return StepRow(*landed, proof_bytes, outcome.refusal, now_s, refusal_class=class_of(outcome).value)


def _forget(connection: sa.Connection, counted: Iterable[tuple[int | None, int]]) -> None:
    """Of packets with many attempts drop the one that is no longer among the first or the newest."""
    dropped = [
        {"of_packet": row_id, "forgotten": count - NEWEST_STEPS}
        for row_id, count in counted
        if count - NEWEST_STEPS > FIRST_STEPS
    ]
    if dropped:
        connection.execute(_FORGET, dropped)
