"""What a notary remembers when its process dies: the shipped store in memory, and a disk's faults in front of it."""

from __future__ import annotations

import copy
from collections.abc import KeysView, Sequence

from chains.progmat.notary.decisions import Outcome
from chains.progmat.notary.errors import UniquenessStoreFailed
from chains.progmat.notary.journal import JournalEntry, JournalHead
from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.model import CommitRequest, Committed, Requester
from chains.progmat.notary.uniqueness import UniquenessStore
from tests.simulator.disk import CommitFate, DiskEvents


class NotaryDisk:
    """Outlives the notary; ``image`` is copied."""

    def __init__(self, ledger_id: str, image: NotaryDisk | None = None) -> None:
        self.store = MemoryUniquenessStore(ledger_id)
        if image is not None:
            rows = {name: copy.copy(kept) for name, kept in vars(image.store).items() if isinstance(kept, dict | list)}
            vars(self.store).update(rows)

    def committed(self) -> KeysView[bytes]:
        """Ids of all final transactions that needed the notary."""
        return self.store._committed.keys()

    def opened(self, events: DiskEvents) -> UniquenessStore:
        """For one process of the notary."""
        return _FailingStore(self.store, events)


class _FailingStore:
    """``UniquenessStore`` whose commits meet the fates of a disk."""

    def __init__(self, store: MemoryUniquenessStore, events: DiskEvents) -> None:
        self._store = store
        self._events = events

    def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
        """See ``UniquenessStore``."""
        fate = self._events.fate()
        if fate is CommitFate.CRASH_BEFORE:
            self._events.crash()
        if fate in {CommitFate.CRASH_BEFORE, CommitFate.LOST}:
            raise UniquenessStoreFailed("simulated: the disk is full")
        outcomes = self._store.commit_batch(batch, clock_s)
        self._events.committed(len(batch))
        if fate is CommitFate.CRASH_AFTER:
            self._events.crash()
        if fate in {CommitFate.CRASH_AFTER, CommitFate.UNTOLD}:
            raise UniquenessStoreFailed("simulated: the connection broke at the commit")
        return outcomes

    def append_tick(self, clock_s: int) -> JournalHead:
        """See ``UniquenessStore``."""
        return self._store.append_tick(clock_s)

    def find_committed(self, tx_id: bytes) -> Committed | None:
        """See ``UniquenessStore``."""
        return self._store.find_committed(tx_id)

    def find_all_committed(self, tx_ids: Sequence[bytes]) -> dict[bytes, Committed]:
        """See ``UniquenessStore``."""
        return self._store.find_all_committed(tx_ids)

    def requester_of(self, tx_id: bytes) -> Requester | None:
        """See ``UniquenessStore``."""
        return self._store.requester_of(tx_id)

    def head(self) -> JournalHead:
        """See ``UniquenessStore``."""
        return self._store.head()

    def read_entries(self, after_position: int, max_entries: int) -> tuple[JournalEntry, ...]:
        """See ``UniquenessStore``."""
        return self._store.read_entries(after_position, max_entries)

    def close(self) -> None:
        """Nothing to release."""
