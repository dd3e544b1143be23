"""Column types that mean the same in both databases.

PostgreSQL's INTEGER has 32 bits, SQLite's has 64: a time in milliseconds fits only one of them. PostgreSQL orders text
by the database's locale, SQLite by code points: a range over keys would find other rows. Neither is left to a default.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.types import TypeEngine

Int64: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit signed; as a primary key it counts up by itself in both."""

Text: TypeEngine[str] = String().with_variant(String(collation="C"), "postgresql")
"""Text that is compared and ordered by its code points. PostgreSQL keeps no NUL character: see ``storable``."""
