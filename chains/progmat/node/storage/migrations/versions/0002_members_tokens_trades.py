"""Members tokens trades."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "vault_tokens",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("output_index", Int64, nullable=False),
        sa.Column("consumed", sa.Boolean(), nullable=False),
        sa.Column("network", Text, nullable=False),
        sa.Column("token_id", Text, nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("quantity", Int64, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("owner_key", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("quantity > 0", name="vault_tokens_quantity"),
        sa.ForeignKeyConstraint(
            ["tx_id", "output_index"],
            ["vault_states.tx_id", "vault_states.output_index"],
        ),
        sa.PrimaryKeyConstraint("tx_id", "output_index"),
    )
    with op.batch_alter_table("vault_tokens", schema=None) as batch_op:
        batch_op.create_index(
            "vault_tokens_account",
            ["token_id", "node", "owner_key", sa.literal_column("quantity DESC")],
            unique=False,
            sqlite_where=sa.text("consumed IS 0"),
            postgresql_where=sa.text("consumed IS false"),
        )

    op.create_table(
        "dvp_answers",
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("terms_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seller_node", Text, nullable=False),
        sa.Column("offered", sa.LargeBinary(), nullable=False),
        sa.Column("round_ms", Int64, nullable=False),
        sa.Column("signed_until_s", Int64, nullable=False),
        sa.PrimaryKeyConstraint("trade_id"),
    )
    op.create_table(
        "dvps",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("trade_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("terms_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("tx_id"),
    )
    with op.batch_alter_table("dvps", schema=None) as batch_op:
        batch_op.create_index("dvps_trade", ["trade_id"], unique=False)
