"""devnet_ methods: time, blocks on demand, and misbehaviour. No other kind of node has them."""

from __future__ import annotations

import rlp

from chains.evm.devnet.config import RpcLimits
from chains.evm.devnet.errors import InvalidParams, LimitExceeded
from chains.evm.devnet.misbehaviour import FalseClaim, equivocate
from chains.evm.devnet.producer import BlockProducer, Production
from chains.evm.devnet.rpc_format import data, header_json, quantity
from chains.evm.devnet.rpc_method import MethodTable, RpcMethod, require_header
from chains.evm.devnet.rpc_params import Params, parse_quantity, parse_sized
from chains.evm.json_value import Json

_MAX_ROUND = 2**32 - 1
_MAX_TIMESTAMP_S = 2**63 - 1
_MAX_INCREASE_S = 100 * 366 * 86_400
_CLAIM_FIELDS = frozenset({"stateRoot", "timestamp"})


class DevnetMethods:
    """What an operator of the devnet, or a test, may do to the chain."""

    def __init__(self, producer: BlockProducer, limits: RpcLimits) -> None:
        self._producer = producer
        self._limits = limits

    def methods(self) -> MethodTable:
        """Offer the group's methods."""
        return {
            "devnet_status": RpcMethod(self._status),
            "devnet_halt": RpcMethod(self._halt),
            "devnet_resume": RpcMethod(self._resume),
            "devnet_mine": RpcMethod(self._mine, most=1),
            "devnet_setRound": RpcMethod(self._set_round, least=1, most=1),
            "devnet_setNextTimestamp": RpcMethod(self._set_next_timestamp, least=1, most=1),
            "devnet_increaseTime": RpcMethod(self._increase_time, least=1, most=1),
            "devnet_equivocate": RpcMethod(self._equivocate, least=1, most=2),
        }

    def _status(self, _: Params) -> Json:
        head = self._producer.chain.head
        return {
            "production": self._producer.production.name.lower(),
            "height": quantity(head.block_number),
            "timestamp": quantity(head.timestamp),
            "round": quantity(self._producer.round_number),
            "waiting": quantity(len(self._producer.mempool)),
            "validators": [data(validator) for validator in self._producer.chain.keys.addresses],
        }

    def _halt(self, params: Params) -> Json:
        self._producer.halt()
        return self._status(params)

    def _resume(self, params: Params) -> Json:
        if self._producer.production is Production.HALTED:
            self._producer.resume()
        return self._status(params)

    def _mine(self, params: Params) -> Json:
        count = params.quantity(0) if params.has(0) else 1
        if count > self._limits.max_mined_blocks:
            raise LimitExceeded(f"{count} blocks in one call, at most {self._limits.max_mined_blocks}")
        for _ in range(count):
            self._producer.produce()
        return quantity(self._producer.chain.head.block_number)

    def _set_round(self, params: Params) -> Json:
        round_number = params.quantity(0)
        if round_number > _MAX_ROUND:
            raise InvalidParams(f"invalid argument 0: a round of at most {_MAX_ROUND}")
        self._producer.set_round(round_number)
        return quantity(round_number)

    def _set_next_timestamp(self, params: Params) -> Json:
        timestamp_s = params.quantity(0)
        if timestamp_s > _MAX_TIMESTAMP_S:
            raise InvalidParams(f"invalid argument 0: a timestamp of at most {_MAX_TIMESTAMP_S} seconds")
        self._producer.set_next_timestamp(timestamp_s)
        return quantity(timestamp_s)

    def _increase_time(self, params: Params) -> Json:
        seconds = params.quantity(0)
        if seconds > _MAX_INCREASE_S:
            raise InvalidParams(f"invalid argument 0: at most {_MAX_INCREASE_S} seconds at once")
        return quantity(self._producer.increase_time(seconds))

    def _equivocate(self, params: Params) -> Json:
        chain = self._producer.chain
        false_header = equivocate(chain.keys, require_header(chain, params.block(0)), _claim(params.raw(1)))
        return {"header": header_json(false_header), "headerRlp": data(rlp.encode(false_header))}


def _claim(value: Json) -> FalseClaim:
    if value is None:
        return FalseClaim()
    if not isinstance(value, dict) or set(value) - _CLAIM_FIELDS:
        raise InvalidParams("invalid argument 1: an object with stateRoot and/or timestamp")
    state_root, timestamp = value.get("stateRoot"), value.get("timestamp")
    return FalseClaim(
        None if state_root is None else parse_sized(state_root, 1, 32),
        None if timestamp is None else parse_quantity(timestamp, 1, _MAX_TIMESTAMP_S),
    )
