"""The uniqueness store: what makes "final" durable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from chains.progmat.notary.decisions import Outcome
from chains.progmat.notary.journal import JournalEntry, JournalHead
from chains.progmat.notary.model import CommitRequest, Committed, Requester


class UniquenessStore(Protocol):
    """Consumed states, provable paths, committed transactions and the journal of one notary.

    Guarantees: a returned ``Committed`` is durable, with its consumed states, paths and journal entry, all or nothing;
    a batch is decided by ``decisions.decide`` on what was committed before it; two writers never interleave. After an
    exception nothing is known about the batch: ask again, the same transactions get the same outcomes. Blocking calls,
    safe from several threads. Raises UniquenessStoreFailed, or a kind of it, and UniquenessStoreError.

    Not guaranteed: that a reader sees a batch before ``commit_batch`` returned.
    """

    def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
        """Decide and commit a batch in one database transaction; outcomes in the batch's order."""

    def append_tick(self, clock_s: int) -> JournalHead:
        """Append a tick if ``clock_s`` is later than the journal's last entry; the head afterwards."""

    def find_committed(self, tx_id: bytes) -> Committed | None:
        """The answer a transaction got, if it is committed."""

    def find_all_committed(self, tx_ids: Sequence[bytes]) -> dict[bytes, Committed]:
        """The answers of those of the transactions that are committed, by id: one look for all of them."""

    def requester_of(self, tx_id: bytes) -> Requester | None:
        """Who had a transaction committed, with the signature that shows it; None if it is not committed."""

    def head(self) -> JournalHead:
        """The journal's last entry (its genesis when empty)."""

    def read_entries(self, after_position: int, max_entries: int) -> tuple[JournalEntry, ...]:
        """Entries with a higher position, in order, at most ``max_entries``."""

    def close(self) -> None:
        """Release the store; committed batches stay."""


@runtime_checkable
class LeasedStore(UniquenessStore, Protocol):
    """A store that several workers share: one holds the writer's lease, the others stand by.

    Guarantees: a worker that lost the lease never commits again, whatever its clock says and however late its commands
    arrive: each batch checks and locks the lease in its own database transaction. Clocks decide only *when* another
    worker may take over.
    """

    @property
    def lease_s(self) -> float:
        """How long a silent writer keeps the others waiting."""

    def hold(self) -> LeaseHeld | LeaseElsewhere:
        """Take or renew the lease if it is free, over, or ours already; says who has it."""

    def release(self) -> None:
        """Let the standby take over at once; nothing happens if the lease is not ours."""


@dataclass(frozen=True, slots=True)
class LeaseHeld:
    """This worker is the writer, in this epoch."""

    epoch: int


@dataclass(frozen=True, slots=True)
class LeaseElsewhere:
    """Another worker is the writer, for at least ``left_ms`` by this worker's clock."""

    holder: str
    epoch: int
    left_ms: int
