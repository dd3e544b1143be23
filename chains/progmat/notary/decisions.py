"""Who wins: the notary's uniqueness rules as a pure function of a snapshot and a batch.

Every store runs exactly this inside its database transaction, so that all stores decide alike. Rules, in this order:

1. A transaction that is committed already keeps its answer, whatever happened since.
2. The notary's time lies inside the time window, ``[from, until)``. The notary's time is its clock, but never earlier
   than the journal's last entry. Who comes too late is told so for ever: the journal gets a tick with that answer.
3. Inputs and references are unspent. (Corda: ``PersistentUniquenessProvider``; references are checked at commit.)
4. A path is created once, deleted at most once, never created again. (A delete names no value: the contracts that the
   Validators verified have decided which path may go, and a path has had one value only.)
5. The threshold of Validators approved the writes, not counting those whose suspension is in the journal already.

Requests of one batch are decided in order; the earlier one wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chains.progmat.notary.errors import NotarisationConflict, NotaryRefusal, TimeWindowClosed, TimeWindowNotOpen
from chains.progmat.notary.journal import JournalEntry, JournalHead, tick
from chains.progmat.notary.model import (
    NO_POSITION,
    CommitRequest,
    Committed,
    PathConflict,
    PathProblem,
    PathRecord,
    Repeated,
    Requester,
    StateConflict,
    StateUse,
    hidden_id,
    state_key,
)
from chains.progmat.transactions.model import ProvableWrite, StateRef, TimeWindow, WriteKind
from chains.progmat.transactions.validator_suspension import Approval

Outcome = Committed | Repeated | NotaryRefusal


@dataclass(frozen=True)
class Snapshot:
    """What a store knows about the keys of one batch; absent keys are unknown to it."""

    head: JournalHead
    committed: Mapping[bytes, Committed]
    consumed: Mapping[bytes, bytes]
    paths: Mapping[bytes, PathRecord]


@dataclass(frozen=True)
class Keys:
    """The keys whose records a batch needs to see."""

    tx_ids: frozenset[bytes]
    states: frozenset[bytes]
    paths: frozenset[bytes]


@dataclass(frozen=True)
class Decision:
    """Outcomes in the batch's order, and the rows that make them durable."""

    outcomes: tuple[Outcome, ...]
    newly_committed: tuple[tuple[Committed, Requester], ...]
    newly_consumed: Mapping[bytes, bytes]
    changed_paths: Mapping[bytes, PathRecord]
    entries: tuple[JournalEntry, ...]


@dataclass
class _Working:
    """The snapshot with the batch's own effects on top, while the batch is decided."""

    snapshot: Snapshot
    now_s: int
    head: JournalHead
    committed: dict[bytes, Committed] = field(default_factory=dict)
    requesters: dict[bytes, Requester] = field(default_factory=dict)
    consumed: dict[bytes, bytes] = field(default_factory=dict)
    paths: dict[bytes, PathRecord] = field(default_factory=dict)
    entries: list[JournalEntry] = field(default_factory=list)

    def consumer_of(self, key: bytes) -> bytes | None:
        return self.consumed.get(key) or self.snapshot.consumed.get(key)

    def path(self, path: bytes) -> PathRecord | None:
        return self.paths.get(path) or self.snapshot.paths.get(path)


def keys_of(batch: Iterable[CommitRequest]) -> Keys:
    """What a store has to look up before ``decide``."""
    requests = tuple(batch)
    return Keys(
        tx_ids=frozenset(r.tx_id for r in requests),
        states=frozenset(state_key(ref) for r in requests for ref in (*r.inputs, *r.references)),
        paths=frozenset(path for r in requests for path in _paths_of(r)),
    )


def decide(snapshot: Snapshot, batch: Sequence[CommitRequest], clock_s: int) -> Decision:
    """Decide a batch in order. Changes nothing; the store applies the decision in the same database transaction."""
    working = _Working(snapshot, max(clock_s, snapshot.head.time_s), snapshot.head)
    outcomes = tuple(_decide_one(working, request) for request in batch)
    if any(isinstance(outcome, TimeWindowClosed) for outcome in outcomes):
        _keep_the_time(working)
    return Decision(
        outcomes=outcomes,
        newly_committed=tuple((c, working.requesters[c.tx_id]) for c in working.committed.values()),
        newly_consumed=working.consumed,
        changed_paths=working.paths,
        entries=tuple(working.entries),
    )


def validate_time_window(window: TimeWindow | None, now_s: int) -> None:
    """``[from, until)`` contains the notary's time, or TimeWindowNotOpen / TimeWindowClosed."""
    if window is None:
        return
    if window.from_s is not None and now_s < window.from_s:
        raise TimeWindowNotOpen(window.from_s, now_s)
    if window.until_s is not None and now_s >= window.until_s:
        raise TimeWindowClosed(window.until_s, now_s)


def _decide_one(working: _Working, request: CommitRequest) -> Outcome:
    known = working.committed.get(request.tx_id) or working.snapshot.committed.get(request.tx_id)
    if known is not None:
        return Repeated(known)
    try:
        validate_time_window(request.time_window, working.now_s)
        _validate_unused(working, request)
    except NotaryRefusal as refusal:
        return refusal
    return _apply(working, request)


def _validate_unused(working: _Working, request: CommitRequest) -> None:
    states = (
        *_spent(working, request.inputs, StateUse.INPUT),
        *_spent(working, request.references, StateUse.REFERENCE),
    )
    paths = (
        *(c for w in request.writes if (c := _path_conflict(w, working.path(w.path))) is not None),
        *_suspensions(working, request.approval),
    )
    if states or paths:
        raise NotarisationConflict(states, paths)


def _spent(working: _Working, refs: Iterable[StateRef], use: StateUse) -> Iterable[StateConflict]:
    for ref in refs:
        consumer = working.consumer_of(state_key(ref))
        if consumer is not None:
            yield StateConflict(ref, use, hidden_id(consumer))


def _paths_of(request: CommitRequest) -> Iterable[bytes]:
    yield from (write.path for write in request.writes)
    if request.approval is not None:
        yield from request.approval.by_path


def _suspensions(working: _Working, approval: Approval | None) -> Iterable[PathConflict]:
    """What suspends the approvers whom the threshold cannot do without."""
    if approval is None:
        return
    suspended = {path: record for path in approval.by_path if (record := working.path(path)) is not None}
    if not approval.holds_without(suspended):
        for path, record in suspended.items():
            yield PathConflict(path, PathProblem.APPROVER_SUSPENDED, hidden_id(record.created_by))


def _path_conflict(write: ProvableWrite, record: PathRecord | None) -> PathConflict | None:
    problem = path_problem(write, record)
    if problem is None:
        return None
    writer = b"" if record is None else hidden_id(record.deleted_by or record.created_by)
    return PathConflict(write.path, problem, writer)


def path_problem(write: ProvableWrite, record: PathRecord | None) -> PathProblem | None:
    """Why ``write`` cannot be made on a path with this record; None when it can."""
    match write.kind:
        case WriteKind.CREATE:
            return None if record is None else PathProblem.ALREADY_CREATED
        case WriteKind.DELETE:
            if record is None:
                return PathProblem.NEVER_CREATED
            return None if record.deleted_by is None else PathProblem.ALREADY_DELETED


def written(write: ProvableWrite, record: PathRecord | None, tx_id: bytes) -> PathRecord:
    """The path's record after a write that has no ``path_problem``."""
    if record is None:
        return PathRecord(write.value, tx_id, None)
    return PathRecord(record.value, record.created_by, tx_id)


def _apply(working: _Working, request: CommitRequest) -> Committed:
    for ref in request.inputs:
        working.consumed[state_key(ref)] = request.tx_id
    for write in request.writes:
        working.paths[write.path] = written(write, working.path(write.path), request.tx_id)
    position = _journalled(working, request) if request.writes else NO_POSITION
    committed = Committed(request.tx_id, working.now_s, position)
    working.committed[request.tx_id] = committed
    working.requesters[request.tx_id] = request.requester
    return committed


def _keep_the_time(working: _Working) -> None:
    """Whoever is told that its window is over builds another transaction: no clock set back may accept the first."""
    if working.now_s > working.head.time_s:
        working.entries.append(tick(working.head, working.now_s))
        working.head = working.entries[-1].head


def _journalled(working: _Working, request: CommitRequest) -> int:
    entry = JournalEntry(
        position=working.head.position + 1,
        time_s=working.now_s,
        previous_hash=working.head.entry_hash,
        tx_id=request.tx_id,
        writes=request.writes,
        evidence=request.evidence,
    )
    working.entries.append(entry)
    working.head = entry.head
    return entry.position
