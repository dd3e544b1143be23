"""Storage proofs of one contract, asked for together: what is wanted in one turn of the event loop is one question."""

from __future__ import annotations

import asyncio
from typing import Final

from chains.evm.client.node_types import SlotProof
from chains.evm.client.rpc import EvmRpc

MOST_SLOTS: Final = 100
"""In one question: nodes refuse more than so many hundred."""


class SlotProofs:
    """Of one contract at one node. Nothing is kept: each proof is asked for anew, with those that others want now."""

    def __init__(self, rpc: EvmRpc, contract: bytes) -> None:
        self._rpc = rpc
        self._contract = contract
        self._wanted: dict[int, dict[bytes, asyncio.Future[SlotProof]]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def prove(self, slot: bytes, height: int) -> SlotProof:
        """The proof of a slot after a block. Raises what ``EvmRpc`` raises, to all who asked together."""
        wanted = self._wanted.get(height)
        if wanted is None or len(wanted) >= MOST_SLOTS:
            wanted = self._wanted[height] = {}
            asking = asyncio.create_task(self._ask(height, wanted), name="storage proofs")
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)
        if slot not in wanted:
            wanted[slot] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(wanted[slot])  # who stops waiting does not take it from the others

    async def _ask(self, height: int, wanted: dict[bytes, asyncio.Future[SlotProof]]) -> None:
        await asyncio.sleep(0)  # whoever asks in this turn goes along
        if self._wanted.get(height) is wanted:
            del self._wanted[height]
        try:
            proof = await self._rpc.get_proof(self._contract, tuple(wanted), height)
            for waiting, found in zip(wanted.values(), proof.slots, strict=True):
                waiting.set_result(found)
        except Exception as failure:  # noqa: BLE001  # told to all of them, whatever it is
            for waiting in wanted.values():
                if not waiting.done():
                    waiting.set_exception(failure)
                    waiting.exception()  # looked at: who asked may have gone away
        finally:
            for waiting in wanted.values():
                waiting.cancel()  # of what is done this does nothing
