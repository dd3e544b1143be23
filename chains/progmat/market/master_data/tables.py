"""Tables of the master data, made from the models, and the versions that were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import CheckConstraint, Column, Index, MetaData, Table

from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.records import RECORDS
from chains.progmat.market.master_data.shape import leaves_of
from chains.progmat.node.storage.column_types import Int64, Text

master_data_metadata = MetaData()


def _table_of(kind: RecordKind) -> Table:
    leaves = [
        Column(leaf.column, Int64 if leaf.kind is int else Text, nullable=False, primary_key=leaf.path == "id")
        for leaf in leaves_of(kind)
    ]
    name = f"master_{kind.value.lower()}"
    return Table(
        name,
        master_data_metadata,
        *leaves,
        Column("version", Int64, nullable=False),
        Column("bank_version", Int64, nullable=False),  # of the last change of the account that is paid
        Column("created_s", Int64, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("updated_s", Int64, nullable=False),
        Column("updated_by", Text, nullable=False),
        Column("approved_by", Text, nullable=False),
        Column("erased_s", Int64, nullable=False),
        CheckConstraint("version >= 1", name=f"{name}_version"),
    )


TABLES: Final[Mapping[RecordKind, Table]] = {kind: _table_of(kind) for kind in RECORDS}
"""By kind."""
Index("master_investor_key_investor", TABLES[RecordKind.INVESTOR_KEY].c.investor_id)

versions = Table(
    "master_versions",  # every version of every record: what the audit asks for
    master_data_metadata,
    Column("kind", Text, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("version", Int64, primary_key=True, autoincrement=False),
    Column("at_s", Int64, nullable=False),
    Column("author", Text, nullable=False),
    Column("approver", Text, nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON by path; without personal values once erased
    Column("erased_s", Int64, nullable=False),
)
