"""web3_, net_ and the eth_ methods that describe the node and its fees."""

from __future__ import annotations

from importlib.metadata import version

from chains.evm.devnet.chain import DevChain
from chains.evm.devnet.rpc_format import data, quantity
from chains.evm.devnet.rpc_method import MethodTable, RpcMethod, require_header
from chains.evm.devnet.rpc_params import Params
from chains.evm.json_value import Json
from primitives.keccak import keccak256

_MAX_FEE_HISTORY_BLOCKS = 1024
_MAX_HASHED_BYTES = 1 << 20


class NodeMethods:
    """Constant or nearly constant facts."""

    def __init__(self, chain: DevChain) -> None:
        self._chain = chain

    def methods(self) -> MethodTable:
        """Offer the group's methods."""
        return {
            "web3_clientVersion": RpcMethod(lambda _: f"crossdvp-devnet/py-evm-{version('py-evm')}/qbft"),
            "web3_sha3": RpcMethod(
                lambda params: data(keccak256(params.data(0, most_bytes=_MAX_HASHED_BYTES))), least=1, most=1
            ),
            "net_version": RpcMethod(lambda _: str(self._chain.chain_id)),
            "net_listening": RpcMethod(lambda _: True),
            "net_peerCount": RpcMethod(lambda _: quantity(len(self._chain.keys.addresses) - 1)),
            "eth_chainId": RpcMethod(lambda _: quantity(self._chain.chain_id)),
            "eth_protocolVersion": RpcMethod(lambda _: "0x41"),
            "eth_syncing": RpcMethod(lambda _: False),
            "eth_mining": RpcMethod(lambda _: True),
            "eth_accounts": RpcMethod(lambda _: []),
            "eth_coinbase": RpcMethod(lambda _: data(self._chain.head.coinbase)),
            "eth_gasPrice": RpcMethod(lambda _: "0x0"),
            "eth_maxPriorityFeePerGas": RpcMethod(lambda _: "0x0"),
            "eth_feeHistory": RpcMethod(self._fee_history, least=2, most=3),
        }

    def _fee_history(self, params: Params) -> Json:
        """Berlin has no base fee: it is 0 throughout, and so is every reward."""
        newest = require_header(self._chain, params.block(1))
        count = min(params.quantity(0), _MAX_FEE_HISTORY_BLOCKS, newest.block_number + 1)
        oldest = newest.block_number + 1 - count
        headers = [require_header(self._chain, height) for height in range(oldest, newest.block_number + 1)]
        percentiles = params.raw(2)
        answer: dict[str, Json] = {
            "oldestBlock": quantity(oldest),
            "baseFeePerGas": ["0x0"] * (count + 1),
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
        }
        if isinstance(percentiles, list) and percentiles:
            answer["reward"] = [["0x0" for _ in percentiles] for _ in headers]
        return answer
