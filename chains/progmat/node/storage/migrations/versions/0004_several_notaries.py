"""Several notaries: which one a holding is under.

Until now a network had one, so any kept state tells the notary of all of them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chains.progmat.node.storage.column_types import Text
from chains.progmat.transactions.component_codec import decode_state

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the change."""
    connection = op.get_bind()
    states = sa.table("vault_states", sa.column("component", sa.LargeBinary))
    component = connection.execute(sa.select(states.c.component).limit(1)).scalar_one_or_none()
    for name in ("vault_cash", "vault_tokens"):
        op.add_column(name, sa.Column("notary", Text, nullable=False, server_default=""))
        if component is not None:
            holdings = sa.table(name, sa.column("notary", sa.Text))
            connection.execute(sa.update(holdings).values(notary=decode_state(component).notary.name))
