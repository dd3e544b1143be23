"""Tables of bank statements: imported files, their lines, payments that are expected."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, MetaData, Table, UniqueConstraint

from chains.progmat.node.storage.column_types import Int64, Text

bank_metadata = MetaData()

imports = Table(
    "bank_imports",  # import file control (取込ファイル管理): one row a file, whatever came of it
    bank_metadata,
    Column("file_hash", LargeBinary(32), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("size_bytes", Int64, nullable=False),
    Column("at_ms", Int64, nullable=False),
    Column("status", Text, nullable=False),
    Column("result", Text, nullable=False),  # JSON
    Column("registrant", Text, nullable=False),
)

lines = Table(
    "bank_lines",
    bank_metadata,
    Column("line", Int64, primary_key=True, autoincrement=True),
    Column("file_hash", LargeBinary(32), nullable=False),
    Column("row", Int64, nullable=False),
    Column("account", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("value_day", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("amount_yen", Int64, nullable=False),
    Column("balance_yen", Int64, nullable=False),
    Column("text", Text, nullable=False),
    Column("payer_name", Text, nullable=False),  # as names are compared
    Column("matched", Text, nullable=False),  # reference of the payment; empty: none
    UniqueConstraint("file_hash", "row", name="bank_lines_row"),
    Index("bank_lines_account", "account", "line"),
    Index("bank_lines_matched", "matched", "line"),
    sqlite_autoincrement=True,
)

expected = Table(
    "bank_expected",
    bank_metadata,
    Column("reference", Text, primary_key=True),
    Column("direction", Text, nullable=False),
    Column("amount_yen", Int64, nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("line", Int64, nullable=False),  # the line that confirmed it; 0: none
    Column("author", Text, nullable=False),  # who matched it by hand; empty: the rule did
    Column("approver", Text, nullable=False),
    Column("at_ms", Int64, nullable=False),
    Index("bank_expected_open", "status", "amount_yen"),
)
