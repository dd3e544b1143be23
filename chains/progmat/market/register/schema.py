"""The register's own table: what was fixed on record dates."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, LargeBinary, MetaData, PrimaryKeyConstraint, Table

from chains.progmat.node.storage.column_types import Int64, Text

register_metadata = MetaData()

_OF_SECURITY = ("network", "security_id", "registrar", "record_date")

snapshots = Table(
    "register_snapshots",  # written once, never changed
    register_metadata,
    Column("network", Text, nullable=False),
    Column("security_id", Text, nullable=False),
    Column("registrar", Text, nullable=False),
    Column("record_date", Text, nullable=False),  # ISO 8601
    Column("cut_off_ms", Int64, nullable=False),
    Column("sequence", Int64, nullable=False),
    Column("recorded_ms", Int64, nullable=False),
    Column("journal_position", Int64, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("taken_ms", Int64, nullable=False),
    Column("taken_by", Text, nullable=False),
    PrimaryKeyConstraint(*_OF_SECURITY),
)

snapshot_lines = Table(
    "register_snapshot_lines",
    register_metadata,
    Column("network", Text, nullable=False),
    Column("security_id", Text, nullable=False),
    Column("registrar", Text, nullable=False),
    Column("record_date", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("owner_key", LargeBinary, nullable=False),
    Column("units", Int64, nullable=False),
    Column("frozen", Int64, nullable=False),
    PrimaryKeyConstraint(*_OF_SECURITY, "node", "owner_key"),
    ForeignKeyConstraint(_OF_SECURITY, [snapshots.c[name] for name in _OF_SECURITY]),
)
