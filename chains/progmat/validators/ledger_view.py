"""The provable map as the journal makes it: one root per height, and what is under every path at every height.

Functions over the Validator's database. ``apply_entries`` writes roots, tree nodes, paths and consumed states of a
page of journal entries in the caller's one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from chains.progmat.notary.decisions import path_problem
from chains.progmat.notary.journal import JournalHead, genesis
from chains.progmat.notary.model import PathRecord
from chains.progmat.transactions.model import ProvableWrite, WriteKind
from chains.progmat.validators.errors import HeightNotReached, StateSpentTwice, WriteImpossible
from chains.progmat.validators.journal_check import CheckedEntry
from chains.progmat.validators.schema import consumed, heights, paths
from chains.progmat.validators.tree_store import DatabaseNodeStore
from primitives.sparse_merkle import EMPTY_ROOT, SmtProof, SparseMerkleTree


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
class PathProof:
    """What is at a path at a height (None: nothing), with the proof of it."""

    at: LedgerHeight
    value: bytes | None
    proof: SmtProof


def head(connection: Connection, ledger_id: str) -> LedgerHeight:
    """The highest applied height."""
    row = connection.execute(select(heights).order_by(heights.c.height.desc()).limit(1)).one_or_none()
    if row is None:
        start = genesis(ledger_id)
        return LedgerHeight(start.position, start.time_s, EMPTY_ROOT, start.entry_hash)
    return LedgerHeight(*row)


def at_height(connection: Connection, height: int) -> LedgerHeight:
    """One applied height. Raises HeightNotReached."""
    row = connection.execute(select(heights).where(heights.c.height == height)).one_or_none()
    if row is None:
        top = connection.execute(select(heights.c.height).order_by(heights.c.height.desc()).limit(1)).scalar()
        raise HeightNotReached(height, top or 0)
    return LedgerHeight(*row)


def apply_entries(connection: Connection, start: LedgerHeight, entries: Iterable[CheckedEntry]) -> LedgerHeight:
    """Apply checked entries that continue ``start``, which is the present head. Returns the new head.

    Raises StateSpentTwice or WriteImpossible: the notary's uniqueness is broken, and the caller's transaction must be
    rolled back.
    """
    store = DatabaseNodeStore(connection)
    tree = SparseMerkleTree(store, start.root)
    current = start
    for checked in entries:
        entry = checked.entry
        for state in checked.consumed:
            _consume(connection, state, entry.position)
        for write in entry.writes:
            _write(connection, tree, write, entry.position)
        current = LedgerHeight(entry.position, entry.time_s, tree.root, entry.entry_hash)
        connection.execute(
            insert(heights).values(
                height=current.height,
                timestamp_s=current.timestamp_s,
                root=current.root,
                journal_hash=current.journal_hash,
            )
        )
    store.flush()
    return current


def prove_path(connection: Connection, path: bytes, height: int) -> PathProof:
    """Presence or absence of ``path`` under the root of ``height``. Raises HeightNotReached."""
    at = at_height(connection, height)
    proof = SparseMerkleTree(DatabaseNodeStore(connection), at.root).prove(path)
    if proof.terminal is not None:
        return PathProof(at, None, proof)
    value = connection.execute(select(paths.c.value).where(paths.c.path == path)).scalar_one()
    return PathProof(at, value, proof)


def _consume(connection: Connection, state: bytes, height: int) -> None:
    first = connection.execute(select(consumed.c.height).where(consumed.c.state == state)).scalar_one_or_none()
    if first is not None:
        raise StateSpentTwice(height, state, first)
    connection.execute(insert(consumed).values(state=state, height=height))


def _write(connection: Connection, tree: SparseMerkleTree, write: ProvableWrite, height: int) -> None:
    problem = path_problem(write, _record(connection, write.path))
    if problem is not None:
        raise WriteImpossible(height, write.path, problem)
    if write.kind is WriteKind.CREATE:
        connection.execute(insert(paths).values(path=write.path, value=write.value, created_at=height))
        tree.set(write.path, write.value)
    else:
        connection.execute(update(paths).where(paths.c.path == write.path).values(deleted_at=height))
        tree.remove(write.path)


def _record(connection: Connection, path: bytes) -> PathRecord | None:
    """The path's life; writers are named by height here, which is all that the rule needs."""
    row = connection.execute(select(paths).where(paths.c.path == path)).one_or_none()
    if row is None:
        return None
    deleted_by = None if row.deleted_at is None else row.deleted_at.to_bytes(8, "big")
    return PathRecord(row.value, row.created_at.to_bytes(8, "big"), deleted_by)
