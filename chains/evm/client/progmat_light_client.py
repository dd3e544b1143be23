"""The Progmat light client contract: what it believes. Updates go through the router."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.evm.client.abi import AbiFunction
from chains.evm.client.node_types import BlockTag
from chains.evm.client.rpc import BlockId, EvmRpc
from light_clients.progmat.client_state import ProgmatClientState, decode_client_state

GET_CLIENT_STATE: Final = AbiFunction("getClientState", (), ("bytes",))
GET_LATEST_TIMESTAMP: Final = AbiFunction("getLatestTimestamp", (), ("uint64",))
GET_CONSENSUS_STATE: Final = AbiFunction("getConsensusState", ("uint64",), ("bytes32",))


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
