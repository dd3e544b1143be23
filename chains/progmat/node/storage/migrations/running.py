"""Running the migrations on one connection."""

from __future__ import annotations

from alembic.config import Config
from sqlalchemy import Connection

from chains.progmat.node.storage.migrations.revisions import FOLDER


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration, without a file: our folder and this connection."""
    return FOLDER.config(connection)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a revision, in the caller's transaction: all steps or none."""
    FOLDER.upgrade(connection, revision)
