"""What was signed for which height: on disk before the signature exists, in a file of its own.

The database beside it can be restored from a backup or rebuilt from the journal; this file must not be, so that it
still knows what the rest has forgotten. Both carry the same random id: a file that was lost and made anew is noticed.

The file has a witness of its own (``node.storage.witness``), which finds an old copy of it. What an old copy, or a new
file, does not know are heights whose digest it forgot. So in doubt it takes a *floor*: the highest height that the
notary and the other Validators have shown since. Whatever this Validator once signed was a height of the journal, so it
is not above the floor; above it nothing can have been signed, and at or below it only what the file still knows.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from pathlib import Path
from typing import Final

from chains.progmat.node.storage.standing import Doubt, Head, judge
from chains.progmat.node.storage.witness import RESERVE, Witness, WitnessRecord
from chains.progmat.validators.errors import (
    CheckpointConflict,
    HeightMayBeSigned,
    SigningLogInDoubt,
    SigningLogMismatch,
    SigningLogUnavailable,
)

_LAYOUT = """
CREATE TABLE IF NOT EXISTS pin (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signed (height INTEGER PRIMARY KEY, digest BLOB NOT NULL);
"""
_UNKNOWN: Final = "unknown"
_NO_FLOOR: Final = "0"


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
        for name, value in (("log_id", secrets.token_hex(16)), ("start", "0"), ("nonce", ""), ("floor", _NO_FLOOR)):
            self._connection.execute("INSERT OR IGNORE INTO pin VALUES (?, ?)", (name, value))
        self._witness = Witness(path.with_name(path.name + ".witness"))
        self._reserved = 0
        self._begin()

    @property
    def log_id(self) -> str:
        """Random, made with the file."""
        return self._pinned("log_id")

    @property
    def is_in_doubt(self) -> bool:
        """Whether it needs a floor before it lets anything new be signed."""
        with self._lock:
            return self._pinned("floor") == _UNKNOWN

    def record(self, height: int, digest: bytes) -> None:
        """Make ``digest`` the only one ever for ``height``; durable on return, then it may be signed.

        Raises CheckpointConflict when another one is recorded, SigningLogInDoubt and HeightMayBeSigned when one may
        have been and was forgotten, SigningLogUnavailable when the disk fails.
        """
        with self._lock:
            try:
                found = self._recorded(height)
                if found is None:
                    self._require_above_floor(height)
                    self._add(height, digest)
                    found = self._recorded(height)
            except (sqlite3.Error, OSError) as error:
                raise SigningLogUnavailable(str(error)) from error
        if found != digest:
            raise CheckpointConflict(height, found or b"", digest)

    def doubt(self) -> None:
        """The file may have forgotten something: let nothing new be signed until ``set_floor``.

        Raises SigningLogUnavailable.
        """
        with self._lock:
            self._keep_floor(_UNKNOWN)

    def set_floor(self, height: int) -> None:
        """End a doubt: everything ever signed is at or below ``height``, say those who have seen it.

        Raises SigningLogUnavailable.
        """
        with self._lock:
            if self._pinned("floor") == _UNKNOWN:
                self._keep_floor(str(height))

    def close(self) -> None:
        """Release the file, with an exact witness beside it."""
        with self._lock:
            self._promise()
            self._witness.close()
            self._connection.close()

    def _begin(self) -> None:
        """A start of its own, known to file and witness alike; an old copy is found here."""
        self._count: int = self._connection.execute("SELECT count(*) FROM signed").fetchone()[0]
        start = int(self._pinned("start"))
        head = Head(self._pinned("log_id"), start, self._pinned("nonce"), self._count, "")
        known = self._witness.found
        is_new = known is None and start == 0
        if not is_new and judge(head, known)[0] is not Doubt.NONE:
            self._set("floor", _UNKNOWN)
        else:
            self._promise()  # exact, so that a start which is not known to the witness is one that broke off here
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:  # both or neither
            self._set("start", str(max(start, known.incarnation if known else 0) + 1))
            self._set("nonce", secrets.token_hex(8))
        self._promise()

    def _add(self, height: int, digest: bytes) -> None:
        if self._count + 1 > self._reserved:
            self._promise()
        self._connection.execute("INSERT INTO signed VALUES (?, ?)", (height, digest))
        self._count += 1
        self._witness.note(self._count)

    def _promise(self) -> None:
        start, nonce = int(self._pinned("start")), self._pinned("nonce")
        self._reserved = self._count + RESERVE
        self._witness.promise(WitnessRecord(self._pinned("log_id"), start, nonce, self._count, self._reserved))

    def _require_above_floor(self, height: int) -> None:
        floor = self._pinned("floor")
        if floor == _UNKNOWN:
            raise SigningLogInDoubt
        if height <= int(floor):
            raise HeightMayBeSigned(height, int(floor))

    def _keep_floor(self, floor: str) -> None:
        try:
            self._set("floor", floor)
        except sqlite3.Error as error:
            raise SigningLogUnavailable(str(error)) from error

    def _recorded(self, height: int) -> bytes | None:
        row = self._connection.execute("SELECT digest FROM signed WHERE height = ?", (height,)).fetchone()
        return None if row is None else bytes(row[0])

    def _set(self, name: str, value: str) -> None:
        self._connection.execute("UPDATE pin SET value = ? WHERE name = ?", (value, name))

    def _pin(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR IGNORE INTO pin VALUES (?, ?)", (name, value))
        found = self._pinned(name)
        if found != value:
            self._connection.close()
            raise SigningLogMismatch(f"{name} of the signing log", value, found)

    def _pinned(self, name: str) -> str:
        (value,) = self._connection.execute("SELECT value FROM pin WHERE name = ?", (name,)).fetchone()
        return str(value)
