"""The Solidity light clients that follow a QBFT chain: what they believe. Updates go through the router."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.evm.client.abi import AbiFunction, decode_values
from chains.evm.client.node_types import BlockTag
from chains.evm.client.progmat_light_client import GET_CLIENT_STATE, GET_CONSENSUS_STATE, GET_LATEST_TIMESTAMP
from chains.evm.client.rpc import BlockId, EvmRpc

GET_FAR_CONSENSUS_STATE: Final = AbiFunction("getFarConsensusState", ("uint64",), ("bytes32",))
GET_HUB_HEAD: Final = AbiFunction("getHubHead", (), ("uint64", "uint64"))
CLIENT_STATE_TYPES: Final = ("uint64", "address", "bytes32", "uint64", "uint64", "uint64", "bool")


@dataclass(frozen=True)
class QbftContractState:
    """What a contract that follows a QBFT chain says of itself; periods in seconds."""

    chain_id: int
    account: bytes
    store_slot: bytes
    latest_height: int
    trusting_period_s: int
    max_clock_drift_s: int
    frozen: bool


@dataclass(frozen=True)
class QbftLightClientBinding:
    """One ``QbftLightClient``."""

    address: bytes

    async def client_state(self, rpc: EvmRpc, block: BlockId = BlockTag.LATEST) -> QbftContractState:
        """Give the client state. Raises `DecodeError` if the contract is of another kind."""
        (encoded,) = GET_CLIENT_STATE.decode_output(await rpc.call(GET_CLIENT_STATE.call(self.address), block))
        chain_id, account, *others = decode_values(CLIENT_STATE_TYPES, encoded, "client state of a QBFT chain")
        return QbftContractState(chain_id, bytes.fromhex(account[2:]), *others)

    async def latest_timestamp_s(self, rpc: EvmRpc, block: BlockId = BlockTag.LATEST) -> int:
        """Give the time of the latest verified block."""
        output = await rpc.call(GET_LATEST_TIMESTAMP.call(self.address), block)
        return int(GET_LATEST_TIMESTAMP.decode_output(output)[0])

    async def consensus_slot(self, rpc: EvmRpc, height: int, block: BlockId = BlockTag.LATEST) -> bytes | None:
        """Give what is kept of a verified height, None if it was never verified or its place was taken."""
        output = await rpc.call(GET_CONSENSUS_STATE.call(self.address, height), block)
        (found,) = GET_CONSENSUS_STATE.decode_output(output)
        return bytes(found) if any(found) else None


@dataclass(frozen=True)
class HubProgmatLightClientBinding:
    """One ``HubProgmatLightClient``; what it says of the ledger is read as ``ProgmatLightClient``'s words are."""

    address: bytes

    async def far_slot(self, rpc: EvmRpc, height: int, block: BlockId = BlockTag.LATEST) -> bytes | None:
        """Give what is kept of a height of the ledger: u64 height | 24 bytes of keccak256(u64 timestamp | root)."""
        output = await rpc.call(GET_FAR_CONSENSUS_STATE.call(self.address, height), block)
        (found,) = GET_FAR_CONSENSUS_STATE.decode_output(output)
        return bytes(found) if any(found) else None

    async def hub_height(self, rpc: EvmRpc, block: BlockId = BlockTag.LATEST) -> int:
        """Give the height of the latest verified block of the hub: what the next update builds on."""
        output = await rpc.call(GET_HUB_HEAD.call(self.address), block)
        return int(GET_HUB_HEAD.decode_output(output)[0])
