"""The node's own tables; the vault, the flows and the Validator bring theirs in their own MetaData."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Index,
    LargeBinary,
    MetaData,
    Table,
    insert,
    inspect,
    select,
)

from chains.new_tables import create_tables
from chains.progmat.node.storage.column_types import Int64, Text
from chains.progmat.node.storage.errors import DatabaseOfAnotherNode, SchemaOutdated, UnknownSchemaVersion
from chains.progmat.node.storage.migrations.revisions import head_revision, known_revisions

storage_metadata = MetaData()

meta = Table(
    "meta",
    storage_metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

head = Table(
    "storage_head",  # one row: see `standing.Head`
    storage_metadata,
    Column("id", Int64, primary_key=True, autoincrement=False),
    Column("database_id", Text, nullable=False),
    Column("incarnation", Int64, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("number", Int64, nullable=False),
    Column("holder", Text, nullable=False),
    Column("doubt", Text, nullable=False),
    Column("doubt_detail", Text, nullable=False),
    CheckConstraint("id = 1", name="storage_head_only"),
)

audit = Table(
    "storage_audit",  # what happened to the database as a whole, and who decided it
    storage_metadata,
    Column("id", Int64, primary_key=True, autoincrement=True),
    Column("at_s", Int64, nullable=False),
    Column("operator", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)

peer_heads = Table(
    "storage_peer_heads",  # the latest state of each peer's database that this node has been told of by that peer
    storage_metadata,
    Column("peer", Text, primary_key=True),
    Column("database_id", Text, nullable=False),
    Column("incarnation", Int64, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("number", Int64, nullable=False),
    Column("signature", LargeBinary, nullable=False),  # the peer's own
    Column("at_s", Int64, nullable=False),
)

transactions = Table(
    "transactions",
    storage_metadata,
    Column("sequence", Int64, primary_key=True, autoincrement=True),  # in the order in which they came here
    Column("tx_id", LargeBinary(32), nullable=False, unique=True),
    Column("signed_bytes", LargeBinary, nullable=False),
    Column("journal_position", Int64, nullable=False),  # 0: without provable writes
    Column("participants", Text, nullable=False),  # names between commas, one before the first and after the last
    Column("stored_at_s", Int64, nullable=False),
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
    Column("output_index", Int64, primary_key=True, autoincrement=False),
    Column("proof", LargeBinary, nullable=False),
)

outbox = Table(
    "outbox",
    storage_metadata,
    Column("effect_id", Int64, primary_key=True, autoincrement=True),
    Column("effect_key", Text, nullable=False, unique=True),
    Column("peer", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Int64, nullable=False),
    Column("next_attempt_s", Int64, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("created_at_s", Int64, nullable=False),
    CheckConstraint("attempts >= 0", name="outbox_attempts"),
)
Index(
    "outbox_due",
    outbox.c.peer,
    outbox.c.next_attempt_s,
    outbox.c.effect_id,
    sqlite_where=outbox.c.status == "PENDING",
    postgresql_where=outbox.c.status == "PENDING",
)
Index(
    "outbox_done",
    outbox.c.created_at_s,
    sqlite_where=outbox.c.status == "DONE",
    postgresql_where=outbox.c.status == "DONE",
)

version_metadata = MetaData()
"""Alembic's own table: which revision the tables are at."""
version = Table("alembic_version", version_metadata, Column("version_num", Text, primary_key=True))


def prepare_schema(connection: Connection, database: str, node_name: str, schemas: Sequence[MetaData]) -> None:
    """Create a new database's tables, or check that an existing one is ours and of this program's version.

    What is created here is what the migrations make, step by step (a test holds both to that). Runs in the caller's
    transaction. Raises ``SchemaOutdated``, ``UnknownSchemaVersion``, ``DatabaseOfAnotherNode``.
    """
    if not inspect(connection).get_table_names():
        create_tables(connection, (version_metadata, storage_metadata, *schemas))
        connection.execute(insert(version).values(version_num=head_revision()))
        connection.execute(insert(meta).values(name="node_name", value=node_name))
        return
    check_revision(database, stored_revision(connection))
    found = connection.execute(select(meta.c.value).where(meta.c.name == "node_name")).scalar_one_or_none()
    if found != node_name:
        raise DatabaseOfAnotherNode(database, str(found), node_name)


def stored_revision(connection: Connection) -> str:
    """The revision of the tables; ``none`` where no program of ours wrote one."""
    if not inspect(connection).has_table(version.name):
        return "none"
    return connection.execute(select(version.c.version_num)).scalar_one_or_none() or "none"


def check_revision(database: str, found: str) -> None:
    """Return if the tables are at this program's revision; raises ``SchemaOutdated``, ``UnknownSchemaVersion``."""
    if found == head_revision():
        return
    if found in known_revisions():
        raise SchemaOutdated(database, found, head_revision())
    raise UnknownSchemaVersion(database, found, head_revision())


def stored_history_id(connection: Connection) -> str | None:
    """As ``history_id``; None before it is drawn, and from a doubt until the next start."""
    return connection.execute(select(meta.c.value).where(meta.c.name == "history_id")).scalar_one_or_none()


def history_id(connection: Connection, fresh: str) -> str:
    """The name of this database's records, drawn once, and again after a doubt: peers then list them from the start."""
    found = stored_history_id(connection)
    if found is not None:
        return found
    connection.execute(insert(meta).values(name="history_id", value=fresh))
    return fresh
