"""Trade ids of archived packets. Of those that are archived already only a digest was kept: theirs stay unknown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("archived_packets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trade_id", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_archived_packets_trade_id"), ["trade_id"], unique=False)
