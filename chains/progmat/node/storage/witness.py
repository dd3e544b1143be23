"""The witness: a small file beside the database that remembers how far the database had come.

A database alone cannot know that it is an old copy of itself. The witness can tell, without a sync of its own for each
commit. It holds three records of one disk sector each:

- two *promises*, written in turn and synced: "incarnation i; commit ``number`` was acknowledged; no commit above
  ``reserved`` happens before the next promise". The writer makes the next one when it reaches ``reserved``.
- one *note*, overwritten after each COMMIT and before anybody is told of it, not synced: the last number acknowledged.

Why that is enough. Let c be the database's number at the next start, and L the last number acknowledged; without a
rollback c >= L. (1) The process was killed: the note survives, being in the kernel's hands, and is exactly L. So any
older copy has c < note, and is found. (2) The machine lost power: the note may be an older one, never a younger one
(it is written after its commit), so a good database is never accused; the newest promise says reserved - RESERVE <= L,
and the note is synced once a second while the node works, so what an old copy can hide is less than a second's work and
less than RESERVE commits, of the moment before the power failed. (3) A start is a commit with a new random nonce and a
synced promise, so a copy from before the last start is always found, and so is a copy that was started elsewhere.
(4) The witness was lost or is itself an old copy (c > reserved, or the database knows of a start that the witness does
not; a start killed between its commit and its promise is the one exception): then nothing is proved, which counts as
doubt.

What it cannot see: database and witness brought back together, as in a snapshot of the whole machine. Peers can; see
``chains.progmat.node.positions``.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

RESERVE: Final = 1024
"""Commits that one synced promise covers."""
NOTE_SYNC_S: Final = 1.0
SECTOR: Final = 512
_PROMISES: Final = 2
_NOTE_AT: Final = _PROMISES * SECTOR
_CHECK_CHARS: Final = 16


@dataclass(frozen=True, slots=True)
class WitnessRecord:
    """What the witness knows: of which database and incarnation, the last number acknowledged, the last allowed."""

    database_id: str
    incarnation: int
    nonce: str
    number: int
    reserved: int
    turn: int = 0

    @property
    def least(self) -> int:
        """The database's number is at least this, or it is an old copy."""
        return max(self.number, self.reserved - RESERVE)


class Witness:
    """One open witness file; ``found`` is what it said when it was opened, None if there was nothing readable."""

    def __init__(self, path: Path, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """Open or create the file. Raises ``OSError``."""
        self._monotonic_s = monotonic_s
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._last: WitnessRecord | None = None
        self._synced_s = monotonic_s()
        content = os.pread(self._file, _NOTE_AT + SECTOR, 0)
        self.found = _newest(content)

    def promise(self, record: WitnessRecord) -> None:
        """Write a record that survives a power failure; on disk when this returns. Raises ``OSError``."""
        turn = (self._last or self.found or record).turn + 1
        record = replace(record, turn=turn)
        os.pwrite(self._file, _sealed(asdict(record)), (turn % _PROMISES) * SECTOR)
        os.pwrite(self._file, _sealed(_note(record)), _NOTE_AT)
        os.fsync(self._file)
        self._last, self._synced_s = record, self._monotonic_s()

    def note(self, number: int) -> None:
        """Remember the number of a commit that has happened; synced once a second. Raises ``OSError``."""
        if self._last is None:
            raise ValueError("a note needs a promise before it")
        os.pwrite(self._file, _sealed(_note(replace(self._last, number=number))), _NOTE_AT)
        now_s = self._monotonic_s()
        if now_s - self._synced_s >= NOTE_SYNC_S:
            os.fsync(self._file)
            self._synced_s = now_s

    def close(self) -> None:
        """Release the file."""
        os.close(self._file)


def _note(record: WitnessRecord) -> dict[str, object]:
    return {"incarnation": record.incarnation, "nonce": record.nonce, "number": record.number}


def _newest(content: bytes) -> WitnessRecord | None:
    """The newest readable promise, with the note's number if the note is of the same incarnation."""
    promises = [_opened(content[at * SECTOR : (at + 1) * SECTOR]) for at in range(_PROMISES)]
    readable = [WitnessRecord(**fields) for fields in promises if fields is not None]
    if not readable:
        return None
    newest = max(readable, key=lambda record: record.turn)
    note = _opened(content[_NOTE_AT : _NOTE_AT + SECTOR])
    if note is not None and (note["incarnation"], note["nonce"]) == (newest.incarnation, newest.nonce):
        return replace(newest, number=max(newest.number, note["number"]))
    return newest


def _sealed(fields: dict[str, object]) -> bytes:
    """JSON with a checksum before it, so that a torn or foreign sector is not believed; padded to one sector."""
    body = json.dumps(fields, separators=(",", ":")).encode()
    return (_check(body) + b" " + body).ljust(SECTOR - 1) + b"\n"


def _opened(sector: bytes) -> dict[str, Any] | None:
    check, _, body = sector.rstrip().partition(b" ")
    if len(sector) != SECTOR or check != _check(body):
        return None
    fields: dict[str, Any] = json.loads(body)
    return fields


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:_CHECK_CHARS].encode()
