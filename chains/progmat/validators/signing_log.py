"""What was signed for which height: on disk before the signature exists, in a file of its own.

The database beside it can be restored from a backup or rebuilt from the journal; this file must not be, so that it
still knows what the rest has forgotten. Both carry the same random id: a file that was lost and made anew is noticed.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from pathlib import Path

from chains.progmat.validators.errors import CheckpointConflict, SigningLogMismatch, SigningLogUnavailable

_LAYOUT = """
CREATE TABLE IF NOT EXISTS pin (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signed (height INTEGER PRIMARY KEY, digest BLOB NOT NULL);
"""


class SigningLog:
    """One Validator's log for one ledger. Blocking calls, safe from several threads.

    Raises SigningLogMismatch when the file is another ledger's or another Validator's.
    """

    def __init__(self, path: Path, ledger_id: str, address: bytes) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_LAYOUT)
        self._pin("ledger_id", ledger_id)
        self._pin("address", address.hex())
        self._connection.execute("INSERT OR IGNORE INTO pin VALUES ('log_id', ?)", (secrets.token_hex(16),))

    @property
    def log_id(self) -> str:
        """Random, made with the file."""
        return self._pinned("log_id")

    def record(self, height: int, digest: bytes) -> None:
        """Make ``digest`` the only one ever for ``height``; durable on return, then it may be signed.

        Raises CheckpointConflict when another one is recorded, SigningLogUnavailable when the disk fails.
        """
        with self._lock:
            try:
                self._connection.execute("INSERT OR IGNORE INTO signed VALUES (?, ?)", (height, digest))
                (found,) = self._connection.execute("SELECT digest FROM signed WHERE height = ?", (height,)).fetchone()
            except sqlite3.Error as error:
                raise SigningLogUnavailable(str(error)) from error
        if found != digest:
            raise CheckpointConflict(height, found, digest)

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._connection.close()

    def _pin(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR IGNORE INTO pin VALUES (?, ?)", (name, value))
        found = self._pinned(name)
        if found != value:
            self._connection.close()
            raise SigningLogMismatch(f"{name} of the signing log", value, found)

    def _pinned(self, name: str) -> str:
        (value,) = self._connection.execute("SELECT value FROM pin WHERE name = ?", (name,)).fetchone()
        return str(value)
