"""The emergency register's own tables: outages that were or are being normalised, line by line."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, LargeBinary, MetaData, PrimaryKeyConstraint, Table

from chains.progmat.node.storage.column_types import Int64, Text

emergency_metadata = MetaData()

files = Table(
    "emergency_files",  # closed files as they were uploaded, verified and of this registrar's books
    emergency_metadata,
    Column("outage_id", LargeBinary(32), nullable=False),  # the hash of the file's first part
    Column("head", LargeBinary(32), nullable=False),  # the hash of its last move
    Column("content", LargeBinary, nullable=False),  # zlib
    PrimaryKeyConstraint("outage_id", "head"),
)

outages = Table(
    "emergency_outages",  # one row for each emergency file whose lines are brought into the ledger
    emergency_metadata,
    Column("outage_id", LargeBinary(32), primary_key=True),
    Column("network", Text, nullable=False),
    Column("security_id", Text, nullable=False),
    Column("registrar", Text, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
    Column("base_sequence", Int64, nullable=False),
    Column("planned_sequence", Int64, nullable=False),  # of the books when it was planned
    Column("planned_ms", Int64, nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("closed_sequence", Int64),  # of the books when the last line was in; NULL: not yet
)

outage_lines = Table(
    "emergency_lines",  # what of each line the ledger lacked when it was planned
    emergency_metadata,
    Column("outage_id", LargeBinary(32), nullable=False),
    Column("line", Int64, nullable=False),
    Column("units", Int64, nullable=False),  # to be brought in; 0: the ledger had made the whole move itself
    Column("attempt", Int64, nullable=False),  # counts refused forced transfers
    Column("tx_id", LargeBinary(32)),  # the forced transfer, once it is recorded
    PrimaryKeyConstraint("outage_id", "line"),
    ForeignKeyConstraint(["outage_id"], [outages.c.outage_id]),
)

counted = Table(
    "emergency_counted",  # moves that the ledger had made itself, and the line each is part of
    emergency_metadata,
    Column("outage_id", LargeBinary(32), nullable=False),
    Column("tx_id", LargeBinary(32), nullable=False),
    Column("line", Int64, nullable=False),
    PrimaryKeyConstraint("outage_id", "tx_id"),
    ForeignKeyConstraint(["outage_id"], [outages.c.outage_id]),
)
