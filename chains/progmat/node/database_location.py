"""Where a node's database is: a SQLite file, or a PostgreSQL database with the node's witness file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from primitives.errors import CallerError

if TYPE_CHECKING:
    from sqlalchemy import URL

POSTGRES_DRIVER = "postgresql+psycopg"
_POSTGRES_NAMES = frozenset({"postgresql", "postgres", POSTGRES_DRIVER})


class BadDatabaseUrl(CallerError):
    """The configured URL cannot be used."""

    reason = "BAD_DATABASE_URL"

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"database.url: {rule}: expected postgresql://user:password@host:port/name")


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """A PostgreSQL database, by its URL. ``folder`` is the node's own: the witness of its commits lies there."""

    url: URL
    folder: Path

    def __str__(self) -> str:
        """The URL without its password: fit for messages."""
        return self.url.render_as_string(hide_password=True)


DatabaseLocation = Path | PostgresDatabase
"""A path is that of a SQLite file."""


def postgres_database(url: str, folder: Path) -> PostgresDatabase:
    """Parse ``postgresql://user:password@host:port/name?option=value``; raises ``BadDatabaseUrl``."""
    from sqlalchemy import make_url  # noqa: PLC0415  # most nodes have a file, and a command never opens it
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415  # as above

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise BadDatabaseUrl("it is no URL") from error  # the URL itself is not repeated: it may hold a password
    if parsed.drivername not in _POSTGRES_NAMES:
        raise BadDatabaseUrl(f"its scheme is {parsed.drivername!r}")
    if not parsed.database:
        raise BadDatabaseUrl("it names no database")
    return PostgresDatabase(parsed.set(drivername=POSTGRES_DRIVER), folder)


def database_location(folder: Path, url: str | None = None) -> DatabaseLocation:
    """A node's database, its folder given: PostgreSQL if there is a URL; raises ``BadDatabaseUrl``."""
    return folder / "node.sqlite3" if url is None else postgres_database(url, folder)


def witness_path(at: DatabaseLocation) -> Path:
    """The witness file that belongs to a database (see ``witness``)."""
    return at.with_name(at.name + ".witness") if isinstance(at, Path) else at.folder / "node.postgres.witness"


def short_name(at: DatabaseLocation) -> str:
    """For names of threads."""
    return at.name if isinstance(at, Path) else str(at.url.database)
