"""Alembic's entry: the connection and the tables that ``running`` hands over (the tables only where steps are made)."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,  # SQLite cannot change a table in place
)
context.run_migrations()
