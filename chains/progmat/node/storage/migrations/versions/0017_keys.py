"""How far the key store was seen to come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "key_stores",
        sa.Column("store_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("serial", Int64, nullable=False),
        sa.PrimaryKeyConstraint("store_id"),
    )
