"""What a running node does for its key store: opens data keys again before they expire, and notes how far the store is.

While the master key's keeper is away the node goes on with what it has, until that expires; then it signs nothing. Its
standing says so before that.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from chains.progmat.client.part_names import KEYS
from chains.progmat.identity import KeyStore
from chains.progmat.node.key_anchor import note_serial
from chains.progmat.node.node_storage import NodeStorage
from chains.progmat.node.standing import NodePart
from primitives.errors import CrossDvpError

AGAIN_S: Final = 60.0
"""How soon data keys that could not be opened again are tried again."""

log = structlog.get_logger(__name__)


class KeyUpkeep:
    """Of one node. A node without a database of records (a notary alone) notes nothing."""

    def __init__(self, keys: KeyStore, storage: NodeStorage, cache_s: float) -> None:
        self._keys = keys
        self._storage = storage
        self._every_s = cache_s / 2
        self._task: asyncio.Task[None] | None = None
        self._not_renewed: CrossDvpError | None = None
        self._watchers: list[Callable[[], None]] = []

    def part(self) -> NodePart:
        """The keys: whether what keeps them answers, and for how long the node can do without the master key's."""
        return NodePart(KEYS, self._require_able, self._watch, self._about)

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
        except CrossDvpError as error:
            log.warning("data keys not renewed", reason=error.reason, detail=str(error))
            self._set_not_renewed(error)
            return
        self._set_not_renewed(None)
        try:
            await self.note()
        except CrossDvpError as error:
            log.warning("key store not noted", reason=error.reason, detail=str(error))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s if self._not_renewed is None else min(self._every_s, AGAIN_S))
            await self.renew()

    def _set_not_renewed(self, error: CrossDvpError | None) -> None:
        before, self._not_renewed = self._not_renewed, error
        if (before is None) is not (error is None):
            for changed in self._watchers:
                changed()

    def _require_able(self) -> None:
        for patience in self._keys.patiences:
            patience.require_answers()
        if self._not_renewed is not None:
            raise self._not_renewed

    def _watch(self, changed: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and what was asked has not
                loop.call_soon_threadsafe(changed)

        self._watchers.append(changed)
        for patience in self._keys.patiences:
            patience.watch(tell)

    def _about(self) -> str:
        minutes = max(0, int(self._keys.data_keys.open_for_s)) // 60
        return f"can sign for {minutes} min without what keeps the master key"
