"""A uniqueness store in memory: for tests and demonstrations in one process. Nothing survives it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from chains.progmat.notary.decisions import Outcome, Snapshot, decide
from chains.progmat.notary.journal import JournalEntry, JournalHead, genesis, tick
from chains.progmat.notary.model import CommitRequest, Committed, PathRecord, Requester


class MemoryUniquenessStore:
    """``UniquenessStore`` over dictionaries; keeps its guarantees except durability."""

    def __init__(self, ledger_id: str) -> None:
        self._genesis = genesis(ledger_id)
        self._committed: dict[bytes, Committed] = {}
        self._requesters: dict[bytes, Requester] = {}
        self._consumed: dict[bytes, bytes] = {}
        self._paths: dict[bytes, PathRecord] = {}
        self._entries: list[JournalEntry] = []
        self._lock = threading.Lock()

    def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
        """Decide and commit a batch in one step."""
        with self._lock:
            snapshot = Snapshot(self._head(), self._committed, self._consumed, self._paths)
            decision = decide(snapshot, batch, clock_s)
            self._committed.update((c.tx_id, c) for c, _ in decision.newly_committed)
            self._requesters.update((c.tx_id, requester) for c, requester in decision.newly_committed)
            self._consumed.update(decision.newly_consumed)
            self._paths.update(decision.changed_paths)
            self._entries.extend(decision.entries)
            return decision.outcomes

    def append_tick(self, clock_s: int) -> JournalHead:
        """Append a tick if time has moved; the head afterwards."""
        with self._lock:
            if clock_s > self._head().time_s:
                self._entries.append(tick(self._head(), clock_s))
            return self._head()

    def find_committed(self, tx_id: bytes) -> Committed | None:
        """A committed transaction's answer."""
        with self._lock:
            return self._committed.get(tx_id)

    def find_all_committed(self, tx_ids: Sequence[bytes]) -> dict[bytes, Committed]:
        """Committed transactions' answers."""
        with self._lock:
            return {tx_id: self._committed[tx_id] for tx_id in tx_ids if tx_id in self._committed}

    def requester_of(self, tx_id: bytes) -> Requester | None:
        """Who had a transaction committed."""
        with self._lock:
            return self._requesters.get(tx_id)

    def head(self) -> JournalHead:
        """The journal's last entry."""
        with self._lock:
            return self._head()

    def read_entries(self, after_position: int, max_entries: int) -> tuple[JournalEntry, ...]:
        """Entries after a position, in order."""
        with self._lock:
            return tuple(self._entries[after_position : after_position + max_entries])

    def close(self) -> None:
        """Nothing to release."""

    def _head(self) -> JournalHead:
        return self._entries[-1].head if self._entries else self._genesis
