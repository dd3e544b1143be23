"""Several notaries: which one a holding is under, and the double spends they signed.

Until now a network had one, so any kept state tells the notary of all of them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Text
from chains.progmat.node.storage.migrations.adding_columns import add_text
from chains.progmat.transactions.component_codec import decode_state

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the change."""
    states = sa.table("vault_states", sa.column("component", sa.LargeBinary))
    component = op.get_bind().execute(sa.select(states.c.component).limit(1)).scalar_one_or_none()
    notary = "" if component is None else decode_state(component).notary.name
    add_text("vault_cash", "notary", notary)
    add_text("vault_tokens", "notary", notary)
    op.create_table(
        "validator_double_spends",
        sa.Column("state", sa.LargeBinary(length=36), nullable=False),
        sa.Column("tx_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("notary", Text, nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("state", "tx_id"),
    )
