"""Nodes of the sparse Merkle tree in the Validator's database."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from chains.progmat.validators.schema import tree_nodes


class DatabaseNodeStore:
    """A ``NodeStore`` on one database connection: reads through, keeps what is new until ``flush``.

    Lives as long as the caller's transaction. Nodes are named by their hash, so writing one again changes nothing.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._fresh: dict[bytes, bytes] = {}

    def get(self, node_hash: bytes) -> bytes | None:
        """A node of this transaction or of an earlier one."""
        fresh = self._fresh.get(node_hash)
        if fresh is not None:
            return fresh
        query = select(tree_nodes.c.node).where(tree_nodes.c.node_hash == node_hash)
        return self._connection.execute(query).scalar_one_or_none()

    def put(self, node_hash: bytes, node: bytes) -> None:
        """Keep a node for ``flush``."""
        self._fresh[node_hash] = node

    def flush(self) -> None:
        """Write what is new."""
        if self._fresh:
            rows = [{"node_hash": node_hash, "node": node} for node_hash, node in self._fresh.items()]
            self._connection.execute(insert(tree_nodes).on_conflict_do_nothing(), rows)
