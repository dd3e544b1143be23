"""Tables of distributions: a registrar's orders with their parts and held lines, a payer's mandates."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, MetaData, Table, UniqueConstraint

from chains.progmat.node.storage.column_types import Int64, Text

distribution_metadata = MetaData()

distribution_orders = Table(
    "distribution_orders",
    distribution_metadata,
    Column("distribution_id", LargeBinary(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("holders", Int64, nullable=False),
    Column("units", Int64, nullable=False),
    Column("gross", Int64, nullable=False),
    Column("national_tax", Int64, nullable=False),
    Column("local_tax", Int64, nullable=False),
    Column("net", Int64, nullable=False),
    Column("register_hash", LargeBinary(32), nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("ordered_ms", Int64, nullable=False),
    UniqueConstraint("name"),
)

distribution_order_parts = Table(
    "distribution_order_parts",
    distribution_metadata,
    Column("distribution_id", LargeBinary(32), primary_key=True),
    Column("part", Int64, primary_key=True, autoincrement=False),
    Column("state", LargeBinary, nullable=False),
    Column("lines", LargeBinary, nullable=False),
)

distribution_held_lines = Table(
    "distribution_held_lines",
    distribution_metadata,
    Column("distribution_id", LargeBinary(32), primary_key=True),
    Column("node", Text, primary_key=True),
    Column("account_key", LargeBinary, primary_key=True),
    Column("amount", Int64, nullable=False),
    Column("why", Text, nullable=False),
)

distribution_mandates = Table(
    "distribution_mandates",
    distribution_metadata,
    Column("account_key", LargeBinary, primary_key=True),
    Column("registrar", Text, primary_key=True),
    Column("security_id", Text, primary_key=True),
    Column("asset_id", Text, primary_key=True),
    Column("keeper", Text, primary_key=True),
    Column("most", Int64, nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("given_ms", Int64, nullable=False),
)
