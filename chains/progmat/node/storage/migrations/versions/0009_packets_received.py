"""Packets received."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "authorised_terms",
        sa.Column("terms_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("terms_hash"),
    )
    op.create_table(
        "receipts",
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("packet", sa.LargeBinary(), nullable=False),
        sa.Column("acknowledgement", sa.LargeBinary(), nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("journal_position", Int64, nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )
