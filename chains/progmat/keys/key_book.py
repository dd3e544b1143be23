"""The key store's file: a SQLite database of wrapped data keys and sealed keys. Nothing is opened here.

A key is a row, added in a transaction of its own that is on disk when it returns: a store with thousands of accounts
takes one more as fast as an empty one, and a crash leaves all of it or nothing. Other processes may use it meanwhile.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chains.progmat.keys.errors import BadKeyFile, KeyLabelTaken, KeyStoreBusy
from chains.progmat.keys.private_files import make_privately, sync_folder

MAX_FILE_BYTES: Final = 1024 * 1024 * 1024
APPLICATION_ID: Final = 0x43444B42
LAYOUT_VERSION: Final = 2
MAX_LABEL_CHARS: Final = 128
STORE_ID_BYTES: Final = 16
_MAX_CELL_BYTES: Final = 8 * 1024
_BUSY_TIMEOUT_S: Final = 5.0
_LAYOUT: Final = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {LAYOUT_VERSION};
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1), store_id BLOB NOT NULL, node TEXT NOT NULL, tally BLOB NOT NULL
);
CREATE TABLE data_keys (generation INTEGER PRIMARY KEY, wrapped BLOB NOT NULL);
CREATE TABLE keys (
  label TEXT PRIMARY KEY, purpose TEXT NOT NULL, public_key BLOB NOT NULL UNIQUE,
  generation INTEGER NOT NULL, sealed BLOB NOT NULL
);
CREATE INDEX keys_by_generation ON keys (generation);
"""


@dataclass(frozen=True, slots=True)
class StoreHead:
    """What the store says of itself; only the sealed tally is authenticated."""

    store_id: bytes
    node: str
    tally: bytes


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it lies in the store."""

    label: str
    purpose: str
    public_key: bytes
    generation: int
    sealed: bytes


class KeyBook:
    """An open file. Safe from any thread; raises ``BadKeyFile`` for what SQLite cannot read, ``KeyStoreBusy``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._using = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_TIMEOUT_S)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 16 * 1024 * 1024)
        self._connection.execute("PRAGMA trusted_schema = OFF")
        self._connection.execute("PRAGMA synchronous = EXTRA")
        self._connection.execute("PRAGMA secure_delete = ON")

    @classmethod
    def create(cls, path: Path, head: StoreHead, wrapped: bytes) -> KeyBook:
        """A new file with its first data key; raises ``BadKeyFile`` if the path exists."""
        try:
            make_privately(path)
        except FileExistsError as error:
            raise BadKeyFile(str(path), "exists already: open it, or choose another path") from error
        except OSError as error:
            raise BadKeyFile(str(path), f"cannot be made: {error}") from error
        book = cls(path)
        book._connection.executescript(f"BEGIN;{_LAYOUT}COMMIT;")
        with book.changing():
            book._connection.execute("INSERT INTO store VALUES (1, ?, ?, ?)", (head.store_id, head.node, head.tally))
            book._connection.execute("INSERT INTO data_keys VALUES (1, ?)", (wrapped,))
        sync_folder(path.parent)
        return book

    @classmethod
    def open(cls, path: Path) -> KeyBook:
        """An existing file, whole as far as SQLite can tell."""
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise BadKeyFile(str(path), f"longer than {MAX_FILE_BYTES} bytes")
            path.open("rb").close()
        except OSError as error:
            raise BadKeyFile(str(path), f"cannot be read: {error}") from error
        try:
            book = cls(path)
        except sqlite3.Error as error:
            raise BadKeyFile(str(path), f"is no key store: {error}") from error
        try:
            book._check()
        except BaseException:
            book.close()
            raise
        return book

    def close(self) -> None:
        """Close the file."""
        with self._using:
            self._connection.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One transaction, on disk at its end; undone on any error."""
        with self._using, self._named():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def head(self) -> StoreHead:
        """The one row of the store."""
        found = self._rows("SELECT store_id, node, tally FROM store")
        if len(found) != 1 or not _are(found[0], (bytes, str, bytes)) or len(found[0][0]) != STORE_ID_BYTES:
            raise BadKeyFile(str(self.path), "its head is malformed: restore the file from its backup")
        return StoreHead(*found[0])

    def data_keys(self) -> dict[int, bytes]:
        """Wrapped data keys by generation; at least one."""
        found = self._rows("SELECT generation, wrapped FROM data_keys ORDER BY generation")
        if not found or not all(_are(row, (int, bytes)) for row in found):
            raise BadKeyFile(str(self.path), "it has no data key that can be read: restore the file from its backup")
        return dict(found)

    def every_key(self) -> Iterator[KeyRow]:
        """Every key, by label."""
        return map(self._row, self._rows(f"{_SELECT_KEYS} ORDER BY label"))

    def key(self, label: str) -> KeyRow | None:
        """The key of a label."""
        found = self._rows(f"{_SELECT_KEYS} WHERE label = ?", label)
        return self._row(found[0]) if found else None

    def keys_before(self, generation: int, most: int) -> list[KeyRow]:
        """At most ``most`` keys that are sealed under an older data key."""
        return [self._row(row) for row in self._rows(f"{_SELECT_KEYS} WHERE generation < ? LIMIT ?", generation, most)]

    def count(self) -> int:
        """How many keys there are."""
        return int(self._rows("SELECT count(*) FROM keys")[0][0])

    def add(self, row: KeyRow) -> None:
        """Within ``changing``; raises ``KeyLabelTaken``."""
        try:
            self._connection.execute(
                "INSERT INTO keys (label, purpose, public_key, generation, sealed) VALUES (?, ?, ?, ?, ?)",
                (row.label, row.purpose, row.public_key, row.generation, row.sealed),
            )
        except sqlite3.IntegrityError as error:
            raise KeyLabelTaken(row.label) from error

    def reseal(self, rows: Sequence[KeyRow]) -> None:
        """Within ``changing``: the same keys under another data key."""
        self._connection.executemany(
            "UPDATE keys SET generation = ?, sealed = ? WHERE label = ?",
            [(row.generation, row.sealed, row.label) for row in rows],
        )

    def put_data_key(self, generation: int, wrapped: bytes) -> None:
        """Within ``changing``: a new data key, or the same one wrapped anew."""
        self._connection.execute("INSERT OR REPLACE INTO data_keys VALUES (?, ?)", (generation, wrapped))

    def drop_data_keys_before(self, generation: int) -> None:
        """Within ``changing``: forget data keys that seal nothing any more."""
        self._connection.execute("DELETE FROM data_keys WHERE generation < ?", (generation,))

    def put_tally(self, tally: bytes) -> None:
        """Within ``changing``."""
        self._connection.execute("UPDATE store SET tally = ?", (tally,))

    def _check(self) -> None:
        application, version = (self._rows(f"PRAGMA {name}")[0][0] for name in ("application_id", "user_version"))
        if (application, version) != (APPLICATION_ID, LAYOUT_VERSION):
            raise BadKeyFile(str(self.path), f"is no key store of layout {LAYOUT_VERSION}")
        problems = self._rows("PRAGMA quick_check(1)")
        if problems != [("ok",)]:
            raise BadKeyFile(str(self.path), f"is damaged ({problems[0][0]}): restore the file from its backup")
        longest = "SELECT max(max(length(label), length(purpose), length(public_key), length(sealed))) FROM keys"
        if (self._rows(longest)[0][0] or 0) > _MAX_CELL_BYTES:
            raise BadKeyFile(str(self.path), f"a field is longer than {_MAX_CELL_BYTES} bytes")

    def _row(self, found: tuple[Any, ...]) -> KeyRow:
        if not _are(found, (str, str, bytes, int, bytes)):
            raise BadKeyFile(str(self.path), "a key's row is malformed: restore the file from its backup")
        return KeyRow(*found)

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._using, self._named():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise KeyStoreBusy(str(self.path)) from error
            raise BadKeyFile(str(self.path), f"cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise BadKeyFile(str(self.path), f"is damaged ({error}): restore the file from its backup") from error


_SELECT_KEYS: Final = "SELECT label, purpose, public_key, generation, sealed FROM keys"


def _are(row: tuple[Any, ...], kinds: tuple[type, ...]) -> bool:
    return len(row) == len(kinds) and all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True))
