"""Rare flows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_IS_RARE = (
    "kind NOT IN ('issue_cash', 'move_cash', 'redeem_cash', 'lock_cash', 'merge_cash', 'issue_token', 'move_token', "
    "'redeem_token', 'settle_dvp', 'pay_batch', 'receive_packet', 'ack_packet', 'timeout_packet', 'cancel_trade', "
    "'update_light_client')"
)


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("flows", schema=None) as batch_op:
        batch_op.create_index(
            "flows_rare_kind",
            ["kind", "step"],
            unique=False,
            sqlite_where=sa.text(_IS_RARE),
            postgresql_where=sa.text(_IS_RARE),
        )
