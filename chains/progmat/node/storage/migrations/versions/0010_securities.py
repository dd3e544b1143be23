"""Rule states (securities, gates, network controls, coins), and amounts that are frozen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text
from chains.progmat.node.storage.migrations.adding_columns import add_flag

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the change."""
    add_flag("vault_holdings", "frozen")
    with op.batch_alter_table("vault_holdings", schema=None) as batch_op:
        batch_op.create_index(
            "vault_holdings_frozen",
            ["issuer", "owner_key"],
            unique=False,
            sqlite_where=sa.text("consumed IS 0 AND frozen IS 1"),
            postgresql_where=sa.text("consumed IS false AND frozen IS true"),
        )
    op.create_table(
        "vault_rules",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.Column("contract", Text, nullable=False),
        sa.Column("rule_key", Text, nullable=False),
        sa.Column("keeper", Text, nullable=False),
        sa.Column("standing", Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_rules", schema=None) as batch_op:
        batch_op.create_index(
            "vault_rules_name",
            ["contract", "rule_key", "keeper"],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )
