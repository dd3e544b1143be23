"""Running the migrations on one connection."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from chains.progmat.node.storage.migrations.revisions import VERSIONS


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration, without a file: our folder and this connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("version_locations", str(VERSIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a revision, in the caller's transaction: all steps or none."""
    command.upgrade(alembic_config(connection), revision)
