"""Registerbook."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "register_snapshots",
        sa.Column("network", Text, nullable=False),
        sa.Column("security_id", Text, nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("record_date", Text, nullable=False),
        sa.Column("cut_off_ms", Int64, nullable=False),
        sa.Column("sequence", Int64, nullable=False),
        sa.Column("recorded_ms", Int64, nullable=False),
        sa.Column("journal_position", Int64, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("taken_ms", Int64, nullable=False),
        sa.Column("taken_by", Text, nullable=False),
        sa.PrimaryKeyConstraint("network", "security_id", "registrar", "record_date"),
    )
    op.create_table(
        "register_snapshot_lines",
        sa.Column("network", Text, nullable=False),
        sa.Column("security_id", Text, nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("record_date", Text, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("owner_key", sa.LargeBinary(), nullable=False),
        sa.Column("units", Int64, nullable=False),
        sa.Column("frozen", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["network", "security_id", "registrar", "record_date"],
            [
                "register_snapshots.network",
                "register_snapshots.security_id",
                "register_snapshots.registrar",
                "register_snapshots.record_date",
            ],
        ),
        sa.PrimaryKeyConstraint("network", "security_id", "registrar", "record_date", "node", "owner_key"),
    )
    op.create_table(
        "emergency_files",
        sa.Column("outage_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("outage_id", "head"),
    )
    op.create_table(
        "emergency_outages",
        sa.Column("outage_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("network", Text, nullable=False),
        sa.Column("security_id", Text, nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("base_sequence", Int64, nullable=False),
        sa.Column("planned_sequence", Int64, nullable=False),
        sa.Column("planned_ms", Int64, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("approver", Text, nullable=False),
        sa.Column("closed_sequence", Int64, nullable=True),
        sa.PrimaryKeyConstraint("outage_id"),
    )
    op.create_table(
        "emergency_lines",
        sa.Column("outage_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("line", Int64, nullable=False),
        sa.Column("units", Int64, nullable=False),
        sa.Column("attempt", Int64, nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["outage_id"],
            ["emergency_outages.outage_id"],
        ),
        sa.PrimaryKeyConstraint("outage_id", "line"),
    )
    op.create_table(
        "emergency_counted",
        sa.Column("outage_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("line", Int64, nullable=False),
        sa.ForeignKeyConstraint(
            ["outage_id"],
            ["emergency_outages.outage_id"],
        ),
        sa.PrimaryKeyConstraint("outage_id", "tx_id"),
    )
