"""The tables of the relayer's database, and rows as the rest of the program takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from ibc.packet import Packet, decode_packet
from relayer.acts import ActTable
from relayer.core.chain import RefusalClass
from relayer.core.lifecycle import PacketState
from relayer.core.plan import Parked, TrackedPacket
from relayer.core.retry import Record
from relayer.database import Cursors, Int64, RowId
from relayer.evm_blocks import BlockTable
from relayer.evm_nonces import NonceTable
from relayer.leases import LeaseTable
from relayer.packet_care import ParkedTable, care_columns

SCHEMA_VERSION: Final = 5
MOST_INTEGER: Final = 2**63 - 1
"""Databases' integers are signed; a time-out beyond this is as good as never."""

metadata: Final = sa.MetaData()

packets: Final = sa.Table(
    "packets",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("source_chain", sa.String, nullable=False),
    sa.Column("source_client", sa.String, nullable=False),
    sa.Column("sequence", sa.String, nullable=False),  # uint64 does not fit signed integers
    sa.Column("packet", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("timeout_s", Int64, nullable=False),
    sa.Column("sent_height", Int64, nullable=False),
    sa.Column("ack", sa.LargeBinary),
    sa.Column("ack_height", Int64, nullable=False, default=0),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("not_before_s", sa.Double, nullable=False, default=0.0),
    sa.Column("last_error", sa.String, nullable=False, default=""),
    sa.Column("events_seen", sa.Integer, nullable=False, default=0),  # a bit for each kind: see `page_writer`
    sa.Column("step_count", sa.Integer, nullable=False, default=0),
    sa.Column("ended_s", sa.Double, nullable=False, default=0.0),  # 0: it has not
    *care_columns(),
    sa.UniqueConstraint("path", "source_chain", "source_client", "sequence"),
    # What is due is found by whichever of these two is shorter; both hold all that is asked for.
    sa.Index("packets_by_waking", "path", "source_chain", "state", "suspect", "not_before_s", "timeout_s"),
    sa.Index("packets_by_time_out", "path", "source_chain", "state", "suspect", "timeout_s", "not_before_s"),
    sa.Index("packets_by_end", "path", "ended_s"),
)
steps: Final = sa.Table(
    "steps",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("packet_id", sa.ForeignKey("packets.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # of the packet's steps; those in the middle of many are dropped
    sa.Column("chain", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("tx_id", sa.String, nullable=False),
    sa.Column("height", Int64, nullable=False),
    sa.Column("proof_bytes", sa.Integer, nullable=False, default=0),
    sa.Column("refusal", sa.String, nullable=False, default=""),
    sa.Column("refusal_class", sa.String, nullable=False, default=""),
    sa.Column("at_s", sa.Double, nullable=False),
    sa.UniqueConstraint("packet_id", "number"),
)
archived_packets: Final = sa.Table(
    "archived_packets",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("source_chain", sa.String, nullable=False),
    sa.Column("source_client", sa.String, nullable=False),
    sa.Column("sequence", sa.String, nullable=False),
    sa.Column("destination_client", sa.String, nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),  # SHA-256 of the packet as it is encoded
    sa.Column("state", sa.String, nullable=False),
    sa.Column("timeout_s", Int64, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("ended_s", sa.Double, nullable=False),
    sa.Column("archived_s", sa.Double, nullable=False),
    sa.Column("events", sa.JSON, nullable=False),  # [chain, what, tx_id, height, at_s] of each, oldest first
    sa.Column("trade_id", sa.String, index=True),  # empty: it carries none; NULL: archived before this was kept
    sa.UniqueConstraint("path", "source_chain", "source_client", "sequence"),
)
cursors: Final = Cursors(metadata)
leases: Final = LeaseTable(metadata)
parked_packets: Final = ParkedTable(metadata, packets)
acts: Final = ActTable(metadata)
evm_nonces: Final = NonceTable(metadata)
evm_blocks: Final = BlockTable(metadata)


@dataclass(frozen=True)
class PacketKey:
    """A packet's identity on its path: the chain that sent it, its client there, its sequence."""

    source_chain: str
    source_client: str
    sequence: int

    def among(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The condition that finds it in a table of packets."""
        return sa.and_(
            table.c.source_chain == self.source_chain,
            table.c.source_client == self.source_client,
            table.c.sequence == str(self.sequence),
        )


@dataclass(frozen=True)
class StepRow:
    """One line of a packet's story. ``number`` counts all its steps: a gap is of attempts that are no longer kept.

    ``refusal_class`` only of an attempt: the class of its answer.
    """

    chain: str
    what: str
    tx_id: str
    height: int
    proof_bytes: int
    refusal: str
    at_s: float
    number: int = 0
    refusal_class: str = ""


@dataclass(frozen=True)
class PacketRow:
    """A packet as stored, with what a person asks about it. ``since_s``: when its state changed last."""

    row_id: int
    path: str
    source_chain: str
    tracked: TrackedPacket
    last_error: str
    since_s: float
    record: Record
    trade_id: str

    @property
    def key(self) -> PacketKey:
        """Its identity on its path."""
        packet = self.tracked.packet
        return PacketKey(self.source_chain, packet.source_client, packet.sequence)


@dataclass(frozen=True)
class ArchivedPacket:
    """What is kept of a packet that ended long ago: who it was, how and when it ended, where that can be read.

    ``trade_id`` is empty if it carries none, None if it was archived by a version that did not keep it.
    """

    path: str
    key: PacketKey
    destination_client: str
    digest: bytes
    state: PacketState
    timeout_s: int
    attempts: int
    ended_s: float
    archived_s: float
    events: tuple[StepRow, ...]
    trade_id: str | None


Row = Mapping[Any, Any]


@lru_cache(maxsize=4096)
def stored_packet(encoded: bytes) -> Packet:
    """A packet as it was stored; one on its way is read many times, and decoding is most of that."""
    return decode_packet(encoded)


TRACKED: Final = tuple(
    packets.c[name]
    for name in (
        *("packet", "state", "sent_height", "ack", "ack_height", "attempts"),
        *("not_before_s", "parked", "refusal_class", "suspect"),
    )
)
"""The columns that ``tracked_of`` takes, in this order."""


def tracked_of(
    packet: bytes,
    state: str,
    sent_height: int,
    ack: bytes | None,
    ack_height: int,
    attempts: int,
    not_before_s: float,
    parked: str,
    refusal_class: str,
    suspect: int,
) -> TrackedPacket:
    """A row of ``TRACKED`` as planning takes it."""
    return TrackedPacket(
        packet=stored_packet(packet),
        state=PacketState(state),
        sent_height=sent_height,
        ack=ack,
        ack_height=ack_height,
        attempts=attempts,
        not_before_s=not_before_s,
        parked=Parked(parked),
        refusal_class=RefusalClass(refusal_class) if refusal_class else None,
        suspect=suspect,
    )


def packet_row(row: Row) -> PacketRow:
    """A row of ``packets`` as people's questions take it."""
    tracked = tracked_of(*(row[column.name] for column in TRACKED))
    record = Record(tracked.refusal_class, row["repeats"], row["suspect"])
    plain = (row["id"], row["path"], row["source_chain"], tracked, row["last_error"], row["since_s"])
    return PacketRow(*plain, record, row["trade_id"])


def step_row(row: Row) -> StepRow:
    """A row of ``steps``."""
    plain = (row["chain"], row["what"], row["tx_id"], row["height"], row["proof_bytes"], row["refusal"], row["at_s"])
    return StepRow(*plain, row["number"], row["refusal_class"])


def archived_packet(row: Row) -> ArchivedPacket:
    """A row of ``archived_packets``."""
    return ArchivedPacket(
        path=row["path"],
        key=PacketKey(row["source_chain"], row["source_client"], int(row["sequence"])),
        destination_client=row["destination_client"],
        digest=row["digest"],
        state=PacketState(row["state"]),
        timeout_s=row["timeout_s"],
        attempts=row["attempts"],
        ended_s=row["ended_s"],
        archived_s=row["archived_s"],
        events=tuple(
            StepRow(chain, what, tx_id, height, 0, "", at_s, number)
            for number, (chain, what, tx_id, height, at_s) in enumerate(row["events"], 1)
        ),
        trade_id=row["trade_id"],
    )
