"""The provable map as the journal makes it: one root per height, and what is under every path at every height.

Functions over the Validator's database. ``apply_entries`` writes roots, tree nodes, paths and consumed states of a
page of journal entries in the caller's one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from chains.progmat.node.storage import Prepared, insert
from chains.progmat.notary.decisions import path_problem, written
from chains.progmat.notary.journal import JournalHead, genesis
from chains.progmat.notary.model import PathRecord
from chains.progmat.transactions.model import ProvableWrite, WriteKind
from chains.progmat.validators.errors import (
    HeightNotReached,
    StateSpentTwice,
    SuspendedApprovalCounted,
    WriteImpossible,
)
from chains.progmat.validators.journal_check import CheckedEntry
from chains.progmat.validators.schema import consumed, heights, paths
from chains.progmat.validators.tree_store import DatabaseNodeStore, NodeCache
from primitives.errors import MissingNode
from primitives.sparse_merkle import EMPTY_ROOT, SmtProof, SparseMerkleTree

_LOOKUP_CHUNK: Final = 500

_AT_HEIGHT = Prepared(select(heights).where(heights.c.height == bindparam("height")))
_CONSUMED = Prepared(select(consumed).where(consumed.c.state.in_(bindparam("wanted", expanding=True))))
_PATHS = Prepared(select(paths).where(paths.c.path.in_(bindparam("wanted", expanding=True))))
_VALUE = Prepared(select(paths.c.value).where(paths.c.path == bindparam("path")))
_ADD_HEIGHT = Prepared(insert(heights), columns=heights.c.keys())
_CONSUME = Prepared(insert(consumed), columns=consumed.c.keys())
_CREATE = Prepared(insert(paths), columns=("path", "value", "created_at"))
_DELETE = Prepared(update(paths).where(paths.c.path == bindparam("gone")).values(deleted_at=bindparam("at")))


@dataclass(frozen=True, slots=True)
class LedgerHeight:
    """The ledger at one journal position; height 0 is the empty one, and has no time."""

    height: int
    timestamp_s: int
    root: bytes
    journal_hash: bytes

    @property
    def journal_head(self) -> JournalHead:
        """Where a journal that ends here is continued."""
        return JournalHead(self.height, self.timestamp_s, self.journal_hash)


@dataclass(frozen=True, slots=True)
class Applied:
    """The new head, and the tree nodes that came with it, for the cache once the transaction is committed."""

    head: LedgerHeight
    nodes: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class PathProof:
    """What is at a path at a height (None: nothing), with the proof of it."""

    at: LedgerHeight
    value: bytes | None
    proof: SmtProof


def head(connection: Connection, ledger_id: str) -> LedgerHeight:
    """The highest applied height."""
    row = connection.execute(select(heights).order_by(heights.c.height.desc()).limit(1)).one_or_none()
    return empty(ledger_id) if row is None else LedgerHeight(*row)


def empty(ledger_id: str) -> LedgerHeight:
    """The ledger before its first entry."""
    start = genesis(ledger_id)
    return LedgerHeight(start.position, start.time_s, EMPTY_ROOT, start.entry_hash)


def at_height(connection: Connection, height: int) -> LedgerHeight:
    """One applied height. Raises HeightNotReached."""
    row = _AT_HEIGHT.first(connection, {"height": height})
    if row is None:
        top = connection.execute(select(heights.c.height).order_by(heights.c.height.desc()).limit(1)).scalar()
        raise HeightNotReached(height, top or 0)
    return LedgerHeight(*row)


def first_since(connection: Connection, time_s: int) -> LedgerHeight | None:
    """The first applied height at or past a time of the journal."""
    query = select(heights).where(heights.c.timestamp_s >= time_s).order_by(heights.c.height).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else LedgerHeight(*row)


def apply_entries(
    connection: Connection, start: LedgerHeight, entries: Sequence[CheckedEntry], cache: NodeCache
) -> Applied:
    """Apply checked entries that continue ``start``, which is the present head.

    Raises StateSpentTwice or WriteImpossible (the notary is not unique), SuspendedApprovalCounted (it counted an
    approval that does not count): the caller's transaction must be rolled back.
    """
    store = DatabaseNodeStore(connection, cache)
    page = _Page.load(connection, entries)
    tree = SparseMerkleTree(store, start.root)
    applied = []
    for checked in entries:
        entry = checked.entry
        page.count(checked)
        for state in checked.consumed:
            page.consume(state, entry.position)
        for write in entry.writes:
            page.write(write, entry.position)
            if write.kind is WriteKind.CREATE:
                tree.set(write.path, write.value)
            else:
                tree.remove(write.path)
        applied.append(LedgerHeight(entry.position, entry.time_s, tree.root, entry.entry_hash))
    page.save(connection)
    _ADD_HEIGHT.change_all(connection, [asdict(at) for at in applied])
    return Applied(applied[-1] if applied else start, store.flush())


def prove_path(connection: Connection, path: bytes, height: int) -> PathProof:
    """Presence or absence of ``path`` under the root of ``height``. Raises HeightNotReached."""
    at = at_height(connection, height)
    proof = SparseMerkleTree(DatabaseNodeStore(connection), at.root).prove(path)
    if proof.terminal is not None:
        return PathProof(at, None, proof)
    found = _VALUE.first(connection, {"path": path})
    if found is None:
        raise MissingNode(path)
    return PathProof(at, found[0], proof)


@dataclass
class _Page:
    """The states and paths that a page of entries touches, read at once and written at once."""

    known_states: dict[bytes, int]
    records: dict[bytes, PathRecord]
    spent: dict[bytes, int] = field(default_factory=dict)
    created: dict[bytes, dict[str, object]] = field(default_factory=dict)
    deleted: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    def load(cls, connection: Connection, entries: Sequence[CheckedEntry]) -> _Page:
        states = [state for checked in entries for state in checked.consumed]
        touched = {write.path for checked in entries for write in checked.entry.writes}
        touched.update(path for checked in entries if checked.approval for path in checked.approval.by_path)
        return cls(
            known_states=dict(_rows(_CONSUMED, connection, states)),
            records={path: _record(*rest) for path, *rest in _rows(_PATHS, connection, list(touched))},
        )

    def count(self, checked: CheckedEntry) -> None:
        """The threshold approved, not counting those whom the journal has suspended before this entry."""
        if checked.approval is None:
            return
        suspended = [path for path in checked.approval.by_path if path in self.records]
        if not checked.approval.holds_without(suspended):
            raise SuspendedApprovalCounted(checked.entry.position, suspended)

    def consume(self, state: bytes, height: int) -> None:
        first = self.known_states.get(state)
        if first is not None:
            raise StateSpentTwice(height, state, first)
        self.known_states[state] = self.spent[state] = height

    def write(self, write: ProvableWrite, height: int) -> None:
        record = self.records.get(write.path)
        problem = path_problem(write, record)
        if problem is not None:
            raise WriteImpossible(height, write.path, problem)
        self.records[write.path] = written(write, record, _writer_at(height))
        if write.kind is WriteKind.CREATE:
            self.created[write.path] = {"path": write.path, "value": write.value, "created_at": height}
        else:
            self.deleted[write.path] = height

    def save(self, connection: Connection) -> None:
        _CONSUME.change_all(connection, [{"state": state, "height": height} for state, height in self.spent.items()])
        _CREATE.change_all(connection, list(self.created.values()))
        _DELETE.change_all(connection, [{"gone": path, "at": height} for path, height in self.deleted.items()])


def _rows(query: Prepared, connection: Connection, wanted: Sequence[bytes]) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(wanted), _LOOKUP_CHUNK):
        yield from query.rows(connection, {"wanted": wanted[start : start + _LOOKUP_CHUNK]})


def _record(value: bytes, created_at: int, deleted_at: int | None) -> PathRecord:
    return PathRecord(value, _writer_at(created_at), None if deleted_at is None else _writer_at(deleted_at))


def _writer_at(height: int) -> bytes:
    """Writers are named by height here, which is all that the rule of writes needs."""
    return height.to_bytes(8, "big")
