"""Fresh keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "vault_fresh_accounts",
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_key"),
    )
    op.create_table(
        "vault_fresh_keys",
        sa.Column("fresh_key", sa.LargeBinary(), nullable=False),
        sa.Column("node", Text, nullable=False),
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.Column("asker", Text, nullable=False),
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("fresh_key"),
    )
    with op.batch_alter_table("vault_cash", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fresh_key", sa.LargeBinary(), nullable=True))
        batch_op.create_index(
            "vault_cash_fresh_key",
            ["fresh_key"],
            unique=False,
            sqlite_where=sa.text("fresh_key IS NOT NULL"),
            postgresql_where=sa.text("fresh_key IS NOT NULL"),
        )
