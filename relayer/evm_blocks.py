"""Blocks of an EVM chain that were read, kept in the process's database: a restart knows which chain it followed."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from chains.evm.client.block_memory import BlockMemory
from relayer.database import Database, Int64, upsert


class BlockTable:
    """Height and hash of the blocks at which reading stopped, of each chain."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._table = sa.Table(
            "evm_blocks",
            metadata,
            sa.Column("chain_id", Int64, primary_key=True),
            sa.Column("height", Int64, primary_key=True),
            sa.Column("block_hash", sa.LargeBinary, nullable=False),
        )

    def read(self, connection: sa.Connection, chain_id: int) -> dict[int, bytes]:
        """All pairs of a chain."""
        query = sa.select(self._table).where(self._table.c.chain_id == chain_id)
        return {int(row.height): bytes(row.block_hash) for row in connection.execute(query)}

    def keep(
        self, connection: sa.Connection, chain_id: int, height: int, block_hash: bytes, forgotten: list[int]
    ) -> None:
        """Write a pair in place of those that are forgotten."""
        for gone in forgotten:
            this = sa.and_(self._table.c.chain_id == chain_id, self._table.c.height == gone)
            connection.execute(sa.delete(self._table).where(this))
        values = {"chain_id": chain_id, "height": height, "block_hash": block_hash}
        upsert(connection, self._table, values, ["chain_id", "height"])


class KeptBlocks(BlockMemory):
    """A memory that outlives the process. ``fence`` as in ``NonceBook``; raises ``StoreUnavailable``."""

    def __init__(
        self, database: Database, table: BlockTable, chain_id: int, fence: Callable[[sa.Connection], None]
    ) -> None:
        with database.transaction() as connection:
            super().__init__(table.read(connection, chain_id))
        self._database = database
        self._table = table
        self._chain_id = chain_id
        self._fence = fence

    def _keep(self, height: int, block_hash: bytes, forgotten: list[int]) -> None:
        with self._database.transaction() as connection:
            self._fence(connection)
            self._table.keep(connection, self._chain_id, height, block_hash, forgotten)
