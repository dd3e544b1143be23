"""Proposals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "vault_proposals",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.Column("record", Text, nullable=False),
        sa.Column("network", Text, nullable=False),
        sa.Column("proposal_tx", sa.LargeBinary(), nullable=False),
        sa.Column("package_hash", sa.LargeBinary(), nullable=False),
        sa.Column("voter", Text, nullable=False),
        sa.Column("says", Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_proposals", schema=None) as batch_op:
        batch_op.create_index("vault_proposals_tx", ["proposal_tx"], unique=False)
