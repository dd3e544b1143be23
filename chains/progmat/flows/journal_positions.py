"""Where final transactions stand in the journal, asked of their notary: what waits together is one question.

Whoever is sent a final transaction has the notary's signature already. To have it notarised once more for the position
alone would have everything judged, committed and signed anew, three times a settlement.
"""

from __future__ import annotations

import asyncio
from typing import Final

from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.notary.find_codec import MAX_FOUND_IDS, decode_positions_response, encode_positions_request
from primitives.errors import CallerError, PeerError

POSITIONS: Final = "notary.positions"
TIMEOUT_S: Final = 15.0

_Waiting = dict[bytes, "asyncio.Future[int]"]


class JournalPositions:
    """The network's notaries, as one node asks them. At most one question to each is under way."""

    def __init__(self, network: PeerNetwork) -> None:
        self._network = network
        self._waiting: dict[str, _Waiting] = {}
        """By notary; an entry while somebody asks it."""
        self.asking: set[asyncio.Task[None]] = set()

    async def of(self, notary: str, tx_id: bytes) -> int:
        """A transaction's position; 0 where the notary knows none, or not the question. Raises ``UnavailableError``."""
        waiting = self._waiting.get(notary)
        if waiting is None:
            waiting = self._waiting[notary] = {}
            task = asyncio.create_task(self._ask_all(notary, waiting), name=f"positions at {notary}")
            self.asking.add(task)
            task.add_done_callback(self.asking.discard)
        found = waiting.get(tx_id)
        if found is None:
            found = waiting[tx_id] = asyncio.get_running_loop().create_future()
            found.add_done_callback(_told)
        return await asyncio.shield(found)  # others may wait for it, too

    async def _ask_all(self, notary: str, waiting: _Waiting) -> None:
        """Until nobody waits any more."""
        asked: _Waiting = {}
        try:
            while waiting:
                asked = {tx_id: waiting.pop(tx_id) for tx_id in list(waiting)[:MAX_FOUND_IDS]}
                await self._ask(notary, asked)
        finally:
            del self._waiting[notary]
            for each in (*asked.values(), *waiting.values()):  # those answered stay so
                each.cancel()

    async def _ask(self, notary: str, asked: _Waiting) -> None:
        try:
            body = await self._network.request(notary, POSITIONS, encode_positions_request(list(asked)), TIMEOUT_S)
            positions = decode_positions_response(body, len(asked))
        except (CallerError, PeerError):  # a notary of an earlier release; it can still be asked to notarise once more
            positions = (0,) * len(asked)
        except Exception as error:  # noqa: BLE001 - not swallowed: everybody who waits gets it
            for each in asked.values():
                each.set_exception(error)
            return
        for each, position in zip(asked.values(), positions, strict=True):
            each.set_result(position)


def _told(found: asyncio.Future[int]) -> None:
    """Whoever waits has heard how it ended; all may have gone."""
    if not found.cancelled():
        found.exception()
