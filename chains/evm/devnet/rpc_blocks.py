"""eth_ methods that read blocks, included transactions and receipts."""

from __future__ import annotations

from chains.evm.devnet.blocks import Block
from chains.evm.devnet.chain import DevChain
from chains.evm.devnet.rpc_format import (
    TransactionDetail,
    block_json,
    included_evm_tx_json,
    quantity,
    receipt_json,
)
from chains.evm.devnet.rpc_method import MethodTable, RpcMethod, find_block
from chains.evm.devnet.rpc_params import BlockHash, BlockId, Params
from chains.evm.json_value import Json


class BlockMethods:
    """The chain as it was written down. Unknown blocks answer null."""

    def __init__(self, chain: DevChain) -> None:
        self._chain = chain

    def methods(self) -> MethodTable:
        """Offer the group's methods; each exists for a block's number and for its hash."""
        return {
            "eth_blockNumber": RpcMethod(lambda _: quantity(self._chain.head.block_number)),
            "eth_getBlockByNumber": RpcMethod(lambda params: self._block(params, params.block(0)), least=1, most=2),
            "eth_getBlockByHash": RpcMethod(lambda params: self._block(params, _by_hash(params)), least=1, most=2),
            "eth_getBlockReceipts": RpcMethod(self._receipts, least=1, most=1),
            "eth_getBlockTransactionCountByNumber": RpcMethod(
                lambda params: self._count(params.block(0)), least=1, most=1
            ),
            "eth_getBlockTransactionCountByHash": RpcMethod(
                lambda params: self._count(_by_hash(params)), least=1, most=1
            ),
            "eth_getTransactionByBlockNumberAndIndex": RpcMethod(
                lambda params: self._evm_tx(params, params.block(0)), least=2, most=2
            ),
            "eth_getTransactionByBlockHashAndIndex": RpcMethod(
                lambda params: self._evm_tx(params, _by_hash(params)), least=2, most=2
            ),
            "eth_getUncleCountByBlockNumber": RpcMethod(
                lambda params: self._uncle_count(params.block(0)), least=1, most=1
            ),
            "eth_getUncleCountByBlockHash": RpcMethod(
                lambda params: self._uncle_count(_by_hash(params)), least=1, most=1
            ),
        }

    def _block(self, params: Params, block_id: BlockId) -> Json:
        full = params.has(1) and params.boolean(1)
        block = find_block(self._chain, block_id)
        if block is None:
            return None
        return block_json(block, TransactionDetail.FULL if full else TransactionDetail.HASHES)

    def _receipts(self, params: Params) -> Json:
        block = find_block(self._chain, params.block(0))
        return None if block is None else _all_receipts(block)

    def _count(self, block_id: BlockId) -> Json:
        block = find_block(self._chain, block_id)
        return None if block is None else quantity(len(block.body.evm_txs))

    def _uncle_count(self, block_id: BlockId) -> Json:
        return None if find_block(self._chain, block_id) is None else "0x0"

    def _evm_tx(self, params: Params, block_id: BlockId) -> Json:
        block = find_block(self._chain, block_id)
        index = params.quantity(1)
        if block is None or index >= len(block.body.evm_txs):
            return None
        return included_evm_tx_json(block, index)


def _by_hash(params: Params) -> BlockHash:
    return BlockHash(params.hash(0))


def _all_receipts(block: Block) -> list[Json]:
    return [receipt_json(block, index) for index in range(len(block.body.receipts))]
