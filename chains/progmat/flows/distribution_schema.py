"""Table of the parts of distributions that this node has recorded, as the newest transaction left each."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, MetaData, Table

from chains.progmat.node.storage.column_types import Int64, Text

distribution_parts_metadata = MetaData()

distribution_parts = Table(
    "distribution_parts",
    distribution_parts_metadata,
    Column("distribution_id", LargeBinary(32), primary_key=True),
    Column("part", Int64, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),
    Column("security_id", Text, nullable=False),
    Column("payer_node", Text, nullable=False),
    Column("next_batch", Int64, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("state_tx", LargeBinary(32), nullable=False),
    Column("state_index", Int64, nullable=False),
    Column("open_tx", LargeBinary(32), nullable=False),
)
Index("distribution_parts_status", distribution_parts.c.status, distribution_parts.c.payer_node)
