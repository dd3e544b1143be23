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
from relayer.core.chain import EventKind, EventPage, Outcome, PacketEvent, PacketMessage, Verdict
from relayer.core.lifecycle import PacketState, SequenceReused, next_state
from relayer.core.plan import TrackedPacket, retry_delay_s
from relayer.database import HEALTH_CURSOR, Cursors, Database, Int64, Location, RowId, StoreUnavailable

SCHEMA_VERSION = 3
_TOOK_EFFECT = {Verdict.DONE, Verdict.ALREADY_DONE}
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
    sa.UniqueConstraint("source_chain", "source_client", "sequence"),
    sa.Index("packets_by_time_out", "source_chain", "timeout_s"),
)
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
    sa.Column("at_s", sa.Float, nullable=False),
)


@dataclass(frozen=True)
class PacketKey:
    """A packet's identity on its path: the chain that sent it, its client there, its sequence."""

    source_chain: str
    source_client: str
    sequence: int


@dataclass(frozen=True)
class StepRow:
    """One line of a packet's story."""

    chain: str
    what: str
    tx_id: str
    height: int
    proof_bytes: int
    refusal: str
    at_s: float


@dataclass(frozen=True)
class PacketRow:
    """A packet as stored, with what a person asks about it."""

    row_id: int
    source_chain: str
    tracked: TrackedPacket
    last_error: str


class RelayerStore:
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
                )
            )
            row_id, state = _new_id(inserted), PacketState.SENT
        else:
            if row["packet"] != encode_packet(event.packet):
                raise SequenceReused(chain, key.source_client, key.sequence)
            row_id, state = int(row["id"]), PacketState(row["state"])
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
            changes |= {"attempts": 0, "not_before_s": 0.0, "last_error": ""}
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
                at_s=step.at_s,
            )
        )

    def record_outcomes(
        self, source_chain: str, target_chain: str, answered: Iterable[tuple[PacketMessage, Outcome]], now_s: float
    ) -> None:
        """Remember how submissions were answered; a packet that got no further waits, longer each time."""
        with self.database.transaction() as connection:
            for message, outcome in answered:
                key = PacketKey(source_chain, message.packet.source_client, message.packet.sequence)
                columns = (_packets.c.id, _packets.c.attempts, _packets.c.state)
                row = connection.execute(sa.select(*columns).where(_matches(key))).one()
                step = StepRow(
                    target_chain,
                    message.kind.value,
                    outcome.tx_id,
                    outcome.height,
                    len(message.proof),
                    outcome.refusal,
                    now_s,
                )
                self._add_step(connection, row.id, step)
                # Even after success the next attempt waits: the chain's event, not our submission, ends the work.
                pause_s = retry_delay_s(row.attempts, first_s=5.0 if outcome.verdict in _TOOK_EFFECT else 0.5)
                changes = {"attempts": row.attempts + 1, "not_before_s": now_s + pause_s, "last_error": outcome.refusal}
                if outcome.verdict is Verdict.BLOCKED:
                    changes["state"] = next_state(PacketState(row.state), EventKind.OUTCOME_REFUSED).value
                connection.execute(sa.update(_packets).where(_packets.c.id == row.id).values(**changes))

    def open_packets(self, source_chain: str, now_s: float, limit: int) -> list[TrackedPacket]:
        """Packets of a direction that may be worked on now, the nearest time-out first.

        Those that wait after a refusal are not among them: however many are stuck, they hide no other.
        """
        final = [state.value for state in PacketState if state.is_final]
        query = (
            sa.select(_packets)
            .where(
                _packets.c.source_chain == source_chain,
                _packets.c.state.not_in(final),
                _packets.c.sent_height > 0,
                _packets.c.not_before_s <= now_s,
            )
            .order_by(_packets.c.timeout_s, _packets.c.id)
            .limit(limit)
        )
        with self.database.transaction() as connection:
            return [_tracked(row) for row in connection.execute(query).mappings()]

    def page(self, states: Sequence[PacketState], after_id: int, limit: int) -> list[PacketRow]:
        """Packets in the given states (all when empty) with row id above ``after_id``."""
        query = sa.select(_packets).where(_packets.c.id > after_id).order_by(_packets.c.id).limit(limit)
        if states:
            query = query.where(_packets.c.state.in_([state.value for state in states]))
        with self.database.transaction() as connection:
            return [_packet_row(row) for row in connection.execute(query).mappings()]

    def story(self, key: PacketKey) -> tuple[PacketRow, tuple[StepRow, ...]] | None:
        """One packet and every step taken for it, oldest first; None when unknown."""
        with self.database.transaction() as connection:
            row = connection.execute(sa.select(_packets).where(_matches(key))).mappings().one_or_none()
            if row is None:
                return None
            steps = connection.execute(sa.select(_steps).where(_steps.c.packet_id == row["id"]).order_by(_steps.c.id))
            story = tuple(
                StepRow(s["chain"], s["what"], s["tx_id"], s["height"], s["proof_bytes"], s["refusal"], s["at_s"])
                for s in steps.mappings()
            )
        return _packet_row(row), story

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
    )


def _packet_row(row: Any) -> PacketRow:  # noqa: ANN401  # a result row
    return PacketRow(row["id"], row["source_chain"], _tracked(row), row["last_error"])
