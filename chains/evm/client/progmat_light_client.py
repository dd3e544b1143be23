"""The Progmat light client contract: what it believes. Updates go through the router."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chains.evm.client.abi import AbiFunction
from chains.evm.client.node_types import BlockTag
from chains.evm.client.rpc import BlockId, EvmRpc
from light_clients.progmat.client_state import ProgmatClientState, decode_client_state

GET_CLIENT_STATE: Final = AbiFunction("getClientState", (), ("bytes",))
GET_LATEST_TIMESTAMP: Final = AbiFunction("getLatestTimestamp", (), ("uint64",))
GET_CONSENSUS_STATE: Final = AbiFunction("getConsensusState", ("uint64",), ("bytes32",))
RING_FIRST_SLOT: Final = 3
RING_SIZE: Final = 256
"""Where the contract keeps words of verified heights: by the height's remainder, one storage slot each."""


@dataclass(frozen=True)
class ProgmatLightClientBinding:
    """One light client contract."""

    address: bytes

    async def client_state(self, rpc: EvmRpc, block: BlockId = BlockTag.LATEST) -> ProgmatClientState:
        """Give the client state: latest height, trusted validator set, frozen or not."""
        output = await rpc.call(GET_CLIENT_STATE.call(self.address), block)
        (encoded,) = GET_CLIENT_STATE.decode_output(output)
        return decode_client_state(encoded)

    async def latest_timestamp_s(self, rpc: EvmRpc, block: BlockId = BlockTag.LATEST) -> int:
        """Give the time of the latest checkpoint, from which the trusting period runs."""
        output = await rpc.call(GET_LATEST_TIMESTAMP.call(self.address), block)
        (timestamp_s,) = GET_LATEST_TIMESTAMP.decode_output(output)
        return int(timestamp_s)

    async def consensus_slot(self, rpc: EvmRpc, height: int, block: BlockId = BlockTag.LATEST) -> bytes | None:
        """Give what is kept of a verified height: u64 height | 24 bytes of keccak256(u64 timestamp | root).

        None if the height was never verified or has been overwritten: the contract keeps a ring of recent heights.
        """
        output = await rpc.call(GET_CONSENSUS_STATE.call(self.address, height), block)
        (found,) = GET_CONSENSUS_STATE.decode_output(output)
        return bytes(found) if any(found) else None

    async def consensus_slots(self, rpc: EvmRpc, heights: Sequence[int]) -> list[bytes | None]:
        """Give the same of many heights, at the newest block.

        The contract's storage is read, which executes nothing. Another contract's may be laid out otherwise: what it
        says of the highest of them is compared, and it is asked about each where that differs.
        """
        if not heights:
            return []
        words = await rpc.storage_words(self.address, [_ring_slot(height) for height in heights])
        pairs = zip(words, heights, strict=True)
        found = [word if height and _height_in(word) == height else None for word, height in pairs]
        highest = max(heights)
        if await self.consensus_slot(rpc, highest) == found[heights.index(highest)]:
            return found
        outputs = await rpc.call_many([GET_CONSENSUS_STATE.call(self.address, height) for height in heights])
        told = [bytes(GET_CONSENSUS_STATE.decode_output(output)[0]) for output in outputs]
        return [word if any(word) else None for word in told]


def _ring_slot(height: int) -> bytes:
    return (RING_FIRST_SLOT + height % RING_SIZE).to_bytes(32, "big")


def _height_in(word: bytes) -> int:
    return int.from_bytes(word[:8], "big")
