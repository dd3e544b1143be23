"""Inserts that may meet a row already there, in words that SQLite and PostgreSQL share.

SQLAlchemy has ``ON CONFLICT`` once for each of the two. The one for PostgreSQL compiles for both (a test holds it to
that), the one for SQLite does not; so the whole ledger takes this one, and no module chooses a database.
"""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as insert_or

__all__ = ["Insert", "insert_or", "insert_or_leave"]


def insert_or_leave(table: Table) -> Insert:
    """An insert that leaves a row already there as it is; ``rowcount`` tells which."""
    return insert_or(table).on_conflict_do_nothing()
