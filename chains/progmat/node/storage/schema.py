"""The node's own tables; the vault and the flows bring theirs in their own MetaData."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    inspect,
    select,
)

from chains.progmat.node.storage.errors import DatabaseOfAnotherNode, UnknownSchemaVersion

SCHEMA_VERSION = "2"
"""Of all tables of a node together; changed with any of them."""

storage_metadata = MetaData()

meta = Table(
    "meta",
    storage_metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

transactions = Table(
    "transactions",
    storage_metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),  # in the order in which they came here
    Column("tx_id", LargeBinary(32), nullable=False, unique=True),
    Column("signed_bytes", LargeBinary, nullable=False),
    Column("journal_position", Integer, nullable=False),  # 0: without provable writes
    Column("participants", String, nullable=False),  # names between commas, one before the first and after the last
    Column("stored_at_s", Integer, nullable=False),
    sqlite_autoincrement=True,
)

attestations = Table(
    "attestations",  # of ledger_txs that are kept here, or of which single outputs are
    storage_metadata,
    Column("tx_id", LargeBinary(32), primary_key=True),
    Column("attestation", LargeBinary, nullable=False),
)

attested_outputs = Table(
    "attested_outputs",  # outputs whose ledger_tx is not kept here
    storage_metadata,
    Column("tx_id", LargeBinary(32), primary_key=True),
    Column("output_index", Integer, primary_key=True),
    Column("proof", LargeBinary, nullable=False),
)

outbox = Table(
    "outbox",
    storage_metadata,
    Column("effect_id", Integer, primary_key=True, autoincrement=True),
    Column("effect_key", String, nullable=False, unique=True),
    Column("peer", String, nullable=False),
    Column("method", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_s", Integer, nullable=False),
    Column("last_error", String, nullable=False),
    Column("created_at_s", Integer, nullable=False),
    CheckConstraint("status IN ('PENDING', 'DONE')", name="outbox_status"),
    CheckConstraint("attempts >= 0", name="outbox_attempts"),
)
Index(
    "outbox_due",
    outbox.c.next_attempt_s,
    outbox.c.effect_id,
    sqlite_where=outbox.c.status == "PENDING",
    postgresql_where=outbox.c.status == "PENDING",
)


def prepare_schema(engine: Engine, path: Path, node_name: str, schemas: Sequence[MetaData]) -> None:
    """Create a new file's tables, or check that an existing file is ours.

    Raises ``UnknownSchemaVersion``, ``DatabaseOfAnotherNode``.
    """
    with engine.connect() as connection, connection.begin():
        if not inspect(connection).get_table_names():
            for metadata in (storage_metadata, *schemas):
                metadata.create_all(connection)
            rows = [{"name": "schema_version", "value": SCHEMA_VERSION}, {"name": "node_name", "value": node_name}]
            connection.execute(meta.insert(), rows)
            return
        found = {}
        if inspect(connection).has_table("meta"):
            found = {row.name: row.value for row in connection.execute(select(meta.c.name, meta.c.value))}
        version = found.get("schema_version", "none")
        if version != SCHEMA_VERSION:
            raise UnknownSchemaVersion(str(path), version, SCHEMA_VERSION)
        if found["node_name"] != node_name:
            raise DatabaseOfAnotherNode(str(path), found["node_name"], node_name)


def history_id(connection: Connection, fresh: str) -> str:
    """The name of this database's records, drawn once."""
    found = connection.execute(select(meta.c.value).where(meta.c.name == "history_id")).scalar_one_or_none()
    if found is not None:
        return str(found)
    connection.execute(meta.insert().values(name="history_id", value=fresh))
    return fresh
