"""A Validator's tree, heights and signing log against each other."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, select

from chains.progmat.node.fsck.finding import Defect, shown
from chains.progmat.validators.schema import heights, paths, tree_nodes
from primitives.errors import CrossDvpError
from primitives.sparse_merkle import EMPTY_ROOT, SparseMerkleTree

_REBUILD = "move this Validator's database away and restore one without the defect: it is rebuilt from the journal"


class _Nodes:
    """A ``NodeStore`` in memory."""

    def __init__(self, nodes: dict[bytes, bytes] | None = None) -> None:
        self._nodes = {} if nodes is None else nodes

    def get(self, node_hash: bytes) -> bytes | None:
        """A node."""
        return self._nodes.get(node_hash)

    def put(self, node_hash: bytes, node: bytes) -> None:
        """Keep a node."""
        self._nodes[node_hash] = node


def check_tree(connection: Connection) -> Iterator[Defect]:
    """Heights without a gap; each root made again from the paths; every live path provable from the kept nodes."""
    created, deleted = defaultdict(list), defaultdict(list)
    live: set[bytes] = set()
    for row in connection.execute(select(paths)):
        created[row.created_at].append((row.path, row.value))
        if row.deleted_at is None:
            live.add(row.path)
        else:
            deleted[row.deleted_at].append(row.path)
    store, expected = _Nodes(), 1
    root: bytes = EMPTY_ROOT
    seen: set[int] = set()
    for row in connection.execute(select(heights).order_by(heights.c.height)):
        seen.add(row.height)
        if row.height != expected:
            yield Defect(heights.name, str(expected), "every height from 1", f"the next is {row.height}", _REBUILD)
        tree = SparseMerkleTree(store, root)
        try:
            for path, value in created[row.height]:
                tree.set(path, value)
            for path in deleted[row.height]:
                tree.remove(path)
        except CrossDvpError as error:
            yield Defect(paths.name, f"of height {row.height}", "writes that are possible", str(error), _REBUILD)
        root, expected = tree.root, row.height + 1
        if root != row.root:
            yield Defect(heights.name, str(row.height), f"root {shown(root)}", shown(row.root), _REBUILD)
    for height in sorted((created.keys() | deleted.keys()) - seen):
        yield Defect(paths.name, f"of height {height}", "a height that is here", f"none above {expected - 1}", _REBUILD)
    kept = {row.node_hash: row.node for row in connection.execute(select(tree_nodes))}
    yield from _check_nodes(_Nodes(kept), kept, store, root, live)


def _check_nodes(
    kept_store: _Nodes, kept: dict[bytes, bytes], made: _Nodes, root: bytes, live: set[bytes]
) -> Iterator[Defect]:
    for node_hash, node in kept.items():
        again = made.get(node_hash)  # one that was made in another order within its height is not known here
        if again is not None and again != node:
            yield Defect(tree_nodes.name, shown(node_hash), shown(again), shown(node), _REBUILD)
    tree = SparseMerkleTree(kept_store, root)
    for path in sorted(live):
        try:
            tree.prove(path)
        except (CrossDvpError, LookupError) as error:
            yield Defect(tree_nodes.name, f"on path {shown(path)}", "every node up to the root", str(error), _REBUILD)


def check_signing_log(connection: Connection, path: Path) -> Iterator[Defect]:
    """Nothing was signed above the heights that are here: then the database is older than the log."""
    if not path.exists():
        yield Defect("signing log", str(path), "a file", "none", "see docs/ledger/storage.md: a lost signing log")
        return
    last = connection.execute(select(heights.c.height).order_by(heights.c.height.desc()).limit(1)).scalar() or 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as log:
        signed = log.execute("SELECT height, digest FROM signed WHERE height > ? ORDER BY height", (last,))
        for height, digest in signed:
            found = f"digest {shown(digest)} was signed for it"
            advice = "the database is older than the log: let it catch up with the journal, keep the log"
            yield Defect("signing log", str(height), f"a height up to {last}", found, advice)
