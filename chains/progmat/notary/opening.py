"""Which store a notary keeps its answers in: a file beside it, or a PostgreSQL database by URL."""

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

from chains.progmat.notary.duty import Duty
from chains.progmat.notary.errors import BadStoreUrl
from chains.progmat.notary.postgres_store import LeaseTerms, PostgresUniquenessStore
from chains.progmat.notary.sqlite_store import SqliteUniquenessStore
from chains.progmat.notary.uniqueness import UniquenessStore

STORE_FILE: Final = "notary.sqlite3"
_RENEWALS_A_LEASE: Final = 4
_SCHEMES: Final = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class NotaryOptions:
    """What an operator may choose. No ``store_url``: a file in the node's data folder.

    ``passfile`` is libpq's (``PGPASSFILE``'s format). ``lease_s``: how long a silent writer keeps a standby waiting.
    ``verify_workers``: processes that verify requesters' signatures; 0 = in the event loop.
    """

    store_url: str | None = None
    passfile: Path | None = None
    lease_s: float = 5.0
    verify_workers: int = 0


def open_store(
    options: NotaryOptions, folder: Path, ledger_id: str, clock_ms: Callable[[], int]
) -> tuple[UniquenessStore, Duty | None]:
    """The store, and the worker's duty where several may share it. Raises what the stores raise, and BadStoreUrl."""
    if options.store_url is None:
        return SqliteUniquenessStore(folder / STORE_FILE, ledger_id), None
    terms = LeaseTerms(worker_name(), round(options.lease_s * 1000))
    store = PostgresUniquenessStore(conninfo_of(options), ledger_id, terms, clock_ms)
    return store, Duty(store, options.lease_s / _RENEWALS_A_LEASE)


def conninfo_of(options: NotaryOptions) -> str:
    """What libpq connects by. Raises BadStoreUrl for another scheme, or a password in the URL: it would be logged."""
    url = options.store_url or ""
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
