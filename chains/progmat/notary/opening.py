"""A notary's store by URL: checked without being opened, and opened."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from chains.progmat.notary.errors import BadStoreUrl
from chains.progmat.notary.postgres_store import LeaseTerms, PostgresUniquenessStore

_SCHEMES: Final = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class NotaryOptions:
    """What an operator may choose of a store by URL.

    ``passfile`` is libpq's (``PGPASSFILE``'s format). ``lease_s``: how long a silent writer keeps a standby waiting.
    """

    store_url: str
    passfile: Path | None = None
    lease_s: float = 5.0


def open_postgres(
    options: NotaryOptions, clock_ms: Callable[[], int], _file: Path, ledger_id: str
) -> PostgresUniquenessStore:
    """The store by URL, in place of the file. Raises what the store raises, and BadStoreUrl."""
    terms = LeaseTerms(worker_name(), round(options.lease_s * 1000))
    return PostgresUniquenessStore(conninfo_of(options), ledger_id, terms, clock_ms)


def conninfo_of(options: NotaryOptions) -> str:
    """What libpq connects by. Raises BadStoreUrl for another scheme, or a password in the URL: it would be logged."""
    url = options.store_url
    if not url.startswith(_SCHEMES):
        raise BadStoreUrl(f"{url.split(':', 1)[0]!r} is no store; name postgresql://..., or none for a file")
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error as error:
        raise BadStoreUrl(f"libpq cannot read it: {' '.join(str(error).split())}") from None
    if "password" in parts:
        raise BadStoreUrl("it holds a password; put that into the passfile, or into PGPASSWORD")
    return make_conninfo(url, passfile=str(options.passfile)) if options.passfile is not None else url


def describe_store(options: NotaryOptions) -> str:
    """A PostgreSQL store in words, without secrets. Raises BadStoreUrl."""
    parts = conninfo_to_dict(conninfo_of(options))
    at = f"{parts.get('host', 'the local socket')}:{parts.get('port', 5432)}"
    return f"PostgreSQL database {parts.get('dbname', 'of the user')} at {at} as {parts.get('user', 'this user')}"


def worker_name() -> str:
    """This process among the notary's workers, for operators; unique, because machines are cloned."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
