"""Distributions: parts on the ledger, a registrar's orders, a payer's mandates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "distribution_parts",
        sa.Column("distribution_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("part", Int64, autoincrement=False, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("security_id", Text, nullable=False),
        sa.Column("payer_node", Text, nullable=False),
        sa.Column("next_batch", Int64, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("state_tx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state_index", Int64, nullable=False),
        sa.Column("open_tx", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("distribution_id", "part"),
    )
    with op.batch_alter_table("distribution_parts", schema=None) as batch_op:
        batch_op.create_index("distribution_parts_status", ["status", "payer_node"], unique=False)

    op.create_table(
        "distribution_held_lines",
        sa.Column("distribution_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.Column("amount", Int64, nullable=False),
        sa.Column("why", Text, nullable=False),
        sa.PrimaryKeyConstraint("distribution_id", "node", "account_key"),
    )
    op.create_table(
        "distribution_mandates",
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.Column("registrar", Text, nullable=False),
        sa.Column("security_id", Text, nullable=False),
        sa.Column("asset_id", Text, nullable=False),
        sa.Column("keeper", Text, nullable=False),
        sa.Column("most", Int64, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("approver", Text, nullable=False),
        sa.Column("given_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("account_key", "registrar", "security_id", "asset_id", "keeper"),
    )
    op.create_table(
        "distribution_order_parts",
        sa.Column("distribution_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("part", Int64, autoincrement=False, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("distribution_id", "part"),
    )
    op.create_table(
        "distribution_orders",
        sa.Column("distribution_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("holders", Int64, nullable=False),
        sa.Column("units", Int64, nullable=False),
        sa.Column("gross", Int64, nullable=False),
        sa.Column("national_tax", Int64, nullable=False),
        sa.Column("local_tax", Int64, nullable=False),
        sa.Column("net", Int64, nullable=False),
        sa.Column("register_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("approver", Text, nullable=False),
        sa.Column("ordered_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("distribution_id"),
        sa.UniqueConstraint("name"),
    )
