"""Nodes of the sparse Merkle tree in the Validator's database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select

from chains.progmat.node.storage import Prepared, insert
from chains.progmat.validators.schema import tree_nodes

MAX_CACHED_NODES = 65_536

_NODE = Prepared(select(tree_nodes.c.node).where(tree_nodes.c.node_hash == bindparam("node_hash")))
_KEEP = Prepared(insert(tree_nodes).on_conflict_do_nothing(), columns=tree_nodes.c.keys())


class NodeCache:
    """Committed nodes used lately, bounded. For one writer: not safe from several threads."""

    def __init__(self, most: int = MAX_CACHED_NODES) -> None:
        self._nodes: OrderedDict[bytes, bytes] = OrderedDict()
        self._most = most

    def get(self, node_hash: bytes) -> bytes | None:
        """A node, or None when it is not remembered."""
        return self._nodes.get(node_hash)

    def keep(self, nodes: Mapping[bytes, bytes]) -> None:
        """Remember nodes that are committed; forget the oldest."""
        self._nodes.update(nodes)
        while len(self._nodes) > self._most:
            self._nodes.popitem(last=False)


class DatabaseNodeStore:
    """A ``NodeStore`` on one database connection: reads through a cache, keeps what is new until ``flush``.

    Lives as long as the caller's transaction. Nodes are named by their hash, so writing one again changes nothing.
    """

    def __init__(self, connection: Connection, cache: NodeCache | None = None) -> None:
        self._connection = connection
        self._cache = cache or NodeCache()
        self._fresh: dict[bytes, bytes] = {}

    def get(self, node_hash: bytes) -> bytes | None:
        """A node of this transaction or of an earlier one."""
        known = self._fresh.get(node_hash) or self._cache.get(node_hash)
        if known is not None:
            return known
        found = _NODE.first(self._connection, {"node_hash": node_hash})
        if found is None:
            return None
        node: bytes = found[0]
        self._cache.keep({node_hash: node})
        return node

    def put(self, node_hash: bytes, node: bytes) -> None:
        """Keep a node for ``flush``."""
        self._fresh[node_hash] = node

    def flush(self) -> Mapping[bytes, bytes]:
        """Write what is new, and tell it."""
        rows = [{"node_hash": node_hash, "node": node} for node_hash, node in self._fresh.items()]
        _KEEP.change_all(self._connection, rows)
        return self._fresh
