"""The relayer's memory: packets, cursors and steps in one SQLite database.

An event page and the cursor behind it are written in one database transaction, so that a relayer killed at any line
reads the page again or goes on after it, never half. Everything here could be rebuilt from the chains; it is kept so
that a restart is quick and a person can see what was tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ibc.packet import decode_packet, encode_packet
from relayer.acts import ActTable
from relayer.core.chain import (
    EventKind,
    EventPage,
    MessageKind,
    Outcome,
    PacketEvent,
    PacketMessage,
    RefusalClass,
    Verdict,
)
from relayer.core.lifecycle import PacketState, SequenceReused, next_state
from relayer.core.plan import Lane, Parked, TrackedPacket
from relayer.core.retry import Record, class_of
from relayer.database import Cursors, Database, Int64, Location, RowId, StoreUnavailable
from relayer.packet_care import ClientMark, ParkedTable, care_columns, trade_id_of

SCHEMA_VERSION = 4
MOST_INTEGER = 2**63 - 1
"""SQLite's integers are signed; a time-out beyond this is as good as never."""

_metadata = sa.MetaData()

_packets = sa.Table(
    "packets",
    _metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("source_chain", sa.String, nullable=False),
    sa.Column("source_client", sa.String, nullable=False),
    sa.Column("sequence", sa.String, nullable=False),  # uint64 does not fit SQLite's signed integers
    sa.Column("packet", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("timeout_s", Int64, nullable=False),
    sa.Column("sent_height", Int64, nullable=False),
    sa.Column("ack", sa.LargeBinary),
    sa.Column("ack_height", Int64, nullable=False, default=0),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("not_before_s", sa.Float, nullable=False, default=0.0),
    sa.Column("last_error", sa.String, nullable=False, default=""),
    *care_columns(),
    sa.UniqueConstraint("source_chain", "source_client", "sequence"),
    sa.Index("packets_by_time_out", "source_chain", "timeout_s"),
    sa.Index("packets_by_lane", "source_chain", "state", "timeout_s"),
)
parked_packets = ParkedTable(_metadata, _packets)
acts = ActTable(_metadata)
_cursors = Cursors(_metadata)
_steps = sa.Table(
    "steps",
    _metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("packet_id", sa.ForeignKey("packets.id"), nullable=False, index=True),
    sa.Column("chain", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("tx_id", sa.String, nullable=False),
    sa.Column("height", Int64, nullable=False),
    sa.Column("proof_bytes", sa.Integer, nullable=False, default=0),
    sa.Column("refusal", sa.String, nullable=False, default=""),
    sa.Column("refusal_class", sa.String, nullable=False, default=""),
    sa.Column("at_s", sa.Float, nullable=False),
)
PACKETS = _packets
"""For what people ask and do, which has modules of its own."""


@dataclass(frozen=True)
class PacketKey:
    """A packet's identity on its path: the chain that sent it, its client there, its sequence."""

    source_chain: str
    source_client: str
    sequence: int


@dataclass(frozen=True)
class StepRow:
    """One line of a packet's story; ``refusal_class`` only of an attempt: the class of its answer."""

    chain: str
    what: str
    tx_id: str
    height: int
    proof_bytes: int
    refusal: str
    at_s: float
    refusal_class: str = ""


@dataclass(frozen=True)
class PacketRow:
    """A packet as stored, with what a person asks about it. ``since_s``: when its state or what it needs changed."""

    row_id: int
    source_chain: str
    tracked: TrackedPacket
    last_error: str
    since_s: float
    record: Record
    trade_id: str

    @property
    def key(self) -> PacketKey:
        """Its identity."""
        packet = self.tracked.packet
        return PacketKey(self.source_chain, packet.source_client, packet.sequence)


class RelayerStore:
    """Synchronous; every public method is one database transaction. Raises ``StoreUnavailable`` when the disk fails."""

    def __init__(self, location: Location) -> None:
        self.database = Database(location, _metadata, SCHEMA_VERSION)

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def cursor(self, chain: str) -> int:
        """Where reading of a chain's events continues; 0 at first."""
        with self.database.transaction() as connection:
            return _cursors.read(connection, chain)

    def record_page(self, chain: str, counterparty: str, page: EventPage, now_s: float) -> int:
        """Apply a page of ``chain``'s events and move its cursor; returns how many events were new.

        Raises ``PathBroken`` (nothing is written) when the chains contradict each other.
        """
        news = 0
        with self.database.transaction() as connection:
            for event in page.events:
                news += self._apply(connection, chain, counterparty, event, now_s)
            _cursors.move(connection, chain, page.next_cursor)
        return news

    def _apply(self, connection: sa.Connection, chain: str, counterparty: str, event: PacketEvent, now_s: float) -> int:
        source = counterparty if event.kind is EventKind.ACK_WRITTEN else chain
        key = PacketKey(source, event.packet.source_client, event.packet.sequence)
        row = connection.execute(sa.select(_packets).where(_matches(key))).mappings().one_or_none()
        if row is None:
            # The destination may report a receive before the source's page was read: the packet is in the event itself.
            sent_height = event.height if event.kind is EventKind.SENT else 0
            inserted = connection.execute(
                sa.insert(_packets).values(
                    source_chain=key.source_chain,
                    source_client=key.source_client,
                    sequence=str(key.sequence),
                    packet=encode_packet(event.packet),
                    state=PacketState.SENT.value,
                    timeout_s=min(event.packet.timeout_s, MOST_INTEGER),
                    sent_height=sent_height,
                    since_s=now_s,
                    trade_id=trade_id_of(event.packet),
                )
            )
            row_id, state, parked = _new_id(inserted), PacketState.SENT, Parked.NO
        else:
            if row["packet"] != encode_packet(event.packet):
                raise SequenceReused(chain, key.source_client, key.sequence)
            row_id, state, parked = int(row["id"]), PacketState(row["state"]), Parked(row["parked"])
        known = sa.select(_steps.c.id).where(
            _steps.c.packet_id == row_id, _steps.c.chain == chain, _steps.c.what == event.kind.value
        )
        if connection.execute(known).first():
            return 0
        self._add_step(connection, row_id, StepRow(chain, event.kind.value, event.tx_id, event.height, 0, "", now_s))
        after = next_state(state, event.kind)
        changes: dict[str, Any] = {"state": after.value}
        if event.kind is EventKind.SENT:
            changes["sent_height"] = event.height
        if event.kind is EventKind.ACK_WRITTEN:
            changes |= {"ack": event.ack, "ack_height": event.height}
        if after is not state:
            changes |= {"attempts": 0, "not_before_s": 0.0, "last_error": "", "since_s": now_s}
            changes |= parked_packets.state_changed(connection, row_id, parked, is_final=after.is_final)
        connection.execute(sa.update(_packets).where(_packets.c.id == row_id).values(**changes))
        return 1

    @staticmethod
    def _add_step(connection: sa.Connection, row_id: int, step: StepRow) -> None:
        connection.execute(
            sa.insert(_steps).values(
                packet_id=row_id,
                chain=step.chain,
                what=step.what,
                tx_id=step.tx_id,
                height=step.height,
                proof_bytes=step.proof_bytes,
                refusal=step.refusal,
                refusal_class=step.refusal_class,
                at_s=step.at_s,
            )
        )

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
        with self.database.transaction() as connection:
            for message, outcome in answered:
                key = PacketKey(source_chain, message.packet.source_client, message.packet.sequence)
                row = connection.execute(sa.select(_packets).where(_matches(key))).one()
                refusal_class = class_of(outcome)
                step = StepRow(
                    target_chain,
                    message.kind.value,
                    outcome.tx_id,
                    outcome.height,
                    len(message.proof),
                    outcome.refusal,
                    now_s,
                    refusal_class.value,
                )
                self._add_step(connection, row.id, step)
                waiting = ClientMark(target_chain, client_mark)
                changes: dict[str, Any] = {"attempts": row.attempts + 1, "last_error": outcome.refusal}
                changes |= parked_packets.answered(connection, row, message.kind, outcome, now_s, dice, waiting)
                if outcome.verdict is Verdict.BLOCKED:
                    after = next_state(PacketState(row.state), EventKind.OUTCOME_REFUSED)
                    changes |= {"state": after.value, "since_s": row.since_s if after.value == row.state else now_s}
                connection.execute(sa.update(_packets).where(_packets.c.id == row.id).values(**changes))

    def open_packets(
        self, source_chain: str, now_s: float, limit: int, lane: Lane | None = None
    ) -> list[TrackedPacket]:
        """Packets of a direction that may be worked on now, the nearest time-out first; of one lane if it is given.

        Those that wait after a refusal or are parked are not among them: however many are stuck, they hide no other.
        """
        states = [state for state in PacketState if not state.is_final] if lane is None else lane.states
        conditions = [_packets.c.source_chain == source_chain, _packets.c.not_before_s <= now_s]
        conditions += [_packets.c.sent_height > 0, *(_in_lane(lane) if lane is not None else ())]
        if lane is None:
            conditions.append(_packets.c.parked == Parked.NO.value)
        found: list[Any] = []
        with self.database.transaction() as connection:
            for state in states:  # one by one: so the index gives them in their order, and no backlog is sorted
                of_state = sa.select(_packets).where(_packets.c.state == state.value, *conditions)
                ordered = of_state.order_by(_packets.c.timeout_s, _packets.c.id).limit(limit)
                found += connection.execute(ordered).mappings()
        found.sort(key=lambda row: (row["timeout_s"], row["id"]))
        return [_tracked(row) for row in found[:limit]]

    def suspects(self, source_chain: str, now_s: float, limit: int) -> list[TrackedPacket]:
        """Packets of a direction to try again although an answer spoke against them, the longest waiting first."""
        final = [state.value for state in PacketState if state.is_final]
        query = sa.select(_packets).where(
            _packets.c.suspect > 0,
            _packets.c.source_chain == source_chain,
            _packets.c.state.not_in(final),
            _packets.c.not_before_s <= now_s,
            _packets.c.parked != Parked.BY_PERSON.value,
        )
        with self.database.transaction() as connection:
            rows = connection.execute(query.order_by(_packets.c.not_before_s, _packets.c.id).limit(limit)).mappings()
            return [_tracked(row) for row in rows]

    def client_seen(self, chain: str, mark: str) -> int:
        """Take up packets that waited for another light client on ``chain`` than it hosts now; how many."""
        with self.database.transaction() as connection:
            return len(parked_packets.client_changed(connection, ClientMark(chain, mark)))

    def page(self, states: Sequence[PacketState], after_id: int, limit: int) -> list[PacketRow]:
        """Packets in the given states (all when empty) with row id above ``after_id``."""
        query = sa.select(_packets).where(_packets.c.id > after_id).order_by(_packets.c.id).limit(limit)
        if states:
            query = query.where(_packets.c.state.in_([state.value for state in states]))
        with self.database.transaction() as connection:
            return [packet_row(row) for row in connection.execute(query).mappings()]

    def story(self, key: PacketKey) -> tuple[PacketRow, tuple[StepRow, ...]] | None:
        """One packet and every step taken for it, oldest first; None when unknown."""
        with self.database.transaction() as connection:
            row = connection.execute(sa.select(_packets).where(_matches(key))).mappings().one_or_none()
            if row is None:
                return None
            steps = connection.execute(sa.select(_steps).where(_steps.c.packet_id == row["id"]).order_by(_steps.c.id))
            story = tuple(
                StepRow(
                    *(s["chain"], s["what"], s["tx_id"], s["height"], s["proof_bytes"], s["refusal"], s["at_s"]),
                    s["refusal_class"],
                )
                for s in steps.mappings()
            )
        return packet_row(row), story

    def counts(self) -> dict[str, int]:
        """Number of packets by state."""
        query = sa.select(_packets.c.state, sa.func.count()).group_by(_packets.c.state)
        with self.database.transaction() as connection:
            found = {str(state): int(count) for state, count in connection.execute(query)}
        return {state.value: found.get(state.value, 0) for state in PacketState}


def _new_id(inserted: sa.CursorResult[Any]) -> int:
    """The row id that an insert made."""
    made = inserted.inserted_primary_key
    if made is None:
        raise StoreUnavailable("the database gave no row id for an insert: this is a defect, please report it")
    return int(made[0])


def _matches(key: PacketKey) -> sa.ColumnElement[bool]:
    return sa.and_(
        _packets.c.source_chain == key.source_chain,
        _packets.c.source_client == key.source_client,
        _packets.c.sequence == str(key.sequence),
    )


def _tracked(row: Any) -> TrackedPacket:  # noqa: ANN401  # a result row
    return TrackedPacket(
        packet=decode_packet(row["packet"]),
        state=PacketState(row["state"]),
        sent_height=row["sent_height"],
        ack=row["ack"],
        ack_height=row["ack_height"],
        attempts=row["attempts"],
        not_before_s=row["not_before_s"],
        parked=Parked(row["parked"]),
        refusal_class=_last_class(row),
        suspect=row["suspect"],
    )


def _last_class(row: Any) -> RefusalClass | None:  # noqa: ANN401  # a result row
    return RefusalClass(row["refusal_class"]) if row["refusal_class"] else None


def packet_row(row: Any) -> PacketRow:  # noqa: ANN401  # a result row
    """A row of ``PACKETS`` as people's questions need it."""
    record = Record(_last_class(row), row["repeats"], row["suspect"])
    return PacketRow(
        *(row["id"], row["source_chain"], _tracked(row), row["last_error"]),
        *(row["since_s"], record, row["trade_id"]),
    )


def _in_lane(lane: Lane) -> tuple[sa.ColumnElement[bool], ...]:
    """Bounds of a lane; what is parked for another kind of message stands in it."""
    table = _packets.c
    passable = [parked.value for parked in Parked if not parked.holds_back(lane.kind)]
    height = table.ack_height if lane.kind is MessageKind.ACKNOWLEDGE else table.sent_height
    return (
        table.timeout_s > lane.timeout_above_s,
        table.timeout_s <= min(lane.timeout_up_to_s, MOST_INTEGER),
        height <= min(lane.height_up_to, MOST_INTEGER),
        table.parked.in_(passable),
        table.suspect == 0,
    )
