"""eth_ methods that take transactions in and find them again."""

from __future__ import annotations

from chains.evm.devnet.chain import DevChain
from chains.evm.devnet.mempool import MAX_EVM_TX_BYTES
from chains.evm.devnet.producer import BlockProducer
from chains.evm.devnet.rpc_format import data, included_evm_tx_json, receipt_json, waiting_evm_tx_json
from chains.evm.devnet.rpc_method import MethodTable, RpcMethod, require_header
from chains.evm.devnet.rpc_params import Params
from chains.evm.json_value import Json


class EvmTxMethods:
    """From the mempool into a block."""

    def __init__(self, chain: DevChain, producer: BlockProducer) -> None:
        self._chain = chain
        self._producer = producer

    def methods(self) -> MethodTable:
        """Offer the group's methods."""
        return {
            "eth_sendRawTransaction": RpcMethod(self._send_raw, least=1, most=1),
            "eth_getTransactionByHash": RpcMethod(self._by_hash, least=1, most=1),
            "eth_getTransactionReceipt": RpcMethod(self._receipt, least=1, most=1),
        }

    def _send_raw(self, params: Params) -> Json:
        # one byte more than the pool takes, so that the pool can say so in its own words
        raw = params.data(0, most_bytes=MAX_EVM_TX_BYTES + 1)
        return data(self._producer.accept(raw).evm_tx.hash)

    def _by_hash(self, params: Params) -> Json:
        evm_tx_hash = params.hash(0)
        waiting = self._producer.mempool.get(evm_tx_hash)
        if waiting is not None:
            return waiting_evm_tx_json(waiting)
        place = self._chain.blocks.place_of(evm_tx_hash)
        if place is None:
            return None
        block = self._chain.blocks.block_of(require_header(self._chain, place.height))
        return included_evm_tx_json(block, place.index)

    def _receipt(self, params: Params) -> Json:
        place = self._chain.blocks.place_of(params.hash(0))
        if place is None:
            return None
        block = self._chain.blocks.block_of(require_header(self._chain, place.height))
        return receipt_json(block, place.index)
