"""The relayer's memory: packets, cursors, steps and leases in one database.

An event page and the cursor behind it are written in one database transaction, so that a relayer killed at any line
reads the page again or goes on after it, never half. Everything here could be rebuilt from the chains; it is kept so
that a restart is quick and a person can see what was tried.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from relayer.archive import archive_packets
from relayer.core.lifecycle import PacketState
from relayer.database import HEALTH_CURSOR, Database, Location
from relayer.leases import LeaseRow
from relayer.path_store import Fenced, PathStore
from relayer.store_tables import (
    SCHEMA_VERSION,
    ArchivedPacket,
    PacketKey,
    PacketRow,
    StepRow,
    archived_packet,
    archived_packets,
    cursors,
    evm_blocks,
    evm_nonces,
    leases,
    metadata,
    packet_row,
    packets,
    step_row,
    steps,
)

__all__ = ["ArchivedPacket", "PacketKey", "PacketRow", "PathStore", "RelayerStore", "StepRow", "unfenced"]


def unfenced(_connection: sa.Connection) -> None:
    """The fence of whoever is alone with its database."""


class RelayerStore:
    """Synchronous; every public method is one database transaction. Raises ``StoreUnavailable`` when it fails.

    What a path's loop does goes through ``of_path``; what is here is for people, of all paths.
    """

    def __init__(self, location: Location) -> None:
        self.database = Database(location, metadata, SCHEMA_VERSION)
        self.leases = leases
        self.evm_nonces, self.evm_blocks = evm_nonces, evm_blocks

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def prove_writable(self, now_s: int) -> None:
        """One durable write. Raises ``StoreUnavailable`` where the disk, or the database, takes none."""
        with self.database.transaction() as connection:
            cursors.move(connection, HEALTH_CURSOR, now_s)

    def of_path(self, path: str, fence: Fenced = unfenced) -> PathStore:
        """The share of one path; ``fence`` refuses its writes once its lease is lost."""
        return PathStore(self.database, path, fence)

    def page(self, states: Sequence[PacketState], after_id: int, limit: int) -> list[PacketRow]:
        """Packets in the given states (all when empty) with row id above ``after_id``."""
        query = sa.select(packets).where(packets.c.id > after_id).order_by(packets.c.id).limit(limit)
        if states:
            query = query.where(packets.c.state.in_([state.value for state in states]))
        with self.database.reading() as connection:
            return [packet_row(row) for row in connection.execute(query).mappings()]

    def story(self, key: PacketKey, path: str = "") -> tuple[PacketRow, tuple[StepRow, ...]] | None:
        """One packet and every step kept of it, oldest first; None when unknown or archived.

        ``path``: of this path alone; of whichever path knows it, if empty.
        """
        query = sa.select(packets).where(key.among(packets)).order_by(packets.c.id)
        if path:
            query = query.where(packets.c.path == path)
        with self.database.reading() as connection:
            row = connection.execute(query).mappings().first()
            if row is None:
                return None
            told = connection.execute(sa.select(steps).where(steps.c.packet_id == row["id"]).order_by(steps.c.number))
            story = tuple(step_row(step) for step in told.mappings())
        return packet_row(row), story

    def archived(self, key: PacketKey, path: str = "") -> ArchivedPacket | None:
        """A packet that ended and was archived; None when there is none. ``path`` as in ``story``."""
        query = sa.select(archived_packets).where(key.among(archived_packets)).order_by(archived_packets.c.id)
        if path:
            query = query.where(archived_packets.c.path == path)
        with self.database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else archived_packet(row)

    def archived_of_trade(self, trade_id: str, limit: int) -> list[ArchivedPacket]:
        """At most ``limit`` archived packets that carry a trade id (in hex), in the order of their archiving.

        None of those that were archived by a version that did not keep it.
        """
        carries = archived_packets.c.trade_id == trade_id
        query = sa.select(archived_packets).where(carries).order_by(archived_packets.c.id).limit(limit)
        with self.database.reading() as connection:
            return [archived_packet(row) for row in connection.execute(query).mappings()]

    def counts(self, path: str = "") -> dict[str, int]:
        """Number of packets by state that are not archived, of one path or, if empty, of all."""
        query = sa.select(packets.c.state, sa.func.count()).group_by(packets.c.state)
        if path:
            query = query.where(packets.c.path == path)
        with self.database.reading() as connection:
            found = {str(state): int(count) for state, count in connection.execute(query)}
        return {state.value: found.get(state.value, 0) for state in PacketState}

    def sizes(self) -> dict[str, int]:
        """Rows by table."""
        with self.database.reading() as connection:
            return {
                name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
                for name, table in sorted(metadata.tables.items())
            }

    def lease_rows(self) -> tuple[LeaseRow, ...]:
        """All leases, held or not."""
        with self.database.reading() as connection:
            return leases.rows(connection)

    def paths(self) -> tuple[str, ...]:
        """Names of the paths that have packets, archived ones or not, in order."""
        query = sa.union(sa.select(packets.c.path), sa.select(archived_packets.c.path))
        with self.database.reading() as connection:
            return tuple(sorted(connection.execute(query).scalars()))

    def archive(self, path: str, ended_before_s: float, now_s: float, limit: int) -> int:
        """As ``PathStore.archive``, by hand: beside a running relayer, whose work it does not touch."""
        return self.database.retried(lambda connection: archive_packets(connection, path, ended_before_s, now_s, limit))
