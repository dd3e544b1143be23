"""The Ethereum methods this project needs, typed, on the lean transport (0.3 ms a call where web3.py takes 5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

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
from chains.evm.client.transport import JsonRpcTransport, RpcRequest
from chains.evm.errors import BlockUnavailable, EvmRequestRefused, NodeMisbehaved, WrongChain
from chains.evm.json_value import Json

BlockId = int | BlockTag
"""A height, or a named block."""

T = TypeVar("T")

_HASHES_ONLY: Final = False  # do not list the transactions in full
_WHOLE_TRANSACTIONS: Final = True
_MOST_IN_A_BATCH: Final = 50  # providers refuse more


class EvmRpc(JsonRpcTransport):
    """One node. Nothing it says is believed without a proof; its answers are only checked for form.

    Every method may raise `NodeUnavailable` (retry), `NodeMisbehaved` or `EvmRequestRefused`; those that read a state
    also `BlockUnavailable` (retry), those that execute `ExecutionReverted`.
    """

    async def on_one(self, work: Callable[[EvmRpc], Awaitable[T]]) -> T:
        """Do several requests at one node. Where several nodes are behind this, all go to the same; `work` may repeat.

        What `work` raises says whose fault it is: a `PeerError` is held against the node.
        """
        return await work(self)

    async def ask(self, read: Callable[[Json], T], method: str, *params: Json) -> T:
        """Call one method and read its answer; raises what `read` raises, held against the node that answered."""
        return read(await self.request(method, *params))

    async def chain_id(self) -> int:
        """Give the chain id."""
        return await self.ask(partial(as_quantity, what="chain id"), "eth_chainId")

    async def require_chain(self, expected: int) -> None:
        """Raise `WrongChain` if the endpoint serves another chain."""
        found = await self.chain_id()
        if found != expected:
            raise WrongChain(expected, found, self.shown_url)

    async def block_number(self) -> int:
        """Give the height of the newest block."""
        return await self.ask(partial(as_quantity, what="block number"), "eth_blockNumber")

    async def get_block(self, block: BlockId = BlockTag.LATEST) -> EvmBlock:
        """Give a block's header. Raises `BlockUnavailable` when the node does not have it."""
        return await self.ask(
            partial(_block_read, block=block), "eth_getBlockByNumber", _block_json(block), _HASHES_ONLY
        )

    async def get_blocks(self, heights: Sequence[int]) -> list[EvmBlock]:
        """Give headers, in the order asked for, in as few exchanges as nodes like. Raises `BlockUnavailable`."""
        return await self.on_one(partial(_blocks_of, heights=heights))

    async def receipts_of_block(self, height: int) -> list[EvmReceipt]:
        """Give all receipts of a block; nodes without `eth_getBlockReceipts` are asked for each."""
        return await self.on_one(partial(_receipts_of, height=height))

    async def calls_to(self, contract: bytes, block: int) -> list[bytes]:
        """Give the call data of a block's transactions to a contract, in order."""
        to = hex_data(contract)

        def read(answer: Json) -> list[bytes]:
            if answer is None:
                raise BlockUnavailable(hex(block))
            evm_txs = as_list(as_object(answer, "block").get("transactions"), "transactions", MAX_EVM_TXS)
            objects = [as_object(evm_tx, "transaction") for evm_tx in evm_txs]
            return [as_data(found.get("input"), "call data") for found in objects if str(found.get("to")).lower() == to]

        return await self.ask(read, "eth_getBlockByNumber", hex(block), _WHOLE_TRANSACTIONS)

    async def get_proof(
        self, address: bytes, slots: Sequence[bytes] = (), block: BlockId = BlockTag.LATEST
    ) -> AccountProof:
        """Give the account's proof and those of its slots (32 bytes each), in that order."""
        keys: list[Json] = [hex_data(slot) for slot in slots]

        def read(answer: Json) -> AccountProof:
            proof = account_proof_of(answer)
            if proof.address != address or [slot.slot for slot in proof.slots] != list(slots):
                raise NodeMisbehaved("proof", "the account and the slots asked for", "others")
            return proof

        return await self.ask(read, "eth_getProof", hex_data(address), keys, _block_json(block))

    async def get_logs(self, log_filter: LogFilter) -> list[EvmLog]:
        """Give the matching events in order; a node refuses too large a range."""
        return await self.ask(_logs_read, "eth_getLogs", log_filter.as_json())

    async def call(self, call: EvmCall, block: BlockId = BlockTag.LATEST, sender: bytes | None = None) -> bytes:
        """Execute without including and give the output."""
        read = partial(as_data, what="output of eth_call")
        return await self.ask(read, "eth_call", _call_json(call, sender), _block_json(block))

    async def call_many(self, calls: Sequence[EvmCall]) -> list[bytes]:
        """Call functions without sending anything, at the newest block, in as few exchanges as nodes like."""
        return await self.on_one(partial(_calls_of, calls=calls))

    async def estimate_gas(self, call: EvmCall, sender: bytes) -> int:
        """Give a gas limit with which the call succeeds on the newest state."""
        return await self.ask(partial(as_quantity, what="gas estimate"), "eth_estimateGas", _call_json(call, sender))

    async def send_raw(self, raw: bytes) -> bytes:
        """Hand in a signed transaction and give its hash. Twice is safe: `EvmTxAlreadyKnown` or `NonceTooLow`."""
        return await self.ask(
            partial(as_data, what="transaction hash", size=32), "eth_sendRawTransaction", hex_data(raw)
        )

    async def gas_price_wei(self) -> int:
        """Give what the node asks of a legacy transaction now, base fee included; 0 where gas is free."""
        return await self.ask(partial(as_quantity, what="gas price"), "eth_gasPrice")

    async def priority_fee_wei(self) -> int:
        """Give the tip with which the node expects inclusion (EIP-1559)."""
        return await self.ask(partial(as_quantity, what="priority fee"), "eth_maxPriorityFeePerGas")

    async def receipt(self, evm_tx_hash: bytes) -> EvmReceipt | None:
        """Give the receipt, None while the transaction is in no block."""

        def read(answer: Json) -> EvmReceipt | None:
            receipt = None if answer is None else receipt_of(answer)
            if receipt is not None and receipt.evm_tx_hash != evm_tx_hash:
                raise NodeMisbehaved("receipt", f"of 0x{evm_tx_hash.hex()}", f"0x{receipt.evm_tx_hash.hex()}")
            return receipt

        return await self.ask(read, "eth_getTransactionReceipt", hex_data(evm_tx_hash))

    async def evm_tx(self, evm_tx_hash: bytes) -> dict[str, Json] | None:
        """Give a transaction as the node writes it, None when unknown."""

        def read(answer: Json) -> dict[str, Json] | None:
            return None if answer is None else as_object(answer, "transaction")

        return await self.ask(read, "eth_getTransactionByHash", hex_data(evm_tx_hash))

    async def nonce(self, address: bytes, block: BlockId = BlockTag.PENDING) -> int:
        """Give the account's next nonce, waiting transactions included by default."""
        read = partial(as_quantity, what="nonce")
        return await self.ask(read, "eth_getTransactionCount", hex_data(address), _block_json(block))

    async def balance_wei(self, address: bytes, block: BlockId = BlockTag.LATEST) -> int:
        """Give the account's balance."""
        read = partial(as_quantity, what="balance")
        return await self.ask(read, "eth_getBalance", hex_data(address), _block_json(block))

    async def code(self, address: bytes, block: BlockId = BlockTag.LATEST) -> bytes:
        """Give a contract's code, empty if there is none."""
        return await self.ask(partial(as_data, what="code"), "eth_getCode", hex_data(address), _block_json(block))

    async def storage_at(self, address: bytes, slot: bytes, block: BlockId = BlockTag.LATEST) -> bytes:
        """Give a storage word, 32 bytes."""
        read = partial(as_data, what="storage word", size=32)
        return await self.ask(read, "eth_getStorageAt", hex_data(address), hex_data(slot), _block_json(block))

    async def storage_words(self, address: bytes, slots: Sequence[bytes]) -> list[bytes]:
        """Give storage words of one contract at the newest block, in as few exchanges as nodes like."""
        return await self.on_one(partial(_words_of, address=address, slots=slots))


async def _words_of(node: EvmRpc, address: bytes, slots: Sequence[bytes]) -> list[bytes]:
    found: list[bytes] = []
    for start in range(0, len(slots), _MOST_IN_A_BATCH):
        wanted = slots[start : start + _MOST_IN_A_BATCH]
        place = (hex_data(address), _block_json(BlockTag.LATEST))
        requests = [RpcRequest("eth_getStorageAt", (place[0], hex_data(slot), place[1])) for slot in wanted]
        found += [as_data(answer, "storage word", 32) for answer in await node.batch(requests)]
    return found


async def _blocks_of(node: EvmRpc, heights: Sequence[int]) -> list[EvmBlock]:
    blocks: list[EvmBlock] = []
    for start in range(0, len(heights), _MOST_IN_A_BATCH):
        wanted = heights[start : start + _MOST_IN_A_BATCH]
        requests = [RpcRequest("eth_getBlockByNumber", (hex(height), _HASHES_ONLY)) for height in wanted]
        answers = await node.batch(requests)
        blocks += [_block_read(answer, height) for answer, height in zip(answers, wanted, strict=True)]
    return blocks


async def _calls_of(node: EvmRpc, calls: Sequence[EvmCall]) -> list[bytes]:
    found: list[bytes] = []
    for start in range(0, len(calls), _MOST_IN_A_BATCH):
        wanted = calls[start : start + _MOST_IN_A_BATCH]
        requests = [RpcRequest("eth_call", (_call_json(call, None), _block_json(BlockTag.LATEST))) for call in wanted]
        found += [as_data(answer, "call result") for answer in await node.batch(requests)]
    return found


async def _receipts_of(node: EvmRpc, height: int) -> list[EvmReceipt]:
    try:
        answer = await node.request("eth_getBlockReceipts", hex(height))
    except EvmRequestRefused:
        return await _receipts_one_by_one(node, height)
    if answer is None:
        raise BlockUnavailable(hex(height))
    return [receipt_of(receipt) for receipt in as_list(answer, "receipts of a block", MAX_EVM_TXS)]


async def _receipts_one_by_one(node: EvmRpc, height: int) -> list[EvmReceipt]:
    block = as_object(await node.request("eth_getBlockByNumber", hex(height), _HASHES_ONLY), "block")
    hashes = as_list(block.get("transactions"), "transactions", MAX_EVM_TXS)
    found: list[Json] = []
    for start in range(0, len(hashes), _MOST_IN_A_BATCH):
        wanted = hashes[start : start + _MOST_IN_A_BATCH]
        found += await node.batch([RpcRequest("eth_getTransactionReceipt", (each,)) for each in wanted])
    if any(receipt is None for receipt in found):
        raise BlockUnavailable(f"receipts of {hex(height)}")  # it knows the block, and not yet all that is in it
    return [receipt_of(receipt) for receipt in found]


def _block_read(answer: Json, block: BlockId) -> EvmBlock:
    if answer is None:
        raise BlockUnavailable(_block_json(block))
    found = block_of(answer)
    if isinstance(block, int) and found.height != block:
        raise NodeMisbehaved("block", f"height {block}", f"height {found.height}")
    return found


def _logs_read(answer: Json) -> list[EvmLog]:
    return [log_of(log) for log in as_list(answer, "logs", MAX_LOGS)]


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
