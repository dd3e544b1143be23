"""The Validator's tables, beside those of the node's storage in the same database."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, LargeBinary, MetaData, Table

from chains.progmat.node.storage.column_types import Int64, Text

validator_metadata = MetaData()

heights = Table(
    "validator_heights",
    validator_metadata,
    Column("height", Int64, primary_key=True, autoincrement=False),
    Column("timestamp_s", Int64, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("journal_hash", LargeBinary(32), nullable=False),
)

tree_nodes = Table(
    "validator_tree_nodes",
    validator_metadata,
    Column("node_hash", LargeBinary(32), primary_key=True),
    Column("node", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

paths = Table(
    "validator_paths",
    validator_metadata,
    Column("path", LargeBinary, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("created_at", Int64, nullable=False),  # heights
    Column("deleted_at", Int64),
    sqlite_with_rowid=False,
)

consumed = Table(
    "validator_consumed",  # by journalled transactions: others are not seen here
    validator_metadata,
    Column("state", LargeBinary(36), primary_key=True),
    Column("height", Int64, nullable=False),
    sqlite_with_rowid=False,
)

spent = Table(
    "validator_spent",  # by final transactions that are kept here, journalled or not
    validator_metadata,
    Column("state", LargeBinary(36), primary_key=True),
    Column("tx_id", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

approvals = Table(
    "validator_approvals",
    validator_metadata,
    Column("tx_id", LargeBinary(32), primary_key=True),
    Column("requester", Text, nullable=False),
    Column("approved_at_s", Int64, nullable=False),
    sqlite_with_rowid=False,
)

alarms = Table(
    "validator_alarms",
    validator_metadata,
    Column("id", Int64, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("evidence", LargeBinary, nullable=False),  # the notary's journal page, where it is the notary's fault
    CheckConstraint("id = 1", name="validator_alarms_first_stays"),
)

double_spends = Table(
    "validator_double_spends",  # signed by other notaries than the journal's: what they touch is not vouched for
    validator_metadata,
    Column("state", LargeBinary(36), primary_key=True),
    Column(
        "tx_id", LargeBinary(32), primary_key=True
    ),  # the later consumer that was seen; the earlier one is kept here
    Column("notary", Text, nullable=False),
    Column("evidence", LargeBinary, nullable=False),  # the later consumer, with the notary's signature
)

pins = Table(
    "validator_pins",
    validator_metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
