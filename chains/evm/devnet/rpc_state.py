"""eth_ methods that read the state after any block, prove it, and try messages on it."""

from __future__ import annotations

from chains.evm.devnet.chain import DevChain
from chains.evm.devnet.config import RpcLimits
from chains.evm.devnet.errors import InvalidParams, LimitExceeded
from chains.evm.devnet.mempool import Mempool
from chains.evm.devnet.rpc_format import data, proof_json, quantity
from chains.evm.devnet.rpc_method import MethodTable, RpcMethod, require_header
from chains.evm.devnet.rpc_params import BlockTag, Params, parse_slot
from chains.evm.devnet.simulation import call, estimate_gas
from chains.evm.devnet.state_proof import prove_account
from chains.evm.json_value import Json


class StateMethods:
    """All history is kept: any block of the chain will do."""

    def __init__(self, chain: DevChain, mempool: Mempool, limits: RpcLimits) -> None:
        self._chain = chain
        self._mempool = mempool
        self._limits = limits

    def methods(self) -> MethodTable:
        """Offer the group's methods."""
        return {
            "eth_getBalance": RpcMethod(self._balance, least=1, most=2),
            "eth_getCode": RpcMethod(self._code, least=1, most=2),
            "eth_getStorageAt": RpcMethod(self._storage, least=2, most=3),
            "eth_getTransactionCount": RpcMethod(self._nonce, least=1, most=2),
            "eth_getProof": RpcMethod(self._proof, least=2, most=3),
            "eth_call": RpcMethod(self._call, least=1, most=3),
            "eth_estimateGas": RpcMethod(self._estimate_gas, least=1, most=3),
        }

    def _balance(self, params: Params) -> Json:
        address, header = params.address(0), require_header(self._chain, params.block(1))
        return quantity(self._chain.state_after(header).get_balance(address))

    def _code(self, params: Params) -> Json:
        address, header = params.address(0), require_header(self._chain, params.block(1))
        return data(self._chain.state_after(header).get_code(address))

    def _storage(self, params: Params) -> Json:
        address, slot, header = params.address(0), params.slot(1), require_header(self._chain, params.block(2))
        value: int = self._chain.state_after(header).get_storage(address, int.from_bytes(slot, "big"))
        return data(value.to_bytes(32, "big"))

    def _nonce(self, params: Params) -> Json:
        address, block_id = params.address(0), params.block(1)
        state = self._chain.state_after(require_header(self._chain, block_id))
        if block_id is BlockTag.PENDING:
            return quantity(self._mempool.next_nonce(address, state))
        return quantity(state.get_nonce(address))

    def _proof(self, params: Params) -> Json:
        address, keys, header = params.address(0), params.raw(1), require_header(self._chain, params.block(2))
        if not isinstance(keys, list):
            raise InvalidParams("invalid argument 1: expected a list of storage keys")
        if len(keys) > self._limits.max_proof_keys:
            raise LimitExceeded(f"{len(keys)} storage keys in one proof, at most {self._limits.max_proof_keys}")
        slots = [parse_slot(key, 1) for key in keys]
        return proof_json(prove_account(self._chain.database, header.state_root, address, slots))

    def _call(self, params: Params) -> Json:
        _refuse_overrides(params)
        return data(call(self._chain, params.call(0), require_header(self._chain, params.block(1))))

    def _estimate_gas(self, params: Params) -> Json:
        _refuse_overrides(params)
        return quantity(estimate_gas(self._chain, params.call(0), require_header(self._chain, params.block(1))))


def _refuse_overrides(params: Params) -> None:
    if params.raw(2):
        raise InvalidParams("invalid argument 2: state overrides are not supported")
