"""One database a node, shared by its roles: opened by the first that needs it, closed when the last has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import MetaData

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.database_tables import ROLE_TABLES
from chains.progmat.node.storage import NodeDatabase

R = TypeVar("R")

OpenDatabase = Callable[[DatabaseLocation, str, Sequence[MetaData], Callable[[], int]], Awaitable[NodeDatabase]]
"""As ``NodeDatabase.open``."""


@dataclass
class NodeStorage:
    """``database`` is there while somebody uses it."""

    at: DatabaseLocation
    node_name: str
    open: OpenDatabase = NodeDatabase.open
    database: NodeDatabase | None = None
    _users: int = 0
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def acquire(self, now_s: Callable[[], int]) -> NodeDatabase:
        """The node's database; raises what ``NodeDatabase.open`` raises."""
        async with self._opening:
            if self.database is None:
                self.database = await self.open(self.at, self.node_name, ROLE_TABLES, now_s)
            self._users += 1
            return self.database

    async def lend(self, now_s: Callable[[], int], put_together: Callable[[NodeDatabase], Awaitable[R]]) -> R:
        """A role over the node's database, to be released when it ends; released at once if it cannot be made."""
        database = await self.acquire(now_s)
        try:
            return await put_together(database)
        except BaseException:
            await self.release()
            raise

    async def release(self) -> None:
        """One role needs it no more."""
        async with self._opening:
            self._users -= 1
            if self._users == 0 and self.database is not None:
                await self.database.close()
                self.database = None
