"""Forgotten effects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "outbox_done",
            ["created_at_s"],
            unique=False,
            sqlite_where=sa.text("status = 'DONE'"),
            postgresql_where=sa.text("status = 'DONE'"),
        )
