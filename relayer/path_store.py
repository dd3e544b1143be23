"""What one path's loop reads and writes. Every method is one database transaction, and every writing one is fenced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import sqlalchemy as sa

from relayer.archive import archive_packets
from relayer.core.chain import EventKind, EventPage, MessageKind, Outcome, PacketMessage, Verdict
from relayer.core.lifecycle import PacketState, next_state
from relayer.core.plan import DirectionView, Target, TrackedPacket, retry_delay_s
from relayer.database import Database
from relayer.page_writer import PageWriter
from relayer.store_tables import PacketKey, StepRow, cursors, packets, steps, tracked

Fenced = Callable[[sa.Connection], None]
"""Refuses, in the transaction of a write, whoever lost its lease (``LeaseLost``)."""

FIRST_STEPS: Final = 8
NEWEST_STEPS: Final = 32
"""Attempts in between are dropped; events are all kept."""
_TOOK_EFFECT: Final = {Verdict.DONE, Verdict.ALREADY_DONE}
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
        self, source_chain: str, target_chain: str, answered: Iterable[tuple[PacketMessage, Outcome]], now_s: float
    ) -> None:
        """Remember how submissions were answered; a packet that got no further waits, longer each time."""
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
                columns = known[key].columns
                # Even after success the next attempt waits: the chain's event, not our submission, ends the work.
                pause_s = retry_delay_s(columns["attempts"], first_s=5.0 if outcome.verdict in _TOOK_EFFECT else 0.5)
                columns["attempts"] += 1
                columns["not_before_s"] = now_s + pause_s
                columns["last_error"] = outcome.refusal
                if outcome.verdict is Verdict.BLOCKED:
                    columns["state"] = next_state(PacketState(columns["state"]), EventKind.OUTCOME_REFUSED).value
                known[key].add_step(_attempt(target_chain, message, outcome, now_s))
            writer.save(known)
            _forget(connection, ((packet.row_id, packet.columns["step_count"]) for packet in known.values()))

        self._database.retried(record)

    def open_packets(self, source_chain: str, target: Target, view: DirectionView, limit: int) -> list[TrackedPacket]:
        """Packets of a direction for which something may be brought to ``target`` now, the nearest time-out first.

        Read by index: neither those that wait after a refusal, nor those that the other end has to take first, hide
        any or cost anything, however many there are.
        """
        found: list[Any] = []
        with self._database.reading() as connection:
            for state, provable in _wanted(target, view):
                mine = (packets.c.path == self._path, packets.c.source_chain == source_chain, packets.c.state == state)
                due = sa.and_(*mine, packets.c.not_before_s <= view.now_s, packets.c.sent_height > 0, provable)
                query = sa.select(packets).where(due).limit(limit)
                by_waking = connection.execute(query.order_by(packets.c.not_before_s)).mappings().all()
                if len(by_waking) < limit:  # these are all: nothing is hidden behind another order
                    found += by_waking
                else:
                    found += connection.execute(query.order_by(packets.c.timeout_s)).mappings().all()
        nearest = sorted(found, key=lambda row: (row["timeout_s"], row["id"]))[:limit]
        return [tracked(row) for row in nearest]

    def archive(self, ended_before_s: float, now_s: float, limit: int) -> int:
        """Move at most ``limit`` packets of this path that ended before a time; returns how many."""

        def move(connection: sa.Connection) -> int:
            self._fence(connection)
            return archive_packets(connection, self._path, ended_before_s, now_s, limit)

        return self._database.retried(move)

    def _cursor_name(self, chain: str) -> str:
        return f"{self._path}/{chain}"


def _wanted(target: Target, view: DirectionView) -> tuple[tuple[str, sa.ColumnElement[bool]], ...]:
    """By state, what can be due to an end: no more than planning looks at closely."""
    arrived = packets.c.ack_height <= view.destination.height
    late = packets.c.timeout_s <= view.destination.timestamp_s
    if target is Target.DESTINATION:
        in_time = packets.c.timeout_s > view.destination.timestamp_s + view.receive_margin_s
        return ((PacketState.SENT.value, sa.and_(in_time, packets.c.sent_height <= view.source.height)),)
    return (
        (PacketState.RECEIVED.value, arrived),
        (PacketState.DELIVERY_BLOCKED.value, arrived),
        (PacketState.SENT.value, late),
        (PacketState.RETURN_BLOCKED.value, late),
    )


def _attempt(target_chain: str, message: PacketMessage, outcome: Outcome, now_s: float) -> StepRow:
    proof_bytes = len(message.proof)
    return StepRow(target_chain, message.kind.value, outcome.tx_id, outcome.height, proof_bytes, outcome.refusal, now_s)


def _forget(connection: sa.Connection, counted: Iterable[tuple[int | None, int]]) -> None:
    """Of packets with many attempts drop the one that is no longer among the first or the newest."""
    dropped = [
        {"of_packet": row_id, "forgotten": count - NEWEST_STEPS}
        for row_id, count in counted
        if count - NEWEST_STEPS > FIRST_STEPS
    ]
    if dropped:
        connection.execute(_FORGET, dropped)
