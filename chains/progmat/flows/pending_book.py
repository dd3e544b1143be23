"""What this node has countersigned and what is not final here yet, in memory: nothing is written on the usual way.

A flow is over within a second or so, and its delivery strikes it out again. What stays longer is moved to a table (see
``pending``). Bounded by asker: one that asks for signatures and never notarises loses its own oldest, and harms nobody.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from chains.progmat.flows.pending_rows import PendingRow
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction

MAX_HELD_OF_AN_ASKER: Final = 2048
MAX_HELD_BYTES_OF_AN_ASKER: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Countersigned:
    """``signed`` as ``asker`` sent it, and the signatures that it was given."""

    asker: str
    signed: SignedTransaction
    ours: tuple[TransactionSignature, ...]
    since_ms: int

    def row(self, first_attempt_ms: int) -> PendingRow:
        """As it is written down."""
        complete = self.signed.with_signatures(*self.ours)
        return PendingRow(
            bytes(self.signed.id), self.asker, complete.encode(), self.since_ms, next_attempt_ms=first_attempt_ms
        )


class _OfAsker:
    """One asker's, oldest first."""

    def __init__(self) -> None:
        self.held: OrderedDict[bytes, Countersigned] = OrderedDict()
        self.size_bytes = 0


class PendingBook:
    """For the event loop's thread."""

    def __init__(self) -> None:
        self._of: dict[str, _OfAsker] = {}
        self._asker_of: dict[bytes, str] = {}
        self._written: dict[bytes, str] = {}
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._asker_of)

    async def until_anything_is_pending(self) -> None:
        """Return at once if there is anything, in memory or in the table."""
        if not self._asker_of and not self._written:
            self._arrived.clear()
            await self._arrived.wait()

    @property
    def is_anything_written(self) -> bool:
        """Whether the table has to be looked at."""
        return bool(self._written)

    def countersigned(self, entry: Countersigned) -> None:
        """A signature is about to leave."""
        tx_id = bytes(entry.signed.id)
        if tx_id in self._asker_of or tx_id in self._written:
            return
        mine = self._of.setdefault(entry.asker, _OfAsker())
        mine.held[tx_id] = entry
        mine.size_bytes += len(entry.signed.wire_bytes)
        self._asker_of[tx_id] = entry.asker
        self._arrived.set()
        while len(mine.held) > MAX_HELD_OF_AN_ASKER or mine.size_bytes > MAX_HELD_BYTES_OF_AN_ASKER:
            self.settled(next(iter(mine.held)))

    def settled(self, tx_id: bytes) -> None:
        """It is final here, or nothing is expected of it any more; a row of the table is somebody else's to remove."""
        asker = self._asker_of.pop(tx_id, None)
        if asker is not None:
            mine = self._of[asker]
            mine.size_bytes -= len(mine.held.pop(tx_id).signed.wire_bytes)

    def asker_of(self, tx_id: bytes) -> str | None:
        """Whose flow it is, if this node signed it for somebody and remembers."""
        return self._asker_of.get(tx_id) or self._written.get(tx_id)

    def held(self, tx_id: bytes) -> Countersigned | None:
        """It, if it is in memory."""
        asker = self._asker_of.get(tx_id)
        return None if asker is None else self._of[asker].held[tx_id]

    def older_than(self, since_ms: int) -> list[Countersigned]:
        """Those that were signed before."""
        found = []
        for mine in self._of.values():
            for entry in mine.held.values():
                if entry.since_ms >= since_ms:
                    break
                found.append(entry)
        return found

    def of(self, asker: str) -> list[Countersigned]:
        """All of an asker in memory."""
        mine = self._of.get(asker)
        return [] if mine is None else list(mine.held.values())

    # ---- what the table holds ----

    def written(self, tx_id: bytes, asker: str) -> None:
        """It is in the table, and leaves memory."""
        self.settled(tx_id)
        self._written[tx_id] = asker

    def erased(self, tx_id: bytes) -> None:
        """It has left the table."""
        self._written.pop(tx_id, None)

    def written_of(self, asker: str) -> list[bytes]:
        """Ids of an asker in the table."""
        return [tx_id for tx_id, name in self._written.items() if name == asker]

    def reread(self, askers: dict[bytes, str]) -> None:
        """All that the table holds."""
        self._written = askers
