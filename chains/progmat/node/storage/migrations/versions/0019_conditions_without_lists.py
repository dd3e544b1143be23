"""Conditions of the flows' table without ``IN``, which SQLite makes a table in memory for in each change of a row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0019"
down_revision = "0018"

_BUILT = (
    "signed_tx IS NOT NULL OR (step <> 'BUILT' AND step <> 'COUNTERSIGNED' AND step <> 'APPROVED' AND "
    "step <> 'NOTARISED' AND step <> 'RECORDED')"
)
_RARE_AND_UNRECORDED = (
    "kind <> 'issue_cash' AND kind <> 'move_cash' AND kind <> 'redeem_cash' AND kind <> 'lock_cash' AND "
    "kind <> 'merge_cash' AND kind <> 'issue_token' AND kind <> 'move_token' AND kind <> 'redeem_token' AND "
    "kind <> 'settle_dvp' AND kind <> 'pay_batch' AND kind <> 'receive_packet' AND kind <> 'ack_packet' AND "
    "kind <> 'timeout_packet' AND kind <> 'cancel_trade' AND kind <> 'update_light_client' AND "
    "(step = 'BUILT' OR step = 'COUNTERSIGNED' OR step = 'APPROVED' OR step = 'NOTARISED')"
)


def upgrade() -> None:
    """Make the change."""
    op.drop_index("flows_rare_kind", table_name="flows")
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
    else:
        op.drop_constraint("flows_built", "flows")
        op.create_check_constraint("flows_built", "flows", _BUILT)
    op.create_index(
        "flows_rare_kind",
        "flows",
        ["kind"],
        unique=False,
        sqlite_where=sa.text(_RARE_AND_UNRECORDED),
        postgresql_where=sa.text(_RARE_AND_UNRECORDED),
    )


def _make_anew() -> None:
    """SQLite changes no CHECK: the rows go into a new table."""
    op.drop_index("flows_step_created", table_name="flows")
    op.rename_table("flows", "flows_before")
    op.create_table(
        "flows",
        sa.Column("flow_id", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("step", Text, nullable=False),
        sa.Column("signed_tx", sa.LargeBinary(), nullable=True),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=True),
        sa.Column("journal_position", Int64, nullable=False),
        sa.Column("attempts", Int64, nullable=False),
        sa.Column("last_error_reason", Text, nullable=False),
        sa.Column("last_error", Text, nullable=False),
        sa.Column("waiting_on", Text, nullable=False),
        sa.Column("next_attempt_ms", Int64, nullable=False),
        sa.Column("wish", Text, nullable=False),
        sa.Column("story", Text, nullable=False),
        sa.Column("since_ms", Int64, nullable=False),
        sa.Column("created_ms", Int64, nullable=False),
        sa.Column("updated_ms", Int64, nullable=False),
        sa.CheckConstraint(_BUILT, name="flows_built"),
        sa.PrimaryKeyConstraint("flow_id"),
    )
    op.execute("INSERT INTO flows SELECT * FROM flows_before")
    op.drop_table("flows_before")
    op.create_index("flows_step_created", "flows", ["step", "created_ms"], unique=False)
