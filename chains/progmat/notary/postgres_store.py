"""The uniqueness store in PostgreSQL, shared by the workers of one notary: SERIALIZABLE, one fenced writer.

Every batch is one database transaction: lock and check the writer's lease, read what is committed about the batch's
keys, ``decide``, insert. One connection writes, one reads, so that journal readers never wait for a commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from psycopg import IsolationLevel
from psycopg.errors import DuplicateObject, DuplicateTable, UniqueViolation

from chains.progmat.notary import postgres_rows as rows
from chains.progmat.notary import writer_lease
from chains.progmat.notary.codec import decode_entry
from chains.progmat.notary.decisions import Outcome, decide, keys_of
from chains.progmat.notary.errors import NotActive, UniquenessStoreError
from chains.progmat.notary.journal import JournalEntry, JournalHead, genesis, tick
from chains.progmat.notary.model import CommitRequest, Committed, Requester
from chains.progmat.notary.postgres_rows import Connection
from chains.progmat.notary.postgres_session import MAX_ATTEMPTS, PostgresSession
from chains.progmat.notary.uniqueness import LeaseElsewhere, LeaseHeld
from chains.progmat.transactions.component_codec import decode_single_key

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """``holder`` names this worker to operators; ``lease_ms`` is how long a silent writer keeps the standby waiting."""

    holder: str
    lease_ms: int = 5_000


class PostgresUniquenessStore:
    """``LeasedStore``. Before ``hold`` returned LeaseHeld, and after another worker took over, every batch is refused.

    ``clock_ms`` is the worker's wall clock, for the lease only. Raises UniquenessStoreError when the database is
    another ledger's or layout's, UniquenessStoreLost when it cannot be reached.
    """

    def __init__(self, url: str, ledger_id: str, terms: LeaseTerms, clock_ms: Callable[[], int]) -> None:
        self._genesis = genesis(ledger_id)
        self._terms = terms
        self._clock_ms = clock_ms
        self._writer = PostgresSession(url, IsolationLevel.SERIALIZABLE)
        self._reader = PostgresSession(url, IsolationLevel.READ_COMMITTED)  # one statement a read
        self._epoch = writer_lease.NOBODY
        self._epoch_lock = threading.Lock()
        try:
            _ensure_layout(self._writer)
            self._writer.run(lambda connection: _check_pins(connection, ledger_id))
        except BaseException:
            self.close()
            raise

    def commit_batch(self, batch: Sequence[CommitRequest], clock_s: int) -> tuple[Outcome, ...]:
        """Decide and commit a batch in one step; raises NotActive, or WriterLeaseLost if the lease has moved on."""
        keys = keys_of(batch)

        def commit(connection: Connection, asked: rows.Asked) -> tuple[Outcome, ...]:
            decision = decide(rows.snapshot_in(asked, self._genesis), batch, clock_s)
            rows.apply_decision(connection, decision)
            return decision.outcomes

        return self._fenced(lambda connection: rows.ask_about(connection, keys), commit)

    def append_tick(self, clock_s: int) -> JournalHead:
        """Append a tick if time has moved; the head afterwards."""

        def append(connection: Connection, asked: rows.Cursor) -> JournalHead:
            head = rows.head_in(asked, self._genesis)
            if clock_s <= head.time_s:
                return head
            entry = tick(head, clock_s)
            rows.append_entries(connection, (entry,))
            return entry.head

        return self._fenced(rows.ask_head, append)

    @property
    def lease_s(self) -> float:
        """How long a silent writer keeps the others waiting."""
        return self._terms.lease_ms / 1000

    def hold(self) -> LeaseHeld | LeaseElsewhere:
        """Take or renew the lease."""
        with self._epoch_lock:
            now_ms, terms = self._clock_ms(), self._terms
            state = self._writer.run(
                lambda connection: writer_lease.hold(connection, self._epoch, terms.holder, now_ms, terms.lease_ms)
            )
            self._epoch = state.epoch if isinstance(state, LeaseHeld) else writer_lease.NOBODY
        return state

    def release(self) -> None:
        """Let the standby take over at once."""
        with self._epoch_lock:
            epoch, self._epoch = self._epoch, writer_lease.NOBODY
            if epoch != writer_lease.NOBODY:
                self._writer.run(lambda connection: writer_lease.give_up(connection, epoch))

    def find_committed(self, tx_id: bytes) -> Committed | None:
        """A committed transaction's answer."""
        query = "SELECT tx_id, time_s, position FROM notary_committed WHERE tx_id = %s"
        row = self._reader.run(lambda connection: connection.execute(query, (tx_id,)).fetchone())
        return None if row is None else Committed(*row)

    def find_all_committed(self, tx_ids: Sequence[bytes]) -> dict[bytes, Committed]:
        """Committed transactions' answers."""
        query = "SELECT tx_id, time_s, position FROM notary_committed WHERE tx_id = ANY(%b)"
        found = self._reader.run(lambda connection: connection.execute(query, (list(tx_ids),), binary=True).fetchall())
        return {row[0]: Committed(*row) for row in found}

    def requester_of(self, tx_id: bytes) -> Requester | None:
        """Who had a transaction committed."""
        query = "SELECT requester, requester_key, requester_signature FROM notary_committed WHERE tx_id = %s"
        row = self._reader.run(lambda connection: connection.execute(query, (tx_id,)).fetchone())
        return None if row is None else Requester(row[0], decode_single_key(row[1]), row[2])

    def head(self) -> JournalHead:
        """The journal's last entry."""
        return self._reader.run(lambda connection: rows.head_in(rows.ask_head(connection), self._genesis))

    def read_entries(self, after_position: int, max_entries: int) -> tuple[JournalEntry, ...]:
        """Entries after a position, in order."""
        query = "SELECT entry FROM notary_journal WHERE position > %s ORDER BY position LIMIT %s"
        found = self._reader.run(
            lambda connection: connection.execute(query, (after_position, max_entries), binary=True).fetchall()
        )
        return tuple(decode_entry(entry) for (entry,) in found)

    def close(self) -> None:
        """Release the connections; what was committed stays, and so does the lease until it is over."""
        self._writer.close()
        self._reader.close()

    def _fenced(self, ask: Callable[[Connection], S], act: Callable[[Connection, S], T]) -> T:
        """``PostgresSession.run_in_two`` under the lease, which is locked before anything is read."""
        epoch = self._epoch
        if epoch == writer_lease.NOBODY:
            raise NotActive("another worker, or nobody yet", self.lease_s)
        now_ms = self._clock_ms()

        def lock_and_ask(connection: Connection) -> tuple[rows.Cursor, S]:
            return writer_lease.lock(connection, epoch, now_ms + self._terms.lease_ms), ask(connection)

        def check_and_act(connection: Connection, asked: tuple[rows.Cursor, S]) -> T:
            writer_lease.check(connection, asked[0], epoch)
            return act(connection, asked[1])

        return self._writer.run_in_two(lock_and_ask, check_and_act)


def _ensure_layout(session: PostgresSession) -> None:
    for _ in range(MAX_ATTEMPTS):
        try:
            return session.run(_make_layout)
        except UniquenessStoreError as error:  # "if not exists" is no protection against who makes it at this moment
            if not isinstance(error.__cause__, UniqueViolation | DuplicateObject | DuplicateTable):
                raise
    raise UniquenessStoreError("other workers make and remove the notary's tables all the time")


def _make_layout(connection: Connection) -> None:
    """Only where it is lacking: the production role need not be allowed to make tables."""
    found = connection.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = ANY(%s)",
        (list(rows.TABLES),),
    ).fetchone()
    if found != (len(rows.LAYOUT),):
        for statement in rows.LAYOUT:
            connection.execute(statement)
        connection.execute("INSERT INTO notary_writer VALUES (1, 0, 'nobody', 0) ON CONFLICT DO NOTHING")


def _check_pins(connection: Connection, ledger_id: str) -> None:
    for name, value in (("ledger_id", ledger_id), ("layout", str(rows.LAYOUT_VERSION))):
        connection.execute("INSERT INTO notary_pin VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, value))
        row = connection.execute("SELECT value FROM notary_pin WHERE name = %s", (name,)).fetchone()
        if row != (value,):
            found = "none" if row is None else row[0]
            raise UniquenessStoreError(
                f"this notary database has {name} {found}, {value} is configured; name the right database"
            )
