"""What a running node does for its key store: opens data keys again before they expire, and notes how far the store is.

While the master key's keeper is away the node goes on with what it has, until that expires; then it signs nothing.
"""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from chains.progmat.identity import KeyStore
from chains.progmat.node.key_anchor import note_serial
from chains.progmat.node.node_storage import NodeStorage
from primitives.errors import CrossDvpError

log = structlog.get_logger(__name__)


class KeyUpkeep:
    """Of one node. A node without a database of records (a notary alone) notes nothing."""

    def __init__(self, keys: KeyStore, storage: NodeStorage, cache_s: float) -> None:
        self._keys = keys
        self._storage = storage
        self._every_s = cache_s / 2
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises ``KeyStoreRolledBack`` if the store is an old copy."""
        await self.note()
        self._task = asyncio.create_task(self._run(), name="key upkeep")

    async def stop(self) -> None:
        """Note how far the store came, and end."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        try:
            await self.note()
        except CrossDvpError as error:  # the database may be what ended the node
            log.warning("key store not noted", reason=error.reason, detail=str(error))

    async def note(self) -> None:
        """Raises ``KeyStoreRolledBack`` and what the database raises."""
        database = self._storage.database
        if database is not None:
            await database.submit(partial(note_serial, store_id=self._keys.store_id, serial=self._keys.serial))

    async def renew(self) -> None:
        """Once; whatever fails is logged and tried again the next time."""
        try:
            await asyncio.to_thread(self._keys.data_keys.renew)
            await self.note()
        except CrossDvpError as error:
            log.warning("data keys not renewed", reason=error.reason, detail=str(error))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.renew()
