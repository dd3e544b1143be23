"""The Ethereum methods this project needs, typed, on the lean transport (0.3 ms a call where web3.py takes 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chains.evm.client.abi import EvmCall
from chains.evm.client.json_fields import as_data, as_list, as_object, as_quantity, hex_data
from chains.evm.client.node_types import (
    MAX_EVM_TXS,
    MAX_LOGS,
    AccountProof,
    BlockTag,
    EvmBlock,
    EvmLog,
    EvmReceipt,
    LogFilter,
    account_proof_of,
    block_of,
    log_of,
    receipt_of,
)
from chains.evm.client.transport import JsonRpcTransport
from chains.evm.errors import BlockUnavailable, NodeMisbehaved, WrongChain
from chains.evm.json_value import Json

BlockId = int | BlockTag
"""A height, or a named block."""

_HASHES_ONLY: Final = False  # do not list the transactions in full
_WHOLE_TRANSACTIONS: Final = True


class EvmRpc(JsonRpcTransport):
    """One node. Nothing it says is believed without a proof; its answers are only checked for form.

    Every method may raise `NodeUnavailable` (retry), `NodeMisbehaved` or `EvmRequestRefused`; those that read a state
    also `BlockUnavailable` (retry), those that execute `ExecutionReverted`.
    """

    async def chain_id(self) -> int:
        """Give the chain id."""
        return as_quantity(await self.request("eth_chainId"), "chain id")

    async def require_chain(self, expected: int) -> None:
        """Raise `WrongChain` if the endpoint serves another chain."""
        found = await self.chain_id()
        if found != expected:
            raise WrongChain(expected, found, self.url)

    async def block_number(self) -> int:
        """Give the height of the newest block."""
        return as_quantity(await self.request("eth_blockNumber"), "block number")

    async def get_block(self, block: BlockId = BlockTag.LATEST) -> EvmBlock:
        """Give a block's header. Raises `BlockUnavailable` when the node does not have it."""
        answer = await self.request("eth_getBlockByNumber", _block_json(block), _HASHES_ONLY)
        if answer is None:
            raise BlockUnavailable(_block_json(block))
        found = block_of(answer)
        if isinstance(block, int) and found.height != block:
            raise NodeMisbehaved("block", f"height {block}", f"height {found.height}")
        return found

    async def calls_to(self, contract: bytes, block: int) -> list[bytes]:
        """Give the call data of a block's transactions to a contract, in order."""
        answer = await self.request("eth_getBlockByNumber", hex(block), _WHOLE_TRANSACTIONS)
        if answer is None:
            raise BlockUnavailable(hex(block))
        evm_txs = as_list(as_object(answer, "block").get("transactions"), "transactions", MAX_EVM_TXS)
        objects = [as_object(evm_tx, "transaction") for evm_tx in evm_txs]
        to = hex_data(contract)
        return [as_data(found.get("input"), "call data") for found in objects if str(found.get("to")).lower() == to]

    async def get_proof(
        self, address: bytes, slots: Sequence[bytes] = (), block: BlockId = BlockTag.LATEST
    ) -> AccountProof:
        """Give the account's proof and those of its slots (32 bytes each), in that order."""
        keys: list[Json] = [hex_data(slot) for slot in slots]
        proof = account_proof_of(await self.request("eth_getProof", hex_data(address), keys, _block_json(block)))
        if proof.address != address or [slot.slot for slot in proof.slots] != list(slots):
            raise NodeMisbehaved("proof", "the account and the slots asked for", "others")
        return proof

    async def get_logs(self, log_filter: LogFilter) -> list[EvmLog]:
        """Give the matching events in order; a node refuses too large a range."""
        answer = await self.request("eth_getLogs", log_filter.as_json())
        return [log_of(log) for log in as_list(answer, "logs", MAX_LOGS)]

    async def call(self, call: EvmCall, block: BlockId = BlockTag.LATEST, sender: bytes | None = None) -> bytes:
        """Execute without including and give the output."""
        answer = await self.request("eth_call", _call_json(call, sender), _block_json(block))
        return as_data(answer, "output of eth_call")

    async def estimate_gas(self, call: EvmCall, sender: bytes) -> int:
        """Give a gas limit with which the call succeeds on the newest state."""
        return as_quantity(await self.request("eth_estimateGas", _call_json(call, sender)), "gas estimate")

    async def send_raw(self, raw: bytes) -> bytes:
        """Hand in a signed transaction and give its hash. Twice is safe: `EvmTxAlreadyKnown` or `NonceTooLow`."""
        return as_data(await self.request("eth_sendRawTransaction", hex_data(raw)), "transaction hash", 32)

    async def gas_price_wei(self) -> int:
        """Give what the node asks of a legacy transaction now, base fee included; 0 where gas is free."""
        return as_quantity(await self.request("eth_gasPrice"), "gas price")

    async def receipt(self, evm_tx_hash: bytes) -> EvmReceipt | None:
        """Give the receipt, None while the transaction is in no block."""
        answer = await self.request("eth_getTransactionReceipt", hex_data(evm_tx_hash))
        return None if answer is None else receipt_of(answer)

    async def evm_tx(self, evm_tx_hash: bytes) -> dict[str, Json] | None:
        """Give a transaction as the node writes it, None when unknown."""
        answer = await self.request("eth_getTransactionByHash", hex_data(evm_tx_hash))
        return None if answer is None else as_object(answer, "transaction")

    async def nonce(self, address: bytes, block: BlockId = BlockTag.PENDING) -> int:
        """Give the account's next nonce, waiting transactions included by default."""
        answer = await self.request("eth_getTransactionCount", hex_data(address), _block_json(block))
        return as_quantity(answer, "nonce")

    async def balance_wei(self, address: bytes, block: BlockId = BlockTag.LATEST) -> int:
        """Give the account's balance."""
        return as_quantity(await self.request("eth_getBalance", hex_data(address), _block_json(block)), "balance")

    async def code(self, address: bytes, block: BlockId = BlockTag.LATEST) -> bytes:
        """Give a contract's code, empty if there is none."""
        return as_data(await self.request("eth_getCode", hex_data(address), _block_json(block)), "code")

    async def storage_at(self, address: bytes, slot: bytes, block: BlockId = BlockTag.LATEST) -> bytes:
        """Give a storage word, 32 bytes."""
        answer = await self.request("eth_getStorageAt", hex_data(address), hex_data(slot), _block_json(block))
        return as_data(answer, "storage word", 32)


def _block_json(block: BlockId) -> str:
    return block.value if isinstance(block, BlockTag) else hex(block)


def _call_json(call: EvmCall, sender: bytes | None) -> dict[str, Json]:
    message: dict[str, Json] = {"data": hex_data(call.data)}
    if call.to:
        message["to"] = hex_data(call.to)
    if sender is not None:
        message["from"] = hex_data(sender)
    if call.value_wei:
        message["value"] = hex(call.value_wei)
    if call.gas is not None:
        message["gas"] = hex(call.gas)
    return message
