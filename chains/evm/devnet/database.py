"""The key-value store under the chain: in memory, or one SQLite file that survives a restart.

A block's writes form one SQLite transaction (`commit` after each block), so a killed process restarts at a whole block.
synchronous=NORMAL in WAL mode survives a killed process; a power cut may lose the last blocks, which a devnet may.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final

from eth.db.backends.base import BaseDB
from eth.db.backends.memory import MemoryDB

_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS node (key BLOB PRIMARY KEY, value BLOB NOT NULL)"


class ChainDatabase(BaseDB, ABC):
    """What the chain needs beyond py-evm's mapping of bytes to bytes."""

    @abstractmethod
    def commit(self) -> None:
        """Make everything written since the last commit durable, all or nothing."""

    @abstractmethod
    def close(self) -> None:
        """Give resources back; nothing uncommitted is kept."""


class MemoryDatabase(MemoryDB, ChainDatabase):
    """Lost at the end of the process."""

    def commit(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class SqliteDatabase(ChainDatabase):
    """One table in one file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(_SCHEMA)
        self._connection.commit()

    def __getitem__(self, key: bytes) -> bytes:
        row = self._connection.execute("SELECT value FROM node WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        value: bytes = row[0]
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO node (key, value) VALUES (?, ?)", (key, value))

    def __delitem__(self, key: bytes) -> None:
        if self._connection.execute("DELETE FROM node WHERE key = ?", (key,)).rowcount == 0:
            raise KeyError(key)

    def _exists(self, key: bytes) -> bool:
        return self._connection.execute("SELECT 1 FROM node WHERE key = ?", (key,)).fetchone() is not None

    def commit(self) -> None:
        """End the SQLite transaction that the first write began."""
        self._connection.commit()

    def close(self) -> None:
        """Close the file; an unfinished block is rolled back."""
        self._connection.close()
