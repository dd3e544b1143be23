"""Reading a node's database in threads of its own, each with a connection on which only reading is possible."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine

from chains.progmat.node.storage.engine import is_storage_failure
from chains.progmat.node.storage.errors import StorageFailed
from chains.progmat.node.storage.writer import detail_of, discard

T = TypeVar("T")

READERS: Final = 2


class Readers:
    """Each query runs on a snapshot of its own."""

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop, name: str) -> None:
        self._engine = engine
        self._loop = loop
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix=f"db-reader {name}")
        self._of_thread = threading.local()
        self._connections: list[Connection] = []

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run ``query``; raises ``StorageFailed``, and what the query raises."""
        return await self._loop.run_in_executor(self._threads, self._run, query)

    async def close(self) -> None:
        """Wait for the queries under way, and close the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _run(self, query: Callable[[Connection], T]) -> T:
        kept: Connection | None = getattr(self._of_thread, "connection", None)
        try:
            try:
                return _query_on(kept or self._connected(), query)
            except Exception as error:
                if kept is None or not is_storage_failure(error):
                    raise
                self._forget()  # it may have died while it lay idle: that says nothing about the database now
                return _query_on(self._connected(), query)
        except Exception as error:  # Core's or, from a prepared statement, the driver's own
            if not is_storage_failure(error):
                raise
            self._forget()
            raise StorageFailed(detail_of(error)) from error

    def _connected(self) -> Connection:
        connection: Connection = self._engine.connect()
        self._of_thread.connection = connection
        self._connections.append(connection)
        return connection

    def _forget(self) -> None:
        connection: Connection | None = getattr(self._of_thread, "connection", None)
        self._of_thread.connection = None
        if connection is not None:
            self._connections.remove(connection)
            discard(connection)


def _query_on(connection: Connection, query: Callable[[Connection], T]) -> T:
    with connection.begin():
        return query(connection)
