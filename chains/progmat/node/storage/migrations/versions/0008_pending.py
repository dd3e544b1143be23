"""Pending."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "pending",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("asker", Text, nullable=False),
        sa.Column("signed_tx", sa.LargeBinary(), nullable=False),
        sa.Column("since_ms", Int64, nullable=False),
        sa.Column("attempts", Int64, nullable=False),
        sa.Column("next_attempt_ms", Int64, nullable=False),
        sa.Column("last_error_reason", Text, nullable=False),
        sa.Column("last_error", Text, nullable=False),
        sa.PrimaryKeyConstraint("tx_id"),
    )
    with op.batch_alter_table("pending", schema=None) as batch_op:
        batch_op.create_index("pending_asker", ["asker", "since_ms"], unique=False)
        batch_op.create_index("pending_due", ["next_attempt_ms"], unique=False)
