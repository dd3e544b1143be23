"""Coins in trust."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Int64, Text

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "coin_issue_halts",
        sa.Column("coin_id", Text, nullable=False),
        sa.Column("since_ms", Int64, nullable=False),
        sa.Column("why", Text, nullable=False),
        sa.PrimaryKeyConstraint("coin_id"),
    )
    op.create_table(
        "coin_issue_permits",
        sa.Column("flow_id", Text, nullable=False),
        sa.Column("coin_id", Text, nullable=False),
        sa.Column("amount_yen", Int64, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.Column("deposit_id", Text, nullable=False),
        sa.PrimaryKeyConstraint("flow_id"),
    )
    op.create_index("coin_issue_permits_deposit", "coin_issue_permits", ["deposit_id"], unique=False)
    _trust_tables()
    _trust_records()


def _trust_tables() -> None:
    op.create_table(
        "trust_balances",
        sa.Column("coin_id", Text, nullable=False),
        sa.Column("account", Text, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("amount_yen", Int64, nullable=False),
        sa.PrimaryKeyConstraint("coin_id", "account", "node"),
    )
    op.create_table(
        "trust_deposits",
        sa.Column("deposit_id", Text, nullable=False),
        sa.Column("coin_id", Text, nullable=False),
        sa.Column("amount_yen", Int64, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("flow_id", Text, nullable=False),
        sa.Column("attempt", Int64, nullable=False),
        sa.Column("bank_reference", Text, nullable=True),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=True),
        sa.Column("announced_by", Text, nullable=False),
        sa.Column("announced_ms", Int64, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("approver", Text, nullable=False),
        sa.Column("confirmed_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("deposit_id"),
        sa.UniqueConstraint("coin_id", "bank_reference", name="trust_deposits_reference"),
        sa.CheckConstraint("amount_yen > 0", name="trust_deposits_amount"),
    )
    op.create_index("trust_deposits_flow", "trust_deposits", ["flow_id"], unique=False)
    op.create_index("trust_deposits_status", "trust_deposits", ["status", "announced_ms"], unique=False)
    op.create_table(
        "trust_postings",
        sa.Column("id", Int64, autoincrement=True, nullable=False),
        sa.Column("coin_id", Text, nullable=False),
        sa.Column("cause", Text, nullable=False),
        sa.Column("debit", Text, nullable=False),
        sa.Column("debit_node", Text, nullable=False),
        sa.Column("credit", Text, nullable=False),
        sa.Column("credit_node", Text, nullable=False),
        sa.Column("amount_yen", Int64, nullable=False),
        sa.Column("reference", Text, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("approver", Text, nullable=False),
        sa.Column("at_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("coin_id", "cause", name="trust_postings_cause"),
        sa.CheckConstraint("amount_yen > 0", name="trust_postings_amount"),
        sqlite_autoincrement=True,
    )


def _trust_records() -> None:
    op.create_table(
        "trust_cursors",
        sa.Column("name", Text, nullable=False),
        sa.Column("sequence", Int64, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "trust_mismatches",
        sa.Column("coin_id", Text, nullable=False),
        sa.Column("sequence", Int64, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("trust_yen", Int64, nullable=False),
        sa.Column("unspent_yen", Int64, nullable=False),
        sa.Column("at_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("coin_id", "sequence", "node"),
    )
    op.create_table(
        "trust_redemptions",
        sa.Column("redemption_id", Text, nullable=False),
        sa.Column("coin_id", Text, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("amount_yen", Int64, nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("bank_reference", Text, nullable=True),
        sa.Column("seen_ms", Int64, nullable=False),
        sa.Column("author", Text, nullable=False),
        sa.Column("approver", Text, nullable=False),
        sa.Column("paid_ms", Int64, nullable=False),
        sa.PrimaryKeyConstraint("redemption_id"),
        sa.UniqueConstraint("coin_id", "bank_reference", name="trust_redemptions_reference"),
    )
    op.create_index("trust_redemptions_status", "trust_redemptions", ["status", "seen_ms"], unique=False)
    op.create_table(
        "trust_unmatched_issues",
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("coin_id", Text, nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("amount_yen", Int64, nullable=False),
        sa.PrimaryKeyConstraint("tx_id", "coin_id", "node"),
    )
