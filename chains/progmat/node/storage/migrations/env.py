"""Alembic's entry: the tables of a node against the connection it is handed in ``running.alembic_config``."""

from __future__ import annotations

from alembic import context

from chains.progmat.node.database_tables import NODE_TABLES
from chains.progmat.node.storage.migrations.rendering import render_item

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=list(NODE_TABLES),
    render_as_batch=True,  # SQLite cannot change a table in place
    render_item=render_item,
)
context.run_migrations()
