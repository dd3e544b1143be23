"""The enclave light client contract: what it believes, and how its keys are registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.evm.client.abi import AbiFunction, EvmCall
from chains.evm.client.node_types import BlockTag
from chains.evm.client.rpc import BlockId, EvmRpc
from light_clients.enclave.solidity_form import SolidityClientState, decode_solidity_client_state

GET_CLIENT_STATE: Final = AbiFunction("getClientState", (), ("bytes",))
GET_CONSENSUS_STATE: Final = AbiFunction("getConsensusState", ("uint64",), ("bytes32",))
GET_ENCLAVE_KEY: Final = AbiFunction("getEnclaveKey", ("address",), ("address", "uint64"))
REGISTER: Final = AbiFunction("registerEnclaveKey", ("bytes", "bytes"))
REVOKE: Final = AbiFunction("revokeEnclaveKey", ("address", "bytes"))


@dataclass(frozen=True)
class RegisteredKey:
    """Who answers for a key (20 bytes), and the second (UTC) from which it counts no more; 0: revoked."""

    operator: bytes
    expires_at_s: int


@dataclass(frozen=True)
class EnclaveLightClientBinding:
    """One enclave light client contract."""

    address: bytes

    async def client_state(self, rpc: EvmRpc, block: BlockId = BlockTag.LATEST) -> SolidityClientState:
        """Give latest height and time, periods, frozen or not."""
        output = await rpc.call(GET_CLIENT_STATE.call(self.address), block)
        (encoded,) = GET_CLIENT_STATE.decode_output(output)
        return decode_solidity_client_state(encoded)

    async def consensus_slot(self, rpc: EvmRpc, height: int, block: BlockId = BlockTag.LATEST) -> bytes | None:
        """Give what is kept of a height: u64 height | 24 bytes of keccak256(u128 time in ns | state id), or None."""
        output = await rpc.call(GET_CONSENSUS_STATE.call(self.address, height), block)
        (found,) = GET_CONSENSUS_STATE.decode_output(output)
        return bytes(found) if any(found) else None

    async def enclave_key(
        self, rpc: EvmRpc, enclave_key: bytes, block: BlockId = BlockTag.LATEST
    ) -> RegisteredKey | None:
        """Give what is known of a key; None if it was never registered."""
        output = await rpc.call(GET_ENCLAVE_KEY.call(self.address, enclave_key), block)
        operator, expires_at_s = GET_ENCLAVE_KEY.decode_output(output)
        address = bytes.fromhex(operator.removeprefix("0x"))
        return RegisteredKey(address, int(expires_at_s)) if any(address) else None

    def register(self, evidence: bytes, operator_signature: bytes) -> EvmCall:
        """Register a key: the Validators' verdict on its attestation, and the operator's compact signature."""
        return REGISTER.call(self.address, evidence, operator_signature)

    def revoke(self, enclave_key: bytes, operator_signature: bytes) -> EvmCall:
        """Take a key back: the operator's compact signature."""
        return REVOKE.call(self.address, enclave_key, operator_signature)
